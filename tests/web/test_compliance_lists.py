"""The column, filters and order of policy in the list of users, its file, and a user's page."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.flows import user_lists
from portal.rules.policy_values import Demand
from portal.rules.terms import Role
from tests.support.compliance import (
    DAY,
    TRAVELERS,
    due,
    publish,
    set_many,
    set_user,
    travelers,
    work,
)
from tests.support.crowd import admin, id_of, populate, user_row
from tests.support.house import GUESTS, HQ, House, Visitor
from tests.support.web import Work, lands_on

LINE = re.compile(r'<span class="quiet"><bdi>([^<]+)</bdi>')
POLICY = re.compile(r'data-label="Policy">(.*?)</td>', re.DOTALL)


def words(visitor: Visitor, query: str = "") -> dict[str, str]:
    """The column of policy, by address."""
    text = visitor.get(f"/admin/users{query}").text
    cells = [re.sub(r"<[^>]+>", "", cell).strip() for cell in POLICY.findall(text)]
    return dict(zip(LINE.findall(text), cells, strict=True))


@pytest.mark.parametrize("before", [True, False])
def test_the_list_says_stopped_at_the_very_second_at_which_the_session_stops(
    house: House, before: bool
) -> None:
    gina = populate(house)[GUESTS]
    ada = admin(house, HQ)
    publish(house, GUESTS, TRAVELERS, days=2)
    work(house)
    at = due(house, gina.email)
    assert at is not None
    house.clock.advance(at - house.clock() - timedelta(minutes=5))
    ada.sign_in("ada@hq.example")
    visitor = house.visitor()
    visitor.sign_in(gina.email)
    house.clock.advance(at - house.clock() - timedelta(microseconds=1 if before else 0))
    assert (lands_on(visitor.get("/")) == "/login/enrol") is not before
    guests = f"?organisation={id_of(house, GUESTS)}"
    shown = {
        state: list(words(ada, f"{guests}&state={state}")) for state in ("must_enrol", "stopped")
    }
    assert (gina.email in shown["must_enrol"]) is before
    assert (gina.email in shown["stopped"]) is not before


def test_each_filter_shows_whom_it_names_and_the_column_says_the_same(house: House) -> None:
    house.organise()
    for letter in "mnsefi":
        house.user(f"{letter}@guests.example")
    now = house.clock()
    set_user(house, "m@guests.example", enrol_by=now + 9 * DAY, enrol_order=_s(now + 9 * DAY))
    set_user(house, "n@guests.example", enrol_by=now + 2 * DAY, enrol_order=_s(now + 2 * DAY))
    set_user(house, "s@guests.example", enrol_by=now - 2 * DAY, enrol_order=_s(now - 2 * DAY))
    set_user(house, "e@guests.example", exempt_until=now + 3 * DAY)
    set_user(house, "i@guests.example", state="invited")
    ada = admin(house, HQ)
    guests = f"?organisation={id_of(house, GUESTS)}"
    assert words(ada, f"{guests}&state=must_enrol") == {
        "n@guests.example": "Must enrol by 4 November 2026",
        "m@guests.example": "Must enrol by 11 November 2026",
    }
    turned = words(ada, f"{guests}&state=must_enrol&sort=-enrol")
    assert list(turned) == ["m@guests.example", "n@guests.example"]
    assert words(ada, f"{guests}&state=stopped") == {
        "s@guests.example": "Stopped since 31 October 2026"
    }
    assert words(ada, f"{guests}&state=exempt") == {
        "e@guests.example": "Exempt until 5 November 2026"
    }
    assert words(ada, f"{guests}&state=fine") == {
        "f@guests.example": "Fine",
        "i@guests.example": "–",
    }
    by_date = list(words(ada, f"{guests}&sort=enrol"))
    assert by_date[:3] == ["s@guests.example", "n@guests.example", "m@guests.example"]
    house.clock.advance(3 * DAY)
    ada.sign_in("ada@hq.example")
    assert words(ada, f"{guests}&state=exempt") == {}
    assert "e@guests.example" in words(ada, f"{guests}&state=fine")
    assert "n@guests.example" in words(ada, f"{guests}&state=stopped")


def _s(at: datetime) -> int:
    return int(at.timestamp())


@pytest.mark.parametrize("state", ["must_enrol", "stopped", "fine", "exempt"])
@pytest.mark.parametrize("turned", ["", "-"])
def test_pages_go_through_everybody_of_a_filter_once_and_back(
    house: House, state: str, turned: str
) -> None:
    now = house.clock()
    emails = travelers(house, 2 * user_lists.PAGE + 8)
    values: dict[str, dict[str, object]] = {}
    for number, email in enumerate(emails):
        at = {"must_enrol": now + DAY, "stopped": now - 9 * DAY}.get(state)
        at = at + timedelta(seconds=number // 2) if at else None
        until = now + 9 * DAY if state == "exempt" else None
        order = _s(at) if at else 2**40
        values[email] = {
            "enrol_by": at,
            "enrol_order": order,
            "exempt_until": until,
            "sort_name": email,
        }
    set_many(house, values)
    house.user("other@guests.example")
    if state == "fine":
        set_user(house, "other@guests.example", exempt_until=now + DAY)
    sort = "name" if state == "exempt" else "enrol"
    ada = admin(house, HQ)
    path = f"/admin/users?organisation={id_of(house, GUESTS)}&state={state}&sort={turned}{sort}"
    seen: list[str] = []
    pages: list[list[str]] = []
    back = ""
    while path:
        text = ada.get(path).text
        pages.append(LINE.findall(text))
        seen += pages[-1]
        path = _linked(r'href="([^"]*after=[^"]*)"', text)
        back = _linked(r'href="([^"]*before=[^"]*)"', text)
    assert [len(page) for page in pages] == [user_lists.PAGE, user_lists.PAGE, 8]
    assert seen == (sorted(emails, reverse=True) if turned else emails)
    assert LINE.findall(ada.get(back).text) == pages[-2]


def _linked(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found.group(1).replace("&amp;", "&") if found else ""


def test_a_key_from_before_the_list_begins_at_its_beginning(house: House) -> None:
    ada = admin(house, HQ)
    now = house.clock()
    for email, at in (("m@guests.example", now + DAY), ("s@guests.example", now - 2 * DAY)):
        house.user(email)
        set_user(house, email, enrol_by=at, enrol_order=_s(at))
    house.user("fine@guests.example")
    guests = f"?organisation={id_of(house, GUESTS)}&state=must_enrol"
    identity = user_row(house, "m@guests.example")["id"]
    old = user_lists.written((_s(now - 3 * DAY), "a", identity))
    assert list(words(ada, f"{guests}&after={old}")) == ["m@guests.example"]
    far = user_lists.written((2**40, "zzz", identity))
    assert list(words(ada, f"{guests}&sort=-enrol&after={far}")) == ["m@guests.example"]


@pytest.mark.parametrize("search", ["p0", "p00", "guests"])
def test_a_search_within_a_filter_finds_only_its_people(house: House, search: str) -> None:
    house.organise()
    at = house.clock() + DAY
    for number in range(3):
        house.user(f"p00{number}@guests.example")
    set_user(house, "p001@guests.example", enrol_by=at, enrol_order=_s(at))
    ada = admin(house, HQ)
    guests = f"?organisation={id_of(house, GUESTS)}&search={search}"
    assert list(words(ada, f"{guests}&state=must_enrol")) == ["p001@guests.example"]
    assert list(words(ada, f"{guests}&state=fine")) == [
        "p000@guests.example",
        "p002@guests.example",
    ]


def test_a_list_by_date_takes_four_statements_at_most(house: House) -> None:
    populate(house)
    ada = admin(house, HQ)
    for query in ("?state=stopped", "?state=fine&search=gin", "?organisation=all&sort=-enrol"):
        with Work(house) as counted:
            words(ada, query)
        assert len(counted.statements) <= 4, (query, counted.statements)


def test_the_file_says_by_when_and_until_when(house: House) -> None:
    gina = populate(house)[GUESTS]
    ada = admin(house, HQ)
    publish(house, GUESTS, TRAVELERS, days=10)
    work(house)
    set_user(house, gina.email, exempt_until=datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC))
    answer = ada.get(f"/admin/users.csv?organisation={id_of(house, GUESTS)}")
    head, line = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    told = dict(zip(head, line, strict=True))
    assert told["Policy"] == "Exempt until 2 January 2027"
    assert told["Must enrol by"] == due(house, gina.email).strftime("%Y-%m-%dT%H:%M:%SZ")  # ty: ignore
    assert told["Exempt until"] == "2027-01-02T03:04:05Z"


def test_the_users_page_says_why(house: House) -> None:
    gina = populate(house)[GUESTS]
    ada = admin(house, HQ)
    page = f"/admin/users/{gina.id}"
    assert "Fine" in ada.get(page).text
    demand = replace(TRAVELERS, demands={Role.TRAVELER: Demand(phishing_resistant=True)})
    publish(house, GUESTS, demand, days=10)
    shown = ada.get(page).text
    assert "Must enrol by 12 November 2026" in shown
    assert "A second factor is missing." in shown
    signed = house.visitor()
    signed.sign_in(gina.email)
    signed.enrol_app()
    shown = ada.get(page).text
    assert "A passkey or a security key is missing." in shown
    assert due(house, gina.email) == house.clock() + 10 * DAY - (house.clock() - gina.created_at)


def test_a_reminder_names_the_date_and_what_is_missing_beside_a_second_factor(
    house: House,
) -> None:
    gina = populate(house)[GUESTS]
    ada = admin(house, HQ)
    page = f"/admin/users/{gina.id}"
    publish(house, GUESTS, TRAVELERS, days=10)
    ada.get(page)
    assert ada.post(f"{page}/reminder").status_code == 303
    house.work()
    first = house.letters.to(gina.email)[-1]
    assert "Please do it before 12 Nov 2026" in first.text
    assert "12 Nov 2026" in first.html
    assert "Only your password protects your account" in first.text
    gone = house.visitor()
    gone.sign_in(gina.email)
    gone.enrol_app()
    house.clock.advance(DAY)
    ada.sign_in("ada@hq.example")
    ada.get(page)
    assert ada.post(f"{page}/reminder").status_code == 409, "nothing is missing"
    demand = replace(TRAVELERS, demands={Role.TRAVELER: Demand(phishing_resistant=True)})
    publish(house, GUESTS, demand)
    assert "Remind to enrol" in ada.get(page).text
    assert ada.post(f"{page}/reminder").status_code == 303
    house.work()
    last = house.letters.to(gina.email)[-1]
    assert "is not all that your organisation asks for" in last.text
    assert "Please do it before" not in last.text
