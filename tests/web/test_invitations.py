"""Invitations: a link opens a new account once, in time, and tells nobody who has one."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from tests.support.house import GUESTS, PARTNER, PASSWORD, House
from tests.support.memberships import (
    INDEX,
    NINA,
    TARA,
    admin,
    events,
    invite,
    links,
    open_invitation,
    organisation,
    roles_of,
    subjects,
    user,
)
from tests.support.web import cookie, lands_on


def test_an_invitation_opens_an_account_with_the_role(house: House) -> None:
    pam = admin(house, "pam")
    answer = invite(pam, PARTNER, "Nina@New.example", "dispatcher")
    assert lands_on(answer) == INDEX
    assert user(house, NINA)["state"] == "invited"
    assert "is on its way" in pam.follow(answer).text
    guest = open_invitation(house, NINA)
    assert PARTNER in guest.get("/invitation").text
    assert lands_on(guest.post("/invitation", password=PASSWORD)) == "/"
    assert guest.get("/").status_code == 200
    assert user(house, NINA)["state"] == "active"
    assert roles_of(house, NINA) == {(PARTNER, "dispatcher")}
    assert len(events(house, "invitation.accepted")) == 1
    assert house.visitor().sign_in(NINA).status_code == 200


def test_the_token_leaves_the_address_at_once(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    guest = house.visitor()
    assert lands_on(guest.get(house.link(NINA))) == "/invitation"


def test_an_invited_person_cannot_sign_in_before(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    assert house.visitor().password(NINA).status_code == 422


def test_who_must_enrol_reaches_nothing_before_it_is_done(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "finance_controller")
    guest = open_invitation(house, NINA)
    assert "second factor" in guest.get("/invitation").text
    guest.post("/invitation", password=PASSWORD)
    for path in ("/", "/account", "/partner/settlements", "/partner/payees"):
        assert lands_on(guest.get(path)) == "/login/enrol"
    guest.get("/login/enrol")
    assert guest.enrol_app().status_code == 303
    assert guest.get("/").status_code == 200


@pytest.mark.parametrize("password", ["", "short", "fourteen chars", PASSWORD + "x" * 300])
def test_a_bad_password_opens_nothing(house: House, password: str) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    guest = open_invitation(house, NINA)
    assert guest.post("/invitation", password=password).status_code == 422
    assert user(house, NINA)["state"] == "invited"
    assert guest.post("/invitation", password=PASSWORD).status_code == 303


def test_a_breached_password_opens_nothing(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    house.breached.add(hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).hexdigest())
    guest = open_invitation(house, NINA)
    assert guest.post("/invitation", password=PASSWORD).status_code == 422
    assert user(house, NINA)["state"] == "invited"


def test_a_used_link_is_dead(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    link = house.link(NINA)
    first, second = house.visitor(), house.visitor()
    for guest in (first, second):
        guest.follow(guest.get(link))
    assert first.post("/invitation", password=PASSWORD).status_code == 303
    answer = second.post("/invitation", password=PASSWORD + " mine")
    assert answer.status_code == 410
    assert cookie(second, "session") is None
    assert "help@portal.example" in answer.text


def test_an_expired_link_is_dead_and_a_new_one_can_be_asked_for(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    guest = open_invitation(house, NINA)
    house.clock.advance(timedelta(days=7))
    assert guest.get("/invitation").status_code == 410
    assert guest.post("/invitation", password=PASSWORD).status_code == 410
    assert user(house, NINA)["state"] == "invited"
    before = len(subjects(house, NINA))
    assert guest.post("/invitation-renewal").status_code == 200
    assert len(subjects(house, NINA)) == before + 1
    guest.post("/invitation-renewal")
    assert len(subjects(house, NINA)) == before + 1, "the old link asks once"
    fresh = open_invitation(house, NINA)
    assert fresh.post("/invitation", password=PASSWORD).status_code == 303


def test_a_link_works_to_its_last_second(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    guest = open_invitation(house, NINA)
    house.clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert guest.post("/invitation", password=PASSWORD).status_code == 303


def test_a_foreign_or_missing_link_reads_like_a_used_one(house: House) -> None:
    house.person("tara")
    guest = house.visitor()
    assert guest.get("/invitation").status_code == 410
    guest.get("/login/unlock")
    guest.post("/login/unlock", email=TARA)
    token = house.link(TARA).rpartition("/")[2]
    guest.get(f"/invitation/{token}")
    assert guest.get("/invitation").status_code == 410
    assert guest.post("/invitation", password=PASSWORD).status_code == 410
    assert guest.post("/invitation-renewal").status_code == 200
    assert links(house) == []


def test_a_renewal_is_for_links_that_expired_only(house: House) -> None:
    pam = admin(house, "pam")
    invite(pam, PARTNER, NINA, "dispatcher")
    guest = open_invitation(house, NINA)
    (link,) = links(house)
    pam.post(f"/admin/invitations/{link['id']}/withdrawal")
    before = len(subjects(house, NINA))
    house.clock.advance(timedelta(days=8))
    guest.get("/login")
    guest.post("/invitation-renewal")
    assert len(subjects(house, NINA)) == before


def test_a_withdrawn_invitation_gives_nothing(house: House) -> None:
    pam = admin(house, "pam")
    invite(pam, PARTNER, NINA, "dispatcher")
    guest = open_invitation(house, NINA)
    (link,) = links(house)
    assert NINA in pam.get(INDEX).text
    assert lands_on(pam.post(f"/admin/invitations/{link['id']}/withdrawal")) == INDEX
    assert NINA not in pam.get(INDEX).text
    assert guest.post("/invitation", password=PASSWORD).status_code == 410
    assert user(house, NINA)["withdrawn_at"] is not None
    for page in ("/admin/users", f"/admin/users/{user(house, NINA)['id']}/roles"):
        assert "Invitation withdrawn" in pam.get(page).text
    assert roles_of(house, NINA) == set()
    assert pam.post(f"/admin/invitations/{link['id']}/withdrawal").status_code == 404


def test_a_withdrawn_invitation_can_be_made_again(house: House) -> None:
    pam = admin(house, "pam")
    invite(pam, PARTNER, NINA, "dispatcher")
    pam.post(f"/admin/invitations/{links(house)[0]['id']}/withdrawal")
    house.clock.advance(seconds=1)
    invite(pam, PARTNER, NINA, "dispatch_lead")
    guest = open_invitation(house, NINA)
    assert guest.post("/invitation", password=PASSWORD).status_code == 303
    assert roles_of(house, NINA) == {(PARTNER, "dispatch_lead")}
    assert user(house, NINA)["withdrawn_at"] is None


def test_an_address_that_was_invited_elsewhere_and_let_go_finds_a_home(house: House) -> None:
    pam = admin(house, "pam")
    invite(pam, PARTNER, NINA, "dispatcher")
    pam.post(f"/admin/invitations/{links(house)[0]['id']}/withdrawal")
    house.clock.advance(seconds=1)
    invite(admin(house, "ada"), GUESTS, NINA, "traveler")
    guest = open_invitation(house, NINA)
    assert guest.post("/invitation", password=PASSWORD).status_code == 303
    assert roles_of(house, NINA) == {(GUESTS, "traveler")}
    assert user(house, NINA)["home_organisation_id"] == organisation(house, GUESTS)


def test_sending_again_ends_the_older_link(house: House) -> None:
    pam = admin(house, "pam")
    invite(pam, PARTNER, NINA, "dispatcher")
    old = house.link(NINA)
    (link,) = links(house)
    early = pam.post(f"/admin/invitations/{link['id']}/again")
    assert early.status_code == 422
    assert "ten minutes" in early.text
    house.clock.advance(timedelta(minutes=10))
    again = f"/admin/invitations/{link['id']}/again"
    pam.prove(path=f"{lands_on(pam.post(again))}/totp")
    assert lands_on(pam.post(again)) == INDEX
    guest = house.visitor()
    guest.get(old)
    assert guest.get("/invitation").status_code == 410
    assert open_invitation(house, NINA).post("/invitation", password=PASSWORD).status_code == 303
