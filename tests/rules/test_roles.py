"""Which roles fit where, and who gives them: the two tables, written out."""

from __future__ import annotations

import pytest

from portal.rules import roles
from portal.rules.roles import FITS, Place, may_give, place_of
from portal.rules.terms import Role

PARTNERS = {Role.DISPATCHER, Role.DISPATCH_LEAD, Role.FINANCE_CONTROLLER, Role.PARTNER_ADMIN}
NOBODY = (Role.TRAVELER, Role.DISPATCHER, Role.DISPATCH_LEAD, Role.FINANCE_CONTROLLER)


@pytest.mark.parametrize(
    ("own", "given"),
    [
        *((role, set()) for role in (*NOBODY, Role.SERVICE_DESK)),
        (Role.PARTNER_ADMIN, PARTNERS),
        (Role.HQ_ADMIN, PARTNERS | {Role.TRAVELER}),
        (Role.SUPER_ADMIN, set(Role)),
    ],
)
def test_nobody_gives_a_role_above_their_own(own: Role, given: set[Role]) -> None:
    assert may_give([own]) == given


@pytest.mark.parametrize(
    ("path", "managed", "place"),
    [
        ("/hq/", False, Place.ROOT),
        ("/hq/", True, Place.ROOT),
        ("/hq/partner/", False, Place.INDEPENDENT),
        ("/hq/guests/", True, Place.MANAGED),
        ("/hq/partner/branch/", False, Place.INDEPENDENT),
    ],
)
def test_the_tree_says_what_an_organisation_is(path: str, managed: bool, place: Place) -> None:
    assert place_of(path, managed_by_parent=managed) is place


def test_every_role_fits_somewhere_and_administrators_take_two() -> None:
    assert frozenset().union(*FITS.values()) == set(Role)
    assert FITS[Place.ROOT] == {Role.HQ_ADMIN, Role.SUPER_ADMIN, Role.SERVICE_DESK}
    assert FITS[Place.INDEPENDENT] == PARTNERS
    assert {role for role in Role if roles.needs_second_person(role)} == {
        Role.PARTNER_ADMIN,
        *FITS[Place.ROOT],
    }
