"""Mailed links: the one place where a token is in a URL. Hashed here, expiring, used once."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

from portal.edge import Edge
from portal.store import sealed
from portal.store.sealed import open_json, seal_json
from portal.store.tables import links
from portal.values import frozen

PLACE = "links:data"


class LinkKind(enum.StrEnum):
    """What a mailed link is good for; a link of one kind never serves another."""

    ACTIVATION = "activation"
    EMAIL_CONFIRM = "email_confirm"
    EMAIL_CANCEL = "email_cancel"
    UNLOCK = "unlock"
    TICKET = "ticket"  # Permission to enrol again after a reset, together with the password.
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"


@frozen
class Link:
    """A live mailed link."""

    id: str
    kind: LinkKind
    user_id: str | None
    data: dict[str, Any]
    expires_at: datetime


def add(
    edge: Edge,
    *,
    kind: LinkKind,
    token_hash: bytes,
    user_id: str | None,
    data: dict[str, Any],
    lifetime: timedelta,
) -> str:
    """Store a link. Older ones live on: whether they should is the flow's to say."""
    identity = edge.new_id()
    edge.db.execute(
        insert(links),
        {
            "id": identity,
            "kind": str(kind),
            "token_hash": token_hash,
            "user_id": user_id,
            "data": seal_json(edge, PLACE, identity, data),
            "created_at": edge.now,
            "expires_at": edge.now + lifetime,
        },
    )
    return identity


def _from_row(edge: Edge, row: RowMapping) -> Link:
    return Link(
        id=row["id"],
        kind=LinkKind(row["kind"]),
        user_id=row["user_id"],
        data=open_json(edge, PLACE, row["id"], row["data"]),
        expires_at=row["expires_at"],
    )


def _live(edge: Edge) -> list[Any]:
    return [links.c.used_at.is_(None), links.c.expires_at > edge.now]


def find(edge: Edge, kind: LinkKind, token_hash: bytes) -> Link | None:
    """The live link behind a token; used, expired, foreign and unknown ones are all None."""
    statement = select(links).where(
        links.c.token_hash == token_hash, links.c.kind == str(kind), *_live(edge)
    )
    row = edge.db.execute(statement).mappings().first()
    return _from_row(edge, row) if row else None


def pending(edge: Edge, user_id: str, kind: LinkKind) -> Link | None:
    """The newest live link of a kind, to show that something waits for it."""
    statement = select(links).where(
        links.c.user_id == user_id, links.c.kind == str(kind), *_live(edge)
    )
    row = edge.db.execute(statement.order_by(links.c.id.desc()).limit(1)).mappings().first()
    return _from_row(edge, row) if row else None


def unspent(edge: Edge, kind: LinkKind, link_id: str) -> Link | None:
    """A link by its id, expired or not, that nobody has used: to withdraw it or to send it anew."""
    return _unspent(edge, kind, links.c.id == link_id)


def expired(edge: Edge, kind: LinkKind, token_hash: bytes) -> Link | None:
    """A link that nobody used in time, by its token."""
    return _unspent(edge, kind, links.c.token_hash == token_hash, links.c.expires_at <= edge.now)


def _unspent(edge: Edge, kind: LinkKind, *conditions: Any) -> Link | None:
    statement = select(links).where(links.c.kind == str(kind), links.c.used_at.is_(None))
    row = edge.db.execute(statement.where(*conditions)).mappings().first()
    return _from_row(edge, row) if row else None


def rewrite(edge: Edge, link_id: str, data: dict[str, Any]) -> None:
    """Change what a link that nobody has used stands for."""
    statement = update(links).where(links.c.id == link_id, links.c.used_at.is_(None))
    edge.db.execute(statement.values(data=seal_json(edge, PLACE, link_id, data)))


def withdraw(edge: Edge, link_id: str) -> bool:
    """End a link that nobody has used, expired or not, and forget what it held."""
    result = edge.db.execute(
        update(links)
        .where(links.c.id == link_id, links.c.used_at.is_(None))
        .values(used_at=edge.now, data=seal_json(edge, PLACE, link_id, {}))
    )
    return result.rowcount == 1


def use(edge: Edge, link_id: str) -> bool:
    """Spend a link and forget what it held; of any number of clicks one gets True."""
    result = edge.db.execute(
        update(links)
        .where(links.c.id == link_id, *_live(edge))
        .values(used_at=edge.now, data=seal_json(edge, PLACE, link_id, {}))
    )
    return result.rowcount == 1


def void(edge: Edge, user_id: str, *kinds: LinkKind) -> None:
    """End a person's live links of these kinds."""
    edge.db.execute(
        update(links)
        .where(
            links.c.user_id == user_id,
            links.c.kind.in_([str(kind) for kind in kinds]),
            links.c.used_at.is_(None),
        )
        .values(used_at=edge.now)
    )


def void_younger(edge: Edge, user_id: str, kind: LinkKind, than: str) -> None:
    """End a person's live links of a kind that were made after another one."""
    edge.db.execute(
        update(links)
        .where(
            links.c.user_id == user_id,
            links.c.kind == str(kind),
            links.c.id > than,
            links.c.used_at.is_(None),
        )
        .values(used_at=edge.now)
    )


def void_everything(edge: Edge) -> int:
    """End every live link of everybody (a restored backup)."""
    statement = update(links).where(links.c.used_at.is_(None)).values(used_at=edge.now)
    return edge.db.execute(statement).rowcount


def purge(edge: Edge, before: datetime) -> int:
    return edge.db.execute(delete(links).where(links.c.expires_at < before)).rowcount


def reseal_page(edge: Edge, after: str, size: int) -> sealed.Resealed:
    """Seal a page of links with the current key."""
    return sealed.reseal_page(edge, links, "data", after, size)
