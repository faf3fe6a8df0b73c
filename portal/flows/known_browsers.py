"""Known browsers: where a person has signed in before, each with attempts of its own.

A known browser is not a trusted one: it is asked for everything like any other. So a browser on a
shared desk is known too, for each of its people by themselves. If it were not, whoever fails often
enough from anywhere would lock the whole office out of its only computer, and every change of the
shift would write a mail about a new browser, until nobody reads them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.edge import Edge
from portal.flows import tokens
from portal.store import browsers
from portal.store.users import User


def remember(edge: Edge, user: User, *, known: bool, lifetime: timedelta) -> tuple[str, str]:
    """Give this browser a token of its own for this person; its id and the token.

    A browser that several people use keeps all of them: their rows move to the new token. So a
    token that somebody planted in the browser beforehand is worth nothing afterwards.
    """
    token = tokens.make(edge)
    digest = tokens.digest(token)
    if edge.client.browser_token:
        browsers.move(edge, tokens.digest(edge.client.browser_token), digest)
    browser_id = browsers.remember(
        edge, token_hash=digest, user_id=user.id, known=known, lifetime=lifetime
    )
    return browser_id, token


def note_use(edge: Edge, browser_id: str, seen_at: datetime | None) -> None:
    """Note a sign-in in a known browser, at most once a day."""
    if seen_at is None or edge.now - seen_at > browsers.SEEN_INTERVAL:
        browsers.note_seen(edge, browser_id, edge.settings.known_browser_lifetime)


def forget_everything(edge: Edge) -> int:
    """Forget every browser of everybody (a restored backup)."""
    return browsers.revoke_everything(edge)
