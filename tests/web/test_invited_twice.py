"""Invited by more than one: only what somebody accepted is in force, and the rest still asks."""

from __future__ import annotations

from portal.rules.terms import Role
from tests.support.house import BRANCH, PARTNER, PASSWORD, House
from tests.support.memberships import (
    INDEX,
    admin,
    another,
    change,
    invite,
    open_invitation,
    organisation,
    requests,
    roles_of,
    user,
)
from tests.support.web import lands_on, rows

NINA = "nina@new.example"


def links(house: House) -> list[dict[str, object]]:
    return [row for row in rows(house, "links") if row["kind"] == "invitation"]


def test_only_the_invitation_that_was_accepted_is_in_force(house: House) -> None:
    bea = another(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    bea.get(INDEX)
    invite(bea, BRANCH, NINA, "finance_controller", name="Taken Over")
    first = house.link(NINA)
    house.clock.advance(seconds=1)
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher", name="Nina")
    guest = open_invitation(house, NINA)
    page = guest.get("/invitation").text
    assert "Taken Over" not in page
    assert lands_on(guest.post("/invitation", password=PASSWORD)) == "/"
    assert roles_of(house, NINA) == {(PARTNER, "dispatcher")}
    nina = user(house, NINA)
    assert (nina["name"], nina["home_organisation_id"]) == ("Nina", organisation(house, PARTNER))
    assert guest.get("/").status_code == 200
    assert NINA in bea.get(INDEX).text, "the other invitation still waits"
    later = house.visitor()
    later.follow(later.get(first))
    assert lands_on(later.post("/invitation")) == "/login", "a consent, and no password"
    assert roles_of(house, NINA) == {(PARTNER, "dispatcher"), (BRANCH, "finance_controller")}
    assert user(house, NINA)["home_organisation_id"] == organisation(house, PARTNER)
    assert user(house, NINA)["name"] == "Nina"


def test_what_was_set_aside_can_be_taken_back_by_its_inviter(house: House) -> None:
    bea = another(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    bea.get(INDEX)
    invite(bea, BRANCH, NINA, "dispatcher")
    first, (link,) = house.link(NINA), links(house)
    house.clock.advance(seconds=1)
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    open_invitation(house, NINA).post("/invitation", password=PASSWORD)
    assert lands_on(bea.post(f"/admin/invitations/{link['id']}/withdrawal")) == INDEX
    later = house.visitor()
    later.follow(later.get(first))
    assert later.post("/invitation").status_code == 410
    assert roles_of(house, NINA) == {(PARTNER, "dispatcher")}
    assert user(house, NINA)["state"] == "active"


def test_an_invitation_that_is_taken_back_leaves_the_second_person_their_request(
    house: House,
) -> None:
    pam = admin(house, "pam")
    invite(pam, PARTNER, NINA, "dispatcher")
    change(pam, NINA, "add", "partner_admin", PARTNER)
    assert [row["state"] for row in requests(house)] == ["waiting"]
    pam.post(f"/admin/invitations/{links(house)[0]['id']}/withdrawal")
    assert [row["state"] for row in requests(house)] == ["waiting"]
    assert roles_of(house, NINA) == set()
