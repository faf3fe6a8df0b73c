"""The first step of a sign-in: an address and a password.

Known, unknown, disabled and throttled addresses take the same statements, the same hash and the
same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from portal.ceremony import Memorised, Rejected
from portal.edge import Edge
from portal.flows import attempts, session, tokens
from portal.flows.addresses import normalise
from portal.flows.events import Event
from portal.flows.outcomes import Refused
from portal.flows.session import Entrance, Opened
from portal.rules.lockout import Throttled
from portal.rules.terms import AccountState, Authentication
from portal.store import audit, authenticators, logins
from portal.store.authenticators import Authenticator
from portal.store.logins import Account, Candidate
from portal.store.users import User
from portal.values import frozen

PASSWORD = "password"
RETRIES = 3
Work = Callable[[], Any]


@frozen
class SignInAttempt:
    """What was typed."""

    email: str
    password: str


def sign_in(
    edge: Edge, attempt: SignInAttempt
) -> Generator[Work, Any, Opened | Refused | Throttled]:
    """Check a password and open a session: count, verify with no lock held, accept."""
    email = normalise(attempt.email) or attempt.email.lower()
    browser = tokens.digest(edge.client.browser_token)
    found = logins.candidate(edge, email, browser)
    reserved = attempts.reserve(
        edge,
        PASSWORD,
        email,
        browser_id=found.browser_id if found else None,
        user=found.user if found else None,
    )
    if isinstance(reserved, Throttled):
        return reserved
    factor: Memorised = edge.factors[PASSWORD]
    for _ in range(RETRIES):
        held = found.password if found else None
        stored = held.data if held else factor.decoy()
        verdict = yield partial(factor.verify, stored, None, attempt.password, edge.now)
        if isinstance(verdict, Rejected) or found is None or held is None:
            return _refuse(edge, found, _why(found), reserved)
        if found.user.state is not AccountState.ACTIVE:
            # With the work of a wrong password; one who is disabled meanwhile is met below.
            return _refuse(edge, found, f"account_{found.user.state}", reserved)
        account = logins.unchanged(edge, held, browser)
        if account is not None:
            return _accept(edge, account, held, attempt.password, reserved)
        # Changed while it was compared (another sign-in renewed the hash): compare the new one.
        found = logins.candidate(edge, email, browser)
    return _refuse(edge, found, "changed_meanwhile", reserved)


def _accept(
    edge: Edge, account: Account, held: Authenticator, password: str, reserved: attempts.Attempt
) -> Opened | Refused:
    """Open the session, for the account as it is now and not as it was before the hash."""
    user = account.user
    if user.state is not AccountState.ACTIVE:
        return _refuse_user(edge, user, f"account_{user.state}", reserved)
    factor: Memorised = edge.factors[PASSWORD]
    if factor.outdated(held.data):
        # Computed under the lock, once per change of the cost: no second look is needed after it.
        authenticators.replace(edge, held, factor.remake(held.data, password, edge.entropy(32)))
    attempts.succeed(edge, PASSWORD, user.email, browser_id=account.browser_id)
    proof = Authentication(PASSWORD, factor.strength, edge.now, held.id)
    opened = session.open_session(
        edge,
        user,
        account.memberships,
        proof,
        Entrance(account.browser_id, account.browser_known),
    )
    if not opened.complete:
        audit.add(edge, Event.PASSWORD_ACCEPTED, subject_id=user.id)
    return opened


def _why(found: Candidate | None) -> str:
    """Why a password was not accepted, for the audit log alone."""
    if found is None:
        return "unknown_address"
    if found.broken is not None:
        return "seal_broken"
    return "wrong_password" if found.password is not None else "no_password"


def _refuse(edge: Edge, found: Candidate | None, why: str, reserved: attempts.Attempt) -> Refused:
    return _refuse_user(edge, found.user if found else None, why, reserved)


def _refuse_user(edge: Edge, user: User | None, why: str, reserved: attempts.Attempt) -> Refused:
    audit.add(
        edge,
        Event.SIGN_IN_REFUSED,
        subject_id=user.id if user else None,
        reason=why,
        detail={"failures": reserved.failures, "refused_before": reserved.refused_before},
    )
    return Refused()
