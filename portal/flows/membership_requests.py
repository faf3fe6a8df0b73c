"""The second person for roles that administer others: approving, rejecting, withdrawing.

    waiting ──approve, by another administrator──► approved
       │ ────reject───► rejected    ────by who asked───► withdrawn    ────time───► expired

A decision holds the person's row and then the request, and asks everything again: who asked must
still be entitled to, who decides too, and what the grant was bound to must still be so.
"""

from __future__ import annotations

from dataclasses import replace

from portal.edge import Edge
from portal.flows import invitations, permission
from portal.flows import memberships as giving
from portal.flows.events import Event
from portal.flows.memberships import Person
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Done
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules import roles, standing
from portal.rules.terms import AccountState, Action, Membership, Standing, Target
from portal.store import audit, membership_requests, organisations
from portal.store.membership_requests import Change, MembershipRequest, State
from portal.store.organisations import Organisation
from portal.store.users import User
from portal.values import frozen

NOTES = {
    State.APPROVED: Event.MEMBERSHIP_APPROVED,
    State.REJECTED: Event.MEMBERSHIP_REJECTED,
    State.WITHDRAWN: Event.MEMBERSHIP_WITHDRAWN,
}


@frozen
class Case:
    """A request with everything that it is decided on, held until the commit."""

    request: MembershipRequest
    about: Person
    organisation: Organisation
    asker: Person


def _hold(edge: Edge, request_id: str) -> Case | None:
    """The request and its person; None for what does not wait for a second person at all."""
    found = membership_requests.find(edge, request_id)
    if found is None or not roles.needs_second_person(found.role):
        return None
    about = giving.hold(edge, found.user_id, found.role)
    request = membership_requests.hold(edge, request_id)
    organisation = organisations.by_id(edge, found.organisation_id)
    asker = giving.person(edge, found.requested_by)
    assert about is not None
    assert request is not None
    assert organisation is not None
    assert asker is not None
    return Case(request, about, organisation, asker)


def _subject(case: Case) -> Subject:
    """What a decision is bound to: whose role, where, who asked, and what they are already."""
    request, about = case.request, case.about
    parties = frozenset({request.requested_by, about.user.id})
    # Who has an account elsewhere is told to nobody here, the second person included.
    known = about.opened and not invitations.is_stranger(about, case.organisation)
    named = about.user.name if known else ""
    return Subject(
        giving.target(case.organisation, about, parties),
        request.id,
        (
            ("person", ", ".join(filter(None, (named, about.user.email)))),
            ("change", str(request.change)),
            ("role", str(request.role)),
            ("organisation", case.organisation.name),
            ("roles", sorted(about.roles_in(case.organisation.id))),
            ("requested_by", case.asker.user.name),
        ),
    )


def approve(edge: Edge, visit: Visit, request_id: str) -> Done | Blocked | Unsettled:
    """Be the second person: the role is given, or taken, in this transaction."""
    action = Action.APPROVE_MEMBERSHIP
    case = _hold(edge, request_id)
    if case is None:
        return giving.unknown(edge, visit, action, request_id)
    verdict = permission.settle(edge, visit, action, _subject(case))
    if isinstance(verdict, Unsettled) and giving.is_final(verdict):
        return verdict
    # Before any proof is asked for: nobody proves anything for what is over.
    serves = _is_entitled(case, Standing.SERVED, giving.target(case.organisation))
    if reason := _over(edge, case) or _unfit(edge, visit, case, serves=serves):
        return Blocked(reason)
    if isinstance(verdict, Unsettled):
        return verdict
    _close(edge, visit, case, State.APPROVED)
    if case.request.change is Change.REMOVE:
        giving.take(edge, case.about, case.organisation, case.request.role)
    elif invitations.is_stranger(case.about, case.organisation) or (
        case.about.opened and not serves
    ):
        # HQ answers for nobody here: whom it asks for agrees to it, at home or not.
        role, by = case.request.role, case.request.requested_by
        about = _nameless(case.about)
        invitations.send(edge, about, case.organisation, (role,), then=(role,), by=by)
    else:
        giving.give(edge, case.about, case.organisation, case.request.role)
        if case.about.user.state is AccountState.INVITED:
            asker = case.request.requested_by
            invitations.send_again(edge, case.about.user.id, case.organisation, by=asker)
    return Done()


def _nameless(about: Person) -> User:
    """The account, without the name that another organisation's invitation gave it."""
    local = about.user.email.partition("@")[0]
    return about.user if about.opened else replace(about.user, name=local)


