"""The first step of a sign-in: an address and a password.

Known, unknown, disabled and throttled addresses take the same statements, the same hash and the
same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

from portal.ceremony import Rejected
from portal.edge import Edge
from portal.flows import attempts, session, tokens
from portal.flows.addresses import normalise
from portal.flows.events import Event
from portal.flows.outcomes import Refused
from portal.flows.session import Opened
from portal.rules.lockout import Throttled
from portal.rules.terms import AccountState, Authentication
from portal.store import audit, authenticators, logins, organisations
from portal.store.logins import Candidate

PASSWORD = "password"
Work = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """What was typed, and the tokens that the browser holds, if any."""

    email: str
    password: str
    browser_token: str = ""
    session_token: str = ""


def sign_in(
    edge: Edge, attempt: SignInAttempt
) -> Generator[Work, Any, Opened | Refused | Throttled]:
    """Check a password and open a session: count, verify with no lock held, accept."""
    email = normalise(attempt.email) or attempt.email.casefold()
    found = logins.candidate(edge, email, tokens.digest(attempt.browser_token))
    browser_id = found.browser_id if found else None
    reserved = attempts.reserve(
        edge, PASSWORD, email, browser_id=browser_id, user=found.user if found else None
    )
    if isinstance(reserved, Throttled):
        return reserved
    factor = edge.factors[PASSWORD]
    usable = found is not None and found.password is not None
    stored = found.password.data if usable else factor.decoy()
    verdict = yield partial(factor.verify, stored, None, attempt.password, edge.now)
    if isinstance(verdict, Rejected) or found is None or found.password is None:
        return _refuse(edge, found, _why(found), reserved)
    if found.user.state is not AccountState.ACTIVE:
        return _refuse(edge, found, f"account_{found.user.state}", reserved)
    if factor.outdated(found.password.data):
        remade = yield partial(_rehash, edge, found, attempt.password)
        accepted = authenticators.replace(edge, found.password, remade)
    else:
        accepted = authenticators.touch(edge, found.password)
    if not accepted:  # Changed or revoked while it was being compared.
        return _refuse(edge, found, "changed_meanwhile", reserved)
    if attempt.session_token:
        session.leave(edge, attempt.session_token)
    return _accept(edge, found, email)


def _accept(edge: Edge, found: Candidate, email: str) -> Opened:
    assert found.password is not None
    attempts.succeed(edge, PASSWORD, email, browser_id=found.browser_id)
    proof = Authentication(PASSWORD, edge.factors[PASSWORD].strength, edge.now, found.password.id)
    opened = session.open_session(
        edge,
        found.user,
        organisations.memberships_of(edge, found.user.id),
        proof,
        browser_id=found.browser_id,
        browser_known=found.browser_known,
    )
    if not opened.complete:
        audit.add(edge, Event.PASSWORD_ACCEPTED, subject_id=found.user.id)
    return opened


def _why(found: Candidate | None) -> str:
    """Why a password was not accepted, for the audit log alone."""
    if found is None:
        return "unknown_address"
    if found.broken is not None:
        return "seal_broken"
    return "wrong_password" if found.password is not None else "no_password"


def _rehash(edge: Edge, found: Candidate, password: str) -> dict[str, Any]:
    """The same password at today's cost. It was accepted before, so its fitness is not asked."""
    assert found.password is not None
    factor = edge.factors[PASSWORD]
    return factor.remake(found.password.data, password, edge.entropy(32))


def _refuse(edge: Edge, found: Candidate | None, why: str, reserved: attempts.Attempt) -> Refused:
    audit.add(
        edge,
        Event.SIGN_IN_REFUSED,
        subject_id=found.user.id if found else None,
        reason=why,
        detail={"failures": reserved.failures, "refused_before": reserved.refused_before},
    )
    return Refused()
