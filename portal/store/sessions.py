"""Sessions: one row for each signed-in browser, with the list of what was proved in it.

Only `flows/session.py`, the door, writes through this module (an import rule holds it): whatever a
session has proved is written in one place. `live_sessions` is how every request reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, select, update

from portal.edge import Edge
from portal.rules.terms import Authentication
from portal.store.codec import authentications_from_json, authentications_to_json
from portal.store.prepared import Prepared
from portal.store.tables import ceremonies, sessions, step_ups
from portal.values import frozen


@frozen
class Session:
    """A session row. Levels and states are derived from it by `rules.access`, never stored."""

    id: str
    user_id: str
    browser_id: str | None
    token_hash: bytes
    authentications: tuple[Authentication, ...]
    csrf_secret: bytes
    issued_at: datetime
    seen_at: datetime
    ends_at: datetime
    acting_organisation_id: str | None
    user_agent: str
    address: str
    place: str | None
    revoked_at: datetime | None
    ticket_id: str | None = None


def from_row(row: Mapping[Any, Any], prefix: str = "") -> Session:
    """A session from a row whose columns carry this prefix."""
    values = {name: row[prefix + name] for name in _NAMES}
    values["authentications"] = authentications_from_json(values["authentications"])
    values["token_hash"] = bytes(values["token_hash"])
    values["csrf_secret"] = bytes(values["csrf_secret"])
    return Session(**values)


_NAMES = tuple(Session.__dataclass_fields__)
COLUMNS = [sessions.c[name] for name in _NAMES]
# Statements of every sign-in are made once: building one costs more than running it.
_ROTATE = Prepared(
    update(sessions)
    .where(
        sessions.c.id == bindparam("session_id"),
        sessions.c.token_hash == bindparam("old_token_hash"),
        sessions.c.revoked_at.is_(None),
    )
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("token_hash", "authentications", "seen_at", "ends_at")
        }
    )
)
_ADD = Prepared(insert(sessions), list(Session.__dataclass_fields__))


def add(edge: Edge, session: Session) -> None:
    values = {name: getattr(session, name) for name in Session.__dataclass_fields__}
    values["authentications"] = authentications_to_json(session.authentications)
    _ADD.run(edge.db, values)


def rotate(
    edge: Edge,
    session: Session,
    *,
    token_hash: bytes,
    authentications: tuple[Authentication, ...],
    ends_at: datetime,
) -> bool:
    """Give the session a new token and its new proofs; False when it changed or ended meanwhile."""
    written = _ROTATE.run(
        edge.db,
        {
            "session_id": session.id,
            "old_token_hash": session.token_hash,
            "new_token_hash": token_hash,
            "new_authentications": authentications_to_json(authentications),
            "new_seen_at": edge.now,
            "new_ends_at": ends_at,
        },
    )
    return written == 1


def set_browser(edge: Edge, session_id: str, browser_id: str) -> None:
    edge.db.execute(
        update(sessions).where(sessions.c.id == session_id).values(browser_id=browser_id)
    )


def touch(edge: Edge, session: Session, lasting: tuple[Authentication, ...]) -> None:
    """Note that a session is used, and what its proofs are worth from now on.

    Nothing where it was given another token meanwhile: that proof said so itself.
    """
    values: dict[str, Any] = {"seen_at": edge.now}
    if lasting != session.authentications:
        values["authentications"] = authentications_to_json(lasting)
    edge.db.execute(
        update(sessions)
        .where(sessions.c.token_hash == session.token_hash, sessions.c.revoked_at.is_(None))
        .values(values)
    )


def set_acting(edge: Edge, session_id: str, organisation_id: str) -> None:
    edge.db.execute(
        update(sessions)
        .where(sessions.c.id == session_id)
        .values(acting_organisation_id=organisation_id)
    )


def of_user(edge: Edge, user_id: str) -> list[Session]:
    """The live sessions of a person, newest first."""
    statement = select(*COLUMNS).where(
        and_(
            sessions.c.user_id == user_id,
            sessions.c.revoked_at.is_(None),
            sessions.c.ends_at > edge.now,
        )
    )
    rows = edge.db.execute(statement.order_by(sessions.c.id.desc()).limit(200)).mappings()
    return [from_row(row) for row in rows]


def revoke(edge: Edge, user_id: str, session_id: str, reason: str) -> bool:
    """End one session of this person; False when it had ended already or is another's."""
    result = edge.db.execute(
        update(sessions)
        .where(
            sessions.c.id == session_id,
            sessions.c.user_id == user_id,
            sessions.c.revoked_at.is_(None),
        )
        .values(revoked_at=edge.now, revoked_for=reason)
    )
    return result.rowcount == 1


def revoke_token(edge: Edge, token_hash: bytes, reason: str) -> None:
    """End the session behind a token, if it is live."""
    edge.db.execute(
        update(sessions)
        .where(sessions.c.token_hash == token_hash, sessions.c.revoked_at.is_(None))
        .values(revoked_at=edge.now, revoked_for=reason)
    )


def revoke_all(edge: Edge, user_id: str, reason: str, *, keep: str | None = None) -> int:
    """End every session of a person but `keep`; how many that were."""
    statement = update(sessions).where(
        sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None)
    )
    if keep is not None:
        statement = statement.where(sessions.c.id != keep)
    return edge.db.execute(statement.values(revoked_at=edge.now, revoked_for=reason)).rowcount


def revoke_everything(edge: Edge, reason: str) -> int:
    """End every session of everybody (a restored backup)."""
    statement = update(sessions).where(sessions.c.revoked_at.is_(None))
    return edge.db.execute(statement.values(revoked_at=edge.now, revoked_for=reason)).rowcount


def purge(edge: Edge, before: datetime) -> int:
    """Remove sessions that ended before an instant, with what hung on them."""
    over = select(sessions.c.id).where(sessions.c.ends_at < before)
    for table in (ceremonies, step_ups):
        edge.db.execute(delete(table).where(table.c.session_id.in_(over)))
    return edge.db.execute(delete(sessions).where(sessions.c.ends_at < before)).rowcount
