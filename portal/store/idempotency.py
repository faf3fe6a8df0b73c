"""Answers to machines' requests, by the key that each was sent with, for a day."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select

from portal.edge import Edge
from portal.store.administration_tables import idempotency_keys
from portal.values import frozen

KEPT = timedelta(hours=24)


@frozen
class Kept:
    """What a request was answered. `request_hash`: of what was asked."""

    request_hash: bytes
    status: int
    headers: dict[str, str]
    body: str


def claim(edge: Edge, token_id: str, key_hash: bytes) -> bool:
    """Hold a key to the commit; False while another request with it is under way.

    SQLite's writers come in turn anyway: there it is always held.
    """
    if edge.db.dialect.name != "postgresql":
        return True
    digest = hashlib.sha256(token_id.encode() + key_hash).digest()
    number = int.from_bytes(digest[:8], signed=True)
    return bool(edge.db.execute(select(func.pg_try_advisory_xact_lock(number))).scalar_one())


def find(edge: Edge, token_id: str, key_hash: bytes) -> Kept | None:
    """The answer that is kept for a key; one that is over is forgotten on the way."""
    mine = (idempotency_keys.c.token_id == token_id, idempotency_keys.c.key_hash == key_hash)
    over = idempotency_keys.c.expires_at <= edge.now
    edge.db.execute(delete(idempotency_keys).where(*mine, over))
    columns = [idempotency_keys.c[name] for name in Kept.__dataclass_fields__]
    row = edge.db.execute(select(*columns).where(*mine)).first()
    return Kept(bytes(row[0]), *row[1:]) if row else None


def keep(edge: Edge, token_id: str, key_hash: bytes, answer: Kept) -> None:
    values: dict[str, Any] = {name: getattr(answer, name) for name in Kept.__dataclass_fields__}
    values |= {"token_id": token_id, "key_hash": key_hash}
    values |= {"created_at": edge.now, "expires_at": edge.now + KEPT}
    edge.db.execute(insert(idempotency_keys), values)


def purge(edge: Edge, before: datetime) -> int:
    over = delete(idempotency_keys).where(idempotency_keys.c.expires_at <= before)
    return int(edge.db.execute(over).rowcount)
