"""Resets over the API: machines ask in the name of a person, and people decide."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.flows import hosts, resets
from portal.rules.terms import AccountState, Role
from portal.store.users import User
from tests.support.api import UNKNOWN, Machine, machine
from tests.support.house import BRANCH, House
from tests.support.machines import is_problem
from tests.support.resets import (
    approve,
    audited,
    held,
    newcomer,
    second_super_admin,
    somebody,
    state_of,
    subjects,
)
from tests.support.web import dump, lands_on, rows


def asked(user_id: str) -> dict[str, Any]:
    return {"user_id": user_id, "reason": "A lost phone", "verification": "manager"}


def program_of(house: House, person: User) -> Machine:
    return machine(house, "resets:read", "resets:request", made_by=person.id)


def test_a_machine_asks_and_another_person_approves(house: House) -> None:
    piet, pam, sol = somebody(house, "piet"), house.person("pam"), second_super_admin(house)
    program = program_of(house, pam)
    answer = program.post("resets", asked(piet.id))
    assert answer.status_code == 201, answer.text
    made = answer.get_json()
    assert made["state"] == "waiting"
    assert made["requested_by"] == pam.id
    assert made["by_this_token"]
    assert answer.headers["Location"].endswith(f"/resets/{made['id']}")
    assert program.get(f"resets/{made['id']}") == made
    assert program.get("resets")["resets"] == [made]
    assert held(house, piet.id) == ["password", "totp"]
    (event,) = audited(house, "reset.requested", piet.id)
    assert event["actor_id"] is None
    assert event["detail"]["requested_by"] == pam.id
    assert event["detail"]["api_token"] == rows(house, "api_tokens")[0]["id"]
    assert subjects(house, piet.email)
    assert subjects(house, pam.email)
    assert subjects(house, sol.email)
    shown = sol.visitor.get(f"/admin/resets/{made['id']}").text
    assert "Pam, through a machine" in shown
    assert lands_on(approve(sol.visitor, made["id"]))
    assert state_of(house, made["id"]) == "approved"
    assert program.get("resets", state="approved")["resets"][0]["id"] == made["id"]
    assert program.get("resets")["resets"] == []


def test_the_person_behind_the_token_is_not_the_second_person(house: House) -> None:
    tara, sol = somebody(house, "tara"), somebody(house, "sol")
    program = machine(house, "resets:request", organisation="Test HQ", made_by=sol.id)
    guests = tara_home(house)
    answer = program.post(f"/api/v1/organisations/{guests}/resets", asked(tara.id))
    made = answer.get_json()
    assert answer.status_code == 201, made
    refused = sol.visitor.post(f"/admin/resets/{made['id']}/approval", note="")
    assert refused.status_code == 403
    assert state_of(house, made["id"]) == "waiting"


def tara_home(house: House) -> str:
    return next(row["id"] for row in rows(house, "organisations") if row["name"] == "Guests")


def test_a_token_that_no_person_made_asks_for_nothing(house: House) -> None:
    piet = somebody(house, "piet")
    program = machine(house, "resets:request")
    problem = is_problem(program.post("resets", asked(piet.id)), 403)
    assert problem["reason"] == "nobody_answers"
    assert rows(house, "reset_requests") == []


def test_who_lost_the_role_a_second_ago_lends_it_to_no_machine(house: House) -> None:
    piet, pam = somebody(house, "piet"), house.person("pam")
    program = program_of(house, pam)
    made = program.post("resets", asked(piet.id)).get_json()
    house.run(hosts.set_state, pam.email, AccountState.DISABLED)
    ola = newcomer(house, "ola@partner.example", "Test Cars", Role.DISPATCHER)
    problem = is_problem(program.post("resets", asked(ola.id)), 403)
    assert problem["reason"] == "requester"
    # What waits already is closed when somebody would approve it.
    sol = second_super_admin(house)
    sol.visitor.post(f"/admin/resets/{made['id']}/approval", note="")
    assert state_of(house, made["id"]) == "rejected"
    assert held(house, piet.id) == ["password", "totp"]


def test_a_dispatchers_token_asks_for_nothing(house: House) -> None:
    piet = somebody(house, "piet")
    program = program_of(house, house.person("dan"))
    assert is_problem(program.post("resets", asked(piet.id)), 403)["reason"] == "requester"


def test_nobody_elses_people_can_be_asked_for(house: House) -> None:
    others = [
        somebody(house, "tara").id,
        newcomer(house, "kim@branch.example", BRANCH, Role.DISPATCHER).id,
    ]
    program = program_of(house, house.person("pam"))
    before = dump(house)["reset_requests"]
    unknown = is_problem(program.post("resets", asked(UNKNOWN)), 404)
    for other in others:
        problem = is_problem(program.post("resets", asked(other)), 404)
        assert {**problem, "request_id": ""} == {**unknown, "request_id": ""}
    assert dump(house)["reset_requests"] == before == []


def test_who_cannot_be_reset_is_said_to_whoever_may_ask(house: House) -> None:
    piet, ada = somebody(house, "piet"), newcomer(
        house, "ann@partner.example", "Test Cars", Role.PARTNER_ADMIN
    )  # fmt: skip
    dan = house.person("dan")
    program = program_of(house, house.person("pam"))
    wanted = {"administrator": ada.id, "reset_of_nothing": dan.id}
    for reason, user_id in wanted.items():
        assert is_problem(program.post("resets", asked(user_id)), 409)["reason"] == reason
    assert program.post("resets", asked(piet.id)).status_code == 201
    again = is_problem(program.post("resets", asked(piet.id)), 409)
    assert again["reason"] == "reset_waits_already"
    house.run(hosts.set_state, dan.email, AccountState.DISABLED)
    assert is_problem(program.post("resets", asked(dan.id)), 409)["reason"] == "reset_not_active"
    assert len(rows(house, "reset_requests")) == 1


def test_a_token_takes_back_what_it_asked_for_and_nothing_else(house: House) -> None:
    piet, pam = somebody(house, "piet"), house.person("pam")
    program, other = program_of(house, pam), program_of(house, pam)
    made = program.post("resets", asked(piet.id)).get_json()
    path = f"resets/{made['id']}/withdrawal"
    assert is_problem(other.post(path, {}), 409)["reason"] == "not_own"
    guest = machine(house, "resets:request", organisation="Guests", made_by=pam.id)
    is_problem(guest.post(path, {}), 404)
    taken = program.post(path, {"note": "Found it"})
    assert taken.status_code == 200
    assert taken.get_json()["state"] == "withdrawn"
    assert taken.get_json()["note"] == "Found it"
    is_problem(program.post(path, {}), 409)
    is_problem(program.post(f"resets/{UNKNOWN}/withdrawal", {}), 404)
    (event,) = audited(house, "reset.withdrawn", piet.id)
    assert event["detail"]["api_token"]


def test_a_token_asks_for_no_more_in_a_day_than_a_list_of_a_persons_holds(house: House) -> None:
    piet, pam = somebody(house, "piet"), house.person("pam")
    program, other = program_of(house, pam), program_of(house, pam)
    for _ in range(resets.LIST_MAX):
        made = program.post("resets", asked(piet.id)).get_json()
        assert program.post(f"resets/{made['id']}/withdrawal", {}).status_code == 200
    refused = is_problem(program.post("resets", asked(piet.id)), 409)
    assert refused["reason"] == "resets_full"
    assert len(rows(house, "reset_requests")) == resets.LIST_MAX
    made = other.post("resets", asked(piet.id))
    assert made.status_code == 201
    other.post(f"resets/{made.get_json()['id']}/withdrawal", {})
    house.clock.advance(timedelta(days=1, seconds=1))
    assert program.post("resets", asked(piet.id)).status_code == 201


def test_a_machine_decides_nothing(house: House) -> None:
    piet = somebody(house, "piet")
    program = machine(house, made_by=house.person("pam").id)
    made = program.post("resets", asked(piet.id)).get_json()
    for path in ("approval", "rejection", "decision"):
        is_problem(program.post(f"resets/{made['id']}/{path}", {}), 404)
    answer = program.ask("POST", f"/admin/resets/{made['id']}/approval", {})
    assert answer.status_code in {302, 303, 401, 404}
    assert state_of(house, made["id"]) == "waiting"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"user_id": 5}, "user_id"),
        ({"user_id": "x"}, "user_id"),
        ({"reason": ""}, "reason"),
        ({"reason": "   "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "a\u0000b"}, "reason"),
        ({"reason": "\ud800"}, "reason"),
        ({"reason": None}, "reason"),
        ({"verification": "caller_code"}, "verification"),
        ({"verification": ["manager"]}, "verification"),
        ({"state": "approved"}, "state"),
        ({"requested_by": UNKNOWN}, "requested_by"),
    ],
)
def test_a_field_that_does_not_fit_is_named_and_not_repeated(
    house: House, change: dict[str, Any], field: str
) -> None:
    program = program_of(house, house.person("pam"))
    answer = program.post("resets", {**asked(house.person("piet").id), **change})
    assert is_problem(answer, 422)["errors"][0]["field"] == field
    assert "xxxx" not in answer.text
    assert rows(house, "reset_requests") == []
