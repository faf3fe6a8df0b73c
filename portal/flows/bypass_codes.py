"""The code of a bypass: made when it is shown, good once, and for an hour.

Two people agreed to it before, in `exception_decisions`; signing in with it is any challenge's.
"""

from __future__ import annotations

from dataclasses import replace

from portal.ceremony import Data
from portal.edge import Edge
from portal.flows import enrolment, visits
from portal.flows.events import Event
from portal.flows.login import PASSWORD
from portal.flows.notices import Notice, tell
from portal.rules.access import Allow, Decision, Enrol, StepUp, decide
from portal.rules.facts import Facts
from portal.rules.holdings import Held
from portal.rules.terms import Action, Authentication, Membership
from portal.store import audit, authenticators, exceptions, users
from portal.store.authenticators import Authenticator, New
from portal.store.exceptions import BYPASS, PolicyException
from portal.store.queues import APPROVED, ENDED
from portal.store.users import User

KIND = "bypass_code"


def useless(edge: Edge, user: User, memberships: tuple[Membership, ...]) -> str | None:
    """Why a code would not let this person in; None when it would.

    Asked of the decision itself: what a sign-in with the password still needs, and what with a
    code at hand.
    """
    password = Authentication(PASSWORD, edge.factors[PASSWORD].strength, edge.now, PASSWORD)
    standing = visits.standing_at(edge, user, memberships, edge.now)
    own = tuple(held for held in standing.enrolled if not held.strength.issued)
    facts = replace(
        standing,
        signed_in=True,
        authentications=(password,),
        enrolled=own,
        reset=user.reset_at is not None,
        lifetimes=edge.settings.lifetimes,
    )
    if isinstance(_entrance(facts), Allow):
        return "bypass_of_nothing"
    code = Held(KIND, edge.factors[KIND].strength)
    entrance = _entrance(replace(facts, enrolled=(*own, code)))
    offered = isinstance(entrance, StepUp) and KIND in entrance.choices
    return None if offered else "bypass_not_enough"


def _entrance(facts: Facts) -> Decision:
    """What comes next after the password: into the portal, or through the enrolment gate."""
    decision = decide(Action.HOME, facts)
    return decide(Action.ENROL, facts) if isinstance(decision, Enrol) else decision


def put(edge: Edge, user: User, made: PolicyException, data: Data) -> None:
    """Let a code open the account from now on; its exception's id is the authenticator's."""
    revoke(edge, user.id)
    strength = edge.factors[KIND].strength
    authenticators.add(edge, New(made.id, user.id, KIND, "", data, strength))
    enrolment.refresh_summary(edge, user.id)


def spend(edge: Edge, user: User, used: Authenticator) -> None:
    """A code was used: nothing is left of it, and whoever asked for it hears so."""
    revoke(edge, user.id)
    audit.add(edge, Event.BYPASS_USED, subject_id=user.id, detail={"request": used.id})
    tell(edge, Notice.BYPASS_USED, user)
    made = exceptions.find(edge, used.id)
    if made is None or not exceptions.QUEUE.move(edge, made.id, (APPROVED, ENDED)):
        return
    requester = users.by_id(edge, made.requested_by)
    if requester is not None:
        tell(
            edge,
            Notice.EXCEPTION_DECIDED,
            requester,
            exception=BYPASS,
            person=user.name,
            outcome="used",
            exception_id=made.id,
        )


def revoke(edge: Edge, user_id: str) -> bool:
    """Take away a code that waits; the caller holds the person's row."""
    held = authenticators.of_user(edge, user_id, KIND)
    for one in held:
        authenticators.revoke(edge, user_id, one.id)
    if held:
        enrolment.refresh_summary(edge, user_id)
    return bool(held)


def close(edge: Edge, user_id: str, reason: str) -> None:
    """End whatever was approved for somebody whose account is reset or disabled."""
    revoke(edge, user_id)
    for made in exceptions.open_of(edge, user_id):
        if made.kind != BYPASS or not exceptions.QUEUE.move(edge, made.id, (APPROVED, ENDED)):
            continue
        detail = {"request": made.id}
        audit.add(edge, Event.BYPASS_ENDED, subject_id=user_id, reason=reason, detail=detail)
