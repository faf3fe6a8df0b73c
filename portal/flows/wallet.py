"""A traveler's own cards and passengers. Who looked, and when, is in the audit log.

Everything is asked for by the signed-in person's id, so another's card or passenger is never found.
"""

from __future__ import annotations

import hashlib

from portal.edge import Edge
from portal.flows.events import Event
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.session import Visit
from portal.store import audit, wallet
from portal.store.wallet import Card, Passenger, Profile
from portal.values import frozen

__all__ = ["Card", "Outdated", "Passenger", "Profile"]
# More is a mistake or an attack; both lists are one page.
CARDS_MAX = 50
PASSENGERS_MAX = 50


@frozen
class Outdated:
    """The passenger was changed since the page was loaded; `current` is what is saved now."""

    current: Passenger


def fingerprint(profile: Profile) -> str:
    """What a passenger is known by when the same record comes in again: name and phone."""
    known_by = f"{profile.name.casefold()}\x00{profile.phone}"
    return hashlib.sha256(known_by.encode()).hexdigest()


def open_cards(edge: Edge, visit: Visit) -> list[Card]:
    """The person's cards; looking at them is audited."""
    audit.add(edge, Event.CARDS_VIEWED, subject_id=visit.user.id)
    return wallet.cards_of(edge, visit.user.id)


def remove_card(edge: Edge, visit: Visit, card_id: str) -> Done | Gone:
    if not wallet.remove_card(edge, visit.user.id, card_id):
        return Gone()
    audit.add(edge, Event.CARD_REMOVED, subject_id=visit.user.id, detail={"card": card_id})
    return Done()


def open_passengers(edge: Edge, visit: Visit) -> list[Passenger]:
    """The person's passengers; looking at them is audited."""
    audit.add(edge, Event.PASSENGERS_VIEWED, subject_id=visit.user.id)
    return wallet.passengers_of(edge, visit.user.id)


def open_passenger(edge: Edge, visit: Visit, passenger_id: str) -> Passenger | Gone:
    """One passenger of the person's; looking at it is audited."""
    found = wallet.passenger(edge, visit.user.id, passenger_id)
    if found is None:
        return Gone()
    _note(edge, visit, Event.PASSENGERS_VIEWED, passenger_id)
    return found


def add_passenger(edge: Edge, visit: Visit, profile: Profile) -> Done | Blocked:
    """Add a passenger. The gate holds the person's row, so the count holds too."""
    if len(wallet.passengers_of(edge, visit.user.id)) >= PASSENGERS_MAX:
        return Blocked("passengers_full")
    made = wallet.add_passenger(edge, visit.user.id, profile, source="")
    _note(edge, visit, Event.PASSENGER_ADDED, made)
    return Done()


def change_passenger(
    edge: Edge, visit: Visit, passenger_id: str, profile: Profile, version: int
) -> Done | Outdated | Gone:
    """Change a passenger over exactly the version that the person saw."""
    if not wallet.change_passenger(edge, visit.user.id, passenger_id, profile, version):
        current = wallet.passenger(edge, visit.user.id, passenger_id)
        return Outdated(current) if current else Gone()
    _note(edge, visit, Event.PASSENGER_CHANGED, passenger_id)
    return Done()


def remove_passenger(edge: Edge, visit: Visit, passenger_id: str) -> Done | Gone:
    found = wallet.passenger(edge, visit.user.id, passenger_id)
    if found is None:
        return Gone()
    wallet.remove_passenger(edge, visit.user.id, passenger_id, fingerprint(found.profile))
    _note(edge, visit, Event.PASSENGER_REMOVED, passenger_id)
    return Done()


def _note(edge: Edge, visit: Visit, event: Event, passenger_id: str) -> None:
    audit.add(edge, event, subject_id=visit.user.id, detail={"passenger": passenger_id})
