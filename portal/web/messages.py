"""The words for outcomes: reasons, labels, refusals. Notices and events have rooms of their own.

Every sentence says what to do next. Sentences for strangers say the same whatever the reason was.
"""

from __future__ import annotations

import functools
from dataclasses import astuple
from datetime import timedelta

from portal.ceremony import Reason
from portal.rules.terms import AAL, Role
from portal.values import frozen
from portal.web.words import Phrase, gettext, language, lazy_gettext, ngettext

Words = Phrase | str


REASONS: dict[Reason, Phrase] = {
    Reason.WRONG: lazy_gettext("That did not match. Check it and try again."),
    Reason.MALFORMED: lazy_gettext("That is not the form of a code. Check it and try again."),
    Reason.USED: lazy_gettext("This code was used already. Wait for the next one."),
    Reason.TOO_SHORT: lazy_gettext("This password is too short. Use a few words together."),
    Reason.TOO_LONG: lazy_gettext("This password is too long. Use at most 256 characters."),
    Reason.COMMON: lazy_gettext("This password is easy to guess. Use a few unrelated words."),
    Reason.PERSONAL: lazy_gettext(
        "This password is made of your name or address. Use a few unrelated words."
    ),
    Reason.BREACHED: lazy_gettext(
        "This password has appeared in a data breach. Choose another one."
    ),
    Reason.EXPIRED: lazy_gettext("That took too long, or was answered before. Try again."),
    Reason.UNKNOWN: lazy_gettext(
        "This passkey does not open an account here. Use another one, or another way to sign in."
    ),
    Reason.UNVERIFIED: lazy_gettext(
        "Your device did not check that it is you. Unlock it with your fingerprint, your face or "
        "its PIN, then try again."
    ),
    Reason.ENROLLED: lazy_gettext("This authenticator is enrolled already. Use another one."),
    Reason.UNSUPPORTED: lazy_gettext(
        "This authenticator makes a kind of key that we cannot check. Use another one."
    ),
    Reason.NOT_PERMITTED: lazy_gettext(
        "Your organisation does not accept authenticators of this make. Use another one, or ask "
        "your administrator which ones it accepts."
    ),
    Reason.SUSPECT: lazy_gettext(
        "This authenticator may have been copied, so it opens nothing any more. Use another way, "
        "then revoke it under Security."
    ),
    Reason.WITHDRAWN: lazy_gettext(
        "Authenticators of this make were found to be unsafe, so this one opens nothing any more. "
        "Use another way, then revoke it under Security."
    ),
    Reason.TOO_WEAK: lazy_gettext(
        "This authenticator is not strong enough for what you are doing. Use a stronger one."
    ),
}

BLOCKED: dict[str, Phrase] = {
    "password_stays": lazy_gettext("The password can be changed, not revoked."),
    "last_required": lazy_gettext(
        "Your role needs a second factor, and this is your last one. Enrol another one first."
    ),
    "others_open_nothing": lazy_gettext(
        "What you would have left opens nothing. Revoke that first, or enrol another one."
    ),
    "password_too_short_alone": lazy_gettext(
        "Without it your password would stand alone, and it is too short for that. "
        "Change your password to 15 characters or more first."
    ),
}

ROLES: dict[Role, Phrase] = {
    Role.TRAVELER: lazy_gettext("Traveler"),
    Role.DISPATCHER: lazy_gettext("Dispatcher"),
    Role.DISPATCH_LEAD: lazy_gettext("Dispatch lead"),
    Role.FINANCE_CONTROLLER: lazy_gettext("Finance controller"),
    Role.PARTNER_ADMIN: lazy_gettext("Partner admin"),
    Role.HQ_ADMIN: lazy_gettext("HQ admin"),
    Role.SUPER_ADMIN: lazy_gettext("Super-admin"),
    Role.SERVICE_DESK: lazy_gettext("Service desk"),
}

LEVELS: dict[AAL, Phrase] = {
    AAL.NONE: lazy_gettext("Not confirmed any more"),
    AAL.AAL1: lazy_gettext("One factor"),
    AAL.AAL2: lazy_gettext("Two factors"),
    AAL.AAL3: lazy_gettext("Two factors, hardware key"),
}


