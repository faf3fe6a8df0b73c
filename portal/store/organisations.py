"""Organisations, a tree, and the memberships that give people roles in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, insert, select

from portal.edge import Edge
from portal.rules.terms import Membership, Role
from portal.store.tables import memberships, organisations

_MEMBERSHIPS = (
    select(memberships.c.organisation_id, organisations.c.name, memberships.c.role)
    .join(organisations, organisations.c.id == memberships.c.organisation_id)
    .where(memberships.c.user_id == bindparam("user"))
    .order_by(memberships.c.id)
)


@dataclass(frozen=True, slots=True)
class Organisation:
    """A node of the tree. `path` is the ids from the top down, "/hq/…/id/"."""

    id: str
    parent_id: str | None
    path: str
    name: str
    managed_by_parent: bool
    created_at: datetime


def _from_row(row: RowMapping) -> Organisation:
    return Organisation(**row)


def add(edge: Edge, organisation: Organisation) -> None:
    edge.db.execute(
        insert(organisations),
        {
            "id": organisation.id,
            "parent_id": organisation.parent_id,
            "path": organisation.path,
            "name": organisation.name,
            "managed_by_parent": organisation.managed_by_parent,
            "created_at": organisation.created_at,
        },
    )


def by_id(edge: Edge, organisation_id: str) -> Organisation | None:
    statement = select(organisations).where(organisations.c.id == organisation_id)
    row = edge.db.execute(statement).mappings().first()
    return _from_row(row) if row else None


def by_name(edge: Edge, name: str) -> Organisation | None:
    """The oldest organisation of that name (commands name organisations by hand)."""
    statement = select(organisations).where(organisations.c.name == name)
    row = edge.db.execute(statement.order_by(organisations.c.id).limit(1)).mappings().first()
    return _from_row(row) if row else None


def root(edge: Edge) -> Organisation | None:
    statement = select(organisations).where(organisations.c.parent_id.is_(None))
    row = edge.db.execute(statement.limit(1)).mappings().first()
    return _from_row(row) if row else None


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
    return tuple(
        Membership(identity, name, Role(role))
        for identity, name, role in edge.db.execute(_MEMBERSHIPS, {"user": user_id})
    )