def reject(edge: Edge, visit: Visit, request_id: str) -> Done | Blocked | Unsettled:
    """Decide against it. Nobody decides against the loss of a role of their own."""
    action = Action.REJECT_MEMBERSHIP
    case = _hold(edge, request_id)
    if case is None:
        return giving.unknown(edge, visit, action, request_id)
    verdict = permission.settle(edge, visit, action, _subject(case))
    if isinstance(verdict, Unsettled):
        return verdict
    if reason := _over(edge, case):
        return Blocked(reason)
    if case.about.user.id == visit.user.id and case.request.change is Change.REMOVE:
        return Blocked("membership_own")
    if case.request.role not in giving.givable(visit, case.organisation):
        return Blocked("membership_above")
    _close(edge, visit, case, State.REJECTED)
    return Done()


def withdraw(edge: Edge, visit: Visit, request_id: str) -> Done | Blocked | Unsettled:
    """Take back what one asked for oneself."""
    action = Action.WITHDRAW_MEMBERSHIP
    case = _hold(edge, request_id)
    if case is None:
        return giving.unknown(edge, visit, action, request_id)
    verdict = permission.settle(edge, visit, action, _subject(case))
    if isinstance(verdict, Unsettled):
        return verdict
    if reason := _over(edge, case):
        return Blocked(reason)
    if case.request.requested_by != visit.user.id:
        return Blocked("membership_not_yours")
    _close(edge, visit, case, State.WITHDRAWN)
    return Done()


def end(edge: Edge, visit: Visit, request_id: str) -> None:
    """Withdraw what waits, as a part of something that was settled; the person's row is held."""
    case = _hold(edge, request_id)
    assert case is not None, "it waits for a second person"
    _close(edge, visit, case, State.WITHDRAWN)


def _over(edge: Edge, case: Case) -> str | None:
    """Why there is nothing left to decide; None while it waits."""
    if case.request.state not in {State.WAITING, State.EXPIRED}:
        return "membership_decided"
    return "membership_expired" if case.request.expires_at <= edge.now else None


def _unfit(edge: Edge, visit: Visit, case: Case, *, serves: bool) -> str | None:
    """Why it can no longer be approved: who asked, who approves or whom it is about has changed.

    `serves`: who asked answers for the organisation's people.
    """
    request, about, organisation = case.request, case.about, case.organisation
    if not serves and not _is_first(edge, case):
        return "membership_asker_left"
    if request.role not in giving.givable(visit, organisation):
        return "membership_above"
    if request.change is Change.REMOVE:
        return giving.missing(edge, about, organisation, request.role)
    if about.user.state is AccountState.DISABLED:
        return "membership_disabled"
    held = request.role in about.roles_in(organisation.id)
    return "membership_held" if held else None


def _is_first(edge: Edge, case: Case) -> bool:
    """Whether HQ asked for an administrator where there still is none."""
    if case.request.change is not Change.ADD or case.request.role not in roles.FIRST:
        return False
    place = giving.founding(edge, case.organisation)
    return _is_entitled(case, Standing.SERVED_OR_UNATTENDED, place)


def _is_entitled(case: Case, reach: Standing, target: Target) -> bool:
    """Whether who asked may still ask: an active administrator in reach of the organisation."""
    own = {
        one.role
        for one in case.asker.held
        if standing.reaches(
            reach,
            Membership(one.organisation.id, one.organisation.name, one.role, one.organisation.path),
            target,
        )
    }
    active = case.asker.user.state is AccountState.ACTIVE
    return active and case.request.role in roles.may_give(own)


def _close(edge: Edge, visit: Visit, case: Case, state: State) -> None:
    """Close the request and write to everybody concerned."""
    request, about = case.request, case.about
    closed = membership_requests.decide(edge, request.id, state, visit.user.id)
    assert closed, "the request is held"
    if state is not State.APPROVED:
        invitations.let_go(edge, about.user.id)
    detail = {"role": str(request.role), "organisation": request.organisation_id}
    audit.add(
        edge,
        NOTES[state],
        subject_id=about.user.id,
        detail={**detail, "change": str(request.change), "requested_by": request.requested_by},
    )
    others = giving.approvers(
        edge, case.organisation, but=frozenset({visit.user.id, about.user.id, case.asker.user.id})
    )
    told = [case.asker.user] if case.asker.user.id != visit.user.id else []
    for one in (*told, *others):
        tell(
            edge,
            Notice.ROLE_DECIDED,
            one,
            role=str(request.role),
            organisation=case.organisation.name,
            change=str(request.change),
            person=about.user.email,
            actor=visit.user.name,
            decision=str(state),
        )
