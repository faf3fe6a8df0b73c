"""What HQ does for organisations that it does not serve: approving, and a first administrator."""

from __future__ import annotations

import pytest

from portal.flows import hosts
from portal.rules.terms import AccountState, Role
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, PASSWORD, House, Visitor
from tests.support.memberships import (
    ID,
    INDEX,
    admin,
    another,
    approve,
    change,
    events,
    granted,
    invite,
    open_invitation,
    organisation,
    requests,
    roles_of,
    subjects,
    sue,
    take_role,
    user,
)
from tests.support.web import Work, lands_on, rows

DAN, NINA, BEA = "dan@partner.example", "nina@new.example", "bea@branch.example"
FIRST = (PARTNER, "partner_admin")


def asked_by_pam(house: House) -> str:
    """Pam, alone in her organisation, asks for Dan; the path of the request."""
    house.person("dan")
    change(admin(house, "pam"), DAN, "add", "partner_admin", PARTNER)
    return f"{INDEX}/{requests(house)[0]['id']}"


def latest_link(house: House) -> str:
    return [row for row in rows(house, "links") if row["kind"] == "invitation"][-1]["id"]


def test_hq_is_the_second_person_of_a_partner_with_one_administrator(house: House) -> None:
    sol = admin(house, "sol")
    path = asked_by_pam(house)
    page = sol.get(INDEX).text
    assert DAN in page
    assert f"{path}/approval" in page
    assert lands_on(granted(sol, f"{path}/approval")) == INDEX
    assert FIRST in roles_of(house, DAN), "their own administrator asked: at once"
    assert "A role at Test Cars waits for approval" in subjects(house, "sol@hq.example")


def test_a_partner_alone_reads_who_decides(house: House) -> None:
    pam = admin(house, "pam")
    house.person("dan")
    change(pam, DAN, "add", "partner_admin", PARTNER)
    assert "Nobody else here may approve this" in pam.get(INDEX).text, "nor is anybody at HQ"
    house.person("sol")
    page = pam.get(INDEX).text
    assert "a super-admin at HQ approves it" in page
    assert "Nobody else here may approve this" not in page


def test_hq_rejects_as_well(house: House) -> None:
    sol = admin(house, "sol")
    path = asked_by_pam(house)
    assert lands_on(sol.post(f"{path}/rejection")) == INDEX
    assert requests(house)[0]["state"] == "rejected"
    assert FIRST not in roles_of(house, DAN)


def test_hqs_mailboxes_are_left_alone_where_a_colleague_may_approve(house: House) -> None:
    house.person("sol")
    another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    asked_by_pam(house)
    words = "A role at Test Cars waits for approval"
    assert words in subjects(house, "paul@partner.example")
    assert words not in subjects(house, "sol@hq.example")


@pytest.mark.parametrize("htmx", [False, True])
def test_hqs_right_is_a_super_admins_who_still_is_one(house: House, htmx: bool) -> None:
    ada, sol = admin(house, "ada"), admin(house, "sol")
    path = asked_by_pam(house)
    page = ada.get(INDEX, htmx=htmx).text
    assert DAN in page
    assert f"{path}/approval" not in page
    for verb in ("approval", "rejection"):
        assert ada.post(f"{path}/{verb}", htmx=htmx).status_code == 403
    step_up = lands_on(sol.post(f"{path}/approval"))
    sol.prove(path=f"{step_up}/totp")
    sol.get(step_up)
    take_role(house, "sol")
    assert sol.post(f"{path}/approval", htmx=htmx).status_code in {403, 404}
    assert requests(house)[0]["state"] == "waiting"


def test_the_right_is_hqs_and_no_parents(house: House) -> None:
    """A partner's administrator looks at a branch, and approves nothing of an independent one."""
    pam = admin(house, "pam")
    bea = another(house, BEA, BRANCH, Role.PARTNER_ADMIN)
    house.user("kim@branch.example", BRANCH, Role.DISPATCHER)
    bea.get(INDEX)
    change(bea, "kim@branch.example", "add", "partner_admin", BRANCH)
    path = f"{INDEX}/{requests(house)[0]['id']}"
    assert "kim@branch.example" not in pam.get(INDEX).text
    for verb in ("approval", "rejection", "withdrawal"):
        assert pam.post(f"{path}/{verb}").status_code == 404
    assert pam.post(f"{INDEX}/{ID}/approval").status_code == 404


