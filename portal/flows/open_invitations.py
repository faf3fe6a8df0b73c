"""Open invitations: their list, sending one again, taking one back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from portal.edge import Edge
from portal.flows import invitations, permission
from portal.flows import memberships as giving
from portal.flows.events import Event
from portal.flows.memberships import Change, Person
from portal.flows.outcomes import Blocked, Done
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules import roles
from portal.rules.terms import AccountState, Action, Role, Target
from portal.store import audit, membership_requests, memberships, organisations
from portal.store import invitations as store
from portal.store import links as link_store
from portal.store.invitations import Open
from portal.store.links import Link, LinkKind
from portal.store.membership_requests import Asked as Request
from portal.store.membership_requests import State, Waiting
from portal.store.organisations import Organisation

ACTION = Action.INVITE_USER
PAGE = 25
PAUSE = timedelta(minutes=10)  # Between two mails: nobody floods a mailbox from here.
LISTED = timedelta(days=30)  # An expired invitation stays in sight, so that it can be sent again.


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A role that waits for a second person. `why_not`: why this person may not be it.

    `named`: the person is one of this organisation's, so their name is no secret here.
    """

    waiting: Waiting
    named: bool
    own: bool
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page of memberships shows; `next_…` is where the next page of a list begins."""

    organisations: list[Organisation]
    waiting: list[WaitingLine]
    next_waiting: str | None
    invitations: list[Open]
    next_invitation: str | None


def overview(
    edge: Edge, visit: Visit, waiting_before: str | None = None, sent_before: str | None = None
) -> Overview | Unsettled:
    """What waits in the acting organisation and in the children that it manages."""
    path = visit.acting.path if visit.acting else ""
    verdict = permission.settle(edge, visit, Action.VIEW_USERS, Subject(Target(path)))
    if isinstance(verdict, Unsettled) or visit.acting is None:
        assert isinstance(verdict, Unsettled)
        return verdict
    served = memberships.served_by(edge, visit.acting.organisation_id)
    own = [one.id for one in served]
    waiting = membership_requests.page(edge, own, before=waiting_before, size=PAGE + 1)
    sent, following = store.page(edge, own, before=sent_before, size=PAGE, kept=LISTED)
    return Overview(
        organisations=served,
        waiting=[_line(visit, one) for one in waiting[:PAGE]],
        next_waiting=waiting[PAGE - 1].request.id if len(waiting) > PAGE else None,
        invitations=sent,
        next_invitation=following,
    )


def _line(visit: Visit, waiting: Waiting) -> WaitingLine:
    request = waiting.request
    target = Target(
        waiting.path,
        waiting.managed_by_parent,
        frozenset({request.requested_by, request.user_id}),
        request.user_id,
    )
    at_home = waiting.home_organisation_id == request.organisation_id
    return WaitingLine(
        waiting,
        named=at_home and waiting.account is not AccountState.INVITED,
        own=request.requested_by == visit.user.id,
        why_not=permission.why_not(visit, Action.APPROVE_MEMBERSHIP, target),
    )


def repeat(edge: Edge, visit: Visit, link_id: str) -> Done | Blocked | Unsettled:
    """Send an open invitation anew, expired or not."""
    found = _open(edge, visit, link_id)
    if isinstance(found, Unsettled):
        return found
    link, about, organisation = found
    sent_at = link.expires_at - edge.settings.invitation_lifetime
    if edge.now < sent_at + PAUSE:
        return Blocked("membership_just_sent")
    given = [Role(role) for role in link.data["roles"]]
    offered = [Role(role) for role in link.data["offered"]]
    link_store.withdraw(edge, link.id)
    for one in invitations.consents(edge, about.user.id, organisation.id):
        if one.role in given:
            membership_requests.decide(edge, one.id, State.WITHDRAWN, visit.user.id)
            request = Request(about.user.id, organisation.id, one.role, Change.ADD, visit.user.id)
            membership_requests.add(edge, request, edge.settings.invitation_lifetime)
    name = invitations.named(link, about, organisation)
    invitations.send(edge, replace(about.user, name=name), organisation, offered, then=given)
    return Done()


def withdraw(edge: Edge, visit: Visit, link_id: str) -> Done | Blocked | Unsettled:
    """Take an invitation back: the link is dead, and what nobody accepted is not given."""
    found = _open(edge, visit, link_id)
    if isinstance(found, Unsettled):
        return found
    link, about, organisation = found
    if about.user.state is AccountState.INVITED and not invitations.is_stranger(
        about, organisation
    ):
        if not about.roles_in(organisation.id) <= roles.may_give(visit.facts.acting_roles):
            return Blocked("membership_above")
        for role in about.roles_in(organisation.id):
            giving.take(edge, about, organisation, role)
    link_store.withdraw(edge, link.id)
    # What waits for a second person is not this invitation's: it has its own withdrawal.
    for one in invitations.consents(edge, about.user.id, organisation.id):
        membership_requests.decide(edge, one.id, State.WITHDRAWN, visit.user.id)
    detail = {"organisation": organisation.id}
    audit.add(edge, Event.INVITATION_WITHDRAWN, subject_id=about.user.id, detail=detail)
    invitations.let_go(edge, about.user.id)
    return Done()


def _open(edge: Edge, visit: Visit, link_id: str) -> tuple[Link, Person, Organisation] | Unsettled:
    """An invitation that nobody accepted, its person held, once the actor may touch it."""
    link = link_store.unspent(edge, LinkKind.INVITATION, link_id)
    about = giving.hold(edge, link.user_id) if link and link.user_id else None
    link = link_store.unspent(edge, LinkKind.INVITATION, link_id)
    organisation = organisations.by_id(edge, link.data["organisation"]) if link else None
    if link is None or about is None or organisation is None:
        return giving.unknown(edge, visit, ACTION, link_id)
    subject = Subject(giving.target(organisation, about), link_id)
    verdict = permission.settle(edge, visit, ACTION, subject)
    return verdict if isinstance(verdict, Unsettled) else (link, about, organisation)
