"""Roles are given and taken by whoever answers for an organisation, and count at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.rules.terms import Role
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House
from tests.support.memberships import (
    ID,
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
    take_role,
    user,
)
from tests.support.web import Work, lands_on, signed_in

DAN, PAM, TARA = "dan@partner.example", "pam@partner.example", "tara@guests.example"
KIM = "kim@branch.example"
PARTNERS = {Role.DISPATCHER, Role.DISPATCH_LEAD, Role.FINANCE_CONTROLLER, Role.PARTNER_ADMIN}
NOBODY = (Role.TRAVELER, Role.DISPATCHER, Role.DISPATCH_LEAD, Role.FINANCE_CONTROLLER)


def test_an_ordinary_role_counts_from_the_next_click_on(house: House) -> None:
    dan = signed_in(house, "dan")
    pam = admin(house, "pam")
    assert dan.get("/partner/settlements").status_code == 403
    assert change(pam, DAN, "add", "finance_controller", PARTNER).status_code == 303
    assert dan.get("/partner/settlements").status_code == 200
    assert change(pam, DAN, "remove", "finance_controller", PARTNER).status_code == 303
    assert dan.get("/partner/settlements").status_code == 403
    assert roles_of(house, DAN) == {(PARTNER, "dispatcher")}
    assert {"You have a new role", "A role was taken from you"} <= set(subjects(house, DAN))
    assert len(events(house, "membership.removed")) == 1


def test_the_acting_organisation_falls_back_when_its_last_role_goes(house: House) -> None:
    grant_branch(house)
    dan = house.visitor()
    dan.sign_in(DAN)
    dan.post("/acting-organisation", organisation=organisation(house, BRANCH))
    assert f"You act for {BRANCH}" in dan.get("/").text
    boss = another(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    assert change(boss, DAN, "remove", "dispatch_lead", BRANCH).status_code == 303
    assert f"You act for {PARTNER}" in dan.get("/").text


def grant_branch(house: House) -> None:
    house.person("dan")
    grant(house, "dan", BRANCH, Role.DISPATCH_LEAD)


def test_the_page_of_a_person_offers_what_may_be_done(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    page = pam.get(f"/admin/users/{user(house, DAN)['id']}/roles").text
    assert "Dispatcher" in page
    assert "Give a role" in page
    assert "Super-admin" not in page
    assert "They leave" in page


def test_a_parent_looks_and_touches_nothing(house: House) -> None:
    kim = house.user(KIM, BRANCH, Role.DISPATCHER)
    pam = admin(house, "pam")
    page = pam.get(f"/admin/users/{kim.id}/roles")
    assert page.status_code == 200
    for words in ("Give a role", "Take away", "They leave", "Move"):
        assert words not in page.text
    for htmx in (False, True):
        assert change(pam, KIM, "add", "dispatch_lead", BRANCH, htmx=htmx).status_code == 404
        assert change(pam, KIM, "remove", "dispatcher", BRANCH, htmx=htmx).status_code == 404
        assert change(pam, KIM, "add", "dispatch_lead", PARTNER, htmx=htmx).status_code == 404
    for verb in ("departure", "home"):
        answer = pam.post(f"/admin/users/{kim.id}/{verb}", organisation=organisation(house, BRANCH))
        assert answer.status_code == 404
    assert roles_of(house, KIM) == {(BRANCH, "dispatcher")}


@pytest.mark.parametrize("htmx", [False, True])
def test_another_tenants_person_is_like_one_that_does_not_exist(house: House, htmx: bool) -> None:
    house.person("tara")
    pam = admin(house, "pam")
    theirs, nobody = user(house, TARA)["id"], ID
    seen = [pam.get(f"/admin/users/{who}/roles", htmx=htmx) for who in (theirs, nobody)]
    assert [answer.status_code for answer in seen] == [404, 404]
    assert seen[0].text == seen[1].text
    own = organisation(house, PARTNER)
    for who in (theirs, nobody):
        for path, form in (
            ("roles", {"change": "add", "role": "dispatcher"}),
            ("roles", {"change": "remove", "role": "traveler"}),
            ("departure", {}),
            ("home", {}),
        ):
            answer = pam.post(f"/admin/users/{who}/{path}", form, htmx=htmx, organisation=own)
            assert answer.status_code == 404
    assert roles_of(house, TARA) == {(GUESTS, "traveler")}


def test_hq_serves_its_guests_and_no_partner(house: House) -> None:
    for name in ("tara", "dan"):
        house.person(name)
    ada = admin(house, "ada")
    assert change(ada, TARA, "add", "dispatcher", GUESTS).status_code == 303
    assert change(ada, DAN, "add", "dispatch_lead", PARTNER).status_code == 404
    assert change(ada, TARA, "add", "dispatcher", PARTNER).status_code == 404
    assert roles_of(house, TARA) == {(GUESTS, "traveler"), (GUESTS, "dispatcher")}


def test_a_role_of_somebody_elses_person_is_taken_by_whose_it_is(house: House) -> None:
    grant_branch(house)
    boss = another(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    page = boss.get(f"/admin/users/{user(house, DAN)['id']}/roles").text
    assert "Dispatch lead" in page
    assert PARTNER not in page, "what they do elsewhere is not told here"
    assert change(boss, DAN, "add", "finance_controller", PARTNER).status_code == 404
    assert change(boss, DAN, "remove", "dispatch_lead", BRANCH).status_code == 303
    assert roles_of(house, DAN) == {(PARTNER, "dispatcher")}


@pytest.mark.parametrize(
    ("who", "wanted", "words"),
    [
        ("pam", (DAN, "add", "dispatcher", PARTNER), "already"),
        ("pam", (DAN, "remove", "dispatch_lead", PARTNER), "any more"),
        ("pam", (DAN, "add", "traveler", PARTNER), "that kind of organisation"),
        ("pam", (DAN, "add", "super_admin", PARTNER), "that kind of organisation"),
        ("ada", (TARA, "add", "hq_admin", GUESTS), "that kind of organisation"),
        ("ada", ("sol@hq.example", "remove", "super_admin", HQ), "not yours"),
        ("ada", ("sol@hq.example", "add", "hq_admin", HQ), "not yours"),
        ("pam", (DAN, "add", "king", PARTNER), "from the list"),
        ("pam", (DAN, "swap", "dispatcher", PARTNER), ""),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    house: House, who: str, wanted: tuple[str, str, str, str], words: str
) -> None:
    email, verb, role, place = wanted
    for name in ("dan", "tara", "sol"):
        house.person(name)
    visitor = admin(house, who)
    before = roles_of(house, email)
    answer = change(visitor, email, verb, role, place)
    assert answer.status_code == 422
    assert words in answer.text
    assert roles_of(house, email) == before
    assert requests(house) == []


def test_nobody_changes_their_own_roles(house: House) -> None:
    pam = admin(house, "pam")
    for verb, role in (("add", "finance_controller"), ("remove", "partner_admin")):
        assert change(pam, PAM, verb, role, PARTNER).status_code == 403
    mine = user(house, PAM)["id"]
    for path in ("departure", "home"):
        answer = pam.post(f"/admin/users/{mine}/{path}", organisation=organisation(house, PARTNER))
        assert answer.status_code in {403, 404}
    assert roles_of(house, PAM) == {(PARTNER, "partner_admin")}


@pytest.mark.parametrize("name", ["tara", "piet", "dan", "stan"])
def test_who_administers_no_roles_changes_none(house: House, name: str) -> None:
    house.user("mia@partner.example", PARTNER, Role.DISPATCHER)
    visitor = admin(house, name)
    answer = change(visitor, "mia@partner.example", "add", "dispatch_lead", PARTNER)
    assert answer.status_code in {403, 404}
    assert roles_of(house, "mia@partner.example") == {(PARTNER, "dispatcher")}


def test_a_role_lost_a_second_ago_changes_nothing(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    take_role(house, "pam")
    assert change(pam, DAN, "add", "dispatch_lead", PARTNER).status_code == 403
    assert pam.get(INDEX).status_code == 403


def test_a_stale_proof_asks_again_and_loses_nothing(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    house.clock.advance(timedelta(minutes=6))
    step_up = lands_on(change(pam, DAN, "add", "dispatch_lead", PARTNER))
    pam.prove(path=f"{step_up}/totp")
    page = pam.get(step_up).text
    assert "Dispatch lead" in page
    assert 'value="dispatch_lead"' in page
    assert change(pam, DAN, "add", "dispatch_lead", PARTNER).status_code == 303


def test_the_lists_change_in_place(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    change(pam, DAN, "add", "partner_admin", PARTNER)
    path = f"{INDEX}/{requests(house)[0]['id']}"
    paul.get(INDEX)
    asked = paul.post(f"{path}/approval", htmx=True)
    assert asked.status_code == 403
    assert lands_on(asked).startswith("/step-ups/")
    answer = paul.post(f"{path}/rejection", htmx=True)
    assert answer.status_code == 200
    assert 'id="memberships"' in answer.text
    assert "<html" not in answer.text
    assert "Rejected" in answer.text
    refused = paul.post(f"{path}/rejection", htmx=True)
    assert refused.status_code == 422
    assert "decided already" in refused.text


def test_long_lists_come_in_pages(house: House) -> None:
    pam = admin(house, "pam")
    for number in range(27):
        house.clock.advance(seconds=1)
        invite(pam, PARTNER, f"person{number:02}@new.example", "dispatcher")
        house.user(f"boss{number:02}@partner.example", PARTNER, Role.DISPATCHER)
        change(pam, f"boss{number:02}@partner.example", "add", "partner_admin", PARTNER)
    first = pam.get(INDEX).text
    assert "person26@" in first
    assert "person01@" not in first
    for name, email in (("sent", "person01@"), ("waiting", "boss01@")):
        start = first.index(f"?{name}=")
        older = pam.get(INDEX + first[start : first.index('"', start)])
        assert email in older.text
    assert pam.get(f"{INDEX}?sent=nonsense&waiting=%00").status_code == 200


def test_the_page_of_memberships_keeps_its_budget(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    for number in range(5):
        invite(pam, PARTNER, f"person{number}@new.example", "dispatcher")
    change(pam, DAN, "add", "partner_admin", PARTNER)
    with Work(house) as work:
        assert pam.get(INDEX).status_code == 200
    assert len(work.statements) <= 4, work.statements
    assert work.commits == 0


def test_names_are_shown_as_text(house: House) -> None:
    pam = admin(house, "pam")
    answer = invite(pam, PARTNER, "nina@new.example", "dispatcher", name="<b>Nina</b>")
    assert answer.status_code == 303
    page = pam.get(f"/admin/users/{user(house, 'nina@new.example')['id']}/roles").text
    assert "<b>Nina" not in page
    assert "&lt;b&gt;Nina" in page
