"""A visit: one request's session and person, and the facts that decisions are made from.

It reads what the store found and writes nothing; `session` is the door.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.edge import Edge, Transaction
from portal.rules import assurance, policy
from portal.rules.access import Decision, decide
from portal.rules.facts import Facts, Held
from portal.rules.terms import Action, Membership
from portal.store.live_sessions import Live
from portal.store.sessions import Session
from portal.store.users import User


@dataclass(frozen=True, slots=True)
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
    return decide(Action.HOME, replace(facts, password_due=False))


def level_of(facts: Facts) -> assurance.AAL:
    return facts.level


def facts_of(edge: Edge, live: Live) -> Facts:
    summary = live.user.summary
    held = tuple(Held(kind, worth) for kind, worth in summary.held.items())
    return Facts(
        now=edge.now,
        signed_in=live.session.revoked_at is None,
        state=live.user.state,
        authentications=live.session.authentications,
        seen_at=live.session.seen_at,
        ends_at=live.session.ends_at,
        enrolled=tuple(one for one in held if one.kind not in summary.copies),
        copies=tuple(one for one in held if one.kind in summary.copies),
        enrollable=tuple(Held(kind, factor.strength) for kind, factor in edge.factors.items()),
        last_kind=live.user.last_kind,
        memberships=live.memberships,
        user_id=live.user.id,
        acting=acting_in(live),
        reset=live.user.reset_at is not None,
        ticketed=live.session.ticket_id is not None,
        password_due=live.user.password_due_at is not None,
        policy=policy.of_member(live.memberships),
        lifetimes=edge.settings.lifetimes,
    )
