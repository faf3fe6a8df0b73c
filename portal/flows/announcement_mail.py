"""The worker's part of an announcement: each person is written to once, and reminded in time.

It goes through the people by their ids, a few in each transaction; what was sent to whom is
written in the same one, so that a worker that dies sends nothing twice. Whom a version concerns is
worked out at that moment: whoever enrolled meanwhile is left out.

    published ──► everybody it concerns ──► 7 days before a deadline ──► 1 day before it
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from portal.edge import Edge
from portal.flows import visits
from portal.flows.notices import Notice, tell
from portal.flows.visits import Forthcoming
from portal.rules import stops
from portal.rules.deadlines import Person
from portal.rules.terms import AccountState
from portal.store import (
    addressees,
    announcements,
    compliance,
    exemption_reminders,
    organisations,
)
from portal.store.addressees import Addressee
from portal.store.announcements import Announcement, Mark
from portal.store.compliance import Standing
from portal.store.organisations import Organisation

BATCH = 100  # People of one transaction: a sign-in may wait for as long as it takes.
REMINDED_DAYS = (7, 1)
DAY = timedelta(days=1)


def mail_next(edge: Edge, size: int = BATCH) -> bool:
    """The worker's job: tell or remind the next people; False when there is nobody."""
    found = announcements.due(edge)
    if found is None:
        return _remind_exempt(edge)
    if found.ends_at <= edge.now:
        # Over before everybody was written to: what is past is told to nobody.
        announcements.set_place(edge, found.id, mailed_after=None, due_at=None)
        return True
    organisation = organisations.by_id(edge, found.organisation_id)
    assert organisation is not None
    page = compliance.page(edge, organisation.path, found.mailed_after, size)
    deadlines = {one.user_id: at for one in page if (at := _deadline(edge, found, one))}
    marks = announcements.marks(edge, found.id, deadlines)
    for addressee in addressees.some(edge, list(deadlines)):
        who = addressee.user.id
        mark = marks.get(who, Mark())
        if found.number is None:
            _say(edge, found, organisation, addressee, mark)
            continue
        # Of this organisation's own deadline: another's is told by its own announcement.
        coming = visits.coming_at(edge, addressee.user, addressee.memberships, deadlines[who])
        if coming is not None:
            _tell(edge, found, organisation, addressee, mark, coming)
    if len(page) == size:
        last = page[-1].user_id
        announcements.set_place(edge, found.id, mailed_after=last, due_at=found.due_at)
    else:
        announcements.set_place(edge, found.id, mailed_after=None, due_at=_next_walk(found))
    return True


def _deadline(edge: Edge, announcement: Announcement, found: Standing) -> datetime | None:
    """From when a version of the organisation that is on its way would stop this person.

    None: nothing concerns them. What asks nothing concerns everybody, until its end.
    """
    if found.state is not AccountState.ACTIVE:
        return None
    if announcement.number is None:
        return announcement.ends_at
    person = Person(found.roles, found.held, found.active_since, found.exempt_until)
    would = stops.of_person(found.asked, person, edge.now)
    own = (stop.at for stop in would if stop.organisation_id == announcement.organisation_id)
    return min(own, default=None)


def _say(
    edge: Edge,
    announcement: Announcement,
    organisation: Organisation,
    addressee: Addressee,
    mark: Mark,
) -> None:
    """Write what asks nothing of anybody."""
    if mark.mailed_at is not None:
        return
    announcements.note(edge, announcement.id, addressee.user.id, mailed_at=edge.now)
    tell(
        edge,
        Notice.ANNOUNCEMENT,
        addressee.user,
        organisation=organisation.name,
        message=announcement.message,
    )


def _tell(
    edge: Edge,
    announcement: Announcement,
    organisation: Organisation,
    addressee: Addressee,
    mark: Mark,
    coming: Forthcoming,
) -> None:
    """Write to somebody whom policy will stop, unless they know it already."""
    user = addressee.user
    days = _stage(edge, coming.at)
    first = mark.mailed_at is None
    if not first and (days is None or _was_reminded(mark, coming.at, days)):
        return
    values: dict[str, Any] = {"mailed_at": edge.now} if first else {}
    if days is not None:
        # Whoever is told so late needs no reminder of that beside it.
        values |= {"reminded_of": coming.at, "reminded_days": days}
    announcements.note(edge, announcement.id, user.id, **values)
    notice = Notice.POLICY_ANNOUNCED if first else Notice.POLICY_REMINDER
    tell(edge, notice, user, **_content(edge, organisation.name, announcement.message, coming))


def _remind_exempt(edge: Edge) -> bool:
    """Remind one person whose exemption ends; False when there is nobody.

    That is their own deadline, whatever was announced; of one that is short nobody is reminded.
    """
    ending = exemption_reminders.due(edge, [days * DAY for days in REMINDED_DAYS])
    if ending is None:
        return False
    days = _stage(edge, ending.until)
    assert days is not None
    exemption_reminders.note(edge, ending.id, days)
    for addressee in addressees.some(edge, [ending.user_id]):
        coming = visits.coming(edge, addressee.user, addressee.memberships)
        lasted = ending.until - ending.decided_at >= days * DAY
        if lasted and coming is not None and coming.at == ending.until:
            content = _content(edge, ending.organisation, "", coming)
            tell(edge, Notice.POLICY_REMINDER, addressee.user, **content)
    return True


def _content(edge: Edge, organisation: str, message: str, coming: Forthcoming) -> dict[str, Any]:
    return {
        "organisation": organisation,
        "message": message,
        "deadline": coming.at.isoformat(),
        "days_left": days_left(edge, coming.at),
        "why": coming.why,
        "choices": list(coming.choices),
        "forbidden": list(coming.forbidden),
    }


def days_left(edge: Edge, deadline: datetime) -> int:
    """Days until then, begun ones too: the last one is 1."""
    return max(1, -(-(deadline - edge.now) // DAY))


def _stage(edge: Edge, deadline: datetime) -> int | None:
    """How many days before a deadline a reminder is due by now; None: none yet."""
    left = deadline - edge.now
    return min((days for days in REMINDED_DAYS if left <= days * DAY), default=None)


def _was_reminded(mark: Mark, deadline: datetime, days: int) -> bool:
    return any(of == deadline and left <= days for of, left in mark.reminded)


def _next_walk(announcement: Announcement) -> datetime | None:
    """When the people of an announcement are gone through next; None: never again.

    The two moments are those of accounts without and with days of grace: see `rules.rollout`.
    """
    if announcement.enforced_at is None or announcement.due_at is None:
        return None
    moments = [
        deadline - days * DAY
        for deadline in (announcement.enforced_at, announcement.ends_at)
        for days in REMINDED_DAYS
    ]
    return min((moment for moment in moments if moment > announcement.due_at), default=None)
