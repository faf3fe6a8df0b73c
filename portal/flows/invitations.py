"""Inviting people: a mailed link that opens a new account, or asks an existing one's consent.

                 no account ──► invited, with the roles ──link, password──► active (1)
    at home, or with a role here ──► the role at once
           an account elsewhere ──► the role waits ──────link, one click──► the role

The first and the last look alike to whoever invites: who has an account elsewhere is not theirs to
know. (1) Where a role must enrol, only after that: until then the account stays invited, and the
session that its password opened may do nothing but enrol; see `activations`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from portal.edge import Edge
from portal.flows import links, permission, session
from portal.flows import memberships as giving
from portal.flows.addresses import normalise
from portal.flows.events import Event
from portal.flows.memberships import Asked, Change, Person
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules import roles
from portal.rules.terms import AccountState, Action, Holdings, Role
from portal.store import audit, membership_requests, organisations, users
from portal.store import invitations as store
from portal.store import links as link_store
from portal.store.links import Link, LinkKind
from portal.store.membership_requests import Asked as Request
from portal.store.membership_requests import State
from portal.store.organisations import Organisation
from portal.store.users import User
from portal.values import frozen

ACTION = Action.INVITE_USER


@frozen
class Newcomer:
    """Whom to invite. `email` as it was typed; `organisation_id` where to."""

    email: str
    name: str
    roles: tuple[Role, ...]
    locale: str
    organisation_id: str
    time_zone: str = "UTC"


@frozen
class Invited:
    """A mail asks them; whether they have an account already is not said."""


@frozen
class Given:
    """One's own person got the role at once."""


Placed = Invited | Given | Asked | Blocked


def invite(edge: Edge, visit: Visit, new: Newcomer) -> Placed | Unsettled:
    """Invite somebody into an organisation that the actor answers for."""
    now = session.again(edge, visit)
    organisation = organisations.by_id(edge, new.organisation_id)
    if now is None or organisation is None:
        return giving.unknown(edge, visit, ACTION, new.organisation_id)
    subject = Subject(giving.founding(edge, organisation), organisation.id)
    verdict = permission.settle(edge, now, ACTION, subject)
    return verdict if isinstance(verdict, Unsettled) else place(edge, now, organisation, new)


def place(edge: Edge, visit: Visit, organisation: Organisation, new: Newcomer) -> Placed:
    """Give the roles, or let them wait for whoever must agree. The action is settled before."""
    email = normalise(new.email)
    if email is None:
        return Blocked("membership_address")
    if email == visit.user.email:
        return Blocked("membership_oneself")
    for role in new.roles:
        if reason := giving.unfit(visit, organisation, role):
            return Blocked(reason)
    new = replace(new, email=email)
    about = _held(edge, new) or _add(edge, new, organisation)
    if is_stranger(about, organisation):
        return _offer(edge, visit, about, organisation, new)
    return _own(edge, visit, about, organisation, new.roles)


def _held(edge: Edge, new: Newcomer) -> Person | None:
    found = users.by_email(edge, new.email)
    about = giving.hold(edge, found.id, *new.roles) if found else None
    if about and about.user.state is AccountState.INVITED:
        users.set_state(edge, about.user.id, AccountState.INVITED)  # Not let go any more.
    return about


def _add(edge: Edge, new: Newcomer, organisation: Organisation) -> Person:
    """A new account that nobody can sign in to yet."""
    user = User(
        id=edge.new_id(),
        email=new.email,
        name=new.name,
        locale=new.locale,
        time_zone=new.time_zone,
        state=AccountState.INVITED,
        home_organisation_id=organisation.id,
        summary=Holdings(),
        created_at=edge.now,
    )
    if users.add(edge, user):
        audit.add(edge, Event.USER_CREATED, subject_id=user.id, reason="invited")
        return Person(user, ())
    made = _held(edge, new)  # By somebody else, at this instant.
    assert made is not None
    return made


def is_stranger(about: Person, organisation: Organisation) -> bool:
    """Whether somebody belongs elsewhere, so that a role here needs their consent."""
    elsewhere = about.user.home_organisation_id != organisation.id
    return elsewhere and not about.roles_in(organisation.id)


def _own(
    edge: Edge,
    visit: Visit,
    about: Person,
    organisation: Organisation,
    wanted: Collection[Role],
) -> Placed:
    """Somebody of this organisation: what needs no second person is given now."""
    if about.user.state is AccountState.DISABLED:
        return Blocked("membership_disabled")
    invited = about.user.state is AccountState.INVITED
    missing = [role for role in wanted if role not in about.roles_in(organisation.id)]
    if not missing and not invited:
        return Blocked("membership_held")
    asked: Asked | Blocked | None = None
    for role in missing:
        if roles.needs_second_person(role):
            asked = giving.ask(edge, visit, about, organisation, role, Change.ADD)
        else:
            giving.give(edge, about, organisation, role)
    if asked is not None and all(roles.needs_second_person(role) for role in missing):
        return asked
    if not invited:
        return Given()
    send_again(edge, about.user.id, organisation, by=visit.user.id)
    return Invited()


