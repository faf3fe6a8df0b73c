"""The words for outcomes: reasons, notices, labels, events. Nowhere else are they worded.

Every sentence says what to do next. Sentences for strangers say the same whatever the reason was.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from portal.ceremony import Reason
from portal.flows.events import Event
from portal.rules.terms import AAL, Action, Role

Words = LazyString | str


class NoticeKey(enum.StrEnum):
    """What the next page may say has happened."""

    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    ENROLLED = "enrolled"
    CODES_RENEWED = "codes_renewed"
    RENAMED = "renamed"
    REVOKED = "revoked"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    BROWSER_FORGOTTEN = "browser_forgotten"
    PROFILE_SAVED = "profile_saved"
    PASSWORD_CHANGED = "password_changed"
    EMAIL_REQUESTED = "email_requested"
    EMAIL_CONFIRMED = "email_confirmed"
    EMAIL_CANCELLED = "email_cancelled"
    EMAIL_NOT_RESTORED = "email_not_restored"
    UNLOCKED = "unlocked"
    CODES_LOW = "codes_low"
    CODE_USED = "code_used"
    SWITCHED = "switched"


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice as the page shows it. `tone`: success, info or warning."""

    tone: str
    text: Words


NOTICES: dict[NoticeKey, tuple[str, LazyString]] = {
    NoticeKey.SIGNED_OUT: ("success", lazy_gettext("You are signed out.")),
    NoticeKey.SIGNED_OUT_EVERYWHERE: (
        "success",
        lazy_gettext("You are signed out everywhere. Sign in again to go on."),
    ),
    NoticeKey.ENROLLED: ("success", lazy_gettext("Your authenticator is enrolled.")),
    NoticeKey.CODES_RENEWED: (
        "success",
        lazy_gettext("Your new backup codes are active. Any older ones no longer work."),
    ),
    NoticeKey.RENAMED: ("success", lazy_gettext("The new name is saved.")),
    NoticeKey.REVOKED: ("success", lazy_gettext("It is revoked and can no longer be used.")),
    NoticeKey.SESSION_ENDED: ("success", lazy_gettext("That session is ended.")),
    NoticeKey.SESSIONS_ENDED: ("success", lazy_gettext("All other sessions are ended.")),
    NoticeKey.BROWSER_FORGOTTEN: ("success", lazy_gettext("That browser is forgotten.")),
    NoticeKey.PROFILE_SAVED: ("success", lazy_gettext("Your profile is saved.")),
    NoticeKey.PASSWORD_CHANGED: (
        "success",
        lazy_gettext("Your password is changed. All other sessions are ended."),
    ),
    NoticeKey.EMAIL_REQUESTED: (
        "info",
        lazy_gettext("Open the link that we sent to the new address. Until then nothing changes."),
    ),
    NoticeKey.EMAIL_CONFIRMED: (
        "success",
        lazy_gettext("Your email address is changed. Use the new one to sign in."),
    ),
    NoticeKey.EMAIL_CANCELLED: (
        "warning",
        lazy_gettext(
            "The change is stopped and everybody is signed out. Sign in and change your password."
        ),
    ),
    NoticeKey.EMAIL_NOT_RESTORED: (
        "warning",
        lazy_gettext(
            "Everybody is signed out, but your old address belongs to another account now. "
            "Write to support."
        ),
    ),
    NoticeKey.UNLOCKED: (
        "success",
        lazy_gettext("This browser may try again. Sign in with your password."),
    ),
    NoticeKey.CODES_LOW: (
        "warning",
        lazy_gettext("You are running out of backup codes. Make a new set now."),
    ),
    NoticeKey.CODE_USED: ("info", lazy_gettext("That backup code is used up. Cross it out.")),
    NoticeKey.SWITCHED: ("success", lazy_gettext("You now act for another organisation.")),
}

REASONS: dict[Reason, LazyString] = {
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
}

BLOCKED: dict[str, LazyString] = {
    "password_stays": lazy_gettext("The password can be changed, not revoked."),
    "last_required": lazy_gettext(
        "Your role needs a second factor, and this is your last one. Enrol another one first."
    ),
    "password_too_short_alone": lazy_gettext(
        "Without it your password would stand alone, and it is too short for that. "
        "Change your password to 15 characters or more first."
    ),
}

ROLES: dict[Role, LazyString] = {
    Role.TRAVELER: lazy_gettext("Traveler"),
    Role.DISPATCHER: lazy_gettext("Dispatcher"),
    Role.DISPATCH_LEAD: lazy_gettext("Dispatch lead"),
    Role.FINANCE_CONTROLLER: lazy_gettext("Finance controller"),
    Role.PARTNER_ADMIN: lazy_gettext("Partner admin"),
    Role.HQ_ADMIN: lazy_gettext("HQ admin"),
    Role.SUPER_ADMIN: lazy_gettext("Super-admin"),
    Role.SERVICE_DESK: lazy_gettext("Service desk"),
}

OPERATIONS: dict[Action, LazyString] = {
    Action.ENROL: lazy_gettext("enrol an authenticator"),
    Action.CHANGE_SECURITY: lazy_gettext("change your sign-in methods"),
    Action.END_SESSIONS: lazy_gettext("end sessions"),
    Action.CHANGE_PASSWORD: lazy_gettext("change your password"),
    Action.CHANGE_EMAIL: lazy_gettext("change your email address"),
    Action.CHANGE_PROFILE: lazy_gettext("change your profile"),
    Action.SWITCH_ORGANISATION: lazy_gettext("act for another organisation"),
}

