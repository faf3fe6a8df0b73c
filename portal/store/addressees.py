"""People who are to be written to about policy, with all that decides whether it stops them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from portal.edge import Edge
from portal.rules.terms import AccountState, Membership, Role
from portal.store import users as user_store
from portal.store.organisations import ADD_ONS, EFFECTIVE_POLICY, add_ons
from portal.store.policy_codec import effective
from portal.store.tables import memberships, organisations, users
from portal.store.users import User


@dataclass(frozen=True, slots=True)
class Addressee:
    """A person with every role of theirs, wherever they hold it."""

    user: User
    memberships: tuple[Membership, ...]


def some(edge: Edge, user_ids: list[str]) -> list[Addressee]:
    """Those of these people whose accounts are active, by id."""
    if not user_ids:
        return []
    statement = select(users).where(
        users.c.id.in_(user_ids), users.c.state == str(AccountState.ACTIVE)
    )
    rows = edge.db.execute(statement.order_by(users.c.id)).mappings()
    found = [user_store.from_row(row) for row in rows]
    roles = _memberships(edge, [user.id for user in found])
    return [Addressee(user, tuple(roles[user.id])) for user in found]


def _memberships(edge: Edge, user_ids: list[str]) -> dict[str, list[Membership]]:
    """The roles of these people, of each in the order in which they were given."""
    statement = (
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
        .where(memberships.c.user_id.in_(user_ids))
        .order_by(memberships.c.id)
    )
    found: dict[str, list[Membership]] = {user_id: [] for user_id in user_ids}
    for row in edge.db.execute(statement).mappings():
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
