"""What policy asks of somebody and they lack, as administrators read it: the state, and why."""

from __future__ import annotations

from datetime import datetime

from flask import g

from portal.flows.compliance import Due
from portal.flows.user_lists import Line
from portal.rules.terms import AccountState
from portal.web import moments
from portal.web.words import Phrase, gettext, lazy_gettext

REASONS: dict[str, Phrase] = {
    "policy_requires_second_factor": lazy_gettext("A second factor is missing."),
    "policy_requires_phishing_resistant": lazy_gettext("A passkey or a security key is missing."),
    "policy_requires_hardware": lazy_gettext(
        "A certified key is missing: one whose maker vouches for its hardware."
    ),
    "method_forbidden": lazy_gettext(
        "What they have enrolled may not be used any more, and nothing else is enrolled."
    ),
}


def state(line: Line) -> tuple[str, str]:
    """Where somebody stands, as a badge: its tone and its text; no text while nobody is in."""
    return _state(line, line.enrol_by)


def details(line: Line, due: Due | None) -> dict[str, object]:
    """The same on a user's page, worked out at this moment, and what is missing."""
    tone, text = _state(line, due.at if due else None)
    return {
        "tone": tone,
        "text": text,
        "why": REASONS[due.why] if due else None,
        "by": due.at if due else None,
    }


def _state(line: Line, enrol_by: datetime | None) -> tuple[str, str]:
    now = g.edge.now
    if line.state is AccountState.INVITED:
        return "", ""
    if line.exempt_until is not None and line.exempt_until > now:
        return "brass", gettext("Exempt until %(day)s", day=moments.day(line.exempt_until))
    if enrol_by is None:
        return "", gettext("Fine")
    if enrol_by > now:
        return "warning", gettext("Must enrol by %(day)s", day=moments.day(enrol_by))
    return "danger", gettext("Stopped since %(day)s", day=moments.day(enrol_by))
