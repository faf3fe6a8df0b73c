"""What a user's page says to an administrator whose organisation is not the person's only one."""

from __future__ import annotations

import re

import pytest

from portal.edge import Actor, Edge
from portal.rules.terms import Role
from portal.store import audit, organisations
from tests.support.crowd import MEMBERS, OTHER, admin, id_of, page_of, populate, user_row
from tests.support.house import BRANCH, HQ, PARTNER, House, Visitor


def also(house: House, email: str, organisation: str, role: Role) -> None:
    user_id, organisation_id = user_row(house, email)["id"], id_of(house, organisation)

    def give(edge: Edge) -> None:
        organisations.add_membership(
            edge, user_id=user_id, organisation_id=organisation_id, role=role
        )

    house.run(give)


def happened(
    house: House, email: str, event: str, where: str | None, about: str | None = None
) -> None:
    """An event of a person that was done in an organisation or on the host, perhaps about one."""
    user_id = user_row(house, email)["id"]
    actor = Actor(organisation_id=id_of(house, where) if where else None)
    detail = {"organisation": id_of(house, about)} if about else {}

    def write(edge: Edge) -> None:
        edge.actor = actor
        audit.add(edge, event, subject_id=user_id, detail=detail)

    house.clock.advance(seconds=1)
    house.run(write)


def titles(visitor: Visitor, path: str) -> list[str]:
    text = visitor.get(path, htmx=True).text
    return re.findall(r'class="event-title">(?:<[^>]*>)*([^<]+)<', text)


def test_roles_in_organisations_out_of_reach_are_not_shown(house: House) -> None:
    populate(house)
    email = MEMBERS[PARTNER]
    for place in (OTHER, HQ, BRANCH):
        also(house, email, place, Role.TRAVELER)
    pam, ada = admin(house, PARTNER), admin(house, HQ)
    for htmx in (False, True):
        text = pam.get(page_of(house, email), htmx=htmx).text
        assert f"Roles in {PARTNER}" in text
        assert f"Roles in {BRANCH}" in text
        assert f"Roles in {OTHER}" not in text
        assert f"Roles in {HQ}" not in text
    text = ada.get(page_of(house, email)).text
    for place in (PARTNER, BRANCH, OTHER, HQ):
        assert f"Roles in {place}" in text


BUSINESS = {
    "export.made": "Settlements exported",
    "webhook.added": "Webhook added",
    "billing.changed": "Billing details changed",
    "membership.removed": "Role taken away",
    "wallet.cards_viewed": "Saved cards looked at",
}


@pytest.mark.parametrize("event", BUSINESS)
def test_what_was_done_for_a_tenant_out_of_reach_is_not_told(house: House, event: str) -> None:
    populate(house)
    email = MEMBERS[PARTNER]
    pam, ada = admin(house, PARTNER), admin(house, HQ)
    for place in (OTHER, HQ):
        happened(house, email, event, place)
    happened(house, email, "membership.added", PARTNER, about=OTHER)
    assert BUSINESS[event] not in titles(pam, page_of(house, email))
    assert titles(ada, page_of(house, email)).count(BUSINESS[event]) == 2
    happened(house, email, event, BRANCH)
    happened(house, email, event, HQ, about=PARTNER)
    happened(house, email, "membership.added", None)
    assert titles(pam, page_of(house, email)).count(BUSINESS[event]) == 2
    assert titles(pam, page_of(house, email)).count("Role given") == 1, "that of the host"


def test_the_account_s_own_events_are_told_wherever_they_happened(house: House) -> None:
    populate(house)
    email = MEMBERS[PARTNER]
    pam = admin(house, PARTNER)
    for event in ("sign_in.completed", "password.changed", "authenticator.revoked"):
        happened(house, email, event, OTHER)
    told_of = titles(pam, page_of(house, email))
    assert len(told_of) == 4
    assert "Signed in" in told_of


def test_pages_of_the_history_leave_out_no_event_and_no_room(house: House) -> None:
    populate(house)
    email = MEMBERS[PARTNER]
    pam = admin(house, PARTNER)
    for _ in range(25):
        happened(house, email, "export.made", OTHER)
        happened(house, email, "export.made", PARTNER)
    path = page_of(house, email)
    first = titles(pam, path)
    assert first == ["Settlements exported"] * 20
    address = re.search(r'href="([^"]+before=[^"]+)"', pam.get(path).text)
    assert address
    rest = titles(pam, address.group(1))
    assert rest.count("Settlements exported") == 5
    assert len(rest) == 6, "and how the account began"
