"""Interrupted tasks: where a person was going, and the form they had filled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from portal.edge import Edge
from portal.rules.terms import Action
from portal.store import sealed
from portal.store.sealed import open_json, seal_json
from portal.store.tables import step_ups

PLACE = "step_ups:form"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A task that waits for a proof. `form` holds the allow-listed fields, never passwords."""

    id: str
    action: Action
    method: str
    path: str
    form: dict[str, str]
    expires_at: datetime


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
            "form": seal_json(edge, PLACE, task.id, task.form),
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
    return Interrupted(
        id=row["id"],
        action=Action(row["action"]),
        method=row["method"],
        path=row["path"],
        form=open_json(edge, PLACE, row["id"], row["form"]),
        expires_at=row["expires_at"],
    )


def purge(edge: Edge, before: datetime) -> int:
    return edge.db.execute(delete(step_ups).where(step_ups.c.expires_at < before)).rowcount


def reseal_page(edge: Edge, after: str, size: int) -> sealed.Resealed:
    """Seal a page of kept forms with the current key."""
    return sealed.reseal_page(edge, step_ups, "form", after, size)
