"""A way in for the owner while strangers guess: a mailed link gives this browser attempts.

It lowers nothing: password and second factor are still asked for.
"""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import attempts, known_browsers, links
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Done, Gone
from portal.rules.terms import AccountState
from portal.store import audit, budgets, users
from portal.store import links as link_store
from portal.store.links import LinkKind
from portal.values import frozen


@frozen
class Unlocked:
    """This browser may try again; `browser_token` goes into its cookie."""

    browser_token: str


def request(edge: Edge, email: str) -> Done:
    """Mail an unlock link; an address without an account gets the same answer and no mail."""
    user = users.by_email(edge, email)
    active = user is not None and user.state is AccountState.ACTIVE
    audit.add(
        edge,
        Event.UNLOCK_REQUESTED,
        subject_id=user.id if user else None,
        reason=None if active else "no_active_account",
    )
    if active and user is not None:
        token = links.make(
            edge, LinkKind.UNLOCK, user_id=user.id, lifetime=edge.settings.link_lifetime
        )
        tell(edge, Notice.UNLOCK, user, token=token)
    return Done()


def confirm(edge: Edge, token: str) -> Unlocked | Gone:
    """Spend the link: strangers' counts start anew, and this browser gets its own lane."""
    link = links.find(edge, LinkKind.UNLOCK, token)
    user = users.lock(edge, link.user_id) if link and link.user_id else None
    if link is None or user is None or not link_store.use(edge, link.id):
        return Gone()
    budgets.reset_strangers(edge, attempts.keys_of(edge, user.email))
    users.clear_lock(edge, user.id)
    _, browser_token = known_browsers.remember(
        edge, user, known=False, lifetime=edge.settings.link_lifetime
    )
    audit.add(edge, Event.UNLOCKED, subject_id=user.id, actor_id=user.id)
    return Unlocked(browser_token)
