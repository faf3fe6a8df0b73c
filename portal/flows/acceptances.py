"""Accepting an invitation: with a chosen password for a new account, by one click for another.

The mailbox alone opens a new account, since its address is what was invited; to an account that
somebody holds it adds the role and nothing else, and signs nobody in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from typing import Any

from portal.ceremony import Memorised, Rejected, Subject
from portal.edge import Edge
from portal.flows import activations, attempts, credentials, invitations, links
from portal.flows import memberships as giving
from portal.flows.events import Event
from portal.flows.login import PASSWORD
from portal.flows.memberships import Person
from portal.flows.outcomes import Done, Gone, Refused
from portal.flows.session import Opened
from portal.flows.tokens import digest
from portal.rules import policy, roles, rollout
from portal.rules.lockout import Throttled
from portal.rules.terms import AccountState, Role
from portal.store import (
    audit,
    authenticators,
    membership_requests,
    organisations,
    policies,
    policy_codec,
    users,
)
from portal.store import invitations as invitation_store
from portal.store import links as link_store
from portal.store.links import Link, LinkKind
from portal.store.membership_requests import Asked as Request
from portal.store.membership_requests import Change, State
from portal.store.organisations import Organisation
from portal.store.users import User
from portal.values import frozen

Work = Callable[[], Any]


@frozen
class Offer:
    """What the page of an invitation shows. `new`: a password is to be chosen.

    `begun`: it was chosen, and something is still to be enrolled. `second_factor`: whoever accepts
    must enrol before anything else is open to them.
    """

    email: str
    name: str
    organisation: str
    roles: tuple[Role, ...]
    new: bool
    begun: bool
    second_factor: bool
    time_zone: str


@frozen
class Chosen:
    """What somebody chooses for a new account; an account that exists keeps its own."""

    password: str
    locale: str
    time_zone: str


def offer(edge: Edge, token: str) -> Offer | Gone:
    """The invitation behind a live link."""
    found = _found(edge, token)
    if found is None:
        return Gone()
    link, about, organisation = found
    offered = tuple(Role(role) for role in link.data["offered"])
    return Offer(
        email=about.user.email,
        name=invitations.named(link, about, organisation),
        organisation=organisation.name,
        roles=offered,
        new=about.user.state is AccountState.INVITED,
        begun=_is_begun(link, about),
        second_factor=_asks_second_factor(edge, organisation, offered),
        time_zone=organisation.time_zone,
    )


def _asks_second_factor(edge: Edge, organisation: Organisation, offered: tuple[Role, ...]) -> bool:
    """Whether these roles must enrol there now; a new account has no grace."""
    asked = policy_codec.effective(policies.effective(edge, organisation.id))
    own = rollout.together([asked], edge.now, users.NOT_YET)
    return policy.demand(own, offered) is not None


def accept(
    edge: Edge, token: str, chosen: Chosen
) -> Generator[Work, Any, Opened | Done | Rejected | Gone]:
    """Accept: opens the account with what was chosen, or adds the roles to the one there is."""
    found = _found(edge, token)
    if found is None:
        return Gone()
    user = found[1].user
    if _is_begun(found[0], found[1]):
        return Gone()
    name = invitations.named(*found)
    made = None
    if user.state is AccountState.INVITED:
        # Fifteen characters: at this instant nothing stands beside the password.
        subject = Subject(user.id, user.email, name, edge.settings.product_name, False)
        made = yield from credentials.choose_password(edge, subject, chosen.password)
        if isinstance(made, Rejected):
            return made
    users.lock(edge, user.id)
    again = _found(edge, token)
    if again is None or again[1].user.state is not user.state:
        return Gone()  # Withdrawn, accepted or disabled while the password was hashed.
    link, about, organisation = again
    if _is_begun(link, about) or (made is None and not link_store.use(edge, link.id)):
        return Gone()
    _give(edge, link, about, organisation)
    if made is not None:
        set_aside(edge, about, but=organisation.id)
    audit.add(
        edge,
        Event.INVITATION_ACCEPTED,
        subject_id=user.id,
        actor_id=user.id,
        detail={"organisation": organisation.id},
    )
    if made is None:
        return Done()
    opened = replace(user, name=name, locale=chosen.locale, time_zone=chosen.time_zone)
    settle_home(edge, about, organisation.id)
    return activations.begin(edge, opened, made, link)


def go_on(
    edge: Edge, token: str, password: str
) -> Generator[Work, Any, Opened | Refused | Throttled | Gone]:
    """Come back to what was begun, with the password that was chosen then."""
    found = _begun(edge, token)
    if found is None:
        return Gone()
    link, user = found
    # A lane of the link's own, as a ticket's after a reset.
    reserved = attempts.reserve(edge, PASSWORD, user.email, browser_id=link.id, user=user)
    if isinstance(reserved, Throttled):
        return reserved
    factor: Memorised = edge.factors[PASSWORD]
    held = next(iter(authenticators.of_user(edge, user.id, PASSWORD)), None)
    stored = held.data if held else factor.decoy()
    verdict = yield partial(factor.verify, stored, None, password, edge.now)
    if isinstance(verdict, Rejected) or held is None:
        audit.add(edge, Event.ACTIVATION_REFUSED, subject_id=user.id)
        return Refused()
    # What was read before the hash is old.
    users.lock(edge, user.id)
    again = _begun(edge, token)
    if again is None or authenticators.by_id(edge, user.id, held.id) is None:
        return Gone()
    attempts.succeed(edge, PASSWORD, user.email, browser_id=link.id)
    return activations.enter(edge, user.id, held.id, again[0])


def _found(edge: Edge, token: str) -> tuple[Link, Person, Organisation] | None:
    """A live invitation and its person; None when any of it is not good any more."""
    link = links.find(edge, LinkKind.INVITATION, token)
    about = giving.person(edge, link.user_id) if link and link.user_id else None
    organisation = organisations.by_id(edge, link.data["organisation"]) if link else None
    if link is None or about is None or organisation is None:
        return None
    disabled = about.user.state is AccountState.DISABLED
    # The address may have moved to another mailbox since: then this one speaks for nobody.
    moved = about.user.email != link.data["email"]
    return None if disabled or moved else (link, about, organisation)


def _give(edge: Edge, link: Link, about: Person, organisation: Organisation) -> None:
    """Give what was waiting for this consent."""
    wanted = {Role(role) for role in link.data["roles"]}
    for request in membership_requests.waiting_for(edge, about.user.id):
        same = request.organisation_id == organisation.id and request.change is Change.ADD
        if same and request.role in wanted:
            membership_requests.decide(edge, request.id, State.APPROVED, about.user.id)
    for role in sorted(wanted):
        giving.give(edge, about, organisation, role)


def set_aside(edge: Edge, about: Person, *, but: str | None) -> None:
    """Take what invitations gave an account that nobody held yet; their links ask for it anew.

    `but`: the organisation whose invitation was accepted.
    """
    places = {one.organisation.id: one.organisation for one in about.held}
    for place in places.values():
        if place.id == but:
            continue
        held = about.roles_in(place.id)
        for role in sorted(held):
            giving.take(edge, about, place, role)
        for link_id in invitation_store.open_of(edge, about.user.id, place.id):
            _ask_consent(edge, about, link_id, held)


def settle_home(edge: Edge, about: Person, organisation_id: str) -> None:
    """Who invited them first has no hold on them: they are at home where they came in."""
    former = about.user.home_organisation_id
    users.set_home(edge, about.user.id, organisation_id)
    if former != organisation_id:
        detail = {"from": former, "to": organisation_id}
        who = about.user.id
        audit.add(edge, Event.HOME_CHANGED, subject_id=who, actor_id=who, detail=detail)


def _ask_consent(edge: Edge, about: Person, link_id: str, held: frozenset[Role]) -> None:
    """Let a link, which only said what was held already, give it when it is accepted.

    One that ran out too: its inviter still has it in their list, and may send it again.
    """
    link = link_store.unspent(edge, LinkKind.INVITATION, link_id)
    if link is None:
        return
    wanted = sorted(held & {Role(role) for role in link.data["offered"]})
    asker = link.data.get("invited_by") or about.user.id  # A link of the release before.
    link_store.rewrite(
        edge, link.id, {**link.data, "offered": wanted, "roles": wanted, "begun": False}
    )
    for role in wanted:
        if not roles.needs_second_person(role):
            offer = Request(about.user.id, link.data["organisation"], role, Change.ADD, asker)
            membership_requests.add(edge, offer, link.expires_at - edge.now)


def _is_begun(link: Link, about: Person) -> bool:
    """Whether the account waits for nothing but an enrolment, by this very invitation."""
    return about.user.state is AccountState.INVITED and link.data.get("begun", False)


def _begun(edge: Edge, token: str) -> tuple[Link, User] | None:
    """An activation that this invitation began, and its person; None: there is none."""
    found = _found(edge, token)
    if found is None or not _is_begun(found[0], found[1]):
        return None
    return found[0], found[1].user


def renew(edge: Edge, token: str) -> Done:
    """Mail a new link in place of one that nobody used in time; the answer is always the same.

    Only to whom it was sent, and only while the account still waits for them.
    """
    link = link_store.expired(edge, LinkKind.INVITATION, digest(token)) if token else None
    if link is None or link.user_id is None:
        return Done()
    about = giving.hold(edge, link.user_id)
    organisation = organisations.by_id(edge, link.data["organisation"])
    if about is None or organisation is None or about.user.state is not AccountState.INVITED:
        return Done()
    if invitations.is_stranger(about, organisation) or about.user.email != link.data["email"]:
        return Done()
    if link_store.withdraw(edge, link.id):
        asker = link.data.get("invited_by") or about.user.id
        invitations.send_again(edge, about.user.id, organisation, by=asker)
    return Done()
