"""The audit log: rows in the business transaction, a hash chain laid over them afterwards.

Identity columns commit out of order, so the chain is not made while writing: one leased sealer
gives each committed row a sequence number and the hash of (hash before, row). Rows are never
updated; purge removes whole sealed segments from the old end and keeps a checkpoint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, bindparam, cast, delete, exists, func, insert, or_, select, update

from portal.edge import Actor, Edge
from portal.store.engine import insert_for
from portal.store.organisations import inside
from portal.store.prepared import Prepared
from portal.store.tables import audit_checkpoints, audit_events, audit_seals, leases, organisations
from portal.values import frozen

GENESIS = bytes(32)
SEALER = "audit_sealer"
_OF_SUBJECT = (
    select(audit_events)
    .where(audit_events.c.subject_id == bindparam("subject"))
    .order_by(audit_events.c.id.desc())
    .limit(bindparam("size"))
)
_NEWEST = Prepared(_OF_SUBJECT)
_BEFORE = Prepared(_OF_SUBJECT.where(audit_events.c.id < bindparam("before")))


@frozen
class AuditEvent:
    """What happened: who (`actor_id`), what (`event`), to whom (`subject_id`), from where, why."""

    id: str
    at: datetime
    event: str
    actor_id: str | None
    subject_id: str | None
    organisation_id: str | None
    session_id: str | None
    level: str
    address: str
    place: str | None
    user_agent: str
    reason: str | None
    request_id: str
    detail: dict[str, Any] = field(default_factory=dict)


COLUMNS = list(AuditEvent.__dataclass_fields__)
_INSERT = Prepared(insert(audit_events), COLUMNS)


def add(
    edge: Edge,
    event: str,
    *,
    subject_id: str | None = None,
    reason: str | None = None,
    detail: dict[str, Any] | None = None,
    actor_id: str | None = None,
) -> None:
    """Write one row. `detail` never holds a secret, a code or a token."""
    actor = edge.actor
    _INSERT.run(
        edge.db,
        {
            "id": edge.new_id(),
            "at": edge.now,
            "event": event,
            "actor_id": actor_id or actor.user_id,
            "subject_id": subject_id,
            "organisation_id": actor.organisation_id,
            "session_id": actor.session_id,
            "level": actor.level,
            "address": edge.client.address,
            "place": edge.place(),
            "user_agent": edge.client.user_agent,
            "reason": reason,
            "request_id": edge.client.request_id,
            "detail": {**(detail or {}), **actor.detail},
        },
    )


def add_by_portal(edge: Edge, event: str, **row: Any) -> None:
    """Write one row about what nobody decided: the portal did it, in whosever request that was."""
    actor, edge.actor = edge.actor, Actor()
    try:
        add(edge, event, **row)
    finally:
        edge.actor = actor


def _from_row(row: Mapping[Any, Any]) -> AuditEvent:
    return AuditEvent(**{name: row[name] for name in COLUMNS})


def of_subject(edge: Edge, user_id: str, *, before: str | None, size: int) -> list[AuditEvent]:
    """A page of what happened to a person's account, newest first; `before` is the last id seen."""
    statement = _BEFORE if before else _NEWEST
    wanted = {"subject": user_id, "before": before, "size": size}
    return [_from_row(row) for row in statement.rows(edge.db, wanted)]


def of_subject_within(
    edge: Edge, user_id: str, path: str, always: Collection[str], *, before: str | None, size: int
) -> list[AuditEvent]:
    """The same for whoever reaches the organisations from `path` down: nothing of any other one.

    `always`: events of the account itself, which are shown wherever the person was acting.
    """
    # What is about an organisation names it; anything else belongs to where it was done.
    named = audit_events.c.detail["organisation"].as_string()
    whose = func.coalesce(named, cast(audit_events.c.organisation_id, String))
    reached = select(cast(organisations.c.id, String)).where(inside(path))
    statement = select(audit_events).where(
        audit_events.c.subject_id == user_id,
        or_(audit_events.c.event.in_(always), whose.is_(None), whose.in_(reached)),
    )
    if before:
        statement = statement.where(audit_events.c.id < before)
    rows = edge.db.execute(statement.order_by(audit_events.c.id.desc()).limit(size)).mappings()
    return [_from_row(row) for row in rows]


def has_happened(edge: Edge, event: str, user_id: str, since: datetime) -> bool:
    """Whether an event about a person's account was written since an instant."""
    statement = select(audit_events.c.id).where(
        audit_events.c.subject_id == user_id,
        audit_events.c.id >= edge.smallest_id_at(since),
        audit_events.c.event == event,
    )
    return edge.db.execute(statement.limit(1)).first() is not None


def link_hash(previous: bytes, event: AuditEvent) -> bytes:
    """A link of the chain: SHA-256 over the hash before and the row as canonical JSON."""
    row = {name: getattr(event, name) for name in COLUMNS}
    row["at"] = event.at.isoformat()
    encoded = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    return hashlib.sha256(previous + encoded).digest()


def take_lease(edge: Edge, name: str, holder: str, lifetime: timedelta) -> bool:
    """Hold or prolong a named lease; False while another holder has it."""
    statement = insert_for(edge.db.dialect.name)(leases).values(
        name=name, holder=holder, ends_at=edge.now + lifetime
    )
    statement = statement.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={"holder": holder, "ends_at": edge.now + lifetime},
        where=(leases.c.holder == holder) | (leases.c.ends_at <= edge.now),
    ).returning(leases.c.holder)
    return edge.db.execute(statement).scalar() == holder


