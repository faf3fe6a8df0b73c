"""Signing in with a passkey alone: the device names the account, nobody types anything.

The challenge belongs to the stranger's browser and is good for one answer; that is all the counting
it needs, since a signature cannot be guessed. What is proved goes through the door.
"""

from __future__ import annotations

from portal.ceremony import ENTROPY_BYTES, Ceremony, Interactive, Purpose, Reason, Rejected
from portal.edge import Edge
from portal.flows import device_answers, session, tokens, visits
from portal.flows.challenge import Begun
from portal.flows.device_answers import FORBIDDEN, Answer, Unfit
from portal.flows.events import Event
from portal.flows.outcomes import Refused
from portal.flows.session import Entrance, Opened
from portal.rules.terms import AccountState, Authentication
from portal.store import audit, authenticators, ceremonies, logins
from portal.store.users import User

KIND = "passkey"


def begin(edge: Edge, browser: str) -> Begun:
    """Open a ceremony for a stranger. `browser`: what their anonymous cookie holds."""
    factor: Interactive = edge.factors[KIND]
    begun = factor.begin_challenge((), verified=True, entropy=edge.entropy(ENTROPY_BYTES))
    ceremony = Ceremony(
        id=edge.new_id(),
        kind=KIND,
        purpose=Purpose.SIGN_IN,
        session_id="",
        state=begun.state,
        expires_at=edge.now + edge.settings.ceremony_lifetime,
    )
    ceremonies.begin(edge, ceremony, browser=tokens.digest(browser))
    return Begun(ceremony.id, begun.shown)


def sign_in(edge: Edge, browser: str, given: Answer) -> Opened | Rejected | Refused:
    """Check what a device says and open a session for its owner."""
    factor: Interactive = edge.factors[KIND]
    ceremony = ceremonies.take(
        edge,
        given.ceremony_id,
        kind=KIND,
        purpose=Purpose.SIGN_IN,
        browser=tokens.digest(browser),
    )
    if ceremony is None:
        return _reject(edge, None, Rejected(Reason.EXPIRED))
    lookup = factor.lookup_of(given.text)
    if lookup is None:
        return _reject(edge, None, Rejected(Reason.MALFORMED))
    found = logins.by_lookup(edge, lookup, tokens.digest(edge.client.browser_token))
    if found is None:
        return _reject(edge, None, Rejected(Reason.UNKNOWN))
    account, held = found
    user = account.user
    verdict = factor.verify(held.data, ceremony, given.text, edge.now)
    if isinstance(verdict, Rejected):
        device_answers.note_suspicion(edge, user, Unfit(verdict, held))
        return _reject(edge, user, verdict)
    if user.state is not AccountState.ACTIVE:
        _reject(edge, user, Rejected(Reason.UNKNOWN, why=f"account_{user.state}"))
        return Refused()
    if visits.turns_away(edge, user, account.memberships, held.id):
        return _reject(edge, user, Rejected(Reason.NOT_PERMITTED, why=FORBIDDEN))
    if not authenticators.replace(edge, held, verdict.data):
        return _reject(edge, user, Rejected(Reason.USED))
    device_answers.note_make(edge, user, held)
    proof = Authentication(KIND, verdict.strength or held.strength, edge.now, held.id)
    return session.open_session(
        edge, user, account.memberships, proof, Entrance(account.browser_id, account.browser_known)
    )


def _reject(edge: Edge, user: User | None, verdict: Rejected) -> Rejected:
    audit.add(
        edge,
        Event.SIGN_IN_REFUSED,
        subject_id=user.id if user else None,
        reason=verdict.why or str(verdict.reason),
        detail={"factor": KIND},
    )
    return verdict
