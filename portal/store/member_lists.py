"""Members of an organisation for machines, and the organisations that a machine reaches: by id.

A page looks at so many rows of its index and no more, however few of them are wanted: it may be
short, or empty, and says all the same where the next one goes on.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, func, select

from portal.edge import Edge
from portal.rules.terms import AAL
from portal.store.members import COLUMNS, Member, values
from portal.store.memberships import is_served_by
from portal.store.organisations import Organisation
from portal.store.tables import memberships, organisations, users
from portal.values import frozen

WINDOW = 2000  # Rows that one page looks at.
_ORGANISATION = [organisations.c[name] for name in Organisation.__dataclass_fields__]


@frozen
class Filter:
    """Which members; None: whatever it is. `enrolled`: whether two factors are in reach."""

    state: str | None = None
    role: str | None = None
    level: int | None = None
    enrolled: bool | None = None


def page(
    edge: Edge,
    organisation_id: str,
    chosen: Filter,
    *,
    after: str | None,
    size: int,
    looks_at: int = WINDOW,
) -> tuple[list[Member], str | None]:
    """Up to `size` members by id, and the id after which the next page goes on; None at the end."""
    window = select(users.c.id).where(users.c.home_organisation_id == organisation_id)
    if after:
        window = window.where(users.c.id > after)
    seen = window.order_by(users.c.id).limit(looks_at).cte("seen")
    statement = select(*COLUMNS).where(users.c.id.in_(select(seen.c.id)), *_conditions(chosen))
    found = edge.db.execute(statement.order_by(users.c.id).limit(size + 1)).mappings().all()
    members = [Member(**values(row)) for row in found[:size]]
    if len(found) > size:
        return members, members[-1].id
    # Fewer than were asked for: the next page goes on behind all that was looked at.
    count, last = edge.db.execute(_end(edge, seen)).one()
    return members, str(last) if count == looks_at else None


def _end(edge: Edge, seen: Any) -> Any:
    last = select(seen.c.id).order_by(seen.c.id.desc()).limit(1).scalar_subquery()
    return select(func.count(), last).select_from(seen)


def _conditions(chosen: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.state is not None:
        conditions.append(users.c.state == chosen.state)
    if chosen.level is not None:
        conditions.append(users.c.strongest == chosen.level)
    if chosen.enrolled is not None:
        held = users.c.strongest >= int(AAL.AAL2)
        conditions.append(held if chosen.enrolled else ~held)
    if chosen.role is not None:
        conditions.append(
            exists().where(
                memberships.c.user_id == users.c.id,
                memberships.c.organisation_id == users.c.home_organisation_id,
                memberships.c.role == chosen.role,
            )
        )
    return conditions


def one(edge: Edge, organisation_id: str, user_id: str) -> Member | None:
    statement = select(*COLUMNS).where(
        users.c.id == user_id, users.c.home_organisation_id == organisation_id
    )
    row = edge.db.execute(statement).mappings().first()
    return Member(**values(row)) if row else None


def served(edge: Edge, organisation_id: str, *, after: str | None, size: int) -> list[Organisation]:
    """An organisation and the children that it manages, by id."""
    statement = select(*_ORGANISATION).where(is_served_by(organisation_id))
    if after:
        statement = statement.where(organisations.c.id > after)
    rows = edge.db.execute(statement.order_by(organisations.c.id).limit(size)).mappings()
    return [Organisation(**row) for row in rows]
