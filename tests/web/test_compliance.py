"""By when policy asks people to enrol: written with what it follows from, and after a publishing.

What a list shows and what sessions meet are worked out of the same facts; here they are compared.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event

from sqlalchemy import update

from portal import worker
from portal.edge import Edge
from portal.flows import compliance, hosts, policies
from portal.flows.notices import Notice, tell
from portal.rules.policy_values import Policy
from portal.rules.terms import AccountState, Role
from portal.store import users
from portal.store.tables import organisations
from tests.support.compliance import (
    DAY,
    DISPATCHERS,
    TRAVELERS,
    due,
    publish,
    set_user,
    step,
    travelers,
    work,
)
from tests.support.crowd import admin, populate, user_row
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House
from tests.support.memberships import change
from tests.support.web import Work, email_of, rows, signed_in


def test_a_role_that_must_enrol_is_stopped_from_the_first_moment_until_it_enrols(
    house: House,
) -> None:
    house.person("eve")
    eve = email_of("eve")
    assert due(house, eve) == user_row(house, eve)["created_at"]
    visitor = house.visitor()
    visitor.sign_in(eve)
    house.clock.advance(seconds=30)
    visitor.enrol_app()
    assert due(house, eve) is None


def test_a_role_given_and_taken_writes_it_in_the_same_transaction(house: House) -> None:
    hans = populate(house)[HQ]
    assert due(house, hans.email) is None
    house.run(hosts.grant, hans.email, HQ, Role.SERVICE_DESK)
    assert due(house, hans.email) == hans.created_at


def test_what_administrators_give_take_and_move_writes_it_too(house: House) -> None:
    hans = populate(house)[HQ]
    ada = admin(house, HQ)
    change(ada, hans.email, "add", "traveler", GUESTS)
    assert due(house, hans.email) is None
    publish(house, GUESTS, TRAVELERS)
    work(house)
    assert due(house, hans.email) == hans.created_at
    change(ada, hans.email, "remove", "traveler", GUESTS)
    assert due(house, hans.email) is None
    change(ada, hans.email, "add", "traveler", GUESTS)
    assert due(house, hans.email) == hans.created_at


def test_a_publishing_is_worked_off_by_the_worker_and_the_dates_are_those_of_sessions(
    house: House,
) -> None:
    gina = populate(house)[GUESTS]
    publish(house, GUESTS, TRAVELERS, days=10, grace=5)
    assert due(house, gina.email) is None, "the request itself goes through nobody"
    assert work(house) == 1
    assert due(house, gina.email) == house.clock() + 15 * DAY
    late = house.user("late@guests.example")
    assert due(house, late.email) == house.clock() + 15 * DAY, "active when it was announced"
    house.clock.advance(seconds=1)
    later = house.user("later@guests.example")
    assert due(house, later.email) == house.clock() - timedelta(seconds=1) + 10 * DAY


def test_an_account_that_nobody_has_opened_has_no_date(house: House) -> None:
    eve = house.person("eve")
    assert due(house, eve.email) is not None
    set_user(house, eve.email, state="invited")
    house.run(compliance.note, eve.id)
    assert due(house, eve.email) is None
    ada = admin(house, HQ)
    assert "Nothing is asked before they come in." in ada.get(f"/admin/users/{eve.id}").text
    house.run(hosts.set_state, eve.email, AccountState.ACTIVE)
    house.run(compliance.note, eve.id)
    assert due(house, eve.email) == house.clock()


def test_an_exemption_moves_the_date_to_its_end(house: House) -> None:
    gina = populate(house)[GUESTS]
    publish(house, GUESTS, TRAVELERS)
    work(house)
    assert due(house, gina.email) == gina.created_at
    until = house.clock() + 20 * DAY
    set_user(house, gina.email, exempt_until=until)
    house.run(compliance.note, gina.id)
    assert due(house, gina.email) == until


def test_going_back_clears_it_and_a_step_that_asks_less_does_so_on_its_day(house: House) -> None:
    gina = populate(house)[GUESTS]
    publish(house, GUESTS, TRAVELERS)
    work(house)
    assert due(house, gina.email) is not None
    publish(house, GUESTS, Policy("", frozenset()), days=3)
    work(house)
    assert due(house, gina.email) is not None
    house.clock.advance(3 * DAY)
    work(house)
    assert due(house, gina.email) is None
    publish(house, GUESTS, TRAVELERS)
    work(house)
    assert due(house, gina.email) is not None
    house.run(policies.back, GUESTS)
    work(house)
    assert due(house, gina.email) is None


def test_those_below_are_gone_through_and_nobody_else_is(house: House) -> None:
    people = populate(house)
    bea = house.user("bo@branch.example", BRANCH, Role.DISPATCHER)
    other = house.user("do@guests.example", GUESTS, Role.DISPATCHER)
    publish(house, PARTNER, DISPATCHERS, days=1)
    assert len(rows(house, "compliance_jobs")) == 2
    work(house)
    assert due(house, bea.email) is not None
    assert due(house, other.email) is None
    assert due(house, people[PARTNER].email) is None
    assert len(rows(house, "compliance_jobs")) == 1, "the one of the day on which it holds"


def test_a_worker_that_is_killed_goes_on_where_it_was(house: House) -> None:
    travelers(house, 2 * compliance.PAGE + 10)
    publish(house, GUESTS, TRAVELERS)
    done = []
    while step(house):
        written = [row for row in rows(house, "users") if row["enrol_by"] is not None]
        done.append(len(written))
    assert done[:3] == [compliance.PAGE, 2 * compliance.PAGE, 2 * compliance.PAGE + 10]
    assert rows(house, "compliance_jobs") == []
    publish(house, GUESTS, replace(TRAVELERS, optional_roles=frozenset({Role.DISPATCHER})))
    with Work(house) as counted:
        assert work(house) == 1, "many pages of people for whom nothing changes are one step"
    assert not any(one.startswith("UPDATE users") for one in counted.statements)


def test_who_is_in_the_middle_of_something_is_left_for_the_next_round(house: House) -> None:
    """On PostgreSQL: nobody waits for the worker, and what it read before holds no more."""
    house.organise()
    for number in range(3):
        house.user(f"p{number}@guests.example")
    publish(house, GUESTS, TRAVELERS)
    if house.settings.database_url.startswith("sqlite"):
        assert work(house) == 1  # One writer at a time: nobody is ever in the middle.
        return
    edge = house.runner.edge()
    house.runner.prepare(edge, writing=True)
    users.lock(edge, user_row(house, "p1@guests.example")["id"])
    assert step(house) is True
    assert due(house, "p0@guests.example") is not None
    assert due(house, "p1@guests.example") is None
    assert step(house) is False
    house.runner.close(edge)
    assert work(house) == 1
    assert due(house, "p1@guests.example") is not None
    assert due(house, "p2@guests.example") is not None


def test_signing_in_does_not_touch_it(house: House) -> None:
    tara = signed_in(house, "tara")
    tara.post("/logout")
    house.clock.advance(seconds=90)
    with Work(house) as counted:
        tara.sign_in(email_of("tara"))
    written = [one for one in counted.statements if one.startswith("UPDATE users")]
    assert written
    assert not any("enrol_by" in one for one in written)


def test_a_job_that_fails_keeps_no_mail_from_going_out(house: House) -> None:
    """What this release cannot read stops the one job that reads it."""
    person = house.person("tara")
    publish(house, GUESTS, TRAVELERS)

    def spoil(edge: Edge) -> None:
        for _ in range(2):
            tell(edge, Notice.PASSWORD_CHANGED, person)
        edge.db.execute(update(organisations).values(effective_policy={"newer": True}))

    house.run(spoil)
    with house.app.app_context():
        worker.work(house.runner, Event(), house.letters, once=True)
    assert len(house.letters.to(person.email)) == 2
    assert len(rows(house, "compliance_jobs")) == 1, "it is tried again"
