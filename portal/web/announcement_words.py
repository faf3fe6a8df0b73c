"""What policy is going to ask, in words: for the banner, the mail, the gate and the lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.web import messages, moments
from portal.web.words import Phrase, gettext, language, lazy_gettext

# What somebody needs from a day on, by why they would be stopped.
NEEDED: dict[str, Phrase] = {
    "policy_requires_second_factor": lazy_gettext(
        "From %(day)s you need a second factor to go on."
    ),
    "policy_requires_phishing_resistant": lazy_gettext(
        "From %(day)s you need a passkey or a security key to go on."
    ),
    "policy_requires_hardware": lazy_gettext(
        "From %(day)s you need a certified security key to go on."
    ),
    "method_forbidden": lazy_gettext(
        "From %(day)s this is not accepted any more: %(methods)s. Set up something else to go on."
    ),
}
BLOCKED: dict[str, Phrase] = {
    "announcement_empty": lazy_gettext("Write what people are to know."),
    "announcement_too_long": lazy_gettext("This is too long. Write two thousand letters at most."),
    "announcement_over": lazy_gettext("This day is over. Choose a later one."),
    "announcement_too_far": lazy_gettext("This is too far off. Choose a day within a year."),
    "announcements_full": lazy_gettext(
        "These are as many as people can read in a day. Take one back that is over, or wait until "
        "tomorrow."
    ),
    "announcement_of_policy": lazy_gettext(
        "This announces a policy and goes with it. Go back to the version before, if the policy "
        "is not to hold."
    ),
}


def methods(kinds: Iterable[str]) -> str:
    """Kinds of factors by their names, in a line."""
    return ", ".join(filter(None, (messages.label(kind) for kind in kinds)))


def needed(why: str, day: str, forbidden: Iterable[str]) -> str:
    """What somebody needs from a day on."""
    if why == "method_forbidden":
        return str(NEEDED[why]) % {"day": day, "methods": methods(forbidden)}
    return str(NEEDED[why]) % {"day": day}


def gate(forbidden: Iterable[str]) -> str:
    """Why nothing else is open to somebody whose method is not accepted any more."""
    named = methods(forbidden)
    if not named:
        return gettext(
            "What you used as a second proof is not accepted any more: your organisation has "
            "ruled out its make. Choose something else."
        )
    return gettext(
        "Your organisation does not accept this any more: %(methods)s. Choose something else.",
        methods=named,
    )


def of_mail(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the mails of announcements show; nothing for any other mail."""
    values: dict[str, Any] = {"message": payload.get("message", "")}
    if "deadline" not in payload:
        return values
    zone = ZoneInfo(payload.get("time_zone", "UTC"))
    deadline = datetime.fromisoformat(payload["deadline"])
    day = moments.day_in(deadline, zone, language().code)
    return values | {
        "needed": needed(payload["why"], day, payload.get("forbidden", ())),
        "day": day,
        "deadline": moments.moment(deadline, zone, language().code, "short"),
        "days_left": payload["days_left"],
        "methods": methods(payload.get("choices", ())),
    }
