"""Organisations, a tree, and the memberships that give people roles in them."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Text,
    and_,
    bindparam,
    case,
    cast,
    insert,
    or_,
    select,
    true,
    update,
)

from portal.edge import Edge
from portal.rules.terms import Membership, Role
from portal.store.policy_codec import effective
from portal.store.tables import memberships, organisations
from portal.values import frozen

# As text on either database: of a text the policy is made once.
EFFECTIVE_POLICY = cast(organisations.c.effective_policy, Text)
ADD_ONS = cast(organisations.c.add_ons, Text)
_MEMBERSHIPS = (
    select(
        memberships.c.user_id,
        memberships.c.organisation_id,
        organisations.c.name,
        memberships.c.role,
        organisations.c.path,
        organisations.c.time_zone,
        organisations.c.shared_desks,
        EFFECTIVE_POLICY.label("policy"),
        organisations.c.plan,
        ADD_ONS.label("add_ons"),
    )
    .join(organisations, organisations.c.id == memberships.c.organisation_id)
    .where(memberships.c.user_id.in_(bindparam("users", expanding=True)))
    .order_by(memberships.c.id)
)


@functools.lru_cache(512)
def add_ons(text: str) -> frozenset[str]:
    """What an organisation has bought beside its plan, from its column."""
    return frozenset(json.loads(text))


@frozen
class Organisation:
    """A node of the tree. `path` is the ids from the top down, "/hq/…/id/"."""

    id: str
    parent_id: str | None
    path: str
    name: str
    managed_by_parent: bool
    created_at: datetime
    time_zone: str = "UTC"


_COLUMNS = [organisations.c[name] for name in Organisation.__dataclass_fields__]


def _from_row(row: RowMapping) -> Organisation:
    return Organisation(**row)


def add(edge: Edge, organisation: Organisation) -> None:
    """Add a node. What its parent asks of its people, or tells them, is for the new one's too.

    The caller holds the root, so that nothing is published meanwhile.
    """
    above = {
        name: select(organisations.c[name])
        .where(organisations.c.id == organisation.parent_id)
        .scalar_subquery()
        for name in ("effective_policy", "announced_until")
    }
    edge.db.execute(
        insert(organisations).values(above),
        {
            "id": organisation.id,
            "parent_id": organisation.parent_id,
            "path": organisation.path,
            "name": organisation.name,
            "managed_by_parent": organisation.managed_by_parent,
            "time_zone": organisation.time_zone,
            "created_at": organisation.created_at,
        },
    )


def by_id(edge: Edge, organisation_id: str) -> Organisation | None:
    statement = select(*_COLUMNS).where(organisations.c.id == organisation_id)
    row = edge.db.execute(statement).mappings().first()
    return _from_row(row) if row else None


def by_name(edge: Edge, name: str) -> Organisation | None:
    """The oldest organisation of that name (commands name organisations by hand)."""
    statement = select(*_COLUMNS).where(organisations.c.name == name)
    row = edge.db.execute(statement.order_by(organisations.c.id).limit(1)).mappings().first()
    return _from_row(row) if row else None


def lock(edge: Edge, organisation_id: str) -> None:
    """Hold an organisation's row to the commit: what changes its own lists happens in turn."""
    statement = select(organisations.c.id).where(organisations.c.id == organisation_id)
    # Not FOR UPDATE: rows that merely point at the organisation may still be written.
    edge.db.execute(statement.with_for_update(key_share=True))


def plan_of(edge: Edge, organisation_id: str) -> tuple[str, frozenset[str]]:
    """What an organisation has bought: its plan, and what it added to it."""
    statement = select(organisations.c.plan, ADD_ONS).where(organisations.c.id == organisation_id)
    plan, added = edge.db.execute(statement).one()
    return plan, add_ons(added)


def set_plan(edge: Edge, organisation_id: str, plan: str, added: Iterable[str]) -> None:
    change = update(organisations).where(organisations.c.id == organisation_id)
    edge.db.execute(change.values(plan=plan, add_ons=sorted(added)))


def set_shared_desks(edge: Edge, organisation_id: str, *, shared: bool) -> bool:
    """Mark an organisation, or take the mark off; False when it was so already."""
    result = edge.db.execute(
        update(organisations)
        .where(organisations.c.id == organisation_id, organisations.c.shared_desks != shared)
        .values(shared_desks=shared)
    )
    return result.rowcount == 1


def root(edge: Edge) -> Organisation | None:
    statement = select(*_COLUMNS).where(organisations.c.parent_id.is_(None))
    row = edge.db.execute(statement.limit(1)).mappings().first()
    return _from_row(row) if row else None


def inside(path: str) -> ColumnElement[bool]:
    """The condition that a row is the organisation with this path, or one under it."""
    # "/" is followed by "0": every path that begins with this one lies between the two.
    return and_(organisations.c.path >= path, organisations.c.path < f"{path[:-1]}0")


def called(beginning: str) -> ColumnElement[bool]:
    """The condition that an organisation's name begins like this; "": any does.

    In upper or lower case, which SQLite knows of ASCII alone.
    """
    return organisations.c.name.istartswith(beginning, autoescape=True) if beginning else true()


def below(edge: Edge, path: str, chosen: str, size: int, beginning: str = "") -> list[Organisation]:
    """An organisation and those under it, by path; or by name, those whose names begin like this.

    `chosen` comes before all, wherever it stands and whatever it is called.
    """
    first = case((organisations.c.id == chosen, 0), else_=1)
    order = [organisations.c.name] if beginning else []
    statement = (
        select(*_COLUMNS)
        .where(or_(and_(inside(path), called(beginning)), organisations.c.id == chosen))
        .order_by(first, *order, organisations.c.path)
        .limit(size)
    )
    return [_from_row(row) for row in edge.db.execute(statement).mappings()]


def add_membership(edge: Edge, *, user_id: str, organisation_id: str, role: Role) -> None:
    edge.db.execute(
        insert(memberships),
        {
            "id": edge.new_id(),
            "user_id": user_id,
            "organisation_id": organisation_id,
            "role": str(role),
            "created_at": edge.now,
        },
    )


def memberships_of(edge: Edge, user_id: str) -> tuple[Membership, ...]:
    """The roles of a user, in the order in which they were given."""
    return tuple(memberships_of_all(edge, [user_id])[user_id])


def memberships_of_all(edge: Edge, user_ids: list[str]) -> dict[str, list[Membership]]:
    """The roles of these users, of each in the order in which they were given."""
    found: dict[str, list[Membership]] = {user_id: [] for user_id in user_ids}
    for row in edge.db.execute(_MEMBERSHIPS, {"users": user_ids}).mappings():
        found[row["user_id"]].append(
            Membership(
                row["organisation_id"],
                row["name"],
                Role(row["role"]),
                row["path"],
                row["time_zone"],
                row["shared_desks"],
                effective(row["policy"]),
                row["plan"],
                add_ons(row["add_ons"]),
            )
        )
    return found
