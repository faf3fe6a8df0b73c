"""Stored data that does not open: written to the audit log in a transaction of its own."""

from __future__ import annotations

from portal.edge import Edge
from portal.flows.events import Event
from portal.store import audit


def note_broken(edge: Edge, place: str) -> None:
    """Audit a broken seal. `place` is table, column and row; it says nothing of what was there."""
    audit.add(edge, Event.SEAL_BROKEN, subject_id=edge.actor.user_id, reason=place)
