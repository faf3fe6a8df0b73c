"""A person's own account: profile, and the e-mail change that the old address can cancel."""

from __future__ import annotations

from datetime import datetime

from portal.edge import Edge
from portal.flows import links, session
from portal.flows.events import Event
from portal.flows.login import PASSWORD
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.session import Visit
from portal.rules.terms import AccountState, Role
from portal.store import audit, authenticators, organisations, users
from portal.store import links as link_store
from portal.store.links import Link, LinkKind
from portal.store.users import User
from portal.values import frozen


@frozen
class Profile:
    """What a person may say about themselves."""

    name: str
    locale: str
    time_zone: str


def save_profile(edge: Edge, visit: Visit, profile: Profile) -> Done:
    users.set_profile(
        edge,
        visit.user.id,
        name=profile.name,
        locale=profile.locale,
        time_zone=profile.time_zone,
    )
    audit.add(edge, Event.PROFILE_CHANGED, subject_id=visit.user.id)
    return Done()


def pending_email(edge: Edge, visit: Visit) -> str | None:
    """The new address that waits to be confirmed, if there is one."""
    link = link_store.pending(edge, visit.user.id, LinkKind.EMAIL_CONFIRM)
    return str(link.data["email"]) if link else None


def request_email(edge: Edge, visit: Visit, email: str) -> Done | Gone:
    """Mail a confirmation to the new address and a cancel link to the old one.

    For a taken address everything that the asker can see is the same; the mailbox there is told
    that somebody tried, and its link is never sent.
    """
    now = session.again(edge, visit)
    if now is None:
        return Gone()
    user = now.user
    audit.add(edge, Event.EMAIL_CHANGE_REQUESTED, subject_id=user.id)
    if email == user.email:
        return Done()
    link_store.void(edge, user.id, LinkKind.EMAIL_CONFIRM)
    change = {"email": email, "old": user.email}
    settings = edge.settings
    confirm = links.make(
        edge, LinkKind.EMAIL_CONFIRM, user_id=user.id, lifetime=settings.link_lifetime, **change
    )
    cancel = links.make(
        edge,
        LinkKind.EMAIL_CANCEL,
        user_id=user.id,
        lifetime=settings.email_cancel_lifetime,
        **change,
    )
    tell(edge, Notice.EMAIL_CHANGE_NOTICE, user, new_email=email, token=cancel)
    owner = users.by_email(edge, email)
    if owner is not None:
        tell(edge, Notice.ALREADY_REGISTERED, owner)
    else:
        tell(edge, Notice.EMAIL_CHANGE_CONFIRM, user, to=email, new_email=email, token=confirm)
    return Done()


def confirm_email(edge: Edge, token: str) -> Done | Gone:
    """Move the account to the new address. Nobody is signed in by this."""
    link, user = _held(edge, LinkKind.EMAIL_CONFIRM, token)
    if link is None or user is None or user.state is not AccountState.ACTIVE:
        return Gone()
    if not link_store.use(edge, link.id) or user.email != link.data["old"]:
        return Gone()
    if not users.set_email(edge, user.id, link.data["email"]):
        return Gone()  # Registered by somebody else meanwhile.
    audit.add(edge, Event.EMAIL_CHANGED, subject_id=user.id, actor_id=user.id)
    for address in (link.data["old"], link.data["email"]):
        tell(edge, Notice.EMAIL_CHANGED, user, to=address, new_email=link.data["email"])
    return Done()


def cancel_email(edge: Edge, token: str) -> Done | Blocked | Gone:
    """Give the account back to the old address, wherever it has gone since; everyone is out.

    Whoever asked for the change was signed in and did not hold the old mailbox. What they asked
    for afterwards, and the cancel links of that, end with it.
    """
    link, user = _held(edge, LinkKind.EMAIL_CANCEL, token)
    if link is None or user is None or not link_store.use(edge, link.id):
        return Gone()
    link_store.void(edge, user.id, LinkKind.EMAIL_CONFIRM)
    link_store.void_younger(edge, user.id, LinkKind.EMAIL_CANCEL, link.id)
    old = link.data["old"]
    back = user.email == old or users.set_email(edge, user.id, old)
    session.end_all(edge, user.id, "email_change_cancelled", browsers_too=True)
    audit.add(
        edge,
        Event.EMAIL_CHANGE_CANCELLED,
        subject_id=user.id,
        actor_id=user.id,
        detail={"address_restored": back},
    )
    return Done() if back else Blocked("address_taken")


def _held(edge: Edge, kind: LinkKind, token: str) -> tuple[Link | None, User | None]:
    """A live link and its person, whose row is held before any other is written."""
    link = links.find(edge, kind, token)
    user = users.lock(edge, link.user_id) if link and link.user_id else None
    return link, user


def to_confirm(edge: Edge, token: str) -> str | None:
    """The new address that a live confirmation link speaks of."""
    link = links.find(edge, LinkKind.EMAIL_CONFIRM, token)
    return str(link.data["email"]) if link else None


def to_cancel(edge: Edge, token: str) -> str | None:
    """The new address that a live cancel link speaks of."""
    link = links.find(edge, LinkKind.EMAIL_CANCEL, token)
    return str(link.data["email"]) if link else None


@frozen
class Overview:
    """What the account page shows beside the profile. `roles`: organisation → roles."""

    email_pending: str | None
    password_set_at: datetime | None
    home_organisation: str
    roles: dict[str, list[Role]]


def overview(edge: Edge, visit: Visit) -> Overview:
    roles: dict[str, list[Role]] = {}
    for membership in visit.live.memberships:
        roles.setdefault(membership.organisation_name, []).append(membership.role)
    held = authenticators.of_user(edge, visit.user.id, PASSWORD)
    set_at = edge.factors[PASSWORD].describe(held[0].data)["set_at"] if held else None
    return Overview(
        email_pending=pending_email(edge, visit),
        password_set_at=datetime.fromisoformat(set_at) if set_at else None,
        home_organisation=_home_name(edge, visit),
        roles=roles,
    )


def _home_name(edge: Edge, visit: Visit) -> str:
    """The home organisation's name: of a membership in it as a rule, which is read already."""
    wanted = visit.user.home_organisation_id
    for membership in visit.live.memberships:
        if membership.organisation_id == wanted:
            return membership.organisation_name
    home = organisations.by_id(edge, wanted)
    return home.name if home else ""
