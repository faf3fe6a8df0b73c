"""Roles in organisations: giving and taking them.

Every change holds the person's row first, and takes effect on their next request, because a
session reads its roles each time. A role that administers others is only asked for here:
`membership_requests` decides it with a second person.
"""

from __future__ import annotations

from dataclasses import replace

from portal.edge import Edge
from portal.flows import compliance, permission
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Done
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules import roles
from portal.rules.access import Deny, NotFound
from portal.rules.terms import AccountState, Action, Role, Target
from portal.store import audit, membership_requests, memberships, organisations, users
from portal.store.membership_requests import Asked as Request
from portal.store.membership_requests import Change
from portal.store.memberships import Held
from portal.store.organisations import Organisation
from portal.store.users import User
from portal.values import frozen

__all__ = ["Change", "Held", "Organisation"]
NOWHERE = Target(path="")  # Belongs to nobody: what does not exist reads like another tenant's.


@frozen
class Person:
    """Somebody whose roles are administered, with everything they hold."""

    user: User
    held: tuple[Held, ...]

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(one.role for one in self.held)

    def roles_in(self, organisation_id: str) -> frozenset[Role]:
        return frozenset(one.role for one in self.held if one.organisation.id == organisation_id)

    @property
    def opened(self) -> bool:
        """Whether anybody has ever held this account: an invited one is being opened at most."""
        return bool(self.user.summary.held) and self.user.state is not AccountState.INVITED


@frozen
class Asked:
    """Nothing changed yet: it waits for a second person."""


def person(edge: Edge, user_id: str) -> Person | None:
    user = users.by_id(edge, user_id)
    return Person(user, memberships.held_by(edge, user.id)) if user else None


def hold(edge: Edge, user_id: str, *wanted: Role) -> Person | None:
    """A person whose row is held until the commit: changes to them happen in turn.

    `wanted`: the roles that it is about. Where a super-admin's is among them or held, all of those
    are held before this one, so that two at once come in turn.
    """
    if Role.SUPER_ADMIN in {*wanted, *(one.role for one in memberships.held_by(edge, user_id))}:
        users.hold_active(edge, Role.SUPER_ADMIN)
    user = users.lock(edge, user_id)
    return Person(user, memberships.held_by(edge, user.id)) if user else None


def target(
    organisation: Organisation, about: Person | None = None, parties: frozenset[str] = frozenset()
) -> Target:
    """What `decide` is told: whose organisation it is, and about whom."""
    return Target(
        organisation.path,
        organisation.managed_by_parent,
        parties,
        about.user.id if about else None,
        about.roles if about else frozenset(),
    )


def unknown(edge: Edge, visit: Visit, action: Action, object_id: str) -> Unsettled:
    """The answer for what does not exist: exactly that for another tenant's."""
    verdict = permission.settle(edge, visit, action, Subject(NOWHERE, object_id))
    assert isinstance(verdict, Unsettled)
    return verdict


def is_final(verdict: object) -> bool:
    """Whether nothing that the person could prove would help."""
    return isinstance(verdict, Unsettled) and isinstance(verdict.decision, NotFound | Deny)


def is_within(visit: Visit, organisation: Organisation) -> bool:
    """Whether the acting organisation answers for this one: its own, or a child that it manages."""
    found = permission.why_not(visit, Action.CHANGE_MEMBERSHIP, target(organisation))
    return found != "another_tenant"


def is_known(edge: Edge, visit: Visit, about: Person) -> bool:
    """Whether this is one of the acting organisation's people: at home there, or with a role."""
    home = organisations.by_id(edge, about.user.home_organisation_id)
    places = [one.organisation for one in about.held]
    return any(is_within(visit, place) for place in (*places, *([home] if home else [])))


def founding(edge: Edge, organisation: Organisation, about: Person | None = None) -> Target:
    """As `target`, where HQ may act as long as nobody administers the organisation."""
    unattended = memberships.is_unattended(edge, organisation.id)
    return replace(target(organisation, about), unattended=unattended)


def in_reach(visit: Visit, organisation: Organisation) -> frozenset[Role]:
    """The roles of this person's to give and take: all of theirs where they answer for people."""
    own = roles.may_give(visit.facts.acting_roles)
    return own if is_within(visit, organisation) else own & roles.FIRST


def givable(visit: Visit, organisation: Organisation) -> frozenset[Role]:
    """The roles of an organisation that this person may give and take: none above their own."""
    place = roles.place_of(organisation.path, managed_by_parent=organisation.managed_by_parent)
    return in_reach(visit, organisation) & roles.FITS[place]


def unfit(visit: Visit, organisation: Organisation, role: Role) -> str | None:
    """Why a role cannot be given in an organisation by this person; None when it can."""
    place = roles.place_of(organisation.path, managed_by_parent=organisation.managed_by_parent)
    if role not in roles.FITS[place]:
        return "membership_not_here"
    if role in givable(visit, organisation):
        return None
    return "membership_above" if is_within(visit, organisation) else "membership_first"


@frozen
class Wanted:
    """A role to be given or taken."""

    change: Change
    role: Role
    organisation_id: str


