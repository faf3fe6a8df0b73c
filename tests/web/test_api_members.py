"""Members over the API: their MFA state, page by page, and nobody else's."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from portal.flows import hosts
from portal.rules.terms import AccountState, Role
from portal.store import member_lists
from portal.store.member_lists import Filter
from tests.support.api import UNKNOWN, machine
from tests.support.house import BRANCH, GUESTS, PARTNER, House
from tests.support.machines import is_problem
from tests.support.web import signed_in


def test_a_member_is_shown_with_what_they_can_prove(house: House) -> None:
    signed_in(house, "piet")
    dan = house.person("dan")
    program = machine(house, "members:read")
    listed = program.get("members")
    assert listed["next_cursor"] is None
    found = {one["email"]: one for one in listed["members"]}
    piet = found["piet@partner.example"]
    assert piet["enrolled"]
    assert piet["level"] == 2
    assert piet["factors"]["totp"] == 1
    assert not piet["phishing_resistant"]
    assert piet["roles"] == ["finance_controller"]
    assert piet["last_signed_in_at"].endswith("Z")
    assert not found[dan.email]["enrolled"]
    assert program.get(f"members/{piet['id']}") == piet
    assert not {"password", "security", "handle", "data"} & piet.keys()


def test_members_are_filtered_and_paged_by_key(house: House) -> None:
    people = [
        house.user(f"d{number}@partner.example", PARTNER, Role.DISPATCHER) for number in range(5)
    ]
    house.person("pam")
    house.run(hosts.set_state, people[3].email, AccountState.DISABLED)
    program = machine(house, "members:read")

    def ids(**query: Any) -> list[str]:
        found, cursor = [], None
        while True:
            page = program.get("members", **query, **({"cursor": cursor} if cursor else {}))
            assert len(page["members"]) <= int(query.get("limit", 50))
            found += [one["id"] for one in page["members"]]
            if (cursor := page["next_cursor"]) is None:
                return found

    dispatchers = sorted(one.id for one in people)
    assert ids(role="dispatcher", limit=2) == dispatchers
    assert ids(state="disabled") == [people[3].id]
    assert len(ids(limit=1)) == 6
    assert ids(enrolled="true") == []
    assert len(ids(enrolled="false", level="1")) == 6
    assert ids(level="3") == []


def test_a_page_may_be_empty_and_says_where_the_next_one_goes_on(house: House) -> None:
    for number in range(5):
        house.user(f"d{number}@partner.example", PARTNER, Role.DISPATCHER)
    last = house.person("pam")
    wanted = Filter(role="partner_admin")
    home = last.home_organisation_id
    found, pages, after = [], 0, None
    while True:
        rest = {"after": after, "size": 10, "looks_at": 2}
        page, after = house.run(member_lists.page, home, wanted, **rest)
        found += [one.id for one in page]
        pages += 1
        if after is None:
            break
    assert found == [last.id]
    assert pages == 4


def test_nobody_elses_members_are_there(house: House) -> None:
    others = [house.person("tara"), house.user("kim@branch.example", BRANCH, Role.DISPATCHER)]
    house.person("pam")
    program = machine(house, "members:read")
    assert [one["email"] for one in program.get("members")["members"]] == ["pam@partner.example"]
    unknown = is_problem(program.ask("GET", f"members/{UNKNOWN}"), 404)
    for other in others:
        problem = is_problem(program.ask("GET", f"members/{other.id}"), 404)
        assert {**problem, "request_id": ""} == {**unknown, "request_id": ""}


def test_a_parent_that_manages_sees_the_people_of_its_child(house: House) -> None:
    tara = house.person("tara")
    program = machine(house, "members:read", organisation="Test HQ")
    guests = next(
        one
        for one in program.get("/api/v1/organisations")["organisations"]
        if one["name"] == GUESTS
    )
    found = program.get(f"/api/v1/organisations/{guests['id']}/members")
    assert [one["id"] for one in found["members"]] == [tara.id]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=%00", "cursor"),
        ("state=gone", "state"),
        ("role=root", "role"),
        ("level=4", "level"),
        ("level=", "level"),
        ("enrolled=yes", "enrolled"),
        ("Limit=1", "Limit"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(house: House, query: str, field: str) -> None:
    program = machine(house, "members:read")
    problem = is_problem(program.ask("GET", f"members?{query}"), 422)
    assert problem["errors"][0]["field"] == field


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ids_are_ids_however_they_are_written(house: House) -> None:
    piet = house.person("piet")
    program = machine(house, "members:read")
    assert program.get(f"members/{piet.id.upper()}")["id"] == piet.id
    for text in (piet.id.replace("-", ""), f"{{{piet.id}}}", str(uuid.UUID(piet.id).int), "%00"):
        is_problem(program.ask("GET", f"members/{text}"), 404)