@pytest.mark.parametrize("name", ["sol", "ada"])
def test_what_does_not_exist_is_not_there_for_hq_either(house: House, name: str) -> None:
    visitor = admin(house, name)
    for verb in ("approval", "rejection", "withdrawal"):
        if name == "ada" and verb != "withdrawal":
            continue
        assert visitor.post(f"{INDEX}/{ID}/{verb}").status_code == 404


def test_hq_gives_a_new_partner_its_first_administrator(house: House) -> None:
    ada, sol = admin(house, "ada"), admin(house, "sol")
    page = ada.get(INDEX).text
    assert f'<option value="{organisation(house, PARTNER)}">' in page
    answer = invite(ada, PARTNER, NINA, "partner_admin")
    assert "second person" in ada.follow(answer).text
    assert subjects(house, NINA) == []
    assert roles_of(house, NINA) == set()
    (request,) = requests(house)
    assert ada.post(f"{INDEX}/{request['id']}/approval").status_code == 403
    assert lands_on(approve(sol, request["id"])) == INDEX
    assert NINA in ada.get(INDEX).text, "HQ's own invitation is in its list"
    guest = open_invitation(house, NINA)
    assert guest.post("/invitation", password=PASSWORD).status_code == 303
    assert roles_of(house, NINA) == {FIRST}
    assert lands_on(guest.get("/")) == "/login/enrol"
    guest.get("/login/enrol")
    assert guest.enrol_app().status_code == 303
    ada.get(INDEX)
    assert invite(ada, PARTNER, "other@new.example", "partner_admin").status_code == 404
    assert f'value="{organisation(house, PARTNER)}"' not in ada.get(INDEX).text


def test_who_asked_at_hq_is_not_the_second_person(house: House) -> None:
    sol, other = admin(house, "sol"), sue(house)
    invite(sol, PARTNER, NINA, "partner_admin")
    (request,) = requests(house)
    assert sol.post(f"{INDEX}/{request['id']}/approval").status_code == 403
    other.get(INDEX)
    assert lands_on(approve(other, request["id"])) == INDEX


@pytest.mark.parametrize("role", ["dispatcher", "finance_controller"])
def test_hq_gives_a_partner_no_other_role(house: House, role: str) -> None:
    ada = admin(house, "ada")
    answer = invite(ada, PARTNER, NINA, role)
    assert answer.status_code == 422
    assert "nobody but its first administrator" in answer.text
    assert [row for row in rows(house, "users") if row["email"] == NINA] == []


@pytest.mark.parametrize("place", [GUESTS, HQ])
def test_a_served_organisation_is_none_of_that(house: House, place: str) -> None:
    """Guests have no administrator and need none: HQ's own serve them, with every role."""
    sol = admin(house, "sol")
    page = sol.get(INDEX).text
    assert page.count(f'value="{organisation(house, place)}"') == 2, "the form and the file"


def test_a_partner_is_nobodys_but_hqs_to_begin(house: House) -> None:
    """The branch below has no administrator, and its parent's gives it none."""
    pam, stan = admin(house, "pam"), admin(house, "stan")
    assert invite(pam, BRANCH, NINA, "partner_admin").status_code == 404
    assert invite(stan, BRANCH, NINA, "partner_admin").status_code == 403
    assert organisation(house, BRANCH) not in pam.get(INDEX).text
    assert requests(house) == []


def test_what_hq_began_ends_when_the_partner_has_an_administrator(house: House) -> None:
    ada, sol = admin(house, "ada"), admin(house, "sol")
    invite(ada, PARTNER, NINA, "partner_admin")
    house.person("pam")
    answer = sol.post(f"{INDEX}/{requests(house)[0]['id']}/approval")
    assert answer.status_code == 422
    assert roles_of(house, NINA) == set()
    assert lands_on(ada.post(f"{INDEX}/{requests(house)[0]['id']}/withdrawal")) == INDEX
    assert requests(house)[0]["state"] == "withdrawn"


