"""After a reset: the mailed ticket and the older password together open a session that may enrol.

A mailbox alone, or a password alone, never enrols again. The ticket itself is used up by the
first factor that is enrolled, in `enrolment`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime
from functools import partial
from typing import Any

from portal.ceremony import Memorised, Rejected
from portal.edge import Edge
from portal.flows import attempts, links, session, tokens
from portal.flows.events import Event
from portal.flows.login import PASSWORD
from portal.flows.outcomes import Blocked, Gone, Refused
from portal.flows.session import Entrance, Opened, Visit
from portal.rules.lockout import Throttled
from portal.rules.terms import AccountState, Authentication
from portal.store import audit, authenticators, logins, users
from portal.store import links as link_store
from portal.store.authenticators import Authenticator
from portal.store.links import Link, LinkKind
from portal.store.logins import Account
from portal.store.users import User
from portal.values import frozen

Work = Callable[[], Any]


@frozen
class Mailed:
    """Where the ticket of a person went, and until when it is good; None: not any more."""

    email: str
    until: datetime | None


def mailed(edge: Edge, visit: Visit) -> Mailed:
    """What to say to somebody who came with the password alone."""
    link = link_store.pending(edge, visit.user.id, LinkKind.TICKET)
    return Mailed(visit.user.email, link.expires_at if link else None)


def holder(edge: Edge, token: str) -> str | None:
    """The address whose ticket this is, while it is good; None for any other token."""
    found = _live(edge, token)
    return found[1].email if found else None


def redeem(
    edge: Edge, token: str, password: str
) -> Generator[Work, Any, Opened | Refused | Throttled | Blocked | Gone]:
    """Open a session that may only enrol: count, compare with no lock held, accept."""
    found = _live(edge, token)
    if found is None:
        return Gone()
    link, user = found
    # A lane of the ticket's own in the password's budget: strangers who guess at the address do
    # not close it, and whoever reads the mailbox has twenty guesses, with pauses, and no more.
    reserved = attempts.reserve(edge, PASSWORD, user.email, browser_id=link.id, user=user)
    if isinstance(reserved, Throttled):
        return reserved
    factor: Memorised = edge.factors[PASSWORD]
    held = next(iter(authenticators.of_user(edge, user.id, PASSWORD)), None)
    stored = held.data if held else factor.decoy()
    verdict = yield partial(factor.verify, stored, None, password, edge.now)
    if isinstance(verdict, Rejected) or held is None:
        return _refuse(edge, user, "wrong_password")
    # What was read before the hash is old: the account, its password and the ticket are read anew.
    account = logins.unchanged(edge, held, tokens.digest(edge.client.browser_token))
    now = _live(edge, token)
    if account is None or now is None:
        return Gone()
    if _set_at(edge, held) >= datetime.fromisoformat(now[0].data["requested_at"]):
        _refuse(edge, user, "password_too_new")
        return Blocked("password_too_new")
    return _open(edge, account, held, now[0])


def _open(edge: Edge, account: Account, held: Authenticator, ticket: Link) -> Opened:
    user = account.user
    attempts.succeed(edge, PASSWORD, user.email, browser_id=ticket.id)
    proof = Authentication(PASSWORD, edge.factors[PASSWORD].strength, edge.now, held.id)
    opened = session.open_session(
        edge, user, account.memberships, proof, Entrance(ticket_id=ticket.id)
    )
    audit.add(edge, Event.TICKET_ACCEPTED, subject_id=user.id)
    return opened


def _live(edge: Edge, token: str) -> tuple[Link, User] | None:
    """A ticket that is good, and its person, who still has to enrol."""
    link = links.find(edge, LinkKind.TICKET, token)
    user = users.by_id(edge, link.user_id) if link and link.user_id else None
    if link is None or user is None or user.reset_at is None:
        return None
    return (link, user) if user.state is AccountState.ACTIVE else None


def _set_at(edge: Edge, held: Authenticator) -> datetime:
    """When the password was chosen. One set since the request may be the caller's own."""
    set_at = edge.factors[PASSWORD].describe(held.data)["set_at"]
    return datetime.fromisoformat(set_at) if set_at else held.created_at


def _refuse(edge: Edge, user: User, why: str) -> Refused:
    audit.add(edge, Event.TICKET_REFUSED, subject_id=user.id, reason=why)
    return Refused()
