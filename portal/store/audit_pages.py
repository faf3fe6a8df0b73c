"""Pages of the audit log for whoever reaches a part of the tree: nothing of any other part.

A page looks at so many rows of the log and no more, however few of them belong to that part: it may
be short, or empty, and says all the same where the next one goes on.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, and_, cast, func, or_, select

from portal.edge import Edge
from portal.store.audit import COLUMNS, AuditEvent
from portal.store.organisations import inside
from portal.store.tables import audit_events, organisations, users
from portal.values import frozen

WINDOW = 5000  # Rows that one page looks at.


@frozen
class Span:
    """Which events: of one name, from an instant on, before another. None: whatever it is.

    `before`: the last id of the page before.
    """

    event: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: str | None = None


@frozen
class Seen:
    """An event, and whether it was done in that part of the tree."""

    event: AuditEvent
    own: bool


def page(
    edge: Edge,
    path: str,
    of_the_account: Collection[str],
    span: Span,
    *,
    size: int,
    looks_at: int = WINDOW,
) -> tuple[list[Seen], str | None]:
    """Up to `size` events, newest first, and the id before which the next page begins.

    An event belongs where it names its organisation, or else where it was done; those
    `of_the_account` wherever the account is at home.
    """
    seen = _window(edge, span).limit(looks_at).cte("seen")
    reached = select(cast(organisations.c.id, String)).where(inside(path))
    named = audit_events.c.detail["organisation"].as_string()
    done_in = cast(audit_events.c.organisation_id, String)
    people = (
        select(users.c.id)
        .join(organisations, organisations.c.id == users.c.home_organisation_id)
        .where(users.c.id == audit_events.c.subject_id, inside(path))
        .correlate(audit_events)
    )
    own = and_(done_in.is_not(None), done_in.in_(reached))
    belongs = or_(
        func.coalesce(named, done_in).in_(reached),
        and_(audit_events.c.event.in_(of_the_account), people.exists()),
    )
    statement = (
        select(audit_events, own.label("own"))
        .join(seen, seen.c.id == audit_events.c.id)
        .where(belongs)
        .order_by(audit_events.c.id.desc())
    )
    if span.event is not None:
        statement = statement.where(audit_events.c.event == span.event)
    rows = edge.db.execute(statement.limit(size + 1)).mappings().all()
    events = [_seen(row) for row in rows[:size]]
    if len(rows) > size:
        return events, events[-1].event.id
    last = select(seen.c.id).order_by(seen.c.id).limit(1).scalar_subquery()
    count, end = edge.db.execute(select(func.count(), last).select_from(seen)).one()
    return events, str(end) if count == looks_at else None


def _window(edge: Edge, span: Span) -> Any:
    """The next rows of the log: ids are made in the order of time, to the millisecond."""
    window = select(audit_events.c.id)
    if span.before:
        window = window.where(audit_events.c.id < span.before)
    if span.since is not None:
        window = window.where(audit_events.c.id >= _id_at(edge, span.since))
    if span.until is not None:
        window = window.where(audit_events.c.id < _id_at(edge, span.until))
    return window.order_by(audit_events.c.id.desc())


def _id_at(edge: Edge, instant: datetime) -> str:
    """Before 1970 there are no ids."""
    return edge.smallest_id_at(max(instant, datetime.fromtimestamp(0, UTC)))


def _seen(row: Any) -> Seen:
    return Seen(AuditEvent(**{name: row[name] for name in COLUMNS}), bool(row["own"]))
