"""Leaving an organisation, and moving to another home."""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import bypass_codes, compliance, permission, session
from portal.flows import membership_requests as second_person
from portal.flows import memberships as giving
from portal.flows.events import Event
from portal.flows.invitations import end_link
from portal.flows.memberships import Change, Person
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Done
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules import roles
from portal.rules.terms import AccountState, Action
from portal.store import (
    audit,
    invitations,
    membership_requests,
    memberships,
    organisations,
    users,
)
from portal.store.membership_requests import MembershipRequest, State
from portal.store.organisations import Organisation
from portal.values import frozen

ACTION = Action.CHANGE_MEMBERSHIP


@frozen
class Departed:
    """They left. `waiting`: roles that wait for a second person. `disabled`: nothing was left."""

    waiting: bool
    disabled: bool


def depart(
    edge: Edge, visit: Visit, user_id: str, organisation_id: str
) -> Departed | Blocked | Unsettled:
    """Somebody leaves an organisation: every role there goes, and what waits to be given.

    At home there, their sessions end too, and the account is disabled once no role is left
    anywhere. Somebody else's person keeps their account and sessions: only the roles here go. What
    administers others waits for a second person; disabling the account is at hand meanwhile.
    """
    about = giving.hold(edge, user_id)
    organisation = organisations.by_id(edge, organisation_id)
    if about is None or organisation is None or not giving.is_known(edge, visit, about):
        return giving.unknown(edge, visit, ACTION, user_id)
    subject = Subject(giving.target(organisation, about), user_id)
    verdict = permission.settle(edge, visit, ACTION, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    here = about.roles_in(organisation.id)
    at_home = about.user.home_organisation_id == organisation.id
    if not here and not at_home:
        return Blocked("membership_not_held")
    coming = _coming(edge, about, organisation)
    above = {one.role for one in coming if roles.needs_second_person(one.role)}
    if not here | above <= roles.may_give(visit.facts.acting_roles):
        return Blocked("membership_above")
    for role in here:
        if reason := giving.missing(edge, about, organisation, role):
            return Blocked(reason)
    waiting = _take_all(edge, visit, about, organisation)
    _withdraw_waiting(edge, visit, about, organisation, coming)
    disabled = at_home and _close(edge, about, organisation, waiting=waiting)
    audit.add(
        edge,
        Event.MEMBERSHIP_LEFT,
        subject_id=user_id,
        detail={"organisation": organisation.id, "disabled": disabled, "waiting": waiting},
    )
    if about.user.state is AccountState.ACTIVE:
        tell(edge, Notice.LEFT, about.user, organisation=organisation.name, closed=disabled)
    return Departed(waiting, disabled)


def _take_all(edge: Edge, visit: Visit, about: Person, organisation: Organisation) -> bool:
    """Take every role here; True when one of them waits for a second person."""
    waiting = False
    for role in sorted(about.roles_in(organisation.id)):
        if roles.needs_second_person(role):
            giving.ask(edge, visit, about, organisation, role, Change.REMOVE)
            waiting = True
        else:
            giving.take(edge, about, organisation, role, quietly=True)
    return waiting


def _coming(edge: Edge, about: Person, organisation: Organisation) -> list[MembershipRequest]:
    """What is still to be given here, by a second person or with their own consent."""
    return [
        one
        for one in membership_requests.waiting_for(edge, about.user.id)
        if one.organisation_id == organisation.id and one.change is Change.ADD
    ]


def _withdraw_waiting(
    edge: Edge,
    visit: Visit,
    about: Person,
    organisation: Organisation,
    coming: list[MembershipRequest],
) -> None:
    """What was still to be given here is not given any more, and no invitation opens the door."""
    for request in coming:
        if roles.needs_second_person(request.role):
            second_person.end(edge, visit, request.id)
        else:
            membership_requests.decide(edge, request.id, State.WITHDRAWN, visit.user.id)
    for link_id in invitations.open_of(edge, about.user.id, organisation.id):
        end_link(edge, about.user.id, link_id)


def _close(edge: Edge, about: Person, organisation: Organisation, *, waiting: bool) -> bool:
    """End the sessions of one's own person; disable the account when no role is left anywhere."""
    user_id = about.user.id
    session.end_all(edge, user_id, "left", browsers_too=True)
    elsewhere = any(one.organisation.id != organisation.id for one in about.held)
    if waiting or elsewhere or about.user.state is AccountState.DISABLED:
        return False
    users.set_state(edge, user_id, AccountState.DISABLED)
    bypass_codes.close(edge, user_id, "account_disabled")
    audit.add(edge, Event.USER_DISABLED, subject_id=user_id, reason="left")
    return True


def move(
    edge: Edge, visit: Visit, user_id: str, organisation_id: str
) -> Done | Blocked | Unsettled:
    """Give somebody another home among the organisations that the actor answers for.

    Their roles at the old home go with them, where they fit; roles that administer others do not.
    """
    about = giving.hold(edge, user_id)
    there = organisations.by_id(edge, organisation_id)
    home = organisations.by_id(edge, about.user.home_organisation_id) if about else None
    if about is None or home is None or there is None or not giving.is_within(visit, there):
        return giving.unknown(edge, visit, ACTION, user_id)
    subject = Subject(giving.target(home, about), user_id)
    verdict = permission.settle(edge, visit, ACTION, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    if reason := _stays(visit, about, home, there):
        return Blocked(reason)
    for role in sorted(about.roles_in(home.id)):
        memberships.remove(edge, user_id, home.id, role)
        memberships.add(edge, user_id, there.id, role)
    compliance.note(edge, user_id)
    users.set_home(edge, user_id, there.id)
    detail = {"from": home.id, "to": there.id}
    audit.add(edge, Event.HOME_CHANGED, subject_id=user_id, detail=detail)
    if about.user.state is AccountState.ACTIVE:
        tell(edge, Notice.HOME_CHANGED, about.user, organisation=there.name, former=home.name)
    return Done()


def _stays(visit: Visit, about: Person, home: Organisation, there: Organisation) -> str | None:
    """Why somebody stays where they are; None when they may go."""
    if home.id == there.id:
        return "membership_at_home"
    if about.user.state is AccountState.INVITED:
        return "membership_invited"
    seen = {one.role for one in about.held if giving.is_within(visit, one.organisation)}
    if not seen <= roles.may_give(visit.facts.acting_roles):
        return "membership_above"
    here = about.roles_in(home.id)
    if any(roles.needs_second_person(role) for role in here):
        return "membership_administers"
    reasons = (giving.unfit(visit, there, role) for role in sorted(here))
    return next((reason for reason in reasons if reason), None)
