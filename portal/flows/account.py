"""A person's own account: profile, and the e-mail change that the old address can cancel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.edge import Edge
from portal.flows import links, session
from portal.flows.events import Event
from portal.flows.login import PASSWORD
from portal.flows.notices import Notice, tell, write
from portal.flows.outcomes import Done, Gone
from portal.flows.session import Visit
from portal.rules.terms import Role
from portal.store import audit, authenticators, organisations, users
from portal.store import links as link_store
from portal.store.links import LinkKind


@dataclass(frozen=True, slots=True)
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


def request_email(edge: Edge, visit: Visit, email: str) -> Done:
    """Mail a confirmation to the new address and a cancel link to the old one.

    A taken address gets the same answer; its owner is told instead.
    """
    user = visit.user
    audit.add(edge, Event.EMAIL_CHANGE_REQUESTED, subject_id=user.id)
    owner = users.by_email(edge, email)
    settings = edge.settings
    if owner is not None:
        if owner.id != user.id:
            tell(edge, Notice.ALREADY_REGISTERED, owner)
        return Done()
    confirm = links.make(
        edge,
        LinkKind.EMAIL_CONFIRM,
        user_id=user.id,
        lifetime=settings.link_lifetime,
        email=email,
        old=user.email,
    )
    cancel = links.make(
        edge,
        LinkKind.EMAIL_CANCEL,
        user_id=user.id,
        lifetime=settings.email_cancel_lifetime,
        email=email,
        old=user.email,
    )
    write(
        edge,
        Notice.EMAIL_CHANGE_CONFIRM,
        to=email,
        name=user.name,
        locale=user.locale,
        time_zone=user.time_zone,
        new_email=email,
        token=confirm,
    )
    tell(edge, Notice.EMAIL_CHANGE_NOTICE, user, new_email=email, token=cancel)
    return Done()


def confirm_email(edge: Edge, token: str) -> Done | Gone:
    """Move the account to the new address. Nobody is signed in by this."""
    link = links.use(edge, LinkKind.EMAIL_CONFIRM, token)
    user = users.lock(edge, link.user_id) if link and link.user_id else None
    if link is None or user is None or user.email != link.data["old"]:
        return Gone()
    if not users.set_email(edge, user.id, link.data["email"]):
        return Gone()  # Registered by somebody else meanwhile.
    audit.add(edge, Event.EMAIL_CHANGED, subject_id=user.id, actor_id=user.id)
    tell(edge, Notice.EMAIL_CHANGED, user, to=link.data["old"], new_email=link.data["email"])
    tell(edge, Notice.EMAIL_CHANGED, user, to=link.data["email"], new_email=link.data["email"])
    return Done()


def cancel_email(edge: Edge, token: str) -> Done | Gone:
    """Stop the change, or undo it: the old address is the account's again and everyone is out."""
    link = links.use(edge, LinkKind.EMAIL_CANCEL, token)
    user = users.lock(edge, link.user_id) if link and link.user_id else None
    if link is None or user is None:
        return Gone()
    link_store.void(edge, user.id, LinkKind.EMAIL_CONFIRM)
    undone = user.email == link.data["email"] and users.set_email(edge, user.id, link.data["old"])
    # Whoever asked for the change was signed in and was not the owner of the old mailbox.
    session.end_all(edge, user.id, "email_change_cancelled", browsers_too=True)
    audit.add(
        edge,
        Event.EMAIL_CHANGE_CANCELLED,
        subject_id=user.id,
        actor_id=user.id,
        detail={"undone": undone},
    )
    return Done()


def to_confirm(edge: Edge, token: str) -> str | None:
    """The new address that a live confirmation link speaks of."""
    link = links.find(edge, LinkKind.EMAIL_CONFIRM, token)
    return str(link.data["email"]) if link else None


def to_cancel(edge: Edge, token: str) -> str | None:
    """The new address that a live cancel link speaks of."""
    link = links.find(edge, LinkKind.EMAIL_CANCEL, token)
    return str(link.data["email"]) if link else None


@dataclass(frozen=True, slots=True)
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
    home = organisations.by_id(edge, visit.user.home_organisation_id)
    held = authenticators.of_user(edge, visit.user.id, PASSWORD)
    set_at = held[0].data.get("set_at") if held else None
    return Overview(
        email_pending=pending_email(edge, visit),
        password_set_at=datetime.fromisoformat(set_at) if set_at else None,
        home_organisation=home.name if home else "",
        roles=roles,
    )
