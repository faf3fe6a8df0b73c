"""Who holds which role where: reading it for administration, adding, removing, counting.

`organisations` holds what every request reads of memberships; here is what changing them needs.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    and_,
    delete,
    exists,
    false,
    or_,
    select,
    true,
    union_all,
)

from portal.edge import Edge
from portal.rules.terms import AccountState, Role
from portal.store import users as user_store
from portal.store.engine import insert_for
from portal.store.organisations import Organisation
from portal.store.tables import memberships, organisations, users
from portal.store.users import User
from portal.values import frozen

_ORGANISATION = [organisations.c[name] for name in Organisation.__dataclass_fields__]


@frozen
class Held:
    """A role that a person holds, with the whole organisation that it is held in."""

    organisation: Organisation
    role: Role


def _organisation(row: RowMapping) -> Organisation:
    return Organisation(**{name: row[name] for name in Organisation.__dataclass_fields__})


def held_by(edge: Edge, user_id: str) -> tuple[Held, ...]:
    """The roles of a person, in the order in which they were given."""
    statement = (
        select(*_ORGANISATION, memberships.c.role)
        .join(memberships, memberships.c.organisation_id == organisations.c.id)
        .where(memberships.c.user_id == user_id)
        .order_by(memberships.c.id)
    )
    rows = edge.db.execute(statement).mappings()
    return tuple(Held(_organisation(row), Role(row["role"])) for row in rows)


def add(edge: Edge, user_id: str, organisation_id: str, role: Role) -> bool:
    """Give a role; False when it was held already."""
    statement = insert_for(edge.db.dialect.name)(memberships).on_conflict_do_nothing(
        index_elements=[memberships.c.user_id, memberships.c.organisation_id, memberships.c.role]
    )
    values = {
        "id": edge.new_id(),
        "user_id": user_id,
        "organisation_id": organisation_id,
        "role": str(role),
        "created_at": edge.now,
    }
    return edge.db.execute(statement.returning(memberships.c.id), values).first() is not None


def remove(edge: Edge, user_id: str, organisation_id: str, role: Role) -> bool:
    """Take a role away; False when it was not held any more."""
    result = edge.db.execute(
        delete(memberships).where(
            memberships.c.user_id == user_id,
            memberships.c.organisation_id == organisation_id,
            memberships.c.role == str(role),
        )
    )
    return result.rowcount == 1


def served_by(edge: Edge, organisation_id: str) -> list[Organisation]:
    """An organisation and the children that it manages, itself first."""
    statement = select(*_ORGANISATION).where(is_served_by(organisation_id))
    rows = edge.db.execute(statement.order_by(organisations.c.path)).mappings()
    return [_organisation(row) for row in rows]


def served_and_unattended(
    edge: Edge, organisation_id: str, *, size: int
) -> tuple[list[Organisation], list[Organisation]]:
    """As `served_by`, and the newest organisations anywhere that have no administrator yet."""
    newest = select(*_ORGANISATION, false().label("served")).where(_is_unattended())
    newest = newest.order_by(organisations.c.id.desc()).limit(size)
    served = select(*_ORGANISATION, true().label("served")).where(is_served_by(organisation_id))
    rows = edge.db.execute(union_all(served, select(newest.subquery()))).mappings().all()
    found = [(bool(row["served"]), _organisation(row)) for row in rows]
    return (
        sorted((one for own, one in found if own), key=lambda one: one.path),
        sorted((one for own, one in found if not own), key=lambda one: one.name.casefold()),
    )


def is_unattended(edge: Edge, organisation_id: str) -> bool:
    """Whether an organisation looks after itself and has no active administrator to do it."""
    statement = select(organisations.c.id).where(
        organisations.c.id == organisation_id, _is_unattended()
    )
    return edge.db.execute(statement).first() is not None


def is_served_by(organisation_id: str) -> ColumnElement[bool]:
    """The condition that a row is this organisation, or a child that it manages."""
    managed = organisations.c.managed_by_parent.is_(True)
    child = and_(organisations.c.parent_id == organisation_id, managed)
    return or_(organisations.c.id == organisation_id, child)


def _is_unattended() -> ColumnElement[bool]:
    attended = exists().where(
        memberships.c.organisation_id == organisations.c.id,
        memberships.c.role == str(Role.PARTNER_ADMIN),
        users.c.id == memberships.c.user_id,
        users.c.state == str(AccountState.ACTIVE),
    )
    independent = organisations.c.managed_by_parent.is_(False)
    return and_(organisations.c.parent_id.is_not(None), independent, ~attended)


def holders(
    edge: Edge, organisation_ids: Collection[str], roles: Collection[Role], *, but: Collection[str]
) -> list[User]:
    """The active people who hold one of these roles in one of these organisations."""
    inside = select(memberships.c.user_id).where(
        memberships.c.organisation_id.in_(list(organisation_ids)),
        memberships.c.role.in_([str(role) for role in roles]),
        memberships.c.user_id.not_in(list(but)),
    )
    statement = select(users).where(
        users.c.id.in_(inside), users.c.state == str(AccountState.ACTIVE)
    )
    rows = edge.db.execute(statement.order_by(users.c.id)).mappings()
    return [user_store.from_row(row) for row in rows]


def people_by_email(edge: Edge, emails: Collection[str]) -> dict[str, User]:
    """The accounts of these addresses, whatever their organisation; for a list that is checked."""
    statement = select(users).where(users.c.email.in_(list(emails)))
    found = (user_store.from_row(row) for row in edge.db.execute(statement).mappings())
    return {user.email: user for user in found}


def roles_in(
    edge: Edge, organisation_id: str, user_ids: Collection[str]
) -> dict[str, frozenset[Role]]:
    """The roles of these people in one organisation; who holds none is left out."""
    statement = select(memberships.c.user_id, memberships.c.role).where(
        memberships.c.organisation_id == organisation_id, memberships.c.user_id.in_(list(user_ids))
    )
    found: dict[str, frozenset[Role]] = {}
    for user_id, role in edge.db.execute(statement):
        found[user_id] = found.get(user_id, frozenset()) | {Role(role)}
    return found
