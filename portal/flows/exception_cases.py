"""An exception's case: whom it would be about, what it would change, who may ask for it.

It reads; `exceptions` asks, `exception_decisions` decides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from portal.edge import Edge
from portal.flows import bypass_codes, entitlement, reset_cases, second_approvals
from portal.flows.permission import Subject
from portal.flows.reset_cases import BULK_VERIFICATIONS
from portal.rules import deadlines, holdings, policy, rollout
from portal.rules.deadlines import Person
from portal.rules.terms import AccountState, Action, Membership, Role, Target
from portal.store import exceptions, organisations
from portal.store.exceptions import BYPASS, EXEMPTION, PolicyException
from portal.store.organisations import Organisation
from portal.store.queues import APPROVED, WAITING
from portal.store.users import User
from portal.values import frozen

# Nobody who is locked out reads a code from a portal where they are signed in.
VERIFICATIONS = BULK_VERIFICATIONS
REQUEST = {EXEMPTION: Action.REQUEST_EXEMPTION, BYPASS: Action.REQUEST_BYPASS}
APPROVE = {EXEMPTION: Action.APPROVE_EXEMPTION, BYPASS: Action.APPROVE_BYPASS}


@frozen
class Case:
    """A person as an exception would find them. `made`: theirs that nobody wrote an end to."""

    about: reset_cases.Case
    memberships: tuple[Membership, ...]
    made: tuple[PolicyException, ...]

    @property
    def user(self) -> User:
        return self.about.user

    @property
    def organisation(self) -> Organisation:
        return self.about.organisation

    @property
    def roles(self) -> frozenset[Role]:
        return self.about.roles

    @property
    def target(self) -> Target:
        return self.about.target

    def open(self, kind: str, *states: str) -> PolicyException | None:
        """The one of a kind that is in one of these states now."""
        found = (one for one in self.made if one.kind == kind and one.state in states)
        return next(found, None)


def one(edge: Edge, user_id: str, *, hold: bool = False) -> Case | None:
    """The case of a person; None for an unknown one. `hold`: their row, until the commit."""
    about = reset_cases.one(edge, user_id, hold=hold)
    if about is None:
        return None
    memberships = organisations.memberships_of(edge, user_id)
    return Case(about, memberships, tuple(exceptions.open_of(edge, user_id)))


def unfit(edge: Edge, case: Case, kind: str) -> str | None:
    """Why nobody could ask for this now, whoever they are; None when somebody could."""
    if case.user.state is not AccountState.ACTIVE:
        return "exception_not_active"
    if case.open(kind, WAITING):
        return "exception_waits_already"
    if kind == EXEMPTION:
        return "exemption_built_in" if is_built_in(edge, case) else None
    if case.open(BYPASS, APPROVED):
        return "bypass_is_open"
    return bypass_codes.useless(edge, case.user, case.memberships)


def asks_built_in(case: Case) -> bool:
    """Whether the built-in policy asks something of this person, which no exemption lifts."""
    return bool(case.roles & policy.DEFAULT.required_roles)


def is_built_in(edge: Edge, case: Case) -> bool:
    """Whether an exemption would change nothing: the built-in policy is all that there is.

    Or it stops them by itself. What their organisations ask beyond it, now or soon, is lifted.
    """
    if not asks_built_in(case):
        return False
    asked = [membership.asked for membership in case.memberships]
    since, held = case.user.active_since, holdings.under(policy.DEFAULT, case.user.summary)
    if holdings.lacking(policy.DEFAULT, case.roles, held) is not None:
        return True
    moments = (edge.now, *rollout.moments(asked, edge.now))
    return not any(
        policy.is_lifted(deadlines.policy_at(asked, moment, since, None), case.roles)
        for moment in moments
    )


def stops(edge: Edge, case: Case) -> str | None:
    """What policy would have them enrol today, were they not exempt, as a reason."""
    person = Person(case.roles, case.user.summary, case.user.active_since)
    return deadlines.lacking_at([one.asked for one in case.memberships], person, edge.now)


def bound(edge: Edge, case: Case, made: PolicyException) -> tuple[tuple[str, Any], ...]:
    """What a grant is bound to: whom it is for, why, until when, and who had a part in it."""
    parties = exceptions.names(edge, sorted(second_approvals.parties(made)))
    return (
        ("person", case.about.person),
        ("organisation", case.organisation.name),
        ("roles", sorted(case.roles)),
        ("reason", made.reason),
        ("exempt_until", made.until.isoformat() if made.until else ""),
        ("verification", made.verification),
        ("requested_by", parties.get(made.requested_by, "")),
        ("approved_by", parties.get(made.first_approved_by or "", "")),
    )


def to_approve(edge: Edge, case: Case, made: PolicyException, note: str = "") -> Subject:
    """What an approval is about. Whoever asked, or approved first, is no second person."""
    target = replace(case.target, parties=second_approvals.parties(made))
    return Subject(target, made.id, (*bound(edge, case, made), ("note", note)))


def still_theirs(edge: Edge, case: Case, made: PolicyException) -> bool:
    """Whether whoever asked for it might still ask; their roles are held until the commit."""
    return entitlement.lasts(edge, made.requested_by, REQUEST[made.kind], case.target)
