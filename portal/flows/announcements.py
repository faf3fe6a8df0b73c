"""Announcements: what people are told of a policy to come, or of anything else.

It writes them and takes them back; `announcement_mail` sends the mail, `banners` shows them. It
takes an organisation and needs nobody to be there, so that commands and machines use it too; what
pages ask for, and may, is in `announcement_pages`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.edge import Edge
from portal.flows.events import Event
from portal.flows.outcomes import Blocked, Done, Nothing
from portal.store import announcements, audit, organisations
from portal.store.announcements import Announcement
from portal.store.organisations import Organisation
from portal.store.policies import Version

MESSAGE_MAX = 2000
AHEAD_MAX = timedelta(days=366)  # As far ahead as a policy may be published.
# Of one organisation's own, that are told now or were written within a day: each is a mail to
# everybody below, and stands above every page of theirs.
OWN_MAX = 20
OWN_COUNTED = timedelta(days=1)


def of_version(edge: Edge, organisation: Organisation, version: Version) -> None:
    """A version was published: what was announced of an earlier one is over, this one is told.

    Only a version with dates: what holds at once tells people by itself. Whom it concerns is found
    by the worker, so that publishing costs the same however many people that are.
    """
    announcements.withdraw_versions(edge, organisation.id)
    if version.enforced_at is None:
        return
    announcements.add(
        edge,
        Announcement(
            id=edge.new_id(),
            organisation_id=organisation.id,
            number=version.number,
            message=version.message,
            author_id=version.author_id,
            published_at=version.published_at,
            enforced_at=version.enforced_at,
            ends_at=version.enforced_at + timedelta(seconds=version.grace_s),
            due_at=edge.now,
        ),
    )


def write(
    edge: Edge,
    organisation: Organisation,
    message: str,
    ends_at: datetime,
    author_id: str | None,
) -> Announcement | Blocked:
    """Tell all the people of an organisation, and of those below it, something until a date."""
    message = message.strip()
    if not message:
        return Blocked("announcement_empty")
    if len(message) > MESSAGE_MAX:
        return Blocked("announcement_too_long")
    if ends_at <= edge.now:
        return Blocked("announcement_over")
    if ends_at > edge.now + AHEAD_MAX:
        return Blocked("announcement_too_far")
    _hold(edge)
    if announcements.count_own(edge, organisation.id, since=edge.now - OWN_COUNTED) >= OWN_MAX:
        return Blocked("announcements_full")
    made = Announcement(
        id=edge.new_id(),
        organisation_id=organisation.id,
        number=None,
        message=message,
        author_id=author_id,
        published_at=edge.now,
        enforced_at=None,
        ends_at=ends_at,
        due_at=edge.now,
    )
    announcements.add(edge, made)
    announcements.announce_until(edge, organisation.path)
    detail = {"organisation": organisation.id, "announcement": made.id, "message": message}
    audit.add(edge, Event.ANNOUNCED, detail=detail)
    return made


def withdraw(
    edge: Edge, organisation: Organisation, announcement: Announcement
) -> Done | Nothing | Blocked:
    """Take an announcement back: nobody reads it any more, and nobody gets the mail from now on.

    That of a version goes with the version alone: nobody is to be stopped without being told.
    """
    if announcement.number is not None:
        return Blocked("announcement_of_policy")
    _hold(edge)
    if not announcements.withdraw(edge, announcement.id):
        return Nothing()
    announcements.announce_until(edge, organisation.path)
    detail = {"organisation": organisation.id, "announcement": announcement.id}
    audit.add(edge, Event.ANNOUNCEMENT_WITHDRAWN, detail=detail)
    return Done()


def _hold(edge: Edge) -> None:
    """In turn with every other change of what all of a subtree's organisations hold."""
    root = organisations.root(edge)
    assert root is not None
    organisations.lock(edge, root.id)
