"""What a sign-in reads before a password is compared: one statement for any address."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, select

from portal.edge import Edge, SealBroken
from portal.store import authenticators as authenticator_store
from portal.store import users as user_store
from portal.store.authenticators import Authenticator
from portal.store.tables import authenticators, browsers, users
from portal.store.users import User

_KIND = "password"


@dataclass(frozen=True, slots=True)
class Candidate:
    """The account behind an address, its password, and its browser behind a token, if any.

    `broken` names the place of a password that is there and does not open.
    """

    user: User
    password: Authenticator | None
    browser_id: str | None
    browser_known: bool
    broken: str | None = None


def candidate(edge: Edge, email: str, browser_token_hash: bytes) -> Candidate | None:
    """Everything about an address; None when nobody has it."""
    statement = (
        select(
            *[column.label("u_" + column.name) for column in users.c],
            *[column.label("a_" + column.name) for column in authenticators.c],
            browsers.c.id.label("b_id"),
            browsers.c.known_at.label("b_known_at"),
        )
        .outerjoin(
            authenticators,
            and_(
                authenticators.c.user_id == users.c.id,
                authenticators.c.kind == _KIND,
                authenticators.c.revoked_at.is_(None),
            ),
        )
        .outerjoin(
            browsers,
            and_(
                browsers.c.user_id == users.c.id,
                browsers.c.token_hash == browser_token_hash,
                browsers.c.revoked_at.is_(None),
                browsers.c.ends_at > edge.now,
            ),
        )
        .where(users.c.email == email)
    )
    row = edge.db.execute(statement).mappings().first()
    if row is None:
        return None
    password, broken = None, None
    if row["a_id"]:
        try:
            password = authenticator_store.from_row(edge, row, "a_")
        except SealBroken as seal:
            broken = seal.place
    return Candidate(
        user=user_store.from_row(row, "u_"),
        password=password,
        browser_id=row["b_id"],
        browser_known=row["b_known_at"] is not None,
        broken=broken,
    )
