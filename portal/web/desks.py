"""What the frame of every page has at a shared desk: whose turn it is, and when it locks."""

from __future__ import annotations

from datetime import timedelta

from portal.flows import session
from portal.flows.session import Visit
from portal.values import frozen
from portal.web import here
from portal.web.addresses import address, current_page, next_path

AWAY = "shared_desks.away"
SECOND = timedelta(seconds=1)


@frozen
class Desk:
    """`left_s`: until the page that goes out now locks. The rest: where a page asks, and tells."""

    left_s: int
    idle: timedelta
    look_url: str
    away_url: str
    activity_url: str


def of(visit: Visit) -> Desk | None:
    """The desk that this browser may stand on; None for people who share none."""
    if not visit.facts.shared_desk:
        return None
    away = here.request().endpoint == AWAY
    return Desk(
        left_s=left_s(visit, used=not away),
        idle=visit.facts.lifetimes.shared_desk_idle,
        look_url=address("shared_desks.look"),
        away_url=address(AWAY, next=next_path() if away else current_page()),
        activity_url=address("shared_desks.note_activity"),
    )


def left_s(visit: Visit, *, used: bool = True) -> int:
    """Whole seconds until the session locks, rounded up: at their end it certainly has."""
    edge = here.values().edge
    locks_at = session.locks_at(edge, visit, used=used)
    return 0 if locks_at is None else max(0, -(-(locks_at - edge.now) // SECOND))
