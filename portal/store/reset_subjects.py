"""What a reset must know of people: where they are at home, their roles, what they would lose."""

from __future__ import annotations

from sqlalchemy import select

from portal.edge import Edge
from portal.rules.terms import AccountState, Membership, Role
from portal.store import users as user_store
from portal.store.organisations import Organisation
from portal.store.tables import authenticators, memberships, organisations, users
from portal.store.users import User
from portal.values import frozen

PASSWORD = "password"


@frozen
class Factor:
    """An authenticator that a reset takes. It is named, not opened: broken data is taken too."""

    id: str
    kind: str
    name: str
    variant: str


def people(edge: Edge, user_ids: list[str], *, hold: bool) -> list[tuple[User, Organisation]]:
    """These people with their home organisations, by id; their rows held until the commit."""
    statement = (
        select(
            *[column.label("u_" + column.name) for column in users.c],
            *[organisations.c[name] for name in Organisation.__dataclass_fields__],
        )
        .join(organisations, organisations.c.id == users.c.home_organisation_id)
        .where(users.c.id.in_(user_ids))
        .order_by(users.c.id)
    )
    if hold:
        statement = statement.with_for_update(of=users, key_share=True)
    names = Organisation.__dataclass_fields__
    return [
        (user_store.from_row(row, "u_"), Organisation(**{name: row[name] for name in names}))
        for row in edge.db.execute(statement).mappings()
    ]


def roles_of(edge: Edge, user_ids: list[str]) -> dict[str, frozenset[Role]]:
    statement = select(memberships.c.user_id, memberships.c.role).where(
        memberships.c.user_id.in_(user_ids)
    )
    found: dict[str, set[Role]] = {user_id: set() for user_id in user_ids}
    for user_id, role in edge.db.execute(statement):
        found[user_id].add(Role(role))
    return {user_id: frozenset(roles) for user_id, roles in found.items()}


def factors_of(edge: Edge, user_ids: list[str]) -> dict[str, list[Factor]]:
    """What each of these people holds beside the password, oldest first."""
    columns = [authenticators.c[name] for name in ("user_id", "id", "kind", "name", "variant")]
    statement = select(*columns).where(
        authenticators.c.user_id.in_(user_ids),
        authenticators.c.kind != PASSWORD,
        authenticators.c.revoked_at.is_(None),
    )
    found: dict[str, list[Factor]] = {user_id: [] for user_id in user_ids}
    for user_id, *values in edge.db.execute(statement.order_by(authenticators.c.id)):
        found[user_id].append(Factor(*values))
    return found


def memberships_held(edge: Edge, user_id: str, *, hold: bool = True) -> tuple[Membership, ...]:
    """The roles of an active person, none of a disabled one. `hold`: kept until the commit."""
    statement = (
        select(organisations.c.id, organisations.c.name, memberships.c.role, organisations.c.path)
        .join(organisations, organisations.c.id == memberships.c.organisation_id)
        .join(users, users.c.id == memberships.c.user_id)
        .where(memberships.c.user_id == user_id, users.c.state == str(AccountState.ACTIVE))
    )
    if hold:
        # Their row itself is not held: they may be withdrawing this very request, and then each
        # would wait for the other.
        statement = statement.with_for_update(of=memberships, read=True)
    return tuple(
        Membership(identity, name, Role(role), path)
        for identity, name, role, path in edge.db.execute(statement)
    )


def holders(edge: Edge, roles: frozenset[Role], *, but: str) -> list[User]:
    """Every active person with one of these roles, but one."""
    statement = (
        select(users)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(
            memberships.c.role.in_([str(role) for role in roles]),
            users.c.state == str(AccountState.ACTIVE),
            users.c.id != but,
        )
        .order_by(users.c.id)
    )
    rows = edge.db.execute(statement).mappings()
    return list({row["id"]: user_store.from_row(row) for row in rows}.values())
