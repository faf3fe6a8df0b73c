"""The form of a draft: its dates and its message, and what cannot be read in any field of it."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from portal.flows import drafts
from portal.flows.drafts import GRACE_DAYS_MAX, MESSAGE_MAX, Rollout
from portal.web.words import Phrase, lazy_gettext

_TIMES = ("monitored", "enforced")
# What is wrong with a field, by reason.
WRONG: dict[str, Phrase] = {
    "choice": lazy_gettext("Choose one from the list."),
    "number": lazy_gettext("Write a whole number within the limits."),
    "no_model": lazy_gettext(
        "Write AAGUIDs, one a line, like ee882879-721c-4913-9775-3dfcce97072a."
    ),
    "models_too_many": lazy_gettext(
        "These are too many to type. Keep the list under 160, or send a longer one by the API."
    ),
    "date": lazy_gettext("Write a day and a time, like 2027-03-01 09:00."),
    "enforced_missing": lazy_gettext("Choose from when it holds, or leave all dates empty."),
    "message": lazy_gettext("This is too long. Use at most 2,000 characters."),
    "unreadable": lazy_gettext("This cannot be read. Type it again."),
}


def rollout(form: MultiDict[str, str]) -> tuple[Rollout, dict[str, str]]:
    """When the draft is to hold as it was typed, and what is wrong about it."""
    wrong: dict[str, str] = {}
    times = {name: form.get(name, "").strip().replace(" ", "T") for name in _TIMES}
    for name, text in times.items():
        if text and not drafts.is_local_time(text):
            wrong[name] = "date"
    days = form.get("grace_days", "").strip() or "0"
    fits = days.isascii() and days.isdigit() and len(days) < 4 and int(days) <= GRACE_DAYS_MAX
    if not fits:
        wrong["grace_days"], days = "number", "0"
    # Browsers send a line's end as two characters.
    message = form.get("message", "").replace("\r\n", "\n").strip()
    if len(message) > MESSAGE_MAX:
        wrong["message"] = "message"
    if times["monitored"] and not times["enforced"]:
        wrong["enforced"] = "enforced_missing"
    return Rollout(times["monitored"], times["enforced"], int(days), message), wrong


def fill(typed: Rollout) -> dict[str, str]:
    """The fields of a roll-out, as they were typed."""
    return {
        "monitored": typed.monitored,
        "enforced": typed.enforced,
        "grace_days": str(typed.grace_days),
        "message": typed.message,
    }


def unreadable(form: MultiDict[str, str]) -> dict[str, str]:
    """Fields that no page of ours sends like this: twice, or with what no keyboard types."""
    return {
        name: "unreadable" for name in form if len(form.getlist(name)) > 1 or "\x00" in form[name]
    }