@pytest.mark.parametrize("how", ["role", "account"])
def test_what_hq_began_ends_with_who_began_it(house: House, how: str) -> None:
    ada, sol = admin(house, "ada"), admin(house, "sol")
    invite(ada, PARTNER, NINA, "partner_admin")
    if how == "role":
        take_role(house, "ada")
    else:
        house.run(hosts.set_state, "ada@hq.example", AccountState.DISABLED)
    answer = sol.post(f"{INDEX}/{requests(house)[0]['id']}/approval")
    assert answer.status_code == 422
    assert "no longer" in answer.text
    assert roles_of(house, NINA) == set()


def test_a_partners_own_person_agrees_to_what_hq_asks(house: House) -> None:
    """HQ answers for none of them: two at HQ offer the role, and Dan takes it."""
    house.person("dan")
    ada, sol = admin(house, "ada"), admin(house, "sol")
    invite(ada, PARTNER, DAN, "partner_admin")
    approve(sol, requests(house)[0]["id"])
    assert roles_of(house, DAN) == {(PARTNER, "dispatcher")}
    guest = open_invitation(house, DAN)
    assert lands_on(guest.post("/invitation")) == "/login"
    assert FIRST in roles_of(house, DAN)


def test_hq_changes_nobody_of_a_partner_for_all_that(house: House) -> None:
    house.person("dan")
    sol = admin(house, "sol")
    for verb, role in (("add", "partner_admin"), ("remove", "dispatcher")):
        assert change(sol, DAN, verb, role, PARTNER).status_code == 404
    mine = user(house, DAN)["id"]
    place = organisation(house, PARTNER)
    assert sol.post(f"/admin/users/{mine}/departure", organisation=place).status_code == 404
    assert roles_of(house, DAN) == {(PARTNER, "dispatcher")}


def test_hq_takes_its_invitation_back_and_touches_no_other(house: House) -> None:
    ada, sol = admin(house, "ada"), admin(house, "sol")
    pam = admin(house, "pam")
    invite(pam, PARTNER, "kit@new.example", "dispatcher")
    theirs = latest_link(house)
    house.run(hosts.set_state, "pam@partner.example", AccountState.DISABLED)
    invite(ada, PARTNER, NINA, "partner_admin")
    approve(sol, requests(house)[-1]["id"])
    guest = open_invitation(house, NINA)
    page = ada.get(INDEX).text
    assert NINA in page
    assert "kit@new.example" not in page
    for verb in ("withdrawal", "again"):
        assert ada.post(f"/admin/invitations/{theirs}/{verb}").status_code == 422
    assert open_invitation(house, "kit@new.example").get("/invitation").status_code == 200
    assert lands_on(ada.post(f"/admin/invitations/{latest_link(house)}/withdrawal")) == INDEX
    assert guest.post("/invitation", password=PASSWORD).status_code == 410
    assert roles_of(house, NINA) == set()
    assert len(events(house, "invitation.withdrawn")) == 1


def test_the_list_takes_four_statements_at_hq_too(house: House) -> None:
    sol = admin(house, "sol")
    asked_by_pam(house)
    invite(sol, BRANCH, NINA, "partner_admin")
    with Work(house) as work:
        assert sol.get(INDEX).status_code == 200
    assert len(work.statements) <= 4, work.statements


def test_a_role_elsewhere_brings_no_right_of_hqs(house: House) -> None:
    """Sol acts for a branch at the moment, whose administrator he is too."""
    sol = admin(house, "sol")
    path = asked_by_pam(house)
    house.run(hosts.grant, "sol@hq.example", BRANCH, Role.PARTNER_ADMIN)
    _act_for(sol, BRANCH)
    assert sol.post(f"{path}/approval").status_code == 404
    assert invite(sol, PARTNER, NINA, "partner_admin").status_code == 404
    assert requests(house)[0]["state"] == "waiting"


def _act_for(visitor: Visitor, place: str) -> None:
    answer = visitor.post("/acting-organisation", organisation=organisation(visitor.house, place))
    assert answer.status_code == 303, answer.status