@frozen
class FactorWords:
    """How pages speak of a kind of factor. `limitation` says what is weak about it.

    `wrong` and `used` are its own words for those reasons, where the common ones mislead.
    """

    label: Words
    description: Words
    limitation: Words | None = None
    wrong: Words | None = None
    used: Words | None = None


FACTORS: dict[str, FactorWords] = {
    "passkey": FactorWords(
        lazy_gettext("Passkey"),
        lazy_gettext("Your fingerprint, your face or your screen lock. Nothing to type."),
        None,
        lazy_gettext("That passkey did not match. Try again, or use another way."),
        lazy_gettext("That answer was used already. Try again."),
    ),
    "totp": FactorWords(
        lazy_gettext("Authenticator app"),
        lazy_gettext("A code from an app on your phone. Works without a network."),
        lazy_gettext("A code can be typed into a false page. Check the address first."),
        lazy_gettext("That code did not match. Wait for a new one and try again."),
    ),
    "backup_codes": FactorWords(
        lazy_gettext("Backup codes"),
        lazy_gettext("Ten codes on paper for the day your phone is out of reach."),
        lazy_gettext("Anybody who finds them can use them. Keep them away from your password."),
        lazy_gettext("That backup code did not match. Check it, or use another one."),
        lazy_gettext("That backup code was used already. Use another one."),
    ),
    "bypass_code": FactorWords(
        lazy_gettext("A code from the service desk"),
        lazy_gettext("The service desk reads it to you. It signs you in once."),
        lazy_gettext("Whoever hears it can use it. Give it to nobody."),
        lazy_gettext("That code did not match. Check it, or ask for it again."),
        lazy_gettext("That code was used already. Ask the service desk for another one."),
    ),
    "password": FactorWords(
        lazy_gettext("Password"),
        lazy_gettext("What you type first when you sign in."),
        None,
        lazy_gettext("That password did not match. Check it and try again."),
        lazy_gettext("This is the password that you have now. Choose another one."),
    ),
}


# Forms of a kind that people know by another name.
VARIANTS: dict[str, dict[str, FactorWords]] = {
    "passkey": {
        "security_key": FactorWords(
            lazy_gettext("Security key"),
            lazy_gettext("A small key that you plug in or hold to your phone."),
        ),
    },
}


# Form of a kind → the kind and the form.
KIND_OF = {form: (kind, form) for kind, forms in VARIANTS.items() for form in forms}


def role(value: Role) -> str:
    return str(ROLES[value])


def factor(kind: str, variant: str = "") -> FactorWords:
    """How this request's language speaks of a kind of factor, or of a form of it."""
    return _factor(kind, variant, language().code)


def label(kind: str, variant: str = "") -> str:
    """What a kind of factor, or a form of it, is called; empty for what is none."""
    return str(factor(kind, variant).label) if kind in FACTORS else ""


@functools.cache  # Every row of a page asks for these words.
def _factor(kind: str, variant: str, _code: str) -> FactorWords:
    words = VARIANTS.get(kind, {}).get(variant, FACTORS[kind])
    return FactorWords(*(one and str(one) for one in astuple(words)))


def rejected(kind: str, reason: Reason) -> str:
    """Why an answer was not accepted, in the words of its factor where it has some."""
    words = factor(kind) if kind in FACTORS else None
    own = {Reason.WRONG: words.wrong, Reason.USED: words.used} if words is not None else {}
    return str(own.get(reason) or REASONS[reason])


def password_too_short(length_min: int) -> str:
    return ngettext(
        "Use at least %(num)d character. A few words together are easy to remember.",
        "Use at least %(num)d characters. A few words together are easy to remember.",
        length_min,
    )


def sign_in_refused() -> str:
    """One sentence for unknown, wrong, disabled and locked alike."""
    return gettext("That email address and password do not match. Check both and try again.")


def throttled(wait: timedelta | None, words: str) -> str:
    """Why nothing was compared, and what to do. `words`: the wait in words."""
    if wait is None:
        return gettext(
            "There were too many attempts. Get an unlock link by mail, or use a browser that you "
            "have signed in with before."
        )
    return gettext("There were too many attempts. Wait %(time)s, then try again.", time=words)