def change(
    edge: Edge, visit: Visit, user_id: str, wanted: Wanted
) -> Done | Asked | Blocked | Unsettled:
    """Give or take a role; one that administers others waits for a second person."""
    action = Action.CHANGE_MEMBERSHIP
    about = hold(edge, user_id, wanted.role)
    organisation = organisations.by_id(edge, wanted.organisation_id)
    if about is None or organisation is None or not is_known(edge, visit, about):
        return unknown(edge, visit, action, user_id)
    subject = Subject(target(organisation, about), user_id)
    verdict = permission.settle(edge, visit, action, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    if reason := _blocked(edge, visit, about, organisation, wanted):
        return Blocked(reason)
    if roles.needs_second_person(wanted.role):
        return ask(edge, visit, about, organisation, wanted.role, wanted.change)
    if wanted.change is Change.ADD:
        give(edge, about, organisation, wanted.role)
    else:
        take(edge, about, organisation, wanted.role)
    return Done()


def _blocked(
    edge: Edge, visit: Visit, about: Person, organisation: Organisation, wanted: Wanted
) -> str | None:
    holds = wanted.role in about.roles_in(organisation.id)
    if wanted.change is Change.REMOVE:
        if wanted.role not in roles.may_give(visit.facts.acting_roles):
            return "membership_above"
        return missing(edge, about, organisation, wanted.role)
    if reason := unfit(visit, organisation, wanted.role):
        return reason
    if about.user.state is AccountState.DISABLED:
        return "membership_disabled"
    return "membership_held" if holds else None


def missing(edge: Edge, about: Person, organisation: Organisation, role: Role) -> str | None:
    """Why a role cannot be taken: it is not held, or it is the last super-admin's."""
    if role not in about.roles_in(organisation.id):
        return "membership_not_held"
    last = role is Role.SUPER_ADMIN and not users.hold_active(edge, role) - {about.user.id}
    return "membership_last_super_admin" if last else None


def ask(
    edge: Edge,
    visit: Visit,
    about: Person,
    organisation: Organisation,
    role: Role,
    wanted: Change,
) -> Asked | Blocked:
    """Let a role wait for a second person, and write to everybody who could be that."""
    for waiting in membership_requests.waiting_for(edge, about.user.id):
        same = (waiting.organisation_id, waiting.role) == (organisation.id, role)
        if same and waiting.change is wanted:
            return Blocked("membership_waits")
    request = Request(about.user.id, organisation.id, role, wanted, visit.user.id)
    membership_requests.add(edge, request, edge.settings.membership_request_lifetime)
    detail = {"role": str(role), "organisation": organisation.id, "change": str(wanted)}
    audit.add(edge, Event.MEMBERSHIP_REQUESTED, subject_id=about.user.id, detail=detail)
    for one in approvers(edge, organisation, but=frozenset({visit.user.id, about.user.id})):
        tell(
            edge,
            Notice.ROLE_REQUESTED,
            one,
            role=str(role),
            organisation=organisation.name,
            change=str(wanted),
            person=about.user.email,
            actor=visit.user.name,
        )
    return Asked()


def approvers(edge: Edge, organisation: Organisation, *, but: frozenset[str]) -> list[User]:
    """Who is written to about a second person: those near it; HQ's only where there is none.

    HQ may decide all the same: its queue shows everything, its mailbox need not.
    """
    reach = [organisation.id]
    if organisation.managed_by_parent and organisation.parent_id:
        reach.append(organisation.parent_id)
    approving = [Role(role) for role in membership_requests.APPROVERS]
    near = memberships.holders(edge, reach, approving, but=but)
    root = None if near else organisations.root(edge)
    return memberships.holders(edge, [root.id], approving, but=but) if root else near


def give(edge: Edge, about: Person, organisation: Organisation, role: Role) -> None:
    """Give a role now, and tell whoever has an account already."""
    memberships.add(edge, about.user.id, organisation.id, role)
    compliance.note(edge, about.user.id)
    _note(edge, Event.MEMBERSHIP_ADDED, about, organisation, role)
    if about.user.state is AccountState.ACTIVE:
        tell(edge, Notice.ROLE_GIVEN, about.user, role=str(role), organisation=organisation.name)


def take(
    edge: Edge, about: Person, organisation: Organisation, role: Role, *, quietly: bool = False
) -> None:
    """Take a role away now; the next request of any of their sessions goes without it.

    `quietly`: what it is a part of tells them.
    """
    memberships.remove(edge, about.user.id, organisation.id, role)
    compliance.note(edge, about.user.id)
    _note(edge, Event.MEMBERSHIP_REMOVED, about, organisation, role)
    if about.user.state is AccountState.ACTIVE and not quietly:
        tell(edge, Notice.ROLE_TAKEN, about.user, role=str(role), organisation=organisation.name)


def _note(edge: Edge, event: Event, about: Person, organisation: Organisation, role: Role) -> None:
    detail = {"role": str(role), "organisation": organisation.id}
    audit.add(edge, event, subject_id=about.user.id, detail=detail)
