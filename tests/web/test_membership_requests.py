"""The second person: what administers others is given and taken by two."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.edge import Edge
from portal.flows import hosts
from portal.flows import memberships as giving
from portal.rules.terms import AccountState, Role
from portal.store import memberships, organisations
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House, Visitor
from tests.support.memberships import (
    ID,
    INDEX,
    admin,
    another,
    approve,
    change,
    grant,
    granted,
    invite,
    organisation,
    requests,
    roles_of,
    subjects,
    take_role,
    user,
)
from tests.support.web import email_of, lands_on, signed_in

DAN, PAM, TARA = "dan@partner.example", "pam@partner.example", "tara@guests.example"
KIM = "kim@branch.example"
PARTNERS = {Role.DISPATCHER, Role.DISPATCH_LEAD, Role.FINANCE_CONTROLLER, Role.PARTNER_ADMIN}
NOBODY = (Role.TRAVELER, Role.DISPATCHER, Role.DISPATCH_LEAD, Role.FINANCE_CONTROLLER)


def test_a_role_that_administers_waits_for_a_second_person(house: House) -> None:
    dan = signed_in(house, "dan")
    pam = admin(house, "pam")
    second = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    answer = change(pam, DAN, "add", "partner_admin", PARTNER)
    assert "second person" in pam.follow(answer).text
    assert roles_of(house, DAN) == {(PARTNER, "dispatcher")}
    (request,) = requests(house)
    step_up = lands_on(second.post(f"{INDEX}/{request['id']}/approval"))
    page = second.get(step_up).text
    for words in ("Dan, dan@partner.example", "Partner admin", PARTNER, "Pam", "Give the role"):
        assert words in page
    assert dan.get(INDEX).status_code == 403
    second.get(INDEX)
    assert lands_on(approve(second, request["id"])) == INDEX
    assert (PARTNER, "partner_admin") in roles_of(house, DAN)
    assert dan.get(INDEX).status_code == 200
    assert f"A role at {PARTNER} waits for approval" in subjects(house, "paul@partner.example")
    assert "A second person approved it" in subjects(house, PAM)
    again = second.post(f"{INDEX}/{request['id']}/approval")
    assert again.status_code == 422
    assert "decided already" in again.text


def test_taking_a_role_that_administers_takes_two_as_well(house: House) -> None:
    pam = admin(house, "pam")
    second = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    third = another(house, "petra@partner.example", PARTNER, Role.PARTNER_ADMIN)
    change(pam, "petra@partner.example", "remove", "partner_admin", PARTNER)
    assert third.get(INDEX).status_code == 200, "nothing is taken before"
    second.get(INDEX)
    assert lands_on(approve(second, requests(house)[0]["id"])) == INDEX
    assert third.get(INDEX).status_code == 403
    assert roles_of(house, "petra@partner.example") == set()


def test_who_asked_and_whom_it_is_about_are_no_second_person(house: House) -> None:
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    change(pam, "paul@partner.example", "remove", "partner_admin", PARTNER)
    (request,) = requests(house)
    for visitor in (pam, paul):
        page = visitor.get(INDEX).text
        assert f"{request['id']}/approval" not in page
        assert visitor.post(f"{INDEX}/{request['id']}/approval").status_code == 403
    assert paul.post(f"{INDEX}/{request['id']}/rejection").status_code == 422
    assert requests(house)[0]["state"] == "waiting"
    assert "Nobody else here may approve this" in pam.get(INDEX).text
    assert pam.post(f"{INDEX}/{request['id']}/withdrawal").status_code == 303
    assert requests(house)[0]["state"] == "withdrawn"


def test_only_who_asked_withdraws(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    change(pam, DAN, "add", "partner_admin", PARTNER)
    (request,) = requests(house)
    paul.get(INDEX)
    assert paul.post(f"{INDEX}/{request['id']}/withdrawal").status_code == 422
    assert paul.post(f"{INDEX}/{request['id']}/rejection").status_code == 303
    assert requests(house)[0]["state"] == "rejected"
    assert pam.post(f"{INDEX}/{request['id']}/withdrawal").status_code == 422
    assert roles_of(house, DAN) == {(PARTNER, "dispatcher")}


def test_another_tenants_request_is_not_there(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    change(pam, DAN, "add", "partner_admin", PARTNER)
    (request,) = requests(house)
    bea = another(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    assert DAN not in bea.get(INDEX).text
    for verb in ("approval", "rejection", "withdrawal"):
        for htmx in (False, True):
            theirs = bea.post(f"{INDEX}/{request['id']}/{verb}", htmx=htmx)
            nothing = bea.post(f"{INDEX}/{ID}/{verb}", htmx=htmx)
            assert theirs.status_code == nothing.status_code == 404
    assert requests(house)[0]["state"] == "waiting"


def test_a_request_is_over_after_a_week(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    change(pam, DAN, "add", "partner_admin", PARTNER)
    (request,) = requests(house)
    house.clock.advance(timedelta(days=7))
    paul = _again(house, paul)
    assert DAN not in paul.get(INDEX).text
    answer = paul.post(f"{INDEX}/{request['id']}/approval")
    assert answer.status_code == 422
    assert "in time" in answer.text
    assert (PARTNER, "partner_admin") not in roles_of(house, DAN)


def _again(house: House, known: Visitor) -> Visitor:
    visitor = house.visitor()
    visitor.app = known.app
    visitor.sign_in("paul@partner.example")
    visitor.get(INDEX)
    return visitor


def test_the_same_request_is_made_once(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    change(pam, DAN, "add", "partner_admin", PARTNER)
    again = change(pam, DAN, "add", "partner_admin", PARTNER)
    assert again.status_code == 422
    assert "waits for a second person already" in again.text
    assert len(requests(house)) == 1


def test_an_approval_is_bound_to_what_was_shown(house: House) -> None:
    """The person got another role between the proof and the click."""
    house.person("dan")
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    change(pam, DAN, "add", "partner_admin", PARTNER)
    path = f"{INDEX}/{requests(house)[0]['id']}/approval"
    paul.get(INDEX)
    step_up = lands_on(paul.post(path))
    paul.prove(path=f"{step_up}/totp")
    grant(house, "dan", PARTNER, Role.FINANCE_CONTROLLER)
    paul.get(step_up)
    other = lands_on(paul.post(path))
    assert other.startswith("/step-ups/")
    assert other != step_up
    assert (PARTNER, "partner_admin") not in roles_of(house, DAN)


def test_a_grant_opens_one_request_and_no_other(house: House) -> None:
    house.person("dan")
    house.person("piet")
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    for name in (DAN, email_of("piet")):
        change(pam, name, "add", "partner_admin", PARTNER)
    first, second = requests(house)
    paul.get(INDEX)
    step_up = lands_on(paul.post(f"{INDEX}/{first['id']}/approval"))
    paul.prove(path=f"{step_up}/totp")
    paul.get(step_up)
    other = paul.post(f"{INDEX}/{second['id']}/approval")
    assert lands_on(other).startswith("/step-ups/")
    assert [row["state"] for row in requests(house)] == ["waiting", "waiting"]


def test_a_demoted_approver_approves_nothing(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    change(pam, DAN, "add", "partner_admin", PARTNER)
    path = f"{INDEX}/{requests(house)[0]['id']}/approval"
    paul.get(INDEX)
    step_up = lands_on(paul.post(path))
    paul.prove(path=f"{step_up}/totp")
    paul.get(step_up)
    partner = organisation(house, PARTNER)
    house.run(
        memberships.remove, user(house, "paul@partner.example")["id"], partner, Role.PARTNER_ADMIN
    )
    assert paul.post(path).status_code == 403
    assert requests(house)[0]["state"] == "waiting"


@pytest.mark.parametrize("how", ["demoted", "disabled"])
def test_who_asked_must_still_be_entitled(house: House, how: str) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    change(pam, DAN, "add", "partner_admin", PARTNER)
    if how == "demoted":
        take_role(house, "pam")
    else:
        house.run(hosts.set_state, PAM, AccountState.DISABLED)
    paul.get(INDEX)
    answer = paul.post(f"{INDEX}/{requests(house)[0]['id']}/approval")
    assert answer.status_code == 422
    assert "no longer" in answer.text
    assert (PARTNER, "partner_admin") not in roles_of(house, DAN)


def test_a_disabled_person_is_made_nothing(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    change(pam, DAN, "add", "partner_admin", PARTNER)
    house.run(hosts.set_state, DAN, AccountState.DISABLED)
    assert change(pam, DAN, "add", "dispatch_lead", PARTNER).status_code == 422
    paul.get(INDEX)
    answer = paul.post(f"{INDEX}/{requests(house)[0]['id']}/approval")
    assert answer.status_code == 422
    assert "Enable it first" in answer.text


def test_a_role_that_waits_for_consent_is_not_approved_by_anybody(house: House) -> None:
    house.person("tara")
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    invite(pam, PARTNER, TARA, "dispatcher")
    (request,) = requests(house)
    paul.get(INDEX)
    for verb in ("approval", "rejection"):
        assert paul.post(f"{INDEX}/{request['id']}/{verb}").status_code == 404
    assert roles_of(house, TARA) == {(GUESTS, "traveler")}


def test_the_last_super_admin_stays(house: House) -> None:
    """Who asks and who approves are two more, so no page leads there; the rule holds anyway."""
    sol = house.person("sol")
    sam = house.user("sam@hq.example", HQ, Role.SUPER_ADMIN)

    def why(edge: Edge) -> str | None:
        about = giving.person(edge, sol.id)
        hq = organisations.by_name(edge, HQ)
        assert about is not None
        assert hq is not None
        return giving.missing(edge, about, hq, Role.SUPER_ADMIN)

    assert house.run(why) is None
    house.run(hosts.set_state, sam.email, AccountState.DISABLED)
    assert house.run(why) == "membership_last_super_admin"


def test_an_approval_by_grant_is_spent(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    change(pam, DAN, "add", "partner_admin", PARTNER)
    paul.get(INDEX)
    path = f"{INDEX}/{requests(house)[0]['id']}/approval"
    assert lands_on(granted(paul, path)) == INDEX
    partner = organisation(house, PARTNER)
    house.run(memberships.remove, user(house, DAN)["id"], partner, Role.PARTNER_ADMIN)
    change(pam, DAN, "add", "partner_admin", PARTNER)
    second = f"{INDEX}/{requests(house)[1]['id']}/approval"
    assert lands_on(paul.post(second)).startswith("/step-ups/")
