"""Exceptions from policy: who asked to let whom off, or in, why, and what was decided."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, insert, select, update

from portal.edge import Edge
from portal.store import queues
from portal.store.policy_tables import exceptions
from portal.store.queues import (
    APPROVED,
    ENDED,
    EXPIRED,
    REJECTED,
    WAITING,
    WITHDRAWN,
    Queue,
)
from portal.store.tables import users
from portal.values import frozen

EXEMPTION, BYPASS = "exemption", "bypass"
STATES = (WAITING, APPROVED, REJECTED, WITHDRAWN, EXPIRED, ENDED)


@frozen
class PolicyException:
    """One request, and what became of it. `until`: an exemption's last moment.

    `expires_at` is when its state ends by itself: to decide; the exemption; to show the code, and
    then the code. `issued_at`: when the code was shown, once. `decided_by` and `note` are as of a
    reset; `first_approved_by` too.
    """

    id: str
    kind: str
    user_id: str
    organisation_id: str
    requested_by: str
    reason: str
    verification: str
    until: datetime | None
    state: str
    created_at: datetime
    expires_at: datetime
    first_approved_by: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str = ""
    issued_at: datetime | None = None


QUEUE: Queue[PolicyException] = Queue(
    exceptions, PolicyException, {WAITING: EXPIRED, APPROVED: ENDED}
)
Described = queues.Described[PolicyException]


def add(edge: Edge, made: PolicyException) -> None:
    """Store a request; its subject's row is held."""
    values = {name: getattr(made, name) for name in PolicyException.__dataclass_fields__}
    edge.db.execute(insert(exceptions), values)


def find(edge: Edge, exception_id: str) -> PolicyException | None:
    return next(iter(QUEUE.find(edge, exceptions.c.id == exception_id)), None)


def open_of(edge: Edge, user_id: str) -> list[PolicyException]:
    """What waits for a person or is in force; what ran out unnoted says so."""
    unsettled = and_(exceptions.c.user_id == user_id, exceptions.c.state.in_((WAITING, APPROVED)))
    return QUEUE.find(edge, unsettled)


def issue(edge: Edge, exception_id: str, ends_at: datetime) -> bool:
    """Note that an approved code is shown, once; it lives until `ends_at`."""
    one = and_(
        exceptions.c.id == exception_id,
        exceptions.c.state == APPROVED,
        exceptions.c.expires_at > edge.now,
        exceptions.c.issued_at.is_(None),
    )
    shown = update(exceptions).where(one).values(issued_at=edge.now, expires_at=ends_at)
    return edge.db.execute(shown).rowcount == 1


def end_codes(edge: Edge) -> int:
    """End every approved code of everybody (a restored backup): it may have been shown since."""
    approved = update(exceptions).where(exceptions.c.kind == BYPASS, exceptions.c.state == APPROVED)
    return edge.db.execute(approved.values(state=ENDED)).rowcount


def set_exempt(edge: Edge, user_id: str, until: datetime | None) -> None:
    """Let a person off what organisations ask of a sign-in; None: no longer."""
    edge.db.execute(update(users).where(users.c.id == user_id).values(exempt_until=until))


def names(edge: Edge, user_ids: list[str]) -> dict[str, str]:
    """How people are called, by id."""
    statement = select(users.c.id, users.c.name, users.c.email).where(users.c.id.in_(user_ids))
    return {identity: f"{name} <{email}>" for identity, name, email in edge.db.execute(statement)}
