"""Known browsers: where a person has signed in before, each with attempts of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import RowMapping, delete, exists, insert, select, update

from portal.edge import Edge
from portal.store.tables import browsers, sessions
from portal.values import frozen

SEEN_INTERVAL = timedelta(days=1)


@frozen
class Browser:
    """A browser that holds a token. `known_at` is None until a full sign-in happened in it."""

    id: str
    user_id: str
    user_agent: str
    address: str
    place: str | None
    known_at: datetime | None
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


COLUMNS = [browsers.c[name] for name in Browser.__dataclass_fields__]


def _from_row(row: RowMapping) -> Browser:
    return Browser(**row)


def live(edge: Edge) -> list:
    """Conditions of a browser that still counts."""
    return [browsers.c.revoked_at.is_(None), browsers.c.ends_at > edge.now]


def move(edge: Edge, old_token_hash: bytes, token_hash: bytes) -> None:
    """Give every person's row of a browser its new token."""
    edge.db.execute(
        update(browsers)
        .where(browsers.c.token_hash == old_token_hash)
        .values(token_hash=token_hash)
    )


def remember(
    edge: Edge, *, token_hash: bytes, user_id: str, known: bool, lifetime: timedelta
) -> str:
    """Add a browser, or bring one back; returns its id. One that is known stays known."""
    found = edge.db.execute(
        select(browsers.c.id, browsers.c.known_at, browsers.c.revoked_at, browsers.c.ends_at).where(
            browsers.c.token_hash == token_hash, browsers.c.user_id == user_id
        )
    ).first()
    counts = found is not None and found.revoked_at is None and found.ends_at > edge.now
    values = {
        "user_agent": edge.client.user_agent,
        "address": edge.client.address,
        "place": edge.place(),
        "known_at": edge.now if known else (found.known_at if counts else None),
        "created_at": edge.now,
        "seen_at": edge.now,
        "ends_at": max(edge.now + lifetime, found.ends_at) if counts else edge.now + lifetime,
        "revoked_at": None,
    }
    if found is not None:
        edge.db.execute(update(browsers).where(browsers.c.id == found.id).values(**values))
        return str(found.id)
    identity = edge.new_id()
    edge.db.execute(
        insert(browsers),
        {"id": identity, "token_hash": token_hash, "user_id": user_id, **values},
    )
    return identity


def note_seen(edge: Edge, browser_id: str, lifetime: timedelta) -> None:
    edge.db.execute(
        update(browsers)
        .where(browsers.c.id == browser_id)
        .values(
            seen_at=edge.now,
            ends_at=edge.now + lifetime,
            address=edge.client.address,
            place=edge.place(),
            user_agent=edge.client.user_agent,
        )
    )


def of_user(edge: Edge, user_id: str) -> list[Browser]:
    statement = select(*COLUMNS).where(
        browsers.c.user_id == user_id, browsers.c.known_at.is_not(None), *live(edge)
    )
    return [
        _from_row(row)
        for row in edge.db.execute(statement.order_by(browsers.c.id.desc())).mappings()
    ]


def revoke(edge: Edge, user_id: str, browser_id: str) -> bool:
    result = edge.db.execute(
        update(browsers)
        .where(browsers.c.id == browser_id, browsers.c.user_id == user_id, *live(edge))
        .values(revoked_at=edge.now)
    )
    return result.rowcount == 1


def revoke_all(edge: Edge, user_id: str) -> int:
    result = edge.db.execute(
        update(browsers)
        .where(browsers.c.user_id == user_id, browsers.c.revoked_at.is_(None))
        .values(revoked_at=edge.now)
    )
    return result.rowcount


def purge(edge: Edge, before: datetime) -> int:
    """Remove browsers that ended before an instant and that no session names."""
    named = exists().where(sessions.c.browser_id == browsers.c.id)
    return edge.db.execute(delete(browsers).where(browsers.c.ends_at < before, ~named)).rowcount


def revoke_everything(edge: Edge) -> int:
    """Forget every browser of everybody (a restored backup)."""
    statement = update(browsers).where(browsers.c.revoked_at.is_(None))
    return edge.db.execute(statement.values(revoked_at=edge.now)).rowcount
