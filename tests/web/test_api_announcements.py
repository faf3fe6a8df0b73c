"""Announcements over the API: what people are told, by whom, and how many it reached."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.flows.announcements import OWN_MAX
from tests.support.api import UNKNOWN, Machine, machine
from tests.support.house import HQ, House
from tests.support.machines import is_problem
from tests.support.web import rows
from tests.web.test_api_policy import WANTED, publish


def wanted(house: House, **more: Any) -> dict[str, Any]:
    until = (house.clock() + timedelta(days=3)).isoformat()
    return {"message": "The desk is closed on Monday", "ends_at": until, **more}


def program_of(house: House) -> Machine:
    return machine(house, "announcements:read", "announcements:write")


def test_an_announcement_is_written_read_and_taken_back(house: House) -> None:
    program = program_of(house)
    made = program.post("announcements", wanted(house))
    assert made.status_code == 201, made.text
    one = made.get_json()
    assert made.headers["Location"].endswith(f"/announcements/{one['id']}")
    assert program.get("announcements")["announcements"] == [one]
    shown = program.get(f"announcements/{one['id']}")
    assert {**one, "mailed": 0, "seen": 0, "dismissed": 0} == shown
    for _ in range(2):
        answer = program.post(f"announcements/{one['id']}/withdrawal", None)
        assert answer.status_code == 204
        assert answer.data == b""
    assert program.get(f"announcements/{one['id']}")["withdrawn_at"]
    (event,) = [row for row in rows(house, "audit_events") if "withdrawn" in row["event"]]
    assert event["detail"]["api_token"]
    assert event["actor_id"] is None


def test_announcements_are_paged_by_key(house: House) -> None:
    program = program_of(house)
    made = [
        program.post("announcements", wanted(house, message=f"No {number}")).get_json()["id"]
        for number in range(3)
    ]
    page = program.get("announcements", limit=2)
    rest = program.get("announcements", limit=2, cursor=page["next_cursor"])
    listed = [one["id"] for one in (*page["announcements"], *rest["announcements"])]
    assert listed == sorted(made, reverse=True)
    assert rest["next_cursor"] is None


def test_what_announces_a_policy_goes_with_it_alone(house: House) -> None:
    program = program_of(house)
    publish(house, "Test Cars", WANTED, days=10)
    (one,) = program.get("announcements")["announcements"]
    assert one["version"] == 1
    problem = is_problem(program.post(f"announcements/{one['id']}/withdrawal", None), 409)
    assert problem["reason"] == "announcement_of_policy"


def test_nobody_elses_announcement_is_there(house: House) -> None:
    above = machine(house, "announcements:read", "announcements:write", organisation=HQ)
    one = above.post("announcements", wanted(house)).get_json()["id"]
    program = program_of(house)
    assert program.get("announcements")["announcements"] == []
    for identity in (one, UNKNOWN):
        is_problem(program.ask("GET", f"announcements/{identity}"), 404)
        is_problem(program.post(f"announcements/{identity}/withdrawal", None), 404)
    assert rows(house, "announcements")[0]["withdrawn_at"] is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"message": ""}, "message"),
        ({"message": "x" * 2001}, "message"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "announcement_over"),
        ({"ends_at": "2199-01-01T00:00:00Z"}, "announcement_too_far"),
        ({"ends_at": "tomorrow"}, "ends_at"),
        ({"organisation_id": UNKNOWN}, "organisation_id"),
    ],
)
def test_what_does_not_fit_is_refused(house: House, change: dict[str, str], said: str) -> None:
    program = program_of(house)
    status = 409 if said.startswith("announcement_") else 422
    problem = is_problem(program.post("announcements", wanted(house, **change)), status)
    assert said in {problem.get("reason"), *(one["field"] for one in problem.get("errors", []))}
    assert rows(house, "announcements") == []


def test_nobody_is_flooded_not_even_by_what_is_taken_back_at_once(house: House) -> None:
    program, above = program_of(house), machine(house, "announcements:write", organisation=HQ)
    for number in range(OWN_MAX):
        made = program.post("announcements", wanted(house, message=f"No {number}"))
        assert made.status_code == 201
        if number % 2:
            program.post(f"announcements/{made.get_json()['id']}/withdrawal", None)
    problem = is_problem(program.post("announcements", wanted(house)), 409)
    assert problem["reason"] == "announcements_full"
    assert len(rows(house, "announcements")) == OWN_MAX
    # Another organisation's are counted by themselves; a day later half of these are free.
    assert above.post("announcements", wanted(house)).status_code == 201
    house.clock.advance(timedelta(days=1))
    codes = [program.post("announcements", wanted(house)).status_code for _ in range(11)]
    assert codes == [201] * 10 + [409]
