"""Caller codes: what a signed-in person reads to somebody who must know who is calling."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, select, update

from portal.edge import Edge
from portal.store.administration_tables import caller_codes
from portal.store.engine import insert_for
from portal.store.tables import sessions
from portal.values import frozen


@frozen
class Vouched:
    """A right code was typed: when, by whom."""

    used_at: datetime
    used_by: str


def put(
    edge: Edge, user_id: str, *, code_hash: bytes, session_id: str, lifetime: timedelta
) -> None:
    """Store a person's code in the place of any earlier one."""
    values = {
        "code_hash": code_hash,
        "session_id": session_id,
        "failures": 0,
        "created_at": edge.now,
        "expires_at": edge.now + lifetime,
        "used_at": None,
        "used_by": None,
    }
    statement = insert_for(edge.db.dialect.name)(caller_codes).values(user_id=user_id, **values)
    edge.db.execute(
        statement.on_conflict_do_update(index_elements=[caller_codes.c.user_id], set_=values)
    )


def reserve(edge: Edge, user_id: str, limit: int) -> bytes | None:
    """Count one try before it is compared; the hash, or None when there is nothing to compare.

    A code lives no longer than the session that it was shown in.
    """
    session_live = exists().where(
        sessions.c.id == caller_codes.c.session_id,
        sessions.c.revoked_at.is_(None),
        sessions.c.ends_at > edge.now,
    )
    statement = (
        update(caller_codes)
        .where(
            caller_codes.c.user_id == user_id,
            caller_codes.c.used_at.is_(None),
            caller_codes.c.expires_at > edge.now,
            caller_codes.c.failures < limit,
            session_live,
        )
        .values(failures=caller_codes.c.failures + 1)
        .returning(caller_codes.c.code_hash)
    )
    found = edge.db.execute(statement).scalar()
    return bytes(found) if found is not None else None


def use(edge: Edge, user_id: str, code_hash: bytes, *, by: str) -> bool:
    """Spend the code that was compared; of any number of callers one gets True."""
    statement = update(caller_codes).where(
        caller_codes.c.user_id == user_id,
        caller_codes.c.code_hash == code_hash,
        caller_codes.c.used_at.is_(None),
    )
    return edge.db.execute(statement.values(used_at=edge.now, used_by=by)).rowcount == 1


def vouched(edge: Edge, user_id: str, *, by: str, since: datetime) -> Vouched | None:
    """That this person's code was typed right by somebody, not longer ago than `since`."""
    statement = select(caller_codes.c.used_at, caller_codes.c.used_by).where(
        caller_codes.c.user_id == user_id,
        caller_codes.c.used_by == by,
        caller_codes.c.used_at > since,
    )
    row = edge.db.execute(statement).first()
    return Vouched(*row) if row else None


def take(edge: Edge, user_id: str, *, by: str) -> bool:
    """Use up what was vouched for, for one request."""
    statement = update(caller_codes).where(
        caller_codes.c.user_id == user_id, caller_codes.c.used_by == by
    )
    return edge.db.execute(statement.values(used_by=None)).rowcount == 1
