"""What happened to a person's own account, newest first, as they may see it."""

from __future__ import annotations

from datetime import datetime

from portal.edge import Edge
from portal.flows.events import OF_THE_ACCOUNT
from portal.flows.session import Visit
from portal.store import audit
from portal.store.audit import AuditEvent
from portal.values import frozen

PAGE = 20


@frozen
class Happening:
    """One event on the account. `factor`: the kind that it was about, if any, in its `variant`."""

    id: str
    at: datetime
    event: str
    factor: str
    variant: str
    user_agent: str
    place: str | None
    address: str


def page(
    edge: Edge, visit: Visit, *, before: str | None = None, size: int = PAGE
) -> tuple[list[Happening], str | None]:
    """A page of events and the id that the next page starts before; None at the end."""
    return _page(audit.of_subject(edge, visit.user.id, before=before, size=size + 1), size)


def page_within(
    edge: Edge, user_id: str, path: str, *, before: str | None = None
) -> tuple[list[Happening], str | None]:
    """The same of anybody's account, as far as it concerns the organisations from `path` down."""
    events = audit.of_subject_within(
        edge, user_id, path, OF_THE_ACCOUNT, before=before, size=PAGE + 1
    )
    return _page(events, PAGE)


def _page(events: list[AuditEvent], size: int) -> tuple[list[Happening], str | None]:
    shown = [
        Happening(
            id=event.id,
            at=event.at,
            event=event.event,
            factor=str(event.detail.get("factor", "")),
            variant=str(event.detail.get("variant", "")),
            user_agent=event.user_agent,
            place=event.place,
            address=event.address,
        )
        for event in events[:size]
    ]
    return shown, shown[-1].id if len(events) > size else None
