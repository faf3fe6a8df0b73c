"""Invited by more than one: only what somebody accepted is in force, and the rest still asks."""

from __future__ import annotations

from portal.flows import hosts
from portal.rules.terms import Role
from tests.support.house import BRANCH, HQ, PARTNER, PASSWORD, House
from tests.support.memberships import (
    INDEX,
    NINA,
    admin,
    another,
    change,
    events,
    invite,
    links,
    open_invitation,
    organisation,
    requests,
    roles_of,
    user,
)
from tests.support.web import lands_on


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


def test_a_consent_that_is_still_asked_for_was_asked_by_the_inviter(house: House) -> None:
    """Nina came in by one invitation; the other waits for her as its own inviter's."""
    bea = another(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    bea.get(INDEX)
    invite(bea, BRANCH, NINA, "dispatcher")
    house.clock.advance(seconds=1)
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    assert open_invitation(house, NINA).post("/invitation", password=PASSWORD).status_code == 303
    (waiting,) = (row for row in requests(house) if row["state"] == "waiting")
    assert waiting["requested_by"] == user(house, "bea@branch.example")["id"]


def test_a_home_that_changes_with_the_acceptance_is_audited(house: House) -> None:
    bea = another(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    bea.get(INDEX)
    invite(bea, BRANCH, NINA, "dispatcher")
    house.clock.advance(seconds=1)
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    open_invitation(house, NINA).post("/invitation", password=PASSWORD)
    (moved,) = events(house, "membership.home_changed")
    nina = user(house, NINA)["id"]
    assert (moved["actor_id"], moved["subject_id"]) == (nina, nina)
    places = {"from": organisation(house, BRANCH), "to": organisation(house, PARTNER)}
    assert moved["detail"] == places


def test_a_home_that_stays_is_no_event(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    open_invitation(house, NINA).post("/invitation", password=PASSWORD)
    assert events(house, "membership.home_changed") == []


def test_who_comes_in_chooses_language_and_time_zone(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher", locale="de")
    guest = house.visitor(**{"Accept-Language": "fr-CA, en;q=0.5"})
    guest.follow(guest.get(house.link(NINA)))
    page = guest.get("/invitation").text
    assert '<option selected value="fr">' in page
    for wrong in ({"locale": "xx"}, {"time_zone": "Mars/Olympus"}):
        assert guest.post("/invitation", wrong, password=PASSWORD).status_code == 422
    assert user(house, NINA)["state"] == "invited"
    form = {"password": PASSWORD, "locale": "ja", "time_zone": "Asia/Tokyo"}
    assert guest.post("/invitation", form).status_code == 303
    nina = user(house, NINA)
    assert (nina["locale"], nina["time_zone"]) == ("ja", "Asia/Tokyo")


def test_who_chooses_nothing_gets_the_browsers_language_and_the_organisations_zone(
    house: House,
) -> None:
    house.organise()
    far = house.run(hosts.create_organisation, "Far Cars", parent=HQ, time_zone="Asia/Tokyo")
    boss = another(house, "boss@far.example", far.name, Role.PARTNER_ADMIN)
    boss.get(INDEX)
    invite(boss, far.name, NINA, "dispatcher", locale="de")
    guest = house.visitor(**{"Accept-Language": "fr"})
    guest.follow(guest.get(house.link(NINA)))
    assert guest.post("/invitation", password=PASSWORD).status_code == 303
    assert (user(house, NINA)["locale"], user(house, NINA)["time_zone"]) == ("fr", "Asia/Tokyo")


def test_a_consent_changes_nobodys_language(house: House) -> None:
    tara = house.person("tara")
    invite(admin(house, "pam"), PARTNER, tara.email, "dispatcher", locale="de")
    guest = open_invitation(house, tara.email)
    assert guest.post("/invitation", locale="ja", time_zone="Asia/Tokyo").status_code == 303
    stored = user(house, tara.email)
    assert (stored["locale"], stored["time_zone"]) == (tara.locale, tara.time_zone)
