"""A visit: one request's session and person, and the facts that decisions are made from.

It reads what the store found and writes nothing; `session` is the door.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import datetime

from portal.ceremony import Factor
from portal.edge import Edge, Transaction
from portal.rules import access, assurance, deadlines, holdings, plans, policy, rollout
from portal.rules.access import Decision, decide
from portal.rules.facts import Facts
from portal.rules.holdings import Held
from portal.rules.policy import Policy
from portal.rules.terms import AccountState, Action, Membership, Strength
from portal.store.live_sessions import Live
from portal.store.sessions import Session
from portal.store.users import User
from portal.values import frozen


@frozen
class Visit:
    """One request's session, its person, and the facts that decisions are made from."""

    live: Live
    facts: Facts
    read_in: Transaction | None = None

    @property
    def user(self) -> User:
        return self.live.user

    @property
    def session(self) -> Session:
        return self.live.session

    @property
    def lane_browser_id(self) -> str | None:
        """The browser whose own attempts this session uses up; None: the strangers' lane."""
        return self.session.browser_id if self.live.browser_live else None

    @property
    def acting(self) -> Membership | None:
        """The organisation that the session acts in."""
        return self.facts.acting


def acting_in(live: Live) -> Membership | None:
    """The organisation that a session acts in: the chosen one while it is still theirs."""
    own = {membership.organisation_id: membership for membership in reversed(live.memberships)}
    chosen = own.get(live.session.acting_organisation_id or "")
    home = own.get(live.user.home_organisation_id)
    return chosen or home or next(iter(live.memberships), None)


def proved(facts: Facts) -> Decision:
    """How far the proofs lead, whether or not the password must be renewed next."""
    return decide(Action.HOME, replace(facts, password_due=False) if facts.password_due else facts)


def level_of(facts: Facts) -> assurance.AAL:
    return facts.level


def facts_of(edge: Edge, live: Live, at: datetime | None = None) -> Facts:
    """The facts of a session; `at`: under what policy will ask then, instead of now."""
    asked = asked_of(live.user, live.memberships, at or edge.now)
    held = holdings.under(asked, live.user.summary.at(edge.now))
    return Facts(
        now=edge.now,
        signed_in=live.session.revoked_at is None,
        state=live.user.state,
        authentications=live.session.authentications,
        seen_at=live.session.seen_at,
        ends_at=live.session.ends_at,
        enrolled=held.enrolled,
        copies=held.copies,
        forbidden=held.forbidden,
        forbidden_ids=held.forbidden_ids,
        enrollable=plans.enrollable(
            _kinds(edge),
            live.memberships,
            permitting(live.user, live.memberships, at or edge.now, asked),
            lambda: asked_of(live.user, live.memberships, rollout.FOREVER),
        ),
        last_kind=live.user.last_kind,
        memberships=live.memberships,
        user_id=live.user.id,
        acting=acting_in(live),
        reset=live.user.reset_at is not None,
        ticketed=live.session.ticket_id is not None,
        password_due=live.user.password_due_at is not None,
        policy=asked,
        lifetimes=edge.settings.lifetimes,
    )


def _kinds(edge: Edge) -> tuple[Held, ...]:
    """The kinds that people enrol: some are given out, for a while."""
    return _own(tuple(edge.factors.values()))


@functools.lru_cache(16)
def _own(factors: tuple[Factor, ...]) -> tuple[Held, ...]:
    return tuple(Held(one.kind, one.strength) for one in factors if not one.strength.issued)


def turns_away(
    edge: Edge, user: User, memberships: tuple[Membership, ...], authenticator_id: str
) -> bool:
    """Whether policy lets an authenticator open nothing to somebody who is not signed in yet."""
    return standing_at(edge, user, memberships, edge.now).turns_away(authenticator_id)


def asked_of(user: User, memberships: tuple[Membership, ...], at: datetime) -> Policy:
    """What is asked of a person at a moment: sign-in obeys the strictest of all memberships."""
    asked = (membership.asked for membership in memberships)
    return deadlines.policy_at(asked, at, user.active_since, user.exempt_until)


def permitting(
    user: User, memberships: tuple[Membership, ...], at: datetime, asked: Policy
) -> Policy:
    """By which policy a person enrols: an exemption from what is `asked` lets in nothing new.

    Whatever it let in would be forbidden again on the day on which it ends.
    """
    if user.exempt_until is None:
        return asked
    every = (membership.asked for membership in memberships)
    return deadlines.policy_at(every, at, user.active_since, None)


@frozen
class Forthcoming:
    """From `at` on policy will stop this person, unless they enrol one of `choices`.

    `forbidden`: the kinds that they hold, and that will not be accepted any more.
    """

    at: datetime
    why: str
    choices: tuple[str, ...]
    forbidden: tuple[str, ...] = ()


def forthcoming(edge: Edge, visit: Visit) -> Forthcoming | None:
    """When policy is going to stop somebody whom it lets go on today; None: never."""
    return coming(edge, visit.user, visit.live.memberships)


def coming(edge: Edge, user: User, memberships: tuple[Membership, ...]) -> Forthcoming | None:
    """The same of anybody, who need not be here."""
    ahead = rollout.moments((one.asked for one in memberships), edge.now)
    if user.exempt_until is not None and user.exempt_until > edge.now:
        ahead = sorted({*ahead, user.exempt_until})
    found = (coming_at(edge, user, memberships, moment) for moment in ahead)
    return next((one for one in found if one is not None), None)


def coming_at(
    edge: Edge, user: User, memberships: tuple[Membership, ...], at: datetime
) -> Forthcoming | None:
    """What will stop somebody from a moment on; None: nothing that holds then."""
    facts = standing_at(edge, user, memberships, at)
    if facts.lacking is None:
        return None
    forbidden = tuple(dict.fromkeys(held.kind for held in facts.forbidden))
    return Forthcoming(at, facts.lacking, access.missing(facts), forbidden)


def standing_at(edge: Edge, user: User, memberships: tuple[Membership, ...], at: datetime) -> Facts:
    """What policy makes of a person at a moment, whatever session they have, if any."""
    asked = asked_of(user, memberships, at)
    held = holdings.under(asked, user.summary.at(edge.now))
    return Facts(
        now=edge.now,
        state=user.state,
        enrolled=held.enrolled,
        copies=held.copies,
        forbidden=held.forbidden,
        forbidden_ids=held.forbidden_ids,
        enrollable=plans.enrollable(
            _kinds(edge), memberships, permitting(user, memberships, at, asked)
        ),
        last_kind=user.last_kind,
        memberships=memberships,
        user_id=user.id,
        policy=asked,
    )


def with_factor(visit: Visit, kind: str, strength: Strength) -> Visit:
    """The visit of a person who holds one more kind, for the proof that enrols it.

    Where that is what an activation waited for, the account is active from then on.
    """
    facts = visit.facts
    # It was permitted, though others of its kind may go on being forbidden.
    forbidden = tuple(held for held in facts.forbidden if held.kind != kind)
    enrolled = (*facts.enrolled, Held(kind, strength))
    counts = policy.counts_as_second_factor(strength)
    reset = facts.reset and not counts
    after = replace(facts, enrolled=enrolled, forbidden=forbidden, reset=reset)
    if after.activating and after.lacking is None and counts:
        after = replace(after, state=AccountState.ACTIVE)
    return replace(visit, facts=after)
