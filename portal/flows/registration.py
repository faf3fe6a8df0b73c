"""A traveler's own account: asked for, confirmed from the mailbox with the chosen password.

No account exists before the address is verified, and the mailbox alone does not make one: whoever
confirms must type the password, so nobody can prepare an account for somebody else's address.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from typing import Any

from portal.ceremony import Rejected, Subject
from portal.edge import Edge
from portal.flows import acceptances, attempts, credentials, links, session
from portal.flows import memberships as giving
from portal.flows.events import Event
from portal.flows.login import PASSWORD
from portal.flows.notices import Notice, tell, write
from portal.flows.outcomes import Done, Gone, Refused
from portal.flows.session import Opened
from portal.rules.lockout import Throttled
from portal.rules.terms import AccountState, Authentication, Holdings, Role
from portal.store import audit, organisations, users
from portal.store import links as link_store
from portal.store.links import LinkKind
from portal.store.users import User
from portal.values import frozen

ACTIVATION = "activation"
Work = Callable[[], Any]


@frozen
class Application:
    """What a newcomer typed. `email` is normalised."""

    name: str
    email: str
    password: str
    locale: str
    time_zone: str = "UTC"


def is_open(edge: Edge) -> bool:
    """Whether travelers may register: only where an organisation for them exists."""
    return organisations.by_name(edge, edge.settings.guests) is not None


def register(
    edge: Edge, form: Application, *, send: bool
) -> Generator[Work, Any, Done | Rejected | Gone]:
    """Take an application and mail the next step. A taken address gets the same answer.

    `send` is False for a mailbox that has had enough: then all is as usual and nothing is mailed.
    """
    if not is_open(edge):
        return Gone()
    subject = Subject("", form.email, form.name, edge.settings.product_name, False)
    made = yield from credentials.choose_password(edge, subject, form.password)
    if isinstance(made, Rejected):
        return made
    owner = users.by_email(edge, form.email)
    if owner is not None and _is_unclaimed(owner):
        owner = None  # Only ever invited: that keeps nobody from an account of their own.
    audit.add(
        edge,
        Event.REGISTRATION_REQUESTED,
        subject_id=owner.id if owner else None,
        reason="address_taken" if owner else None,
    )
    if not send:
        return Done()
    if owner is not None:
        tell(edge, Notice.ALREADY_REGISTERED, owner)
        return Done()
    token = links.make(
        edge,
        LinkKind.ACTIVATION,
        user_id=None,
        lifetime=edge.settings.link_lifetime,
        name=form.name,
        email=form.email,
        locale=form.locale,
        time_zone=form.time_zone,
        password=made,
    )
    write(
        edge,
        Notice.ACTIVATION,
        to=form.email,
        locale=form.locale,
        time_zone=form.time_zone,
        token=token,
    )
    return Done()


def confirm(
    edge: Edge, token: str, password: str
) -> Generator[Work, Any, Opened | Refused | Throttled | Gone]:
    """Open the account that the link and the password together prove, and sign in."""
    link = links.find(edge, LinkKind.ACTIVATION, token)
    if link is None:
        return Gone()
    # A budget of the link's own: strangers who guess at the address must not close its activation.
    reserved = attempts.reserve(edge, ACTIVATION, link.id, browser_id=None, user=None)
    if isinstance(reserved, Throttled):
        return reserved
    factor = edge.factors[PASSWORD]
    verdict = yield partial(factor.verify, link.data["password"], None, password, edge.now)
    if isinstance(verdict, Rejected):
        audit.add(edge, Event.ACTIVATION_REFUSED, detail={"failures": reserved.failures})
        return Refused()
    if not link_store.use(edge, link.id):
        return Gone()
    return _open_account(edge, link.data)


def _open_account(edge: Edge, data: dict[str, Any]) -> Opened | Gone:
    guests = organisations.by_name(edge, edge.settings.guests)
    if guests is None:
        return Gone()  # Registration was closed meanwhile.
    user = User(
        id=edge.new_id(),
        email=data["email"],
        name=data["name"],
        locale=data["locale"],
        time_zone=data["time_zone"],
        state=AccountState.ACTIVE,
        home_organisation_id=guests.id,
        summary=Holdings(),
        created_at=edge.now,
    )
    if not users.add(edge, user):
        claimed = _claim(edge, user)
        if claimed is None:
            return Gone()  # Somebody else confirmed this address first.
        user = claimed
    organisations.add_membership(
        edge, user_id=user.id, organisation_id=guests.id, role=Role.TRAVELER
    )
    identity = credentials.first_password(edge, user, data["password"])
    audit.add(edge, Event.REGISTERED, subject_id=user.id, actor_id=user.id)
    stored = users.by_id(edge, user.id)
    assert stored is not None
    proof = Authentication(PASSWORD, edge.factors[PASSWORD].strength, edge.now, identity)
    return session.open_session(
        edge,
        stored,
        organisations.memberships_of(edge, user.id),
        proof,
    )


def _is_unclaimed(user: User) -> bool:
    """Whether nobody ever held an account: invited, perhaps let go. Who is disabled stays out."""
    return user.state is AccountState.INVITED


def _claim(edge: Edge, applied: User) -> User | None:
    """Open the account that invitations made for this address, with nothing of theirs in force."""
    found = users.by_email(edge, applied.email)
    about = giving.hold(edge, found.id) if found else None
    if about is None or about.user.email != applied.email or not _is_unclaimed(about.user):
        return None
    user = replace(applied, id=about.user.id)
    acceptances.set_aside(edge, about, but=None)
    users.set_state(edge, user.id, user.state)
    acceptances.settle_home(edge, about, user.home_organisation_id)
    users.set_profile(edge, user.id, name=user.name, locale=user.locale, time_zone=user.time_zone)
    return user


def applicant(edge: Edge, token: str) -> str | None:
    """The address that a live activation link is for; None for any other token."""
    link = links.find(edge, LinkKind.ACTIVATION, token)
    return str(link.data["email"]) if link else None
