"""Announcements as administrators see them: the list, one with its readers, writing, taking back.

Each is settled with the organisation that it is about; nothing here sends or shows anything.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.edge import Edge
from portal.flows import announcements, permission
from portal.flows.outcomes import Blocked, Done, Gone, Nothing
from portal.flows.permission import Subject, Unsettled, settle
from portal.flows.session import Visit
from portal.rules.terms import Action, Target
from portal.store import announcements as announcement_store
from portal.store import memberships, organisations
from portal.store.announcements import Announcement, Counts, Reader
from portal.store.organisations import Organisation
from portal.values import frozen

PAGE = 50


@frozen
class Overview:
    """A page of what was announced, with the organisation's name; `writable`: where one may."""

    lines: list[tuple[Announcement, str]]
    following: str | None
    writable: list[Organisation]


@frozen
class Sheet:
    """An announcement with whom it has reached."""

    announcement: Announcement
    organisation: Organisation
    counts: Counts
    readers: list[Reader]
    following: str | None
    withdrawable: bool


@frozen
class Typed:
    """A new announcement as it was typed: for which organisation, what, its last day there."""

    organisation_id: str
    message: str
    until: date


def overview(edge: Edge, visit: Visit, after: str | None) -> Overview | Unsettled | Gone:
    """What was announced in the acting organisation and below it, newest first."""
    if visit.acting is None:
        return Gone()
    path = visit.acting.path
    verdict = settle(edge, visit, Action.VIEW_POLICY, Subject(Target(path)))
    if isinstance(verdict, Unsettled):
        return verdict
    lines = announcement_store.below(edge, path, after, PAGE + 1)
    return Overview(
        lines=lines[:PAGE],
        following=lines[PAGE - 1][0].id if len(lines) > PAGE else None,
        writable=writable(edge, visit),
    )


def writable(edge: Edge, visit: Visit) -> list[Organisation]:
    """The organisations for which this person may publish."""
    if visit.acting is None:
        return []
    served = memberships.served_by(edge, visit.acting.organisation_id)
    return [one for one in served if _may_publish(visit, one)]


def sheet(
    edge: Edge, visit: Visit, announcement_id: str, after: str | None
) -> Sheet | Unsettled | Gone:
    """One announcement, and whom it has reached."""
    found = _find(edge, announcement_id)
    if found is None:
        return Gone()
    announcement, organisation = found
    subject = Subject(_target(organisation), object_id=announcement.id)
    verdict = settle(edge, visit, Action.VIEW_POLICY, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    readers = announcement_store.people(edge, announcement.id, after, PAGE + 1)
    live = announcement.withdrawn_at is None and announcement.ends_at > edge.now
    own = live and announcement.number is None
    return Sheet(
        announcement=announcement,
        organisation=organisation,
        counts=announcement_store.counts(edge, announcement.id),
        readers=readers[:PAGE],
        following=readers[PAGE - 1].user_id if len(readers) > PAGE else None,
        withdrawable=own and _may_publish(visit, organisation),
    )


def write(edge: Edge, visit: Visit, typed: Typed) -> Announcement | Unsettled | Blocked | Gone:
    """Write an announcement for an organisation and those below it."""
    organisation = organisations.by_id(edge, typed.organisation_id)
    if organisation is None:
        return Gone()
    subject = Subject(_target(organisation), object_id=organisation.id)
    verdict = settle(edge, visit, Action.PUBLISH_POLICY, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    if typed.until > (edge.now + announcements.AHEAD_MAX).date():
        return Blocked("announcement_too_far")  # Also a day after which the calendar has none.
    ends_at = end_of_day(typed.until, organisation)
    return announcements.write(edge, organisation, typed.message, ends_at, visit.user.id)


def end_of_day(day: date, organisation: Organisation) -> datetime:
    """When a day is over where an organisation is."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(organisation.time_zone))
    return midnight.astimezone(UTC)


def withdraw(
    edge: Edge, visit: Visit, announcement_id: str
) -> Done | Nothing | Unsettled | Blocked | Gone:
    """Take an announcement back."""
    found = _find(edge, announcement_id)
    if found is None:
        return Gone()
    announcement, organisation = found
    subject = Subject(_target(organisation), object_id=announcement.id)
    verdict = settle(edge, visit, Action.PUBLISH_POLICY, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    return announcements.withdraw(edge, organisation, announcement)


def _find(edge: Edge, announcement_id: str) -> tuple[Announcement, Organisation] | None:
    announcement = announcement_store.find(edge, announcement_id)
    if announcement is None:
        return None
    organisation = organisations.by_id(edge, announcement.organisation_id)
    return (announcement, organisation) if organisation else None


def _target(organisation: Organisation) -> Target:
    return Target(organisation.path, managed_by_parent=organisation.managed_by_parent)


def _may_publish(visit: Visit, organisation: Organisation) -> bool:
    return permission.may(visit, Action.PUBLISH_POLICY, _target(organisation))