def seal(edge: Edge, *, size: int, since: datetime | None = None) -> int:
    """Give up to `size` unsealed rows their place in the chain; how many that were.

    `since` looks at young rows only, so that the worker's question costs the same in a log of a
    thousand rows and of a million; without it every row is looked at.
    """
    # The lease keeps sealers apart. Without it, two that read the same head would take the same
    # number, and the primary key lets one of them commit: the chain never forks.
    sequence, previous = _head(edge)
    unsealed = select(audit_events).where(
        ~exists().where(audit_seals.c.event_id == audit_events.c.id)
    )
    if since is not None:
        unsealed = unsealed.where(audit_events.c.id >= edge.smallest_id_at(since))
    rows = edge.db.execute(unsealed.order_by(audit_events.c.id).limit(size)).mappings().all()
    seals = []
    for row in rows:
        sequence += 1
        previous = link_hash(previous, _from_row(row))
        seals.append({"sequence": sequence, "event_id": row["id"], "hash": previous})
    if seals:
        edge.db.execute(insert(audit_seals), seals)
    return len(seals)


def _head(edge: Edge) -> tuple[int, bytes]:
    """The last sequence number and hash: of the newest seal, else of the last checkpoint."""
    newest = select(audit_seals.c.sequence, audit_seals.c.hash)
    row = edge.db.execute(newest.order_by(audit_seals.c.sequence.desc()).limit(1)).first()
    return (row[0], bytes(row[1])) if row else _checkpoint(edge)


def _checkpoint(edge: Edge) -> tuple[int, bytes]:
    newest = select(audit_checkpoints.c.sequence, audit_checkpoints.c.hash)
    row = edge.db.execute(newest.order_by(audit_checkpoints.c.sequence.desc()).limit(1)).first()
    return (row[0], bytes(row[1])) if row else (0, GENESIS)


@frozen
class Verdict:
    """What verifying found. `broken_at` is the first sequence number that does not fit."""

    sealed: int
    unsealed: int
    broken_at: int | None = None
    reason: str | None = None


def verify(edge: Edge, *, size: int = 1000) -> Verdict:
    """Walk the whole chain from the last checkpoint and recompute every hash.

    Finds an edited row (its hash differs), a deleted one (its seal stands alone), a re-ordered or
    inserted one (numbers or hashes do not follow), and a head that was cut off is seen by anyone
    who kept an earlier head (`flask audit verify` prints it).
    """
    sequence, previous = _checkpoint(edge)
    sealed = 0
    joined = select(audit_seals.c.sequence, audit_seals.c.hash, audit_events).outerjoin(
        audit_events, audit_events.c.id == audit_seals.c.event_id
    )
    unsealed = int(
        edge.db.execute(
            select(func.count())
            .select_from(audit_events)
            .where(~exists().where(audit_seals.c.event_id == audit_events.c.id))
        ).scalar_one()
    )
    while True:
        page = joined.where(audit_seals.c.sequence > sequence)
        rows = edge.db.execute(page.order_by(audit_seals.c.sequence).limit(size)).mappings().all()
        if not rows:
            return Verdict(sealed, unsealed)
        for row in rows:
            expected = sequence + 1
            if row["sequence"] != expected:
                return Verdict(sealed, unsealed, expected, "a seal is missing")
            if row["id"] is None:
                return Verdict(sealed, unsealed, expected, "the event was deleted")
            previous = link_hash(previous, _from_row(row))
            if previous != bytes(row["hash"]):
                return Verdict(sealed, unsealed, expected, "the event or its order was changed")
            sequence = expected
            sealed += 1


def head(edge: Edge) -> tuple[int, str]:
    """The newest sequence number and hash (hex), to be kept somewhere else."""
    sequence, digest = _head(edge)
    return sequence, digest.hex()


def purge(edge: Edge, before: datetime) -> int:
    """Remove the sealed rows older than `before` from the old end, leaving a checkpoint."""
    newest_old = edge.db.execute(
        select(func.max(audit_seals.c.sequence))
        .join(audit_events, audit_events.c.id == audit_seals.c.event_id)
        .where(audit_events.c.at < before)
    ).scalar()
    if newest_old is None:
        return 0
    # A younger row with a smaller number keeps everything from it on: segments stay whole.
    oldest_young = edge.db.execute(
        select(func.min(audit_seals.c.sequence))
        .join(audit_events, audit_events.c.id == audit_seals.c.event_id)
        .where(audit_events.c.at >= before)
    ).scalar()
    last = newest_old if oldest_young is None else min(newest_old, oldest_young - 1)
    digest = edge.db.execute(
        select(audit_seals.c.hash).where(audit_seals.c.sequence == last)
    ).scalar()
    if digest is None:
        return 0
    old = select(audit_seals.c.event_id).where(audit_seals.c.sequence <= last)
    removed = edge.db.execute(delete(audit_events).where(audit_events.c.id.in_(old))).rowcount
    edge.db.execute(delete(audit_seals).where(audit_seals.c.sequence <= last))
    edge.db.execute(
        insert(audit_checkpoints),
        {"sequence": last, "hash": bytes(digest), "events_removed": removed, "at": edge.now},
    )
    return int(removed)


def count_waiting(edge: Edge) -> int:
    """How many committed rows have no seal yet."""
    statement = select(func.count()).select_from(audit_events)
    unsealed = ~exists().where(audit_seals.c.event_id == audit_events.c.id)
    return int(edge.db.execute(statement.where(unsealed)).scalar_one())


def release_lease(edge: Edge, name: str, holder: str) -> None:
    edge.db.execute(
        update(leases)
        .where(leases.c.name == name, leases.c.holder == holder)
        .values(ends_at=edge.now)
    )
