"""What a person sees of their own sessions and known browsers, and ending them."""

from __future__ import annotations

from datetime import datetime

from portal.edge import Edge
from portal.flows import session
from portal.flows.events import Event
from portal.flows.session import Visit
from portal.rules import assurance
from portal.rules.terms import AAL
from portal.store import audit, browsers
from portal.values import frozen


@frozen
class SessionLine:
    """A live session. `level` is what it stands at now."""

    id: str
    user_agent: str
    address: str
    place: str | None
    issued_at: datetime
    seen_at: datetime
    level: AAL
    current: bool


@frozen
class BrowserLine:
    """A known browser."""

    id: str
    user_agent: str
    created_at: datetime
    seen_at: datetime
    place: str | None
    current: bool


def lines(edge: Edge, visit: Visit) -> tuple[list[SessionLine], list[BrowserLine]]:
    """The live sessions and known browsers of this person, newest first."""
    live = [
        SessionLine(
            id=found.id,
            user_agent=found.user_agent,
            address=found.address,
            place=found.place,
            issued_at=found.issued_at,
            seen_at=found.seen_at,
            level=assurance.session_level(
                found.authentications,
                now=edge.now,
                seen_at=found.seen_at,
                lifetimes=edge.settings.lifetimes,
            ),
            current=found.id == visit.session.id,
        )
        for found in session.live_sessions(edge, visit.user.id)
    ]
    known = [
        BrowserLine(
            id=browser.id,
            user_agent=browser.user_agent,
            created_at=browser.created_at,
            seen_at=browser.seen_at,
            place=browser.place,
            current=browser.id == visit.session.browser_id,
        )
        for browser in browsers.of_user(edge, visit.user.id)
    ]
    return live, known


def forget_browser(edge: Edge, visit: Visit, browser_id: str) -> bool:
    """Forget a known browser of this person; False when there is no such one."""
    forgotten = browsers.revoke(edge, visit.user.id, browser_id)
    if forgotten:
        audit.add(
            edge, Event.BROWSER_REVOKED, subject_id=visit.user.id, detail={"browser": browser_id}
        )
    return forgotten


def sign_out_everywhere(edge: Edge, visit: Visit) -> int:
    """End every session of this person, this one too, and forget every browser."""
    return session.end_all(edge, visit.user.id, "signed_out_everywhere", browsers_too=True)
