"""People who are to be written to about policy, with all that decides whether it stops them."""

from __future__ import annotations

from sqlalchemy import select

from portal.edge import Edge
from portal.rules.terms import AccountState, Membership
from portal.store import organisations as organisation_store
from portal.store import users as user_store
from portal.store.tables import users
from portal.store.users import User
from portal.values import frozen


@frozen
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
    roles = organisation_store.memberships_of_all(edge, [user.id for user in found])
    return [Addressee(user, tuple(roles[user.id])) for user in found]
