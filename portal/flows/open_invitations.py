"""Open invitations: their list, sending one again, taking one back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from portal.edge import Edge
from portal.flows import invitations, permission
from portal.flows import memberships as giving
from portal.flows.events import Event
from portal.flows.memberships import Person
from portal.flows.outcomes import Blocked, Done
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules import roles
from portal.rules.roles import Place
from portal.rules.terms import AccountState, Action, Role, Target
from portal.store import audit, membership_requests, memberships, organisations
from portal.store import invitations as store
from portal.store import links as link_store
from portal.store.invitations import Open
from portal.store.links import Link, LinkKind
from portal.store.membership_requests import State, Waiting
from portal.store.organisations import Organisation
from portal.values import frozen

ACTION = Action.INVITE_USER
PAGE = 25
PAUSE = timedelta(minutes=10)  # Between two mails: nobody floods a mailbox from here.
UNATTENDED_MAX = 100  # Organisations without an administrator to choose from, the newest.
LISTED = timedelta(days=30)  # An expired invitation stays in sight, so that it can be sent again.


@frozen
class WaitingLine:
    """A role that waits for a second person. `why_not`: why this person may not be it.

    `named`: the person is one of this organisation's, so their name is no secret here.
    """

    waiting: Waiting
    named: bool
    own: bool
    why_not: str | None


@frozen
class Overview:
    """What the page of memberships shows; `next_…` is where the next page of a list begins.

    `unattended`: where HQ may invite the first administrator; `older_unattended`: there are more.
    """

    organisations: list[Organisation]
    unattended: list[Organisation]
    older_unattended: bool
    waiting: list[WaitingLine]
    next_waiting: str | None
    invitations: list[Open]
    next_invitation: str | None


def overview(
    edge: Edge, visit: Visit, waiting_before: str | None = None, sent_before: str | None = None
) -> Overview | Unsettled:
    """What waits in the acting organisation and in the children that it manages; at HQ, anywhere.

    An invitation of HQ's into an organisation that nobody administers yet is in HQ's list.
    """
    path = visit.acting.path if visit.acting else ""
    verdict = permission.settle(edge, visit, Action.VIEW_USERS, Subject(Target(path)))
    if isinstance(verdict, Unsettled) or visit.acting is None:
        assert isinstance(verdict, Unsettled)
        return verdict
    here = visit.acting
    is_root = roles.place_of(here.path, managed_by_parent=False) is Place.ROOT
    founds = is_root and bool(roles.FIRST & roles.may_give(visit.facts.acting_roles))
    served, unattended = memberships.served_and_unattended(
        edge, here.organisation_id, size=UNATTENDED_MAX + 1 if founds else 0
    )
    older = len(unattended) > UNATTENDED_MAX
    if older:
        unattended.remove(min(unattended, key=lambda one: one.id))
    own = {one.id for one in served}
    scope = None if is_root else own
    waiting = membership_requests.page(edge, scope, before=waiting_before, size=PAGE + 1)
    listed = own | {one.id for one in unattended}
    sent, following = store.page(edge, listed, before=sent_before, size=PAGE, kept=LISTED)
    return Overview(
        organisations=served,
        unattended=unattended,
        older_unattended=older,
        waiting=[_line(visit, one) for one in waiting[:PAGE]],
        next_waiting=waiting[PAGE - 1].request.id if len(waiting) > PAGE else None,
        invitations=[one for one in sent if one.organisation_id in own or _is_first(one)],
        next_invitation=following,
    )


def _is_first(invitation: Open) -> bool:
    # One without any role is no invitation of HQ's.
    return bool(invitation.roles) and set(invitation.roles) <= roles.FIRST


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
        own=request.requested_by == visit.user.id
        and permission.may(visit, Action.WITHDRAW_MEMBERSHIP, target),
        why_not=permission.why_not(visit, Action.APPROVE_MEMBERSHIP, target),
    )


def repeat(edge: Edge, visit: Visit, link_id: str) -> Done | Blocked | Unsettled:
    """Send an open invitation anew, expired or not."""
    found = _open(edge, visit, link_id)
    if isinstance(found, Unsettled):
        return found
    link, about, organisation = found
    if not _is_in_reach(visit, link, organisation):
        return Blocked("membership_above")
    sent_at = link.expires_at - edge.settings.invitation_lifetime
    if edge.now < sent_at + PAUSE:
        return Blocked("membership_just_sent")
    given = [Role(role) for role in link.data["roles"]]
    offered = [Role(role) for role in link.data["offered"]]
    invitations.end_link(edge, about.user.id, link.id)
    invitations.ask_consent(edge, visit, about, organisation, given)
    name = invitations.named(link, about, organisation)
    user, by = replace(about.user, name=name), visit.user.id
    invitations.send(edge, user, organisation, offered, then=given, by=by)
    return Done()


def _is_in_reach(visit: Visit, link: Link, organisation: Organisation) -> bool:
    """Whether what an invitation offers is this person's to give.

    One without any role is its own administrators' alone: HQ's offer the first one something.
    """
    offered = {Role(role) for role in link.data["offered"]}
    if not offered and not giving.is_within(visit, organisation):
        return False
    return offered <= giving.in_reach(visit, organisation)


def withdraw(edge: Edge, visit: Visit, link_id: str) -> Done | Blocked | Unsettled:
    """Take an invitation back: the link is dead, and what nobody accepted is not given."""
    found = _open(edge, visit, link_id)
    if isinstance(found, Unsettled):
        return found
    link, about, organisation = found
    if not _is_in_reach(visit, link, organisation):
        return Blocked("membership_above")
    if about.user.state is AccountState.INVITED and not invitations.is_stranger(
        about, organisation
    ):
        if not about.roles_in(organisation.id) <= giving.in_reach(visit, organisation):
            return Blocked("membership_above")
        for role in about.roles_in(organisation.id):
            giving.take(edge, about, organisation, role)
    invitations.end_link(edge, about.user.id, link.id)
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
    subject = Subject(giving.founding(edge, organisation, about), link_id)
    verdict = permission.settle(edge, visit, ACTION, subject)
    return verdict if isinstance(verdict, Unsettled) else (link, about, organisation)
