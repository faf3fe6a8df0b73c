"""The outbox: mail as rows written in the business transaction, claimed under a lease.

A worker that dies while sending leaves a row that becomes due again; the stable Message-ID lets
the receiving side see one mail. Payloads are sealed (links are in them) and emptied once sent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from portal.edge import Edge, SealBroken
from portal.store import sealed
from portal.store.sealed import open_json, seal_json
from portal.store.tables import outbox
from portal.values import frozen

PLACE = "outbox:payload"
LEASE = timedelta(minutes=2)
BACK_OFF_LONGEST = timedelta(hours=1)
ATTEMPTS_MAX = 60  # With pauses up to an hour: about two days.


@frozen
class Entry:
    """A claimed row. `attempts` counts this one; `payload` is None when it does not open."""

    id: str
    kind: str
    payload: dict[str, Any] | None
    attempts: int
    created_at: datetime


def add(edge: Edge, *, kind: str, user_id: str | None, payload: dict[str, Any]) -> str:
    """Queue a message in the transaction of what it tells about."""
    identity = edge.new_id()
    edge.db.execute(
        insert(outbox),
        {
            "id": identity,
            "kind": kind,
            "user_id": user_id,
            "payload": seal_json(edge, PLACE, identity, payload),
            "created_at": edge.now,
            "due_at": edge.now,
            "attempts": 0,
            "state": "waiting",
        },
    )
    return identity


def claim(edge: Edge) -> Entry | None:
    """Take the next due row for `LEASE`; two workers never hold the same one."""
    due = (
        select(outbox.c.id)
        .where(outbox.c.state == "waiting", outbox.c.due_at <= edge.now)
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = (
        edge.db.execute(
            update(outbox)
            .where(outbox.c.id == due)
            .values(due_at=edge.now + LEASE, attempts=outbox.c.attempts + 1)
            .returning(*outbox.c)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    try:
        payload = open_json(edge, PLACE, row["id"], row["payload"])
    except SealBroken:
        payload = None  # One bad row must not hold up every mail behind it.
    return Entry(row["id"], row["kind"], payload, row["attempts"], row["created_at"])


def sent(edge: Edge, entry: Entry) -> None:
    """It was taken, even if a slow worker's lease ran out: nobody sends it again."""
    edge.db.execute(
        update(outbox)
        .where(outbox.c.id == entry.id)
        .values(state="sent", payload=None, finished_at=edge.now, error=None)
    )


def failed(edge: Edge, entry: Entry, *, error: str, permanent: bool) -> None:
    """Try again later, each time later; give up for good when that is useless."""
    if permanent or entry.attempts >= ATTEMPTS_MAX:
        values: dict[str, Any] = {"state": "failed", "payload": None, "finished_at": edge.now}
    else:
        pause = min(timedelta(seconds=15) * 2 ** min(entry.attempts - 1, 10), BACK_OFF_LONGEST)
        values = {"due_at": edge.now + pause}
    # A worker whose lease ran out must not change what the next one made of the row.
    mine = (outbox.c.state == "waiting") & (outbox.c.attempts == entry.attempts)
    edge.db.execute(
        update(outbox).where(outbox.c.id == entry.id, mine).values(error=error[:500], **values)
    )


def waiting(edge: Edge) -> int:
    statement = select(func.count()).select_from(outbox).where(outbox.c.state == "waiting")
    return int(edge.db.execute(statement).scalar_one())


def purge(edge: Edge, before: datetime) -> int:
    return edge.db.execute(delete(outbox).where(outbox.c.finished_at < before)).rowcount


def reseal_page(edge: Edge, after: str, size: int) -> sealed.Resealed:
    """Seal a page of messages with the current key."""
    return sealed.reseal_page(edge, outbox, "payload", after, size)
