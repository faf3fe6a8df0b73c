"""The list of users: whose it is, who is in it, and in which order."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.edge import Edge
from portal.flows import hosts
from portal.rules.terms import AccountState, Role
from portal.store.tables import memberships
from portal.store.tables import users as users_table
from tests.support.crowd import (
    MEMBERS,
    OTHER,
    add_many,
    admin,
    id_of,
    populate,
    staff,
    user_row,
)
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House
from tests.support.user_lists import LINE, NEXT, PREVIOUS, linked, listed, searchable
from tests.support.web import Work, signed_in


def set_user(house: House, email: str, **values: object) -> None:
    def change(edge: Edge) -> None:
        edge.db.execute(update(users_table).where(users_table.c.email == email).values(**values))

    house.run(change)


def test_an_administrator_sees_the_people_of_their_own_organisation(house: House) -> None:
    populate(house)
    pam = admin(house, PARTNER)
    assert listed(pam) == ["pam@partner.example", "pia@partner.example"]
    text = pam.get("/admin/users").text
    assert "Partner admin" in text
    assert "Authenticator app" in text
    assert "Two factors" in text
    assert "One factor" in text


def test_those_below_are_a_choice_and_nobody_else_is(house: House) -> None:
    populate(house)
    pam, ada = admin(house, PARTNER), admin(house, HQ)
    branch = id_of(house, BRANCH)
    assert listed(pam, f"?organisation={branch}") == [MEMBERS[BRANCH]]
    for name in (GUESTS, PARTNER, BRANCH, OTHER):
        assert MEMBERS[name] in listed(ada, f"?organisation={id_of(house, name)}")
    assert set(MEMBERS.values()) < set(listed(ada, "?organisation=all"))


@pytest.mark.parametrize("name", [HQ, GUESTS, OTHER, "all", "nobody"])
def test_another_tenants_list_is_not_found(house: House, name: str) -> None:
    populate(house)
    pam = admin(house, PARTNER)
    known = {HQ, GUESTS, OTHER}
    organisation = id_of(house, name) if name in known else name
    for htmx in (False, True):
        for path in ("/admin/users", "/admin/users.csv"):
            answer = pam.get(f"{path}?organisation={organisation}", htmx=htmx)
            assert answer.status_code == 404
            assert "@" not in re.sub("pam@partner.example|help@portal.example", "", answer.text)


def test_a_branch_does_not_see_its_parent(house: House) -> None:
    populate(house)
    ben = admin(house, BRANCH)
    assert listed(ben) == ["bea@branch.example", "ben@branch.example"]
    assert ben.get(f"/admin/users?organisation={id_of(house, PARTNER)}").status_code == 404


def test_each_filter_shows_whom_it_names(house: House) -> None:
    populate(house)
    ada = admin(house, HQ)
    now = house.clock()
    for letter in "lrid":
        house.user(f"{letter}@hq.example", HQ)
    set_user(house, "l@hq.example", locked_until=now + timedelta(hours=1))
    set_user(house, "hans@hq.example", locked_until=now - timedelta(seconds=1))
    set_user(house, "r@hq.example", reset_id=user_row(house, "r@hq.example")["id"])
    set_user(house, "i@hq.example", state="invited")
    house.run(hosts.set_state, "d@hq.example", AccountState.DISABLED)
    assert listed(ada, "?state=locked") == ["l@hq.example"]
    assert listed(ada, "?state=reset") == ["r@hq.example"]
    assert listed(ada, "?state=invited") == ["i@hq.example"]
    assert listed(ada, "?state=disabled") == ["d@hq.example"]
    assert listed(ada, "?state=two_factors") == ["ada@hq.example"]
    assert "ada@hq.example" not in listed(ada, "?state=none")
    assert len(listed(ada, "?state=none")) == 5
    assert len(listed(ada, "?state=nonsense")) == 6


def test_states_are_told_in_words(house: House) -> None:
    ada = admin(house, HQ)
    house.user("zed@hq.example", HQ)
    now = house.clock()
    set_user(house, "zed@hq.example", locked_until=now + timedelta(minutes=5), reset_at=now)
    set_user(house, "zed@hq.example", password_due_at=now, state="disabled")
    text = ada.get("/admin/users?state=disabled").text
    for words in ("Disabled", "Locked until 2 Nov", "Must enrol after a reset", "new password"):
        assert words in text


@pytest.mark.parametrize(("state", "marked"), [("invited", True), ("disabled", False)])
def test_a_withdrawn_invitation_is_one_of_the_invited(
    house: House, state: str, marked: bool
) -> None:
    """The release before disables somebody and leaves the mark: disabled they are."""
    ada = admin(house, HQ)
    add_many(house, HQ, ["Zed"])
    set_user(house, "person0000@crowd.example", state=state, withdrawn_at=house.clock())
    page = f"/admin/users/{user_row(house, 'person0000@crowd.example')['id']}"
    for path in (f"/admin/users?state={state}", page, f"{page}/roles"):
        assert ("Invitation withdrawn" in ada.get(path).text) is marked
        assert marked or "Disabled" in ada.get(path).text


@pytest.mark.parametrize(
    "query", ["", "?sort=-name", "?sort=signed_in", "?sort=-signed_in", "?sort=strongest"]
)
def test_pages_go_through_everybody_once_and_back(house: House, query: str) -> None:
    ada = admin(house, HQ)
    add_many(house, HQ, [f"Person {number % 40:02d}" for number in range(120)])
    seen: list[list[str]] = []
    address: str | None = f"/admin/users{query}"
    while address:
        page = ada.get(address, htmx=len(seen) == 1).text
        seen.append(LINE.findall(page))
        address = linked(NEXT, page)
    assert [len(lines) for lines in seen] == [50, 50, 21]
    assert len({email for lines in seen for email in lines}) == 121
    back = [seen[-1]]
    while address := linked(PREVIOUS, page):
        page = ada.get(address).text
        back.append(LINE.findall(page))
    assert back == seen[::-1]


def test_names_are_sorted_without_case_and_signed_in_latest_first(house: House) -> None:
    ada = admin(house, HQ)
    add_many(house, HQ, ["zoe Late", "Anna First", "anna second"])
    assert listed(ada) == [
        "ada@hq.example",
        "person0001@crowd.example",
        "person0002@crowd.example",
        "person0000@crowd.example",
    ]
    assert listed(ada, "?sort=signed_in")[0] == "ada@hq.example"
    assert listed(ada, "?sort=-signed_in")[-1] == "ada@hq.example"


@pytest.mark.parametrize(
    "key",
    [
        "x",
        "W10",
        "bnVsbA",
        "WyJhIiwxXQ",
        "WzFlNDAwLCIwIl0",
        # ["a\u0000", id] and [99999999999999999999, id]
        "WyJhXHUwMDAwIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAxIl0",
        "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LCIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDEiXQ",
        "WyJcdWQ4MDAiLCIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDEiXQ",
        "[" * 5000,
    ],
)
def test_a_key_that_is_none_begins_at_the_beginning(house: House, key: str) -> None:
    ada = admin(house, HQ)
    for sort in ("name", "signed_in", "strongest"):
        for way in ("after", "before"):
            assert listed(ada, f"?sort={sort}&{way}={key}") == ["ada@hq.example"]


def test_a_fragment_is_the_list_alone(house: House) -> None:
    ada = admin(house, HQ)
    part = ada.get("/admin/users?state=none", htmx=True)
    assert "<html" not in part.text
    assert 'id="users"' in part.text
    assert 'id="filters"' not in part.text
    whole = ada.get("/admin/users?state=none").text
    assert 'hx-push-url="true"' in whole
    assert '<form class="toolbar" id="filters" method="get" action="/admin/users"' in whole


def test_a_row_offers_a_reset_where_one_makes_sense(house: House) -> None:
    populate(house)
    ada = admin(house, HQ)
    admin(house, PARTNER)
    staff(house, "tom@guests.example", GUESTS, Role.TRAVELER)
    tom = user_row(house, "tom@guests.example")["id"]
    offered = re.compile(r'href="/admin/users/([^"/]+)/resets/new"')
    guests = f"/admin/users?organisation={id_of(house, GUESTS)}"
    # The other guests hold no second factor; a list of everybody holds other tenants too.
    assert offered.findall(ada.get(guests).text) == [tom]
    for elsewhere in ("/admin/users", f"/admin/users?organisation={id_of(house, PARTNER)}"):
        assert offered.findall(ada.get(elsewhere).text) == []
    assert offered.findall(ada.get("/admin/users?organisation=all").text) == []
    panel = ada.get(f"/admin/users/{tom}/resets/new", htmx=True).text
    assert "<html" not in panel
    assert f'action="/admin/users/{tom}/resets"' in panel
    assert "autofocus" in panel
    assert "autofocus" not in ada.get(f"/admin/users/{tom}/resets/new").text


def test_a_list_takes_four_statements_at_most(house: House) -> None:
    ada = searchable(house)
    for query in ("", "?organisation=all&sort=signed_in", "?search=xyzzy", "?search=aaron"):
        with Work(house) as work:
            listed(ada, query)
        assert len(work.statements) <= 4, (query, work.statements)
        assert work.commits == 0


def test_a_role_that_was_lost_shows_nothing_any_more(house: House) -> None:
    ada = admin(house, HQ)

    def demote(edge: Edge) -> None:
        edge.db.execute(update(memberships).values(role=str(Role.TRAVELER)))

    house.run(demote)
    for htmx in (False, True):
        assert ada.get("/admin/users", htmx=htmx).status_code == 403
        assert ada.get("/admin/users.csv", htmx=htmx).status_code == 403


def test_travelers_dispatchers_and_controllers_have_no_list(house: House) -> None:
    for name in ("tara", "dan", "piet"):
        visitor = signed_in(house, name)
        for path in ("/admin/users", "/admin/users.csv"):
            assert visitor.get(path).status_code == 403
            assert visitor.get(path, htmx=True).status_code == 403


def test_the_service_desk_sees_everybody(house: House) -> None:
    populate(house)
    stan = staff(house, "stan@hq.example", HQ, Role.SERVICE_DESK)
    assert set(MEMBERS.values()) < set(listed(stan, "?organisation=all"))
