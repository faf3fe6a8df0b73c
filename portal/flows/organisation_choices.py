"""Organisations to choose from: the acting one and those below it, as many as a page shows.

Others are found by how their names begin. Whether one may be looked at is settled by whoever asks.
"""

from __future__ import annotations

from portal.edge import Edge
from portal.flows.session import Visit
from portal.store import organisations
from portal.store.organisations import Organisation
from portal.values import frozen

CHOICES_MAX = 200
NAME_MAX = 200  # Characters, as many as a name may have.


@frozen
class Choices:
    """What a page offers: the `chosen` one, and those whose names begin like this.

    By path; by name, once something was typed.

    `more`: others begin like this too.
    """

    chosen: Organisation
    offered: list[Organisation]
    beginning: str
    more: bool

    @property
    def others(self) -> list[Organisation]:
        return [one for one in self.offered if one.id != self.chosen.id]


def find(edge: Edge, visit: Visit, organisation_id: str | None, typed: str = "") -> Choices | None:
    """The choices beside an organisation, or beside the acting one; None where there is none."""
    if visit.acting is None:
        return None
    chosen = organisation_id or visit.acting.organisation_id
    begun = beginning(typed)
    found = organisations.below(edge, visit.acting.path, chosen, CHOICES_MAX + 1, begun)
    if not found or found[0].id != chosen:
        return None
    offered = sorted(found[:CHOICES_MAX], key=lambda one: (begun and one.name.casefold(), one.path))
    return Choices(found[0], offered, begun, more=len(found) > CHOICES_MAX)


def beginning(typed: str) -> str:
    """What was typed of a name, as names are written."""
    return " ".join(typed.replace("\x00", "").split())[:NAME_MAX]