LEVELS: dict[AAL, LazyString] = {
    AAL.NONE: lazy_gettext("Not confirmed any more"),
    AAL.AAL1: lazy_gettext("One factor"),
    AAL.AAL2: lazy_gettext("Two factors"),
    AAL.AAL3: lazy_gettext("Two factors, hardware key"),
}


@dataclass(frozen=True, slots=True)
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
    "password": FactorWords(
        lazy_gettext("Password"),
        lazy_gettext("What you type first when you sign in."),
        None,
        lazy_gettext("That password did not match. Check it and try again."),
    ),
}

EVENTS: dict[Event, tuple[str, LazyString]] = {
    Event.PASSWORD_ACCEPTED: ("info", lazy_gettext("Password accepted, second factor asked for")),
    Event.SIGN_IN_REFUSED: ("warning", lazy_gettext("Sign-in refused")),
    Event.SIGNED_IN: ("good", lazy_gettext("Signed in")),
    Event.THROTTLED: ("warning", lazy_gettext("Too many attempts; slowed down")),
    Event.LANE_SPENT: ("warning", lazy_gettext("Too many attempts; sign-in paused")),
    Event.CHALLENGE_FAILED: ("warning", lazy_gettext("A wrong code or password was entered")),
    Event.CHALLENGE_PASSED: ("good", lazy_gettext("Confirmed it was you")),
    Event.REPLAY_REFUSED: ("warning", lazy_gettext("A used code was refused")),
    Event.UNLOCK_REQUESTED: ("info", lazy_gettext("Unlock link asked for")),
    Event.UNLOCKED: ("info", lazy_gettext("Sign-in unlocked by mail")),
    Event.SIGNED_OUT: ("info", lazy_gettext("Signed out")),
    Event.SESSION_REVOKED: ("info", lazy_gettext("A session was ended")),
    Event.SESSIONS_REVOKED: ("info", lazy_gettext("Sessions were ended")),
    Event.BROWSER_REVOKED: ("info", lazy_gettext("A browser was forgotten")),
    Event.ENROLMENT_BEGUN: ("info", lazy_gettext("Enrolment begun")),
    Event.ENROLMENT_FAILED: ("warning", lazy_gettext("A wrong code during enrolment")),
    Event.AUTHENTICATOR_ENROLLED: ("good", lazy_gettext("Authenticator enrolled")),
    Event.AUTHENTICATOR_RENAMED: ("info", lazy_gettext("Authenticator renamed")),
    Event.AUTHENTICATOR_REVOKED: ("warning", lazy_gettext("Authenticator revoked")),
    Event.BACKUP_CODES_RENEWED: ("good", lazy_gettext("New backup codes")),
    Event.BACKUP_CODE_USED: ("warning", lazy_gettext("Backup code used")),
    Event.PASSWORD_CHANGED: ("good", lazy_gettext("Password changed")),
    Event.REGISTRATION_REQUESTED: ("info", lazy_gettext("Somebody tried to register your address")),
    Event.ACTIVATION_REFUSED: ("warning", lazy_gettext("A wrong password at activation")),
    Event.REGISTERED: ("good", lazy_gettext("Account opened")),
    Event.PROFILE_CHANGED: ("info", lazy_gettext("Profile changed")),
    Event.EMAIL_CHANGE_REQUESTED: ("warning", lazy_gettext("Email change asked for")),
    Event.EMAIL_CHANGED: ("good", lazy_gettext("Email address changed")),
    Event.EMAIL_CHANGE_CANCELLED: ("warning", lazy_gettext("Email change stopped")),
    Event.ORGANISATION_SWITCHED: ("info", lazy_gettext("Acted for another organisation")),
    Event.USER_CREATED: ("info", lazy_gettext("Account created")),
    Event.USER_DISABLED: ("warning", lazy_gettext("Account disabled")),
    Event.USER_ENABLED: ("info", lazy_gettext("Account enabled")),
    Event.MEMBERSHIP_ADDED: ("info", lazy_gettext("Role given")),
    Event.ORGANISATION_CREATED: ("info", lazy_gettext("Organisation created")),
    Event.HOST_RESET: ("warning", lazy_gettext("Authenticators reset by the operators")),
    Event.RESTORED: ("warning", lazy_gettext("The portal was restored from a backup")),
    Event.KEYS_ROTATED: ("info", lazy_gettext("Keys rotated")),
    Event.SEAL_BROKEN: ("warning", lazy_gettext("Stored data did not open")),
}


def notice(key: str) -> NoticeText | None:
    """The sentence behind a notice cookie; anything else says nothing."""
    if key not in NoticeKey.__members__.values():
        return None
    tone, text = NOTICES[NoticeKey(key)]
    return NoticeText(tone, text)


def role(value: Role) -> str:
    return str(ROLES[value])


def factor(kind: str) -> FactorWords:
    return FACTORS[kind]


def rejected(kind: str, reason: Reason) -> str:
    """Why an answer was not accepted, in the words of its factor where it has some."""
    words = FACTORS.get(kind)
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


def event(name: str) -> tuple[str, str]:
    """Tone and title of an audit event in the owner's activity list."""
    try:
        tone, title = EVENTS[Event(name)]
    except ValueError:
        return "info", name  # Written by a later release that was rolled back.
    return tone, str(title)
