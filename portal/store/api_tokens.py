"""Tokens of machines: stored as hashes, bound to one organisation, with scopes and an end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update

from portal.edge import Edge
from portal.store.administration_tables import api_tokens
from portal.store.tables import users
from portal.values import frozen

_LIVE = select(
    api_tokens.c.id,
    api_tokens.c.organisation_id,
    api_tokens.c.name,
    api_tokens.c.scopes,
    api_tokens.c.created_by,
    api_tokens.c.used_at,
).where(
    api_tokens.c.token_hash == bindparam("token_hash"),
    api_tokens.c.revoked_at.is_(None),
    api_tokens.c.expires_at > bindparam("now"),
)
_USE = (
    update(api_tokens)
    .where(
        api_tokens.c.id == bindparam("token_id"),
        api_tokens.c.revoked_at.is_(None),
        api_tokens.c.expires_at > bindparam("now"),
    )
    .values(used_at=bindparam("at"))
)


_LINES = select(
    api_tokens.c.id,
    api_tokens.c.name,
    api_tokens.c.scopes,
    users.c.name.label("created_by"),
    api_tokens.c.created_at,
    api_tokens.c.expires_at,
    api_tokens.c.used_at,
    api_tokens.c.revoked_at,
).outerjoin(users, users.c.id == api_tokens.c.created_by)


@frozen
class Machine:
    """What a live token may do: `scopes`, in one organisation. `id` is the token's.

    `created_by`: the person who made it, and answers for what it asks for; None: a host command.
    """

    id: str
    organisation_id: str
    name: str
    scopes: frozenset[str]
    created_by: str | None = None
    used_at: datetime | None = None


@frozen
class NewToken:
    """A token that is about to be stored."""

    id: str
    organisation_id: str
    name: str
    scopes: list[str]
    token_hash: bytes
    expires_at: datetime
    created_by: str | None = None  # None: an operator, by command.


@frozen
class Line:
    """A token as its organisation's page shows it. `created_by`: a name; None for an operator."""

    id: str
    name: str
    scopes: list[str]
    created_by: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def add(edge: Edge, token: NewToken) -> None:
    edge.db.execute(
        insert(api_tokens),
        {
            "id": token.id,
            "organisation_id": token.organisation_id,
            "name": token.name,
            "scopes": token.scopes,
            "token_hash": token.token_hash,
            "created_by": token.created_by,
            "created_at": edge.now,
            "expires_at": token.expires_at,
        },
    )


def find(edge: Edge, token_hash: bytes) -> Machine | None:
    """The live token with this hash; None for an unknown, expired or revoked one alike."""
    row = edge.db.execute(_LIVE, {"token_hash": token_hash, "now": edge.now}).mappings().first()
    if row is None:
        return None
    return Machine(
        row["id"],
        row["organisation_id"],
        row["name"],
        frozenset(row["scopes"]),
        row["created_by"],
        row["used_at"],
    )


def use(edge: Edge, token_id: str) -> bool:
    """Note a use and hold the token to the commit; False when it ended meanwhile."""
    values = {"token_id": token_id, "now": edge.now, "at": edge.now}
    return edge.db.execute(_USE, values).rowcount == 1


def named(edge: Edge, organisation_id: str, name: str) -> str | None:
    """The id of the live token of this name."""
    statement = select(api_tokens.c.id).where(
        api_tokens.c.organisation_id == organisation_id,
        api_tokens.c.name == name,
        api_tokens.c.revoked_at.is_(None),
        api_tokens.c.expires_at > edge.now,
    )
    return edge.db.execute(statement).scalar()


def count_live(edge: Edge, organisation_id: str) -> int:
    statement = select(func.count()).where(
        api_tokens.c.organisation_id == organisation_id,
        api_tokens.c.revoked_at.is_(None),
        api_tokens.c.expires_at > edge.now,
    )
    return edge.db.execute(statement).scalar_one()


def page(edge: Edge, organisation_id: str, before: str | None, size: int) -> list[Line]:
    """An organisation's tokens, the newest first; `before`: the id of the last one seen."""
    statement = _LINES.where(api_tokens.c.organisation_id == organisation_id)
    if before is not None:
        statement = statement.where(api_tokens.c.id < before)
    found = edge.db.execute(statement.order_by(api_tokens.c.id.desc()).limit(size))
    return [Line(**row) for row in found.mappings()]


def revoke_own(edge: Edge, organisation_id: str, token_id: str) -> str | None:
    """End a live token of this organisation; its name, None for none."""
    ending = (
        update(api_tokens)
        .where(
            api_tokens.c.id == token_id,
            api_tokens.c.organisation_id == organisation_id,
            api_tokens.c.revoked_at.is_(None),
            api_tokens.c.expires_at > edge.now,
        )
        .values(revoked_at=edge.now)
        .returning(api_tokens.c.name)
    )
    return edge.db.execute(ending).scalar()


def revoke(edge: Edge, token_id: str) -> bool:
    result = edge.db.execute(
        update(api_tokens)
        .where(api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=edge.now)
    )
    return result.rowcount == 1


def revoke_everything(edge: Edge) -> int:
    """End every token of everybody (a restored backup)."""
    ending = update(api_tokens).where(api_tokens.c.revoked_at.is_(None))
    return int(edge.db.execute(ending.values(revoked_at=edge.now)).rowcount)
