"""A forgotten password: a mailed link lets its owner choose another, and signs nobody in.

It lowers nothing: the new password is typed at the sign-in page, and then comes the second factor
or the enrolment gate, as always. While a ticket after a reset of the factors lives it is closed,
since the mailbox would then be enough for both.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime
from functools import partial
from typing import Any

from portal.ceremony import ENTROPY_BYTES, Memorised, Reason, Rejected
from portal.edge import Edge
from portal.flows import attempts, credentials, enrolment, links, session
from portal.flows.events import Event
from portal.flows.login import PASSWORD
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Done, Gone
from portal.rules.terms import AccountState
from portal.store import audit, authenticators, budgets, users
from portal.store import links as link_store
from portal.store.authenticators import Authenticator
from portal.store.links import Link, LinkKind
from portal.store.users import User

Work = Callable[[], Any]


def request(edge: Edge, email: str) -> Done:
    """Mail a link; an address without an account gets the same answer and no mail."""
    user = users.by_email(edge, email)
    why = _closed(user)
    audit.add(
        edge, Event.PASSWORD_RESET_REQUESTED, subject_id=user.id if user else None, reason=why
    )
    if user is not None and why is None:
        token = links.make(
            edge,
            LinkKind.PASSWORD_RESET,
            user_id=user.id,
            lifetime=edge.settings.password_reset_lifetime,
            email=user.email,
            requested_at=edge.now.isoformat(),
        )
        tell(edge, Notice.PASSWORD_RESET, user, token=token)
    return Done()


def holder(edge: Edge, token: str) -> tuple[str, int] | None:
    """Whose live link this is, and how long their new password must be; None for any other."""
    found = _live(edge, token)
    if found is None:
        return None
    user = found[1]
    begun = edge.factors[PASSWORD].begin_enrolment(
        enrolment.subject_of(edge, user), bytes(ENTROPY_BYTES)
    )
    return user.email, int(begun.state["length_min"])


def choose(edge: Edge, token: str, chosen: str) -> Generator[Work, Any, Done | Rejected | Gone]:
    """Put a new password in the old one's place; every session ends, and the link with it."""
    found = _live(edge, token)
    if found is None:
        return Gone()
    user = found[1]
    made = yield from credentials.choose_password(edge, enrolment.subject_of(edge, user), chosen)
    if isinstance(made, Rejected):
        return made
    if user.password_due_at is not None:
        # Only of one that would do otherwise: a wrong guess at the old password then spends the
        # link, and nobody learns it here guess by guess.
        factor: Memorised = edge.factors[PASSWORD]
        stored = _password(edge, user).data
        same = yield partial(factor.verify, stored, None, chosen, edge.now)
        if not isinstance(same, Rejected):
            return Rejected(Reason.USED)
    return _exchange(edge, token, made)


def _exchange(edge: Edge, token: str, made: dict[str, Any]) -> Done | Rejected | Gone:
    # What was read before the hash is old: the account and the link are read anew, and held.
    found = _live(edge, token, hold=True)
    if found is None:
        return Gone()
    link, user = found
    alone = edge.factors[PASSWORD].describe(made)["stands_alone"]
    if not alone and not enrolment.subject_of(edge, user).has_second_factor:
        return Rejected(Reason.TOO_SHORT)  # The second factor went while the hash was computed.
    if not link_store.use(edge, link.id):
        return Gone()
    replaced = authenticators.replace(edge, _password(edge, user), made)
    assert replaced, "the person's row is held, so nobody else changes their password"
    link_store.void(edge, user.id, LinkKind.PASSWORD_RESET)
    session.end_all(edge, user.id, "password_reset", browsers_too=False)
    if user.password_due_at is not None:
        users.set_password_due(edge, user.id, None)
    # Guesses at the old password count no more; those at other factors do.
    budgets.reset_all(edge, [attempts.key(edge, PASSWORD, user.email)])
    audit.add(edge, Event.PASSWORD_RESET, subject_id=user.id, actor_id=user.id)
    tell(edge, Notice.PASSWORD_CHANGED, user)
    return Done()


def _live(edge: Edge, token: str, *, hold: bool = False) -> tuple[Link, User] | None:
    """A link that is good, and its person, who still has the address that it was sent to.

    The newest one alone, and only until they come in otherwise: then nobody needs it any more.
    """
    link = links.find(edge, LinkKind.PASSWORD_RESET, token)
    read = users.lock if hold else users.by_id
    user = read(edge, link.user_id) if link and link.user_id else None
    if link is None or user is None or _closed(user) or user.email != link.data["email"]:
        return None
    newest = link_store.pending(edge, user.id, LinkKind.PASSWORD_RESET)
    requested_at = datetime.fromisoformat(link.data["requested_at"])
    signed_in = user.last_signed_in_at is not None and user.last_signed_in_at > requested_at
    return None if signed_in or newest is None or newest.id != link.id else (link, user)


def _closed(user: User | None) -> str | None:
    """Why nobody may choose a password by mail for this account; None when its owner may."""
    if user is None or user.state is not AccountState.ACTIVE or PASSWORD not in user.summary.held:
        return "no_active_account"
    return "ticket_lives" if user.reset_at is not None else None


def _password(edge: Edge, user: User) -> Authenticator:
    return authenticators.of_user(edge, user.id, PASSWORD)[0]
