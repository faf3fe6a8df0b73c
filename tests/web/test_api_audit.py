"""The audit log over the API: an organisation's own part of it, and never a secret."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.edge import Actor, Edge
from portal.flows.events import OF_THE_ACCOUNT
from portal.rules.terms import Role
from portal.store import audit, audit_pages, organisations
from portal.store.audit_pages import Span
from tests.support.api import Machine, machine, organisation_id
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, PASSWORD, House
from tests.support.machines import RIDE, is_problem, records
from tests.support.resets import ask, somebody
from tests.support.web import rows, signed_in


def events(program: Machine, **query: Any) -> list[dict[str, Any]]:
    """Every event, page by page."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = program.get("audit-events", **query, **({"cursor": cursor} if cursor else {}))
        found += page["events"]
        if (cursor := page["next_cursor"]) is None:
            return found


def test_what_happened_here_and_below_is_listed_newest_first(house: House) -> None:
    signed_in(house, "piet")
    signed_in(house, "tara")
    kim = house.user("kim@branch.example", BRANCH, Role.DISPATCHER)
    house.visitor().sign_in(kim.email)
    house.work()
    program = machine(house, "audit:read")
    found = events(program, limit=3)
    ids = [one["id"] for one in found]
    assert ids == sorted(ids, reverse=True)
    subjects = {one["subject_id"] for one in found if one["event"].startswith("sign_in")}
    tara = next(row["id"] for row in rows(house, "users") if row["email"].startswith("tara"))
    piet = next(row["id"] for row in rows(house, "users") if row["email"].startswith("piet"))
    assert subjects == {piet, kim.id}
    assert tara not in str(found)
    branch = machine(house, "audit:read", organisation=BRANCH)
    assert {one["subject_id"] for one in events(branch) if one["subject_id"]} == {kim.id}


def test_what_others_did_to_its_people_is_there_without_where_they_sat(house: House) -> None:
    piet, sol = somebody(house, "piet"), somebody(house, "sol")
    tara = somebody(house, "tara")
    program = machine(house, "audit:read", organisation="Guests")
    ask(sol.visitor, tara.id)
    found = events(program, event="reset.requested")
    assert [one["subject_id"] for one in found] == [tara.id]
    assert found[0]["actor_id"] == sol.id
    assert found[0]["address"] is None
    assert found[0]["user_agent"] is None
    own = events(machine(house, "audit:read"), event="sign_in.completed")
    assert [one["subject_id"] for one in own] == [piet.id]
    assert own[0]["address"]


def happened(house: House, event: str, subject_id: str, where: str, about: str | None) -> None:
    """An event of somebody that was done in one organisation, perhaps about another."""
    actor = Actor(organisation_id=organisation_id(house, where))
    detail = {"organisation": organisation_id(house, about)} if about else {}

    def write(edge: Edge) -> None:
        edge.actor = actor
        audit.add(edge, event, subject_id=subject_id, detail=detail)

    house.run(write)


@pytest.mark.parametrize(
    ("event", "where", "about", "listed", "placed"),
    [
        # Its people's accounts are its business wherever they act, and where they sat is not.
        ("sign_in.completed", GUESTS, None, True, False),
        ("sign_in.completed", PARTNER, None, True, True),
        # What they do for another organisation is that one's, though it was done from here.
        ("export.made", GUESTS, None, False, False),
        ("billing.changed", PARTNER, GUESTS, False, False),
        # What others did about it is its own.
        ("organisation.plan_changed", HQ, PARTNER, True, False),
    ],
)
def test_an_event_is_told_where_it_belongs(
    house: House, event: str, where: str, about: str | None, *, listed: bool, placed: bool
) -> None:
    piet, program = house.person("piet"), machine(house, "audit:read")
    happened(house, event, piet.id, where, about)
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_events SET place = 'Delft', address = '10.1.1.1'")
    found = events(program, event=event)
    assert [one["subject_id"] for one in found] == ([piet.id] if listed else [])
    assert [one["place"] for one in found if one["place"]] == (["Delft"] if placed else [])
    assert [one["address"] for one in found if one["address"]] == (["10.1.1.1"] if placed else [])


def test_events_are_filtered_by_name_and_time(house: House) -> None:
    signed_in(house, "piet")
    program = machine(house, "audit:read", "import:settlements")
    house.clock.advance(timedelta(hours=1))
    since = house.clock()
    program.post("/api/v1/imports/settlements", records(RIDE))
    house.clock.advance(timedelta(hours=1))
    program.post("/api/v1/imports/settlements", records({**RIDE, "fee": "x"}))
    names = [one["event"] for one in events(program, since=since.isoformat())]
    assert names == ["import.refused", "import.completed"]
    until = house.clock()
    two = events(program, since=since.isoformat(), until=until.isoformat())
    assert [one["event"] for one in two] == ["import.completed"]
    assert [one["event"] for one in events(program, event="import.refused")] == ["import.refused"]
    (done,) = events(program, event="import.completed")
    assert done["actor_id"] is None
    assert done["detail"]["api_token"] == rows(house, "api_tokens")[0]["id"]


def test_no_secret_is_ever_in_it(house: House) -> None:
    visitor = signed_in(house, "piet")
    visitor.make_codes()
    program = machine(house, "audit:read")
    text = str(events(program))
    assert visitor.app is not None
    for secret in (PASSWORD, visitor.app.key, *visitor.codes, str(program.token)):
        assert secret not in text


def test_a_page_that_finds_little_says_where_the_next_goes_on(house: House) -> None:
    piet = somebody(house, "piet")
    signed_in(house, "tara")
    found, before, pages = [], None, 0
    home = house.run(organisations.by_name, PARTNER)
    while True:
        span, rest = Span(before=before), {"size": 50, "looks_at": 3}
        page, before = house.run(audit_pages.page, home.path, sorted(OF_THE_ACCOUNT), span, **rest)
        found += [one.event.id for one in page]
        pages += 1
        if before is None:
            break
    assert pages > 3
    assert found == sorted(set(found), reverse=True)
    assert {row["id"] for row in rows(house, "audit_events") if row["subject_id"] == piet.id} <= {
        *found
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "query",
    ["event=sign_in", "since=yesterday", "since=2027-01-01", "until=10000-01-01T00:00:00Z",
     "until=2027-02-30T00:00:00Z", "since=2027-01-01T00:00:00", "cursor=1"],
)  # fmt: skip
def test_a_filter_that_does_not_fit_is_named(house: House, query: str) -> None:
    program = machine(house, "audit:read")
    problem = is_problem(program.ask("GET", f"audit-events?{query}"), 422)
    assert problem["errors"][0]["field"] == query.partition("=")[0]
