"""What organisations have bought, for its pages; `organisations.set_plan` writes it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import RowMapping, bindparam, func, select

from portal.edge import Edge
from portal.rules.policy_values import Asked
from portal.store.organisations import ADD_ONS, EFFECTIVE_POLICY, add_ons, called, inside
from portal.store.policy_codec import effective
from portal.store.tables import authenticators, memberships, organisations
from portal.values import frozen

COUNTED_MAX = 1000  # People; more are "more than": nobody counts a world for a page.
_COLUMNS = (
    organisations.c.id,
    organisations.c.parent_id,
    organisations.c.name,
    organisations.c.path,
    organisations.c.managed_by_parent,
    organisations.c.plan,
    ADD_ONS.label("add_ons"),
)
_ONE = select(*_COLUMNS, EFFECTIVE_POLICY.label("policy")).where(
    organisations.c.id == bindparam("organisation")
)


@frozen
class Bought:
    """An organisation with its plan. `asked`: what is asked of its people; None in lists too."""

    id: str
    parent_id: str | None
    name: str
    path: str
    managed_by_parent: bool
    plan: str
    add_ons: frozenset[str]
    asked: Asked | None = None


def find(edge: Edge, organisation_id: str) -> Bought | None:
    row = edge.db.execute(_ONE, {"organisation": organisation_id}).mappings().first()
    return _from_row(row, effective(row["policy"])) if row else None


def below(edge: Edge, path: str, after: str, size: int, beginning: str = "") -> list[Bought]:
    """Organisations under this path, by path, whose names begin like this.

    `after`: the path of the last one seen.
    """
    statement = (
        select(*_COLUMNS)
        .where(inside(path), organisations.c.path > max(path, after), called(beginning))
        .order_by(organisations.c.path)
        .limit(size)
    )
    return [_from_row(row) for row in edge.db.execute(statement).mappings()]


def path_of(edge: Edge, organisation_id: str) -> str | None:
    statement = select(organisations.c.path).where(organisations.c.id == organisation_id)
    return edge.db.execute(statement).scalar()


def users_of(edge: Edge, organisation_id: str, kinds: Collection[str]) -> dict[str, int]:
    """How many of an organisation's people hold each of these kinds; of all at most the limit."""
    if not kinds:
        return {}
    holding = (
        select(memberships.c.user_id, authenticators.c.kind)
        .distinct()
        .join(authenticators, authenticators.c.user_id == memberships.c.user_id)
        .where(
            memberships.c.organisation_id == organisation_id,
            authenticators.c.kind.in_(sorted(kinds)),
            authenticators.c.revoked_at.is_(None),
        )
        .limit(COUNTED_MAX)
        .subquery()
    )
    statement = select(holding.c.kind, func.count().label("people")).group_by(holding.c.kind)
    return {row.kind: row.people for row in edge.db.execute(statement)}


def _from_row(row: RowMapping, asked: Asked | None = None) -> Bought:
    return Bought(
        row["id"],
        row["parent_id"],
        row["name"],
        row["path"],
        row["managed_by_parent"],
        row["plan"],
        add_ons(row["add_ons"]),
        asked,
    )
