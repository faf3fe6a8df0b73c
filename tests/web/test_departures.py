"""Leaving and moving: what goes with somebody, and what stays."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from portal.edge import Edge
from portal.flows import hosts
from portal.rules.terms import AccountState, Role
from portal.store import users
from portal.store.administration_tables import membership_requests
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House, Visitor
from tests.support.memberships import (
    INDEX,
    admin,
    another,
    change,
    events,
    grant,
    invite,
    organisation,
    requests,
    roles_of,
    subjects,
    sue,
    user,
)
from tests.support.web import Work, lands_on, signed_in

DAN, PAM, TARA = "dan@partner.example", "pam@partner.example", "tara@guests.example"
KIM = "kim@branch.example"
PARTNERS = {Role.DISPATCHER, Role.DISPATCH_LEAD, Role.FINANCE_CONTROLLER, Role.PARTNER_ADMIN}
NOBODY = (Role.TRAVELER, Role.DISPATCHER, Role.DISPATCH_LEAD, Role.FINANCE_CONTROLLER)


def grant_branch(house: House) -> None:
    house.person("dan")
    grant(house, "dan", BRANCH, Role.DISPATCH_LEAD)


def test_people_leave_and_nothing_of_theirs_stays(house: House) -> None:
    dan = signed_in(house, "dan")
    pam = admin(house, "pam")
    answer = _leave(pam, DAN, PARTNER)
    assert answer.status_code == 303
    assert "disabled" in pam.follow(answer).text
    assert roles_of(house, DAN) == set()
    assert user(house, DAN)["state"] == "disabled"
    assert lands_on(dan.get("/")) == "/login"
    assert house.visitor().password(DAN).status_code == 422
    assert len(events(house, "membership.left")) == 1
    assert f"You have left {PARTNER}" in subjects(house, DAN)


def _leave(visitor: Visitor, email: str, place: str) -> TestResponse:
    return visitor.post(
        f"/admin/users/{user(visitor.house, email)['id']}/departure",
        organisation=organisation(visitor.house, place),
    )


def test_who_leaves_keeps_what_they_have_elsewhere(house: House) -> None:
    grant_branch(house)
    dan = house.visitor()
    dan.sign_in(DAN)
    boss = another(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    assert _leave(boss, DAN, BRANCH).status_code == 303
    assert roles_of(house, DAN) == {(PARTNER, "dispatcher")}
    assert dan.get("/").status_code == 200, "another tenant's sessions are not theirs to end"
    assert user(house, DAN)["state"] == "active"


def test_who_leaves_home_keeps_the_account_for_another_role(house: House) -> None:
    grant_branch(house)
    dan = house.visitor()
    dan.sign_in(DAN)
    assert _leave(admin(house, "pam"), DAN, PARTNER).status_code == 303
    assert roles_of(house, DAN) == {(BRANCH, "dispatch_lead")}
    assert user(house, DAN)["state"] == "active"
    assert lands_on(dan.get("/")) == "/login"


def test_who_administers_leaves_with_two(house: House) -> None:
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    house.run(hosts.grant, "paul@partner.example", PARTNER, Role.DISPATCHER)
    assert _leave(pam, "paul@partner.example", PARTNER).status_code == 303
    assert roles_of(house, "paul@partner.example") == {(PARTNER, "partner_admin")}
    assert lands_on(paul.get("/")) == "/login"
    (request,) = requests(house)
    assert (request["change"], request["state"]) == ("remove", "waiting")


def test_who_leaves_takes_their_open_invitations_along(house: House) -> None:
    pam = admin(house, "pam")
    invite(pam, PARTNER, "nina@new.example", "dispatcher")
    link = house.link("nina@new.example")
    assert _leave(pam, "nina@new.example", PARTNER).status_code == 303
    nina = user(house, "nina@new.example")
    assert nina["state"] == "disabled"
    house.run(users.set_state, nina["id"], AccountState.INVITED)
    guest = house.visitor()
    guest.get(link)
    assert guest.get("/invitation").status_code == 410, "not even for an account that is enabled"


def test_nobody_sends_away_somebody_above_them(house: House) -> None:
    house.person("sol")
    sue(house)
    ada = admin(house, "ada")
    assert _leave(ada, "sol@hq.example", HQ).status_code == 422
    assert requests(house) == []


def test_somebody_moves_between_organisations_that_one_serves(house: House) -> None:
    house.organise()
    house.run(hosts.create_organisation, "Atlas", parent=HQ, managed_by_parent=True)
    tara = signed_in(house, "tara")
    ada = admin(house, "ada")
    path = f"/admin/users/{user(house, TARA)['id']}/home"
    for place in (PARTNER, BRANCH):
        assert ada.post(path, organisation=organisation(house, place)).status_code == 404
    assert ada.post(path, organisation=organisation(house, GUESTS)).status_code == 422
    assert ada.post(path, organisation=organisation(house, HQ)).status_code == 422
    assert ada.post(path, organisation=organisation(house, "Atlas")).status_code == 303
    assert roles_of(house, TARA) == {("Atlas", "traveler")}
    assert user(house, TARA)["home_organisation_id"] == organisation(house, "Atlas")
    assert "You act for Atlas" in tara.get("/").text
    assert "Your home organisation has changed" in subjects(house, TARA)


def test_who_administers_or_is_invited_does_not_move(house: House) -> None:
    house.organise()
    house.run(hosts.create_organisation, "Atlas", parent=HQ, managed_by_parent=True)
    house.user("boss@guests.example", GUESTS, Role.PARTNER_ADMIN)
    ada = admin(house, "ada")
    invite(ada, GUESTS, "nina@new.example", "traveler")
    for email in ("boss@guests.example", "nina@new.example"):
        answer = ada.post(
            f"/admin/users/{user(house, email)['id']}/home",
            organisation=organisation(house, "Atlas"),
        )
        assert answer.status_code == 422
        assert user(house, email)["home_organisation_id"] == organisation(house, GUESTS)


def test_who_leaves_takes_what_waited_along_and_its_asker_is_told(house: House) -> None:
    house.person("dan")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    paul.get(INDEX)
    assert change(paul, DAN, "add", "partner_admin", PARTNER).status_code == 303
    before = len(subjects(house, "paul@partner.example"))
    assert _leave(admin(house, "pam"), DAN, PARTNER).status_code == 303
    assert [row["state"] for row in requests(house)] == ["withdrawn"]
    assert len(events(house, "membership.withdrawn")) == 1
    assert len(subjects(house, "paul@partner.example")) == before + 1


def test_nobody_ends_what_waits_above_them_by_a_departure(house: House) -> None:
    house.organise()
    sol = admin(house, "sol")
    sol.get(INDEX)
    house.user("guest@guests.example")
    assert change(sol, "guest@guests.example", "add", "partner_admin", GUESTS).status_code == 303
    house.run(_raise_request, requests(house)[0]["id"])
    answer = _leave(admin(house, "ada"), "guest@guests.example", GUESTS)
    assert answer.status_code == 422
    assert [row["state"] for row in requests(house)] == ["waiting"]
    assert roles_of(house, "guest@guests.example") == {(GUESTS, "traveler")}


def _raise_request(edge: Edge, request_id: str) -> None:
    """What waits is a super-admin's role."""
    statement = update(membership_requests).where(membership_requests.c.id == request_id)
    edge.db.execute(statement.values(role=str(Role.SUPER_ADMIN)))


@pytest.mark.parametrize("verb", ["add", "remove"])
def test_all_super_admins_are_held_before_one_of_them(house: House, verb: str) -> None:
    sue(house)
    house.user("amy@hq.example", HQ, Role.HQ_ADMIN)
    sol = admin(house, "sol")
    email = "amy@hq.example" if verb == "add" else "sue@hq.example"
    path = f"/admin/users/{user(house, email)['id']}/roles"
    form = {"change": verb, "role": "super_admin", "organisation": organisation(house, HQ)}
    with Work(house) as work:
        assert sol.post(path, form).status_code == 303
    plain = [" ".join(line.split()) for line in work.statements]
    every = [
        n for n, line in enumerate(plain) if line.startswith("SELECT users.id FROM users JOIN")
    ]
    one = [n for n, line in enumerate(plain) if "FROM users WHERE users.id = " in line]
    assert every, "they are held"
    assert every[0] < one[-1], "before the person"
