"""Words of user administration: filters, columns, states, operations, and why one is not done."""

from __future__ import annotations

from portal.rules.terms import AAL, AccountState, Resistance
from portal.web.words import Phrase, lazy_gettext

SHOWN: dict[str, Phrase] = {
    "": lazy_gettext("Everybody"),
    "none": lazy_gettext("No second factor"),
    "two_factors": lazy_gettext("Second factor enrolled"),
    "resistant": lazy_gettext("Phishing-resistant"),
    "not_resistant": lazy_gettext("Not phishing-resistant"),
    "must_enrol": lazy_gettext("Policy: must enrol by a date"),
    "stopped": lazy_gettext("Policy: stopped until they enrol"),
    "exempt": lazy_gettext("Policy: exempt"),
    "fine": lazy_gettext("Policy: fine"),
    "locked": lazy_gettext("Locked"),
    "reset": lazy_gettext("Reset waiting"),
    "invited": lazy_gettext("Invited"),
    "disabled": lazy_gettext("Disabled"),
}
SORTS: dict[str, Phrase] = {
    "name": lazy_gettext("Name"),
    "strongest": lazy_gettext("Level in reach"),
    "signed_in": lazy_gettext("Last sign-in"),
    "enrol": lazy_gettext("Policy"),
}
LEVELS: dict[AAL, Phrase] = {
    AAL.NONE: lazy_gettext("Nothing yet"),
    AAL.AAL1: lazy_gettext("One factor"),
    AAL.AAL2: lazy_gettext("Two factors"),
    AAL.AAL3: lazy_gettext("Two factors, hardware key"),
}
# How well the best phishing-resistant authenticator of somebody is kept.
RESISTANCE: dict[Resistance, Phrase] = {
    Resistance.NONE: lazy_gettext("Not phishing-resistant"),
    Resistance.SYNCED: lazy_gettext("Phishing-resistant, synced between devices"),
    Resistance.BOUND: lazy_gettext("Phishing-resistant, on one device"),
    Resistance.HARDWARE: lazy_gettext("Phishing-resistant, in certified hardware"),
}
KEPT: dict[Resistance, Phrase] = {
    Resistance.SYNCED: lazy_gettext("Synced between devices"),
    Resistance.BOUND: lazy_gettext("On one device"),
    Resistance.HARDWARE: lazy_gettext("In certified hardware"),
}
STATES: dict[AccountState, tuple[str, Phrase]] = {
    AccountState.INVITED: ("brass", lazy_gettext("Invited")),
    AccountState.DISABLED: ("danger", lazy_gettext("Disabled")),
}

# Why something is not done to somebody's account.
NOT_DONE: dict[str, Phrase] = {
    "last_super_admin": lazy_gettext(
        "This is the last super-admin. Give somebody else that role first."
    ),
    "account_not_active": lazy_gettext("This account is not active, so there is nobody to ask."),
    "enrolled_already": lazy_gettext("This person has a second factor already."),
    "reminded_today": lazy_gettext(
        "This person was reminded within the last day. Wait, or talk to them."
    ),
}

# Name, endpoint, what it is called, what it changes, whether it takes something away.
BUTTONS: tuple[tuple[str, str, Phrase, Phrase, bool], ...] = (
    (
        "unlock",
        "users.unlock",
        lazy_gettext("Unlock"),
        lazy_gettext("They can try again at once. Ask first whether the attempts were theirs."),
        False,
    ),
    (
        "remind",
        "users.remind",
        lazy_gettext("Remind to enrol"),
        lazy_gettext("We write to them that a second factor is missing. Once a day at most."),
        False,
    ),
    (
        "enable",
        "users.enable",
        lazy_gettext("Enable the account"),
        lazy_gettext("They can sign in again, with what they had before."),
        False,
    ),
    (
        "renewal",
        "users.require_renewal",
        lazy_gettext("Ask for a new password"),
        lazy_gettext("Nothing else is open to them until they have chosen one."),
        False,
    ),
    (
        "sessions",
        "users.end_sessions",
        lazy_gettext("End all sessions"),
        lazy_gettext("They are signed out everywhere, and work that is not saved is lost."),
        True,
    ),
    (
        "disable",
        "users.disable",
        lazy_gettext("Disable the account"),
        lazy_gettext("All sessions end at once, and nobody can sign in to it until it is enabled."),
        True,
    ),
)
