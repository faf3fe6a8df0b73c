"""Authenticators: one row for each thing a person has enrolled, its data sealed.

`replace` is the compare-and-set on which every one-time code rests.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from portal.edge import Edge
from portal.rules.terms import Strength
from portal.store import sealed
from portal.store.codec import strength_from_json, strength_to_json
from portal.store.engine import insert_for
from portal.store.prepared import Prepared
from portal.store.sealed import open_json, seal_json
from portal.store.tables import authenticators
from portal.values import frozen, keeping

PLACE = "authenticators:data"
# Statements of every sign-in are made once: building one costs more than running it.
_OF_USER = (
    select(authenticators)
    .where(authenticators.c.user_id == bindparam("user"), authenticators.c.revoked_at.is_(None))
    .order_by(authenticators.c.id)
)
_OF_KIND = Prepared(
    _OF_USER.where(authenticators.c.kind == bindparam("of_kind")), unread={"strength"}
)
_ALL = Prepared(_OF_USER, unread={"strength"})
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


@keeping
class Authenticator:
    """An enrolled authenticator. `lookup`: how it is found; `variant`: which form of its kind.

    `suspect_at`: since when it is taken for a copy, and opens nothing.
    """

    id: str
    user_id: str
    kind: str
    name: str
    strength: Strength
    version: int
    created_at: datetime
    used_at: datetime | None
    lookup: bytes | None
    variant: str
    suspect_at: datetime | None
    opened: Callable[[], dict[str, Any]] = field(repr=False, compare=False)

    @functools.cached_property
    def data(self) -> dict[str, Any]:
        """The factor's own, opened when it is asked for. Raises SealBroken."""
        return self.opened()


def from_row(edge: Edge, row: Mapping[Any, Any], prefix: str = "") -> Authenticator:
    """Build an Authenticator from a row. Raises SealBroken when its data does not open."""
    found = _from_row(edge, row, prefix)
    _ = found.data
    return found


def _from_row(edge: Edge, row: Mapping[Any, Any], prefix: str = "") -> Authenticator:
    identity, lookup = row[prefix + "id"], row[prefix + "lookup"]
    return Authenticator(
        id=identity,
        user_id=row[prefix + "user_id"],
        kind=row[prefix + "kind"],
        name=row[prefix + "name"],
        strength=strength_from_json(row[prefix + "strength"]),
        version=row[prefix + "version"],
        created_at=row[prefix + "created_at"],
        used_at=row[prefix + "used_at"],
        lookup=None if lookup is None else bytes(lookup),
        variant=row[prefix + "variant"],
        suspect_at=row[prefix + "suspect_at"],
        opened=functools.partial(open_json, edge, PLACE, identity, row[prefix + "data"]),
    )


@frozen
class New:
    """An authenticator to enrol; the id comes first because the seal is bound to it."""

    id: str
    user_id: str
    kind: str
    name: str
    data: dict[str, Any]
    strength: Strength
    lookup: bytes | None = None
    variant: str = ""


def add(edge: Edge, new: New) -> bool:
    """Enrol an authenticator; False where somebody, of any tenant, has this very one already."""
    statement = insert_for(edge.db.dialect.name)(authenticators).on_conflict_do_nothing(
        index_elements=[authenticators.c.lookup]
    )
    values = {
        "id": new.id,
        "user_id": new.user_id,
        "kind": new.kind,
        "name": new.name,
        "data": seal_json(edge, PLACE, new.id, new.data),
        "strength": strength_to_json(new.strength),
        "version": 1,
        "lookup": new.lookup,
        "variant": new.variant,
        "created_at": edge.now,
    }
    return edge.db.execute(statement.returning(authenticators.c.id), values).first() is not None


def of_user(edge: Edge, user_id: str, kind: str | None = None) -> list[Authenticator]:
    """What a person holds, oldest first, not opened yet; of one kind if named."""
    statement = _ALL if kind is None else _OF_KIND
    rows = statement.rows(edge.db, {"user": user_id, "of_kind": kind})
    return [_from_row(edge, row) for row in rows]


@frozen
class Outline:
    """What others may know of an authenticator: nothing that is sealed is opened for it."""

    kind: str
    variant: str
    name: str
    strength: Strength
    suspect_at: datetime | None
    created_at: datetime
    used_at: datetime | None


def outlines(edge: Edge, user_id: str) -> list[Outline]:
    """What a person holds, oldest first, as an administrator sees it."""
    columns = (authenticators.c[name] for name in Outline.__dataclass_fields__)
    statement = select(*columns).where(
        authenticators.c.user_id == user_id, authenticators.c.revoked_at.is_(None)
    )
    rows = edge.db.execute(statement.order_by(authenticators.c.id)).mappings()
    return [_outline(dict(row)) for row in rows]


def _outline(values: dict[str, Any]) -> Outline:
    values["strength"] = strength_from_json(values["strength"])
    return Outline(**values)


def lookups(edge: Edge, user_id: str) -> list[bytes]:
    """By what a person's authenticators are found without them, oldest first."""
    statement = select(authenticators.c.lookup).where(
        authenticators.c.user_id == user_id,
        authenticators.c.lookup.is_not(None),
        authenticators.c.revoked_at.is_(None),
    )
    return [
        bytes(found) for found in edge.db.execute(statement.order_by(authenticators.c.id)).scalars()
    ]


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


def suspect(edge: Edge, authenticator_id: str) -> None:
    """Note that an authenticator may be a copy; its factor refuses it from now on."""
    one = update(authenticators).where(authenticators.c.id == authenticator_id)
    edge.db.execute(one.values(suspect_at=edge.now))


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
