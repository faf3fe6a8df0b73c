"""A sign-in is whole: remember it, make the browser known, tell about a new one.

It writes nothing that a session has proved; the door calls it once the last proof is recorded.
"""

from __future__ import annotations

from datetime import datetime

from portal.edge import Edge
from portal.flows import known_browsers
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.rules import policy
from portal.rules.terms import Authentication
from portal.store import audit, users
from portal.store.users import User
from portal.values import frozen


@frozen
class Browser:
    """The browser of a sign-in: its id if it is known already, and when its row was written.

    `stranger`: it had no attempts of its own.
    """

    known_id: str | None
    seen_at: datetime | None
    stranger: bool = True


def arrive(
    edge: Edge, user: User, proof: Authentication, browser: Browser
) -> tuple[str, str | None]:
    """The browser's id, and its new token if it became known just now."""
    second = policy.counts_as_second_factor(proof.strength)
    kind = proof.kind if second else user.last_kind
    users.note_sign_in(edge, user.id, kind, stranger=browser.stranger)
    audit.add(
        edge,
        Event.SIGNED_IN,
        subject_id=user.id,
        detail={"factor": proof.kind, "new": browser.known_id is None},
    )
    if browser.known_id is not None:
        known_browsers.note_use(edge, browser.known_id, browser.seen_at)
        return browser.known_id, None
    lifetime = edge.settings.known_browser_lifetime
    browser_id, token = known_browsers.remember(edge, user, known=True, lifetime=lifetime)
    if user.last_signed_in_at is not None:
        tell(edge, Notice.NEW_BROWSER, user)
    return browser_id, token
