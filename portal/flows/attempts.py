"""Counting guesses: the first of count, verify, accept.

A budget belongs to an address and a factor, whether or not the address has an account: unknown
people are slowed down exactly like known ones.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portal.edge import Edge
from portal.flows import tokens
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.rules.lockout import PAUSES, Lane, Throttled
from portal.store import audit, budgets, users
from portal.store.users import User
from portal.values import frozen

# How long a spent lane stays locked: until a success in it, a mailed unlock or an administrator.
FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)


@frozen
class Attempt:
    """One counted attempt. `refused_before`: refusals since the attempt before this one."""

    failures: int
    refused_before: int


def key(edge: Edge, kind: str, email: str) -> bytes:
    return tokens.keyed(edge, f"attempts:{kind}", email)


def reserve(
    edge: Edge, kind: str, email: str, *, browser_id: str | None, user: User | None
) -> Attempt | Throttled:
    """Count one attempt before anything is compared, or refuse it.

    Refusals gather: the first of a series is audited, the rest are counted into the audit row of
    the next compared attempt.
    """
    lane = Lane.KNOWN_BROWSER if browser_id else Lane.STRANGERS
    counted = budgets.reserve(
        edge,
        key(edge, kind, email),
        browser_id or budgets.STRANGERS,
        limit=int(lane),
        pauses=PAUSES,
    )
    if not counted.refused:
        return Attempt(counted.failures, counted.refused_before)
    spent = counted.failures >= lane
    if counted.refused == 1:
        _note_refusal(edge, kind, lane, user, spent=spent)
        # Written for an address of nobody too, where it finds no row: the same work.
        until = FOR_GOOD if spent else counted.next_at
        users.note_lock(edge, user.id if user else None, until)
    return Throttled(None if spent else max(counted.next_at - edge.now, timedelta(seconds=1)))


def _note_refusal(edge: Edge, kind: str, lane: Lane, user: User | None, *, spent: bool) -> None:
    audit.add(
        edge,
        Event.LANE_SPENT if spent else Event.THROTTLED,
        subject_id=user.id if user else None,
        reason="attempts_spent" if spent else "too_many_attempts",
        detail={"factor": kind, "lane": lane.name.lower()},
    )
    if spent and user is not None:
        tell(edge, Notice.LOCKOUT, user)


def succeed(edge: Edge, kind: str, email: str, *, browser_id: str | None) -> None:
    """A success is what makes a count fall: its own lane's, no other's."""
    budgets.reset(edge, key(edge, kind, email), browser_id or budgets.STRANGERS)


def start_anew(edge: Edge, email: str, user: User | None) -> int:
    """An administrator's decision: every lane of an address starts anew; how many there were."""
    if user is not None:
        users.clear_lock(edge, user.id)
    return budgets.reset_all(edge, keys_of(edge, email))


def keys_of(edge: Edge, email: str) -> list[bytes]:
    """The budgets of every factor of an address, for a decision that resets them all."""
    return [key(edge, kind, email) for kind in edge.factors]
