"""The session of a request, read with its person, browser and roles in one statement.

It reads and never writes: what a session has proved is written through `sessions` alone.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, cast, select

from portal.edge import Edge
from portal.rules.terms import Membership, Role
from portal.store import sessions as session_store
from portal.store import users as user_store
from portal.store.organisations import ADD_ONS, EFFECTIVE_POLICY, add_ons
from portal.store.policy_codec import effective
from portal.store.prepared import Prepared
from portal.store.sessions import Session
from portal.store.tables import browsers, memberships, organisations, sessions, users
from portal.store.users import User
from portal.values import frozen


@frozen
class Live:
    """A session with its person and browser, read in one statement.

    `browser_live`: the session's browser still has attempts of its own; `browser_known`: a full
    sign-in has happened in it; `browser_seen_at`: when its row was last written.
    `kept`: what was worked out of the session, person and memberships, and of nothing else. It is
    there again at the next request, for as long as the database gives the very same.
    """

    session: Session
    user: User
    memberships: tuple[Membership, ...]
    browser_live: bool
    browser_known: bool
    browser_seen_at: datetime | None
    kept: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)


@frozen
class _Found:
    """What a row says, whatever the time is."""

    session: Session
    user: User
    memberships: tuple[Membership, ...]
    browser_ends_at: datetime | None
    browser_known: bool
    browser_seen_at: datetime | None
    kept: dict[Hashable, Any]


KEPT_MAX = 1024  # Sessions whose last row is remembered, of a few kilobytes each.
_AS_TEXT = {"authentications", "security"}  # JSON that `codec` reads, once for each text.
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
        "handle",
        "activated_at",
        "exempt_until",
    )
]


def _plain(column: Any) -> Any:
    return cast(column, Text) if column.name in _AS_TEXT else column


# Statements of every request are made once: building one costs more than running it.
_LIVE = Prepared(
    select(
        *[_plain(column).label("s_" + column.name) for column in session_store.COLUMNS],
        *[_plain(column).label("u_" + column.name) for column in _USER_COLUMNS],
        browsers.c.known_at.label("b_known_at"),
        browsers.c.revoked_at.label("b_revoked_at"),
        browsers.c.ends_at.label("b_ends_at"),
        browsers.c.seen_at.label("b_seen_at"),
        memberships.c.organisation_id.label("m_organisation_id"),
        memberships.c.role.label("m_role"),
        organisations.c.name.label("m_organisation_name"),
        organisations.c.path.label("m_path"),
        organisations.c.time_zone.label("m_time_zone"),
        organisations.c.shared_desks.label("m_shared_desks"),
        EFFECTIVE_POLICY.label("m_policy"),
        organisations.c.plan.label("m_plan"),
        ADD_ONS.label("m_add_ons"),
        organisations.c.announced_until.label("m_announced_until"),
    )
    .join(users, users.c.id == sessions.c.user_id)
    .outerjoin(browsers, browsers.c.id == sessions.c.browser_id)
    .outerjoin(memberships, memberships.c.user_id == users.c.id)
    .outerjoin(organisations, organisations.c.id == memberships.c.organisation_id)
    .order_by(memberships.c.id)
    .where(sessions.c.token_hash == bindparam("token_hash"))
)
_HOLD = Prepared(
    select(users.c.id)
    .join(sessions, sessions.c.user_id == users.c.id)
    .where(sessions.c.token_hash == bindparam("token_hash"))
    # Not FOR UPDATE: rows that merely point at the person may still be written.
    .with_for_update(of=users, key_share=True)
)


def find_live(edge: Edge, token_hash: bytes) -> Live | None:
    """The session behind a token, whatever its state, with its person and roles.

    In a writing transaction the person's row is held first, so that what is read here still holds
    at the commit: on PostgreSQL by a lock, on SQLite because nobody else writes.
    """
    transaction = edge.transaction
    if transaction is not None and transaction.writing and not transaction.exclusive:
        _HOLD.rows(edge.db, {"token_hash": token_hash})
    fetched = _LIVE.fetch(edge.db, {"token_hash": token_hash})
    if not fetched:
        return None
    found = _found(edge.db.dialect.name, fetched)
    browser_live = found.browser_ends_at is not None and found.browser_ends_at > edge.now
    return Live(
        session=found.session,
        user=found.user,
        memberships=found.memberships,
        browser_live=browser_live,
        browser_known=browser_live and found.browser_known,
        browser_seen_at=found.browser_seen_at,
        kept=found.kept,
    )


@functools.lru_cache(KEPT_MAX)
def _found(dialect: str, fetched: tuple[Any, ...]) -> _Found:
    """What rows mean. The database is asked at every request; only its answer is known by sight."""
    rows = _LIVE.read(dialect, fetched)
    first = rows[0]
    return _Found(
        session=session_store.from_row(first, "s_"),
        user=user_store.from_row(first, "u_"),
        memberships=tuple(
            Membership(
                row["m_organisation_id"],
                row["m_organisation_name"],
                Role(row["m_role"]),
                row["m_path"],
                row["m_time_zone"],
                row["m_shared_desks"],
                effective(row["m_policy"]),
                row["m_plan"],
                add_ons(row["m_add_ons"]),
                row["m_announced_until"],
            )
            for row in rows
            if row["m_role"] is not None
        ),
        browser_ends_at=first["b_ends_at"] if first["b_revoked_at"] is None else None,
        browser_known=first["b_known_at"] is not None,
        browser_seen_at=first["b_seen_at"],
        kept={},
    )
