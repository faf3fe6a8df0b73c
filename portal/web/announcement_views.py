"""View values of announcements, and of who would have been stopped."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import g, url_for

from portal.flows.announcement_pages import Announcement, Sheet
from portal.flows.findings import FindingsPage, Line
from portal.values import frozen
from portal.web.compliance_words import REASONS
from portal.web.words import gettext


@frozen
class AnnouncementLine:
    """An announcement in the list. `state`: a badge's words, with its tone."""

    url: str
    title: str
    message: str
    organisation: str
    published_at: datetime
    ends_at: datetime
    state: str
    tone: str


@frozen
class PersonLine:
    """Somebody who would have been stopped, and what they know of it."""

    url: str
    name: str
    email: str
    reason: str
    seen_at: datetime
    mailed_at: datetime | None
    read_at: datetime | None
    dismissed_at: datetime | None
    state: str
    tone: str


def line(announcement: Announcement, organisation: str) -> AnnouncementLine:
    tone, state = _state(announcement)
    return AnnouncementLine(
        url=url_for("announcements.show", announcement_id=announcement.id),
        title=_title(announcement),
        message=announcement.message,
        organisation=organisation,
        published_at=announcement.published_at,
        ends_at=announcement.ends_at,
        state=state,
        tone=tone,
    )


def sheet(found: Sheet) -> dict[str, Any]:
    announcement = found.announcement
    of_policy = announcement.number is not None
    return {
        "announcement": line(announcement, found.organisation.name),
        "enforced_at": announcement.enforced_at,
        "graced": of_policy and announcement.enforced_at != announcement.ends_at,
        "counts": found.counts,
        "readers": found.readers,
        "under_way": announcement.due_at is not None and announcement.due_at <= g.edge.now,
        "findings_url": url_for(
            "announcements.show_findings",
            organisation_id=announcement.organisation_id,
            version=announcement.number,
        )
        if of_policy
        else None,
    }


def findings(found: FindingsPage, *, after: str | None) -> dict[str, Any]:
    version = found.version

    def address(**more: Any) -> str:
        return url_for("announcements.show_findings", organisation_id=found.organisation.id, **more)

    number = version.number if version else None
    complete_at = _complete_at(found)
    return {
        "organisation": found.organisation.name,
        "number": number,
        "monitored_at": version.monitored_at if version else None,
        "enforced_at": version.enforced_at if version else None,
        "complete_at": complete_at,
        "versions": [
            (one.number, one.published_at, address(version=one.number), one.number == number)
            for one in found.versions
        ],
        "counts": found.counts,
        "people": [_person(one, complete_at) for one in found.lines],
        "announcement_url": url_for("announcements.show", announcement_id=found.announcement_id)
        if found.announcement_id
        else None,
        "first_url": address(version=number) if after else None,
        "next_url": address(version=number, after=found.following) if found.following else None,
    }


def _complete_at(found: FindingsPage) -> datetime | None:
    version = found.version
    if version is None or version.enforced_at is None:
        return None
    return version.enforced_at + timedelta(seconds=version.grace_s)


def _person(one: Line, complete_at: datetime | None) -> PersonLine:
    exempt = complete_at and one.exempt_until is not None and one.exempt_until > complete_at
    tone, state = "warning", gettext("Would be stopped")
    if exempt:
        tone, state = "brass", gettext("Exempt")
    elif one.cleared_at is not None:
        tone, state = "good", gettext("Put right")
    return PersonLine(
        url=url_for("users.show", user_id=one.user_id),
        name=one.name,
        email=one.email,
        reason=str(REASONS.get(one.reason, "")),
        seen_at=one.seen_at,
        mailed_at=one.mailed_at,
        read_at=one.read_at,
        dismissed_at=one.dismissed_at,
        state=state,
        tone=tone,
    )


def _title(announcement: Announcement) -> str:
    if announcement.number is None:
        return gettext("To everybody")
    return gettext("Policy, version %(number)s", number=announcement.number)


def _state(announcement: Announcement) -> tuple[str, str]:
    if announcement.withdrawn_at is not None:
        return "quiet", gettext("Withdrawn")
    if announcement.ends_at <= g.edge.now:
        return "quiet", gettext("Over")
    return "good", gettext("Announced")
