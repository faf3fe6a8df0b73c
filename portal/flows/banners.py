"""What stands above every page of somebody whom policy will stop, or who is told something.

It costs a statement for those alone whom anything concerns: both is known from the session's own
facts. Seeing it is written down once; putting it away lasts until the last days.
"""

from __future__ import annotations

from datetime import timedelta

from portal.edge import Edge
from portal.flows import monitoring, visits
from portal.flows.announcement_mail import days_left
from portal.flows.outcomes import Done, Gone
from portal.flows.visits import Forthcoming, Visit
from portal.rules import stops
from portal.store import announcements
from portal.store.announcements import Told
from portal.values import frozen

LAST_DAYS = timedelta(days=7)  # From then on it cannot be put away any more.
SHOWN_MAX = 3


@frozen
class Banner:
    """What is shown. `coming`: what policy will do; None for what asks nothing of anybody.

    `told`: the announcement; None where nothing was announced (an exemption that ends).
    """

    coming: Forthcoming | None
    told: Told | None
    days_left: int = 0
    dismissable: bool = False


def concern(edge: Edge, visit: Visit) -> bool:
    """Whether there may be something to show; it asks the session's own facts alone."""
    ends = (one.announced_until for one in visit.live.memberships)
    told = any(until is not None and until > edge.now for until in ends)
    return told or visits.forthcoming(edge, visit) is not None


def look(edge: Edge, visit: Visit) -> list[Banner]:
    """Everything to show this person on every page, what is urgent first."""
    coming = visits.forthcoming(edge, visit)
    standing = announcements.standing(edge, _places(visit), visit.user.id)
    found = [_of_policy(edge, visit, coming, standing)] if coming else []
    for told in standing:
        if told.announcement.number is None and told.dismissed_at is None:
            found.append(Banner(None, told, dismissable=True))
    return [one for one in found if one is not None][:SHOWN_MAX]


def unseen(banners: list[Banner]) -> list[str]:
    """The announcements among them that this person sees for the first time."""
    told = [one.told for one in banners if one.told is not None]
    return [one.announcement.id for one in told if one.seen_at is None]


def note_seen(edge: Edge, visit: Visit, announcement_ids: list[str]) -> None:
    """Write down that somebody saw them."""
    for announcement_id in announcement_ids:
        announcements.note(edge, announcement_id, visit.user.id, seen_at=edge.now)


def dismiss(edge: Edge, visit: Visit, announcement_id: str) -> Done | Gone:
    """Put away what is shown to this person; anything else is nobody's business."""
    for one in look(edge, visit):
        if one.told is not None and one.told.announcement.id == announcement_id:
            if one.dismissable:
                announcements.note(edge, announcement_id, visit.user.id, dismissed_at=edge.now)
            return Done()
    return Gone()


def _places(visit: Visit) -> set[str]:
    """The organisations of a person, and those above them."""
    return {
        identity
        for one in visit.live.memberships
        for identity in one.path.strip("/").split("/")
        if identity
    }


def _of_policy(
    edge: Edge, visit: Visit, coming: Forthcoming, standing: list[Told]
) -> Banner | None:
    told = _announced(edge, visit, standing)
    soon = coming.at - edge.now <= LAST_DAYS
    if told is not None and told.dismissed_at is not None and not soon:
        return None
    return Banner(coming, told, days_left(edge, coming.at), told is not None and not soon)


def _announced(edge: Edge, visit: Visit, standing: list[Told]) -> Told | None:
    """What was announced of the version that will stop this person first."""
    asked = [one.asked for one in visit.live.memberships]
    person = monitoring.person_of(visit.user, visit.live.memberships)
    would = sorted(stops.of_person(asked, person, edge.now), key=lambda stop: stop.at)
    for stop in would:
        for told in standing:
            # The newest of its organisation: one that came later took the place of its own.
            of_policy = told.announcement.number is not None
            if of_policy and told.announcement.organisation_id == stop.organisation_id:
                return told
    return None
