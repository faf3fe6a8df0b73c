"""Authenticators: one row for each thing a person has enrolled, its data sealed.

`replace` is the compare-and-set on which every one-time code rests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from portal.edge import Edge
from portal.rules.terms import Strength
from portal.store import sealed
from portal.store.codec import strength_from_json, strength_to_json
from portal.store.prepared import Prepared
from portal.store.sealed import open_json, seal_json
from portal.store.tables import authenticators

PLACE = "authenticators:data"
# Statements of every sign-in are made once: building one costs more than running it.
_OF_USER = (
    select(authenticators)
    .where(authenticators.c.user_id == bindparam("user"), authenticators.c.revoked_at.is_(None))
    .order_by(authenticators.c.id)
)
_OF_KIND = Prepared(_OF_USER.where(authenticators.c.kind == bindparam("of_kind")))
_ALL = Prepared(_OF_USER)
_UNCHANGED = update(authenticators).where(
    authenticators.c.id == bindparam("identity"),
    authenticators.c.version == bindparam("old_version"),
    authenticators.c.revoked_at.is_(None),
)
_TOUCH = Prepared(_UNCHANGED.values(used_at=bindparam("now")))
_REPLACE = Prepared(
    _UNCHANGED.values(
        data=bindparam("sealed"), version=bindparam("new_version"), used_at=bindparam("now")
    )
)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """An enrolled authenticator. `data` is the factor's own, opened."""

    id: str
    user_id: str
    kind: str
    name: str
    data: dict[str, Any]
    strength: Strength
    version: int
    created_at: datetime
    used_at: datetime | None


def from_row(edge: Edge, row: Mapping[Any, Any], prefix: str = "") -> Authenticator:
    """Build an Authenticator from a row. Raises SealBroken when its data does not open."""
    identity = row[prefix + "id"]
    return Authenticator(
        id=identity,
        user_id=row[prefix + "user_id"],
        kind=row[prefix + "kind"],
        name=row[prefix + "name"],
        data=open_json(edge, PLACE, identity, row[prefix + "data"]),
        strength=strength_from_json(row[prefix + "strength"]),
        version=row[prefix + "version"],
        created_at=row[prefix + "created_at"],
        used_at=row[prefix + "used_at"],
    )


@dataclass(frozen=True, slots=True)
class New:
    """An authenticator to enrol; the id comes first because the seal is bound to it."""

    id: str
    user_id: str
    kind: str
    name: str
    data: dict[str, Any]
    strength: Strength


def add(edge: Edge, new: New) -> None:
    """Enrol an authenticator."""
    edge.db.execute(
        insert(authenticators),
        {
            "id": new.id,
            "user_id": new.user_id,
            "kind": new.kind,
            "name": new.name,
            "data": seal_json(edge, PLACE, new.id, new.data),
            "strength": strength_to_json(new.strength),
            "version": 1,
            "created_at": edge.now,
        },
    )


def of_user(edge: Edge, user_id: str, kind: str | None = None) -> list[Authenticator]:
    """What a person holds, oldest first; of one kind if named."""
    statement = _ALL if kind is None else _OF_KIND
    rows = statement.rows(edge.db, {"user": user_id, "of_kind": kind})
    return [from_row(edge, row) for row in rows]


@dataclass(frozen=True, slots=True)
class Outline:
    """What others may know of an authenticator: nothing that is sealed is opened for it."""

    kind: str
    name: str
    created_at: datetime
    used_at: datetime | None


def outlines(edge: Edge, user_id: str) -> list[Outline]:
    """What a person holds, oldest first, as an administrator sees it."""
    columns = (authenticators.c[name] for name in Outline.__dataclass_fields__)
    statement = select(*columns).where(
        authenticators.c.user_id == user_id, authenticators.c.revoked_at.is_(None)
    )
    rows = edge.db.execute(statement.order_by(authenticators.c.id)).mappings()
    return [Outline(**row) for row in rows]


def by_id(edge: Edge, user_id: str, authenticator_id: str) -> Authenticator | None:
    """One authenticator of this person; another person's is not found."""
    statement = select(authenticators).where(
        authenticators.c.id == authenticator_id,
        authenticators.c.user_id == user_id,
        authenticators.c.revoked_at.is_(None),
    )
    row = edge.db.execute(statement).mappings().first()
    return from_row(edge, row) if row else None


def replace(edge: Edge, authenticator: Authenticator, data: dict[str, Any]) -> bool:
    """Store new data if nobody changed the row since it was read; False is a lost race."""
    changes = {
        "sealed": seal_json(edge, PLACE, authenticator.id, data),
        "new_version": authenticator.version + 1,
    }
    return _REPLACE.run(edge.db, _unchanged(edge, authenticator) | changes) == 1


def touch(edge: Edge, authenticator: Authenticator) -> bool:
    """Note a use that changes no data; False when the row changed since it was read."""
    return _TOUCH.run(edge.db, _unchanged(edge, authenticator)) == 1


def _unchanged(edge: Edge, authenticator: Authenticator) -> dict[str, Any]:
    return {
        "identity": authenticator.id,
        "old_version": authenticator.version,
        "now": edge.now,
    }


def rename(edge: Edge, user_id: str, authenticator_id: str, name: str) -> bool:
    result = edge.db.execute(
        update(authenticators)
        .where(
            authenticators.c.id == authenticator_id,
            authenticators.c.user_id == user_id,
            authenticators.c.revoked_at.is_(None),
        )
        .values(name=name)
    )
    return result.rowcount == 1


def revoke(edge: Edge, user_id: str, authenticator_id: str) -> bool:
    """Revoke for good and forget the secret; False when it was not there any more."""
    result = edge.db.execute(
        update(authenticators)
        .where(
            authenticators.c.id == authenticator_id,
            authenticators.c.user_id == user_id,
            authenticators.c.revoked_at.is_(None),
        )
        .values(
            revoked_at=edge.now,
            data=seal_json(edge, PLACE, authenticator_id, {}),
            lookup=None,
            version=authenticators.c.version + 1,
        )
    )
    return result.rowcount == 1


def revoke_kinds(edge: Edge, kinds: list[str]) -> int:
    """Revoke every authenticator of these kinds, of everybody (a restored backup)."""
    statement = update(authenticators).where(
        authenticators.c.kind.in_(kinds), authenticators.c.revoked_at.is_(None)
    )
    return edge.db.execute(statement.values(revoked_at=edge.now)).rowcount


def reseal_page(edge: Edge, after: str, size: int) -> sealed.Resealed:
    """Seal a page of rows with the current key."""
    return sealed.reseal_page(edge, authenticators, "data", after, size)
