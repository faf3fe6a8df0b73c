"""Sessions: one row for each signed-in browser, with the list of what was proved in it.

Only `flows/session.py`, the door, imports this module (an import rule holds it): whatever a
session has proved is written in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, select, update

from portal.edge import Edge
from portal.rules.terms import Authentication, Membership, Role
from portal.store import users as user_store
from portal.store.codec import authentications_from_json, authentications_to_json
from portal.store.prepared import Prepared
from portal.store.tables import (
    browsers,
    ceremonies,
    memberships,
    organisations,
    sessions,
    step_ups,
    users,
)
from portal.store.users import User


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Live:
    """A session with its person and browser, read in one statement.

    `browser_live`: the session's browser still has attempts of its own; `browser_known`: a full
    sign-in has happened in it; `browser_seen_at`: when its row was last written.
    """

    session: Session
    user: User
    memberships: tuple[Membership, ...]
    browser_live: bool
    browser_known: bool
    browser_seen_at: datetime | None


def _session_from_row(row: Mapping[Any, Any], prefix: str = "") -> Session:
    values = {name: row[prefix + name] for name in Session.__dataclass_fields__}
    values["authentications"] = authentications_from_json(values["authentications"])
    values["token_hash"] = bytes(values["token_hash"])
    values["csrf_secret"] = bytes(values["csrf_secret"])
    return Session(**values)


_SESSION_COLUMNS = [sessions.c[name] for name in Session.__dataclass_fields__]
_USER_COLUMNS = [
    users.c[name]
    for name in (
        "id",
        "email",
        "name",
        "locale",
        "time_zone",
        "state",
        "home_organisation_id",
        "security",
        "created_at",
        "last_signed_in_at",
        "last_kind",
        "reset_at",
        "password_due_at",
    )
]
# Statements of every request are made once: building one costs more than running it.
_LIVE = Prepared(
    select(
        *[column.label("s_" + column.name) for column in _SESSION_COLUMNS],
        *[column.label("u_" + column.name) for column in _USER_COLUMNS],
        browsers.c.known_at.label("b_known_at"),
        browsers.c.revoked_at.label("b_revoked_at"),
        browsers.c.ends_at.label("b_ends_at"),
        browsers.c.seen_at.label("b_seen_at"),
        memberships.c.organisation_id.label("m_organisation_id"),
        memberships.c.role.label("m_role"),
        organisations.c.name.label("m_organisation_name"),
        organisations.c.path.label("m_path"),
        organisations.c.time_zone.label("m_time_zone"),
    )
    .join(users, users.c.id == sessions.c.user_id)
    .outerjoin(browsers, browsers.c.id == sessions.c.browser_id)
    .outerjoin(memberships, memberships.c.user_id == users.c.id)
    .outerjoin(organisations, organisations.c.id == memberships.c.organisation_id)
    .order_by(memberships.c.id)
    .where(sessions.c.token_hash == bindparam("token_hash"))
)
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


_HOLD = Prepared(
    select(users.c.id)
    .join(sessions, sessions.c.user_id == users.c.id)
    .where(sessions.c.token_hash == bindparam("token_hash"))
    # Not FOR UPDATE: rows that merely point at the person may still be written.
    .with_for_update(of=users, key_share=True)
)


_ADD = Prepared(insert(sessions), list(Session.__dataclass_fields__))


def find(edge: Edge, token_hash: bytes) -> Live | None:
    """The session behind a token, whatever its state, with its person and roles.

    In a writing transaction the person's row is held first, so that what is read here still holds
    at the commit: on PostgreSQL by a lock, on SQLite because nobody else writes.
    """
    transaction = edge.transaction
    if transaction is not None and transaction.writing and not transaction.exclusive:
        _HOLD.rows(edge.db, {"token_hash": token_hash})
    rows = _LIVE.rows(edge.db, {"token_hash": token_hash})
    if not rows:
        return None
    first = rows[0]
    browser_live = (
        first["b_ends_at"] is not None
        and first["b_revoked_at"] is None
        and first["b_ends_at"] > edge.now
    )
    return Live(
        session=_session_from_row(first, "s_"),
        user=user_store.from_row(first, "u_"),
        memberships=tuple(
            Membership(
                row["m_organisation_id"],
                row["m_organisation_name"],
                Role(row["m_role"]),
                row["m_path"],
                row["m_time_zone"],
            )
            for row in rows
            if row["m_role"] is not None
        ),
        browser_live=browser_live,
        browser_known=browser_live and first["b_known_at"] is not None,
        browser_seen_at=first["b_seen_at"],
    )


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


def touch(edge: Edge, session_id: str) -> None:
    edge.db.execute(
        update(sessions)
        .where(sessions.c.id == session_id, sessions.c.revoked_at.is_(None))
        .values(seen_at=edge.now)
    )


def set_acting(edge: Edge, session_id: str, organisation_id: str) -> None:
    edge.db.execute(
        update(sessions)
        .where(sessions.c.id == session_id)
        .values(acting_organisation_id=organisation_id)
    )


def of_user(edge: Edge, user_id: str) -> list[Session]:
    """The live sessions of a person, newest first."""
    statement = select(*_SESSION_COLUMNS).where(
        and_(
            sessions.c.user_id == user_id,
            sessions.c.revoked_at.is_(None),
            sessions.c.ends_at > edge.now,
        )
    )
    rows = edge.db.execute(statement.order_by(sessions.c.id.desc()).limit(200)).mappings()
    return [_session_from_row(row) for row in rows]


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
