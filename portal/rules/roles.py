"""Which roles fit which organisation, and who may give or take them: two tables.

Nobody gives a role above their own. Who may act on a person at all is `access`'s to say; whether
it takes a second person is `needs_second_person`'s.

A deputy is one more person with the role, given and taken again by the two people that it takes:
roles have no end of their own. While they hold it a deputy is bound like anybody with it, so who
prepared or asked is never the second person of it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

from portal.rules.terms import ADMINISTRATORS, Role


class Place(enum.Enum):
    """What an organisation is in the tree, as far as roles go."""

    ROOT = "root"  # HQ.
    INDEPENDENT = "independent"  # A partner, or a branch that looks after itself.
    MANAGED = "managed"  # Guests, corporate accounts, branches that their parent looks after.


_PARTNERS = frozenset(
    {Role.DISPATCHER, Role.DISPATCH_LEAD, Role.FINANCE_CONTROLLER, Role.PARTNER_ADMIN}
)
FITS: dict[Place, frozenset[Role]] = {
    Place.ROOT: frozenset({Role.HQ_ADMIN, Role.SUPER_ADMIN, Role.SERVICE_DESK}),
    Place.INDEPENDENT: _PARTNERS,
    Place.MANAGED: _PARTNERS | {Role.TRAVELER},
}
# A role that is not here gives none. The service desk helps people; it makes nobody anything.
GIVES: dict[Role, frozenset[Role]] = {
    Role.PARTNER_ADMIN: _PARTNERS,
    Role.HQ_ADMIN: _PARTNERS | {Role.TRAVELER},
    Role.SUPER_ADMIN: frozenset(Role),
}
# What HQ gives in an organisation that looks after itself, and only while nobody there can.
FIRST = frozenset({Role.PARTNER_ADMIN})


def place_of(path: str, *, managed_by_parent: bool) -> Place:
    """The place of an organisation by its path: `/hq/` is the root, `/hq/partner/` is below it."""
    if path.strip("/").count("/") == 0:
        return Place.ROOT
    return Place.MANAGED if managed_by_parent else Place.INDEPENDENT


def may_give(own: Iterable[Role]) -> frozenset[Role]:
    """The roles that somebody with these roles may give and take, wherever they fit."""
    return frozenset().union(*(GIVES.get(role, frozenset()) for role in own))


def needs_second_person(role: Role) -> bool:
    """Whoever administers others is made, and unmade, by two people."""
    return role in ADMINISTRATORS
