"""Interrupted tasks: where a person was going, the form they had filled, the grant they were given.

A grant is a row that a proof was given for: bound to one session, action, object and content,
and good once.
"""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from portal.edge import Edge
from portal.rules.terms import Action
from portal.store import sealed
from portal.store.sealed import open_json, seal_json
from portal.store.tables import step_ups
from portal.values import frozen

PLACE = "step_ups:form"


@frozen
class Interrupted:
    """A task that waits for a proof. `form` holds the allow-listed fields, never passwords.

    `origin` is the page it came from, `organisation_id` the one that was acted for. With a
    `binding` it waits for a grant: a proof for exactly `object_id` with the content that `shown`
    names, as [key, value] pairs in JSON.
    """

    id: str
    action: Action
    method: str
    path: str
    form: dict[str, str]
    expires_at: datetime
    origin: str | None = None
    object_id: str = ""
    binding: bytes | None = None
    organisation_id: str | None = None
    shown: list[list[Any]] = field(default_factory=list)
    granted_at: datetime | None = None
    spent_at: datetime | None = None


def add(edge: Edge, task: Interrupted, session_id: str) -> None:
    """Keep a task for a session."""
    edge.db.execute(
        insert(step_ups),
        {
            "id": task.id,
            "session_id": session_id,
            "action": str(task.action),
            "method": task.method,
            "path": task.path,
            "form": seal_json(edge, PLACE, task.id, {"fields": task.form, "shown": task.shown}),
            "origin": task.origin,
            "object_id": task.object_id,
            "binding": task.binding,
            "organisation_id": task.organisation_id,
            "created_at": edge.now,
            "expires_at": task.expires_at,
        },
    )


def find(edge: Edge, step_up_id: str, session_id: str) -> Interrupted | None:
    """This session's interrupted task, while it waits."""
    statement = select(step_ups).where(
        step_ups.c.id == step_up_id,
        step_ups.c.session_id == session_id,
        step_ups.c.expires_at > edge.now,
    )
    row = edge.db.execute(statement).mappings().first()
    if row is None:
        return None
    kept = open_json(edge, PLACE, row["id"], row["form"])
    return Interrupted(
        id=row["id"],
        action=Action(row["action"]),
        method=row["method"],
        path=row["path"],
        form=kept["fields"],
        expires_at=row["expires_at"],
        origin=row["origin"],
        object_id=row["object_id"],
        binding=bytes(row["binding"]) if row["binding"] is not None else None,
        shown=kept["shown"],
        organisation_id=row["organisation_id"],
        granted_at=row["granted_at"],
        spent_at=row["spent_at"],
    )


def grant(edge: Edge, step_up_id: str, session_id: str, expires_at: datetime) -> bool:
    """Note that the proof for a task was given; False when it waits no longer."""
    result = edge.db.execute(
        update(step_ups)
        .where(
            step_ups.c.id == step_up_id,
            step_ups.c.session_id == session_id,
            step_ups.c.binding.is_not(None),
            step_ups.c.granted_at.is_(None),
            step_ups.c.expires_at > edge.now,
        )
        .values(granted_at=edge.now, expires_at=expires_at)
    )
    return result.rowcount == 1


def spend(edge: Edge, session_id: str, action: Action, *, object_id: str, binding: bytes) -> bool:
    """Use up the grants for exactly this; of any number of requests one gets True."""
    result = edge.db.execute(
        update(step_ups)
        .where(
            step_ups.c.session_id == session_id,
            step_ups.c.action == str(action),
            step_ups.c.object_id == object_id,
            step_ups.c.binding == binding,
            step_ups.c.granted_at.is_not(None),
            step_ups.c.spent_at.is_(None),
            step_ups.c.expires_at > edge.now,
        )
        .values(spent_at=edge.now)
    )
    return result.rowcount > 0


def finish(edge: Edge, step_up_id: str, session_id: str) -> bool:
    """Use up a kept form and forget what it held; of any number of requests one gets True."""
    nothing: dict[str, Any] = {"fields": {}, "shown": []}
    result = edge.db.execute(
        update(step_ups)
        .where(
            step_ups.c.id == step_up_id,
            step_ups.c.session_id == session_id,
            step_ups.c.spent_at.is_(None),
            step_ups.c.expires_at > edge.now,
        )
        .values(spent_at=edge.now, form=seal_json(edge, PLACE, step_up_id, nothing))
    )
    return result.rowcount == 1


def purge(edge: Edge, before: datetime) -> int:
    return edge.db.execute(delete(step_ups).where(step_ups.c.expires_at < before)).rowcount


def reseal_page(edge: Edge, after: str, size: int) -> sealed.Resealed:
    """Seal a page of kept forms with the current key."""
    return sealed.reseal_page(edge, step_ups, "form", after, size)
