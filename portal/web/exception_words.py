"""The words of exceptions: kinds, states, what an approval means, and why one is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.flows.events import Event
from portal.values import frozen
from portal.web import reset_words
from portal.web.words import Phrase, lazy_gettext

# The tone of its badge, and its name.
STATES: dict[str, tuple[str, Phrase]] = {
    **reset_words.STATES,
    "ended": ("quiet", lazy_gettext("Ended")),
}


@frozen
class Kind:
    """How pages speak of a kind of exception. `ask`: the button that begins it; `lead`: what it is.

    `approve` and `effect`: the button of an approval, and what follows from it; in that, `time` is
    how long a code is good for.
    """

    name: Phrase
    ask: Phrase
    lead: Phrase
    approve: Phrase
    effect: Phrase
    withdraw: Phrase


KINDS: dict[str, Kind] = {
    "exemption": Kind(
        lazy_gettext("Exemption"),
        lazy_gettext("Ask for an exemption"),
        lazy_gettext(
            "Until a date their organisation’s policy asks nothing of their sign-in. You ask, a "
            "super-admin decides, and it ends by itself."
        ),
        lazy_gettext("Approve the exemption"),
        lazy_gettext(
            "From then on the policy lets this person sign in with what they have, until the date "
            "above. What operations ask for stays. You confirm that it is you first."
        ),
        lazy_gettext("Withdraw the request"),
    ),
    "bypass": Kind(
        lazy_gettext("Bypass code"),
        lazy_gettext("Ask for a bypass code"),
        lazy_gettext(
            "For somebody who must get in now and cannot. You ask, a super-admin decides, and a "
            "code then stands in once for their second factor. It changes nothing that guards "
            "the account; whoever lost it for good needs a reset."
        ),
        lazy_gettext("Approve the bypass code"),
        lazy_gettext(
            "The code can then be shown once, and opens this account once, with the password, "
            "within %(time)s of that. You confirm that it is you first."
        ),
        lazy_gettext("Take it back"),
    ),
}

# Why nothing was done, and what to do instead.
BLOCKED: dict[str, Phrase] = {
    "exception_not_active": lazy_gettext(
        "This account is not active, so there is nobody to let in. Enable it first."
    ),
    "exception_waits_already": lazy_gettext(
        "One waits for a decision about this person already. Withdraw it to ask anew."
    ),
    "exemption_built_in": lazy_gettext(
        "Their role can do much, so the portal itself asks for a second factor, and nobody is "
        "exempt from that. An exemption would change nothing: they must enrol one."
    ),
    "exemption_in_the_past": lazy_gettext("This day is over. Choose a later one."),
    "exemption_too_long": lazy_gettext("That is too far ahead. Choose an earlier day."),
    "bypass_is_open": lazy_gettext(
        "A code for this person is approved already. Show it, or take it back to ask anew."
    ),
    "bypass_of_nothing": lazy_gettext(
        "Nothing but their password is asked of them, so there is nothing to get past."
    ),
    "bypass_not_enough": lazy_gettext(
        "A code would not let them in: more than that is asked at each of their sign-ins. "
        "If their authenticators are lost, ask for a reset."
    ),
    "bypass_shown": lazy_gettext(
        "This code was shown already, and is shown only once. If it was not heard, take it back "
        "and ask for another."
    ),
    "exception_approved": lazy_gettext("Somebody has approved this already. Nothing is left."),
    "exception_rejected": lazy_gettext(
        "This was rejected. If it is still needed, it must be asked for again."
    ),
    "exception_withdrawn": lazy_gettext(
        "This was withdrawn. If it is still needed, it must be asked for again."
    ),
    "exception_expired": lazy_gettext(
        "Nobody decided within the time for it. If it is still needed, it must be asked for again."
    ),
    "exception_ended": lazy_gettext(
        "This has ended. If it is still needed, it must be asked for again."
    ),
    "exception_waiting": lazy_gettext("Nobody has approved this yet. Wait for a decision."),
    "exception_decided": lazy_gettext("Somebody else was quicker. Look at what they decided."),
    "exception_closed": lazy_gettext(
        "Whoever asked for this may not ask for it any more, so it is closed. Somebody else who "
        "may can ask anew."
    ),
}

OUTCOMES: dict[str, Phrase] = {
    **reset_words.OUTCOMES,
    "ended": lazy_gettext("ended"),
    "used": lazy_gettext("used"),
}

EVENTS: dict[Event, tuple[str, Phrase]] = {
    Event.EXEMPTION_REQUESTED: ("warning", lazy_gettext("An exemption from policy was asked for")),
    Event.EXEMPTION_APPROVAL_GIVEN: (
        "warning",
        lazy_gettext("The first of two people approved an exemption"),
    ),
    Event.EXEMPTION_APPROVED: ("warning", lazy_gettext("Exempt from policy until a date")),
    Event.EXEMPTION_REJECTED: ("info", lazy_gettext("An exemption was rejected")),
    Event.EXEMPTION_WITHDRAWN: ("info", lazy_gettext("An exemption was withdrawn")),
    Event.EXEMPTION_EXPIRED: ("info", lazy_gettext("Nobody decided about an exemption")),
    Event.EXEMPTION_REFUSED: ("warning", lazy_gettext("A request for an exemption was closed")),
    Event.EXEMPTION_ENDED: ("info", lazy_gettext("An exemption ended")),
    Event.BYPASS_REQUESTED: ("warning", lazy_gettext("A code from the service desk was asked for")),
    Event.BYPASS_APPROVAL_GIVEN: (
        "warning",
        lazy_gettext("The first of two people approved a code from the service desk"),
    ),
    Event.BYPASS_APPROVED: ("warning", lazy_gettext("A code from the service desk was approved")),
    Event.BYPASS_REJECTED: ("info", lazy_gettext("A code from the service desk was rejected")),
    Event.BYPASS_WITHDRAWN: ("info", lazy_gettext("A code from the service desk was withdrawn")),
    Event.BYPASS_EXPIRED: ("info", lazy_gettext("Nobody decided about a code")),
    Event.BYPASS_REFUSED: ("warning", lazy_gettext("A request for a code was closed")),
    Event.BYPASS_SHOWN: ("warning", lazy_gettext("A code from the service desk was given out")),
    Event.BYPASS_USED: ("warning", lazy_gettext("A code from the service desk was used")),
    Event.BYPASS_ENDED: ("info", lazy_gettext("A code from the service desk ended")),
}


def blocked(reason: str) -> str:
    return str(BLOCKED[reason])


def of_mail(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the mails of exceptions show; nothing for any other mail."""
    if "exception" not in payload:
        return {}
    kind, outcome = payload["exception"], payload.get("outcome", "")
    return {
        "exception": kind,
        "exception_name": str(KINDS[kind].name),
        "outcome": str(OUTCOMES.get(outcome, "")),
    }
