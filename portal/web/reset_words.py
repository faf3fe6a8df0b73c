"""The words of resets: states, ways of verification, what is lost, and why one is refused."""

from __future__ import annotations

from collections.abc import Iterable

from portal.web import messages
from portal.web.words import Phrase, gettext, lazy_gettext

# The tone of its badge, and its name.
STATES: dict[str, tuple[str, Phrase]] = {
    "waiting": ("brass", lazy_gettext("Waiting")),
    "approved": ("good", lazy_gettext("Approved")),
    "rejected": ("danger", lazy_gettext("Rejected")),
    "withdrawn": ("quiet", lazy_gettext("Withdrawn")),
    "expired": ("quiet", lazy_gettext("Not decided in time")),
}

VERIFIED: dict[str, Phrase] = {
    "caller_code": lazy_gettext("They read a code from a portal where they are signed in"),
    "in_person": lazy_gettext("They stood before me and I know them"),
    "call_back": lazy_gettext("I called them back at a number that we had already"),
    "manager": lazy_gettext("Their manager confirmed it to me"),
}

# Why nothing was done, and what to do instead.
BLOCKED: dict[str, Phrase] = {
    "reset_not_active": lazy_gettext(
        "This account is not active, so there is nobody to enrol again. Enable it first."
    ),
    "reset_waits_already": lazy_gettext(
        "A reset of this person waits for a decision already. Withdraw it to ask anew."
    ),
    "reset_of_nothing": lazy_gettext(
        "They hold no second factor, so there is nothing to reset. They can sign in with their "
        "password and enrol one."
    ),
    "caller_not_verified": lazy_gettext(
        "Type the code that the caller reads to you, or say how else you verified them."
    ),
    "caller_code_wrong": lazy_gettext(
        "That is not their code, or it is too old. Ask them to show a new one and read it again."
    ),
    "reset_approved": lazy_gettext("Somebody has approved this reset already. Nothing is left."),
    "reset_rejected": lazy_gettext(
        "This reset was rejected. If it is still needed, it must be asked for again."
    ),
    "reset_withdrawn": lazy_gettext(
        "This reset was withdrawn. If it is still needed, it must be asked for again."
    ),
    "reset_expired": lazy_gettext(
        "Nobody decided within the time for it. If the reset is still needed, it must be asked "
        "for again."
    ),
    "reset_decided": lazy_gettext("Somebody else was quicker. Look at what they decided."),
    "reset_closed_administrator": lazy_gettext(
        "This person administers others by now, so the reset is closed. They call the service "
        "desk, which asks for a new one with a proof of identity."
    ),
    "reset_closed_requester": lazy_gettext(
        "Whoever asked for this reset may not ask for it any more, so it is closed. Another "
        "administrator of theirs can ask anew."
    ),
    "reset_list_changed": lazy_gettext(
        "Not everybody on this list can be reset. Leave them out and ask again."
    ),
    "reset_list_empty": lazy_gettext(
        "Nobody is chosen. Go to the list of users and choose whom to reset, fifty at most."
    ),
    "password_too_new": lazy_gettext(
        "Your password was changed after the reset was asked for, so this link does not work with "
        "it. Ask for another reset."
    ),
}

# Why the portal closed a request that nobody decided about.
CLOSED: dict[str, Phrase] = {
    "administrator": lazy_gettext(
        "Closed by the portal: this person administers others by now, so the service desk asks."
    ),
    "requester": lazy_gettext(
        "Closed by the portal: whoever asked for it may not ask for it any more."
    ),
}

OUTCOMES: dict[str, Phrase] = {
    "approved": lazy_gettext("approved"),
    "rejected": lazy_gettext("rejected"),
    "expired": lazy_gettext("not decided in time"),
    "withdrawn": lazy_gettext("withdrawn"),
}


def blocked(reason: str) -> str:
    return str(BLOCKED[reason])


def verification(value: str) -> str:
    """How a caller was verified; a way that was retired since is shown as it was stored."""
    return str(VERIFIED.get(value, value))


def factor(item: str) -> str:
    """An item of `Case.lost`: its kind in words, with the name that its owner gave it."""
    kind, _, name = item.partition(":")
    label = messages.label(*messages.KIND_OF.get(kind, (kind, ""))) or kind
    if not name:
        return label
    if name.isdigit():
        return f"{label} {name}"
    return gettext("%(kind)s “%(name)s”", kind=label, name=name)


def factors(items: Iterable[str]) -> list[str]:
    return [factor(item) for item in items]