def _offer(
    edge: Edge,
    visit: Visit,
    about: Person,
    organisation: Organisation,
    new: Newcomer,
) -> Placed:
    """Somebody of another organisation: nothing changes for them before they agree."""
    offered = tuple(role for role in new.roles if not roles.needs_second_person(role))
    asked: Asked | Blocked = Asked()
    for role in new.roles:
        if role not in offered:
            asked = giving.ask(edge, visit, about, organisation, role, Change.ADD)
    if not offered:
        return asked
    ask_consent(edge, visit, about, organisation, offered)
    _end_links(edge, about.user.id, organisation.id)
    # Nobody holds an invited account: each invitation speaks with the name that it was given.
    user = about.user if about.opened else replace(about.user, name=new.name)
    send(edge, user, organisation, offered, then=offered, by=visit.user.id)
    return Invited()


def ask_consent(
    edge: Edge, visit: Visit, about: Person, organisation: Organisation, offered: Collection[Role]
) -> None:
    """Let roles wait for the person's own consent, in place of what waited for the same."""
    wanted = [role for role in offered if not roles.needs_second_person(role)]
    for stale in consents(edge, about.user.id, organisation.id):
        if stale.role in wanted:
            membership_requests.decide(edge, stale.id, State.WITHDRAWN, visit.user.id)
    for role in wanted:
        request = Request(about.user.id, organisation.id, role, Change.ADD, visit.user.id)
        membership_requests.add(edge, request, edge.settings.invitation_lifetime)


def consents(
    edge: Edge, user_id: str, organisation_id: str
) -> list[membership_requests.MembershipRequest]:
    """The roles here that wait for this person's own consent."""
    return [
        one
        for one in membership_requests.waiting_for(edge, user_id)
        if one.organisation_id == organisation_id and not roles.needs_second_person(one.role)
    ]


def _end_links(edge: Edge, user_id: str, organisation_id: str) -> None:
    for link_id in store.open_of(edge, user_id, organisation_id):
        end_link(edge, user_id, link_id)


def end_link(edge: Edge, user_id: str, link_id: str) -> None:
    """Take a link out of use, and end the session in which somebody began to open the account."""
    link_store.withdraw(edge, link_id)
    if any(one.ticket_id == link_id for one in session.live_sessions(edge, user_id)):
        session.end_all(edge, user_id, "invitation_ended", browsers_too=True)


def send(
    edge: Edge,
    user: User,
    organisation: Organisation,
    offered: Collection[Role],
    *,
    then: Collection[Role] = (),
    by: str,
) -> None:
    """Make the link and mail it. `then`: the roles that are given when it is accepted.

    `by`: who asks them, also where somebody else agreed to it, or they asked for a new link.

    A new account that it opens gets the `user`'s name as it is here.
    A disabled account elsewhere gets no mail, and nobody here learns of it.
    """
    named = sorted(str(role) for role in offered)
    token = links.make(
        edge,
        LinkKind.INVITATION,
        user_id=user.id,
        lifetime=edge.settings.invitation_lifetime,
        organisation=organisation.id,
        email=user.email,
        name=user.name,
        invited_by=by,
        offered=named,
        roles=sorted(str(role) for role in then),
    )
    detail = {"organisation": organisation.id, "roles": named}
    audit.add(edge, Event.INVITED, subject_id=user.id, detail=detail)
    if user.state is not AccountState.DISABLED:
        new = user.state is AccountState.INVITED
        notice = Notice.INVITATION if new else Notice.ROLE_OFFERED
        tell(edge, notice, user, token=token, organisation=organisation.name, roles=named)


def named(link: Link, about: Person, organisation: Organisation) -> str:
    """The name that an invitation speaks with: never one that somebody else's gave the account."""
    if about.opened or not is_stranger(about, organisation):
        return about.user.name
    return link.data.get("name") or about.user.email.partition("@")[0]


def send_again(edge: Edge, user_id: str, organisation: Organisation, *, by: str) -> None:
    """A new link for somebody who is invited here; older ones end."""
    about = giving.person(edge, user_id)
    assert about is not None
    _end_links(edge, user_id, organisation.id)
    send(edge, about.user, organisation, about.roles_in(organisation.id), by=by)


def let_go(edge: Edge, user_id: str) -> None:
    """Mark an account that nobody ever held, once nothing is left for it anywhere."""
    about = giving.person(edge, user_id)
    if about is None or about.held or about.user.state is not AccountState.INVITED:
        return
    if not membership_requests.waiting_for(edge, user_id):
        users.let_go(edge, user_id)
