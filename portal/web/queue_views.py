"""Queues of requests that one person makes and others decide: a state at a time, line by line.

What is special about a kind of request, and what may be done about one, is for its own modules.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime
from typing import Any

from flask import abort, request, url_for

from portal.flows.queue_pages import Described
from portal.values import frozen
from portal.web import addresses, reset_words
from portal.web.words import Phrase

FIRST = "waiting"  # What a queue shows by itself.


@frozen
class Asked:
    """What a queue's address asks for. `after`: the key that an earlier page gave."""

    state: str
    after: str | None


@frozen
class LineView:
    """A line of a queue, and the facts of a sheet, whatever was asked for."""

    id: str
    url: str
    person: str
    email: str
    organisation: str
    requester: str
    state: str
    tone: str
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decider: str | None
    first_approver: str | None
    reason: str
    verification: str
    note: str


def asked(states: Container[str]) -> Asked:
    """What this address asks for; a state that there is none of is no page."""
    state = request.args.get("state", FIRST)
    if state not in states:
        abort(404)
    key = request.args.get("after")
    return Asked(state, addresses.identifier(key) if key else None)


def links(
    asked: Asked, following: str | None, states: Mapping[str, tuple[str, Phrase]]
) -> dict[str, Any]:
    """The states of this blueprint's queue with their addresses, and the pages beside this one."""
    state = asked.state
    return {
        "state": state,
        "states": [
            (key, words, url_for(".index", state=key if key != FIRST else None))
            for key, (_, words) in states.items()
        ],
        "first_url": url_for(".index", state=state) if asked.after else None,
        "next_url": url_for(".index", state=state, after=following) if following else None,
    }


def line(described: Described[Any], states: Mapping[str, tuple[str, Phrase]]) -> dict[str, Any]:
    """The fields of a `LineView`, but for its address and who asked."""
    one = described.request
    tone, state = states[one.state]
    return {
        "id": one.id,
        "person": described.user_name,
        "email": described.user_email,
        "organisation": described.organisation_name,
        "state": str(state),
        "tone": tone,
        "created_at": one.created_at,
        "expires_at": one.expires_at,
        "decided_at": one.decided_at,
        "decider": described.decider_name,
        "first_approver": described.first_approver_name,
        "reason": one.reason,
        "verification": reset_words.verification(one.verification),
        "note": "" if by_portal(described) else one.note,
    }


def by_portal(described: Described[Any]) -> bool:
    """Whether the portal closed it: then nobody decided, and its note is the key of a sentence."""
    one = described.request
    return one.state == "rejected" and one.decided_by is None
