"""Publishing for a tree: as many statements for a few organisations as for many; nobody waits."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from portal.edge import Edge
from portal.flows import hosts, policies
from portal.flows.outcomes import Blocked, Done
from portal.flows.policies import Published
from portal.flows.policy_plans import Dates
from portal.rules.policy import Raised, Restrictions
from portal.rules.terms import Action, Role
from portal.store import organisations
from portal.store.policies import tree
from portal.store.tables import organisations as organisations_table
from tests.support.clock import Clock, Entropy
from tests.support.house import BRANCH, HQ, PARTNER, PASSWORD, House, build
from tests.support.rollouts import DISPATCHERS, roll_out
from tests.support.web import Work, lands_on, rows, signed_in

DAN = "dan@partner.example"


def grow(house: House, count: int, *, asking: bool) -> None:
    """More branches; each with a policy of its own if asked."""

    def plant(edge: Edge) -> None:
        parent = organisations.by_name(edge, PARTNER)
        assert parent is not None
        for number in range(count):
            identity = edge.new_id()
            path = f"{parent.path}{identity}/"
            node = organisations.Organisation(identity, parent.id, path, "N", True, edge.now)
            organisations.add(edge, node)
            if asking:
                own = {"required_roles": ["traveler"], "reset_approvals": 1 + number % 2}
                assert isinstance(policies.publish_for(edge, node, own, identity), Published)

    house.run(plant)


@pytest.mark.parametrize("asking", [False, True], ids=["alike", "each its own"])
def test_it_takes_as_many_statements_for_a_few_as_for_many(house: House, asking: bool) -> None:
    counts = []
    house.person("pam")
    for more in (8, 40):
        grow(house, more, asking=asking)
        with Work(house) as work:
            roll_out(house, name=HQ, grace=3)
        counts.append(len(work.statements))
    assert counts[0] == counts[1] < 30
    asked = [row["effective_policy"] for row in rows(house, "organisations")]
    assert all(len(one["lines"][0]["steps"]) == 2 for one in asked), "both are on their way for all"


@contextmanager
def publishing(house: House) -> Generator[Edge]:
    """A publishing for everybody that has written everything and not committed yet."""
    edge = house.runner.edge()
    house.runner.prepare(edge, writing=True)
    root = organisations.root(edge)
    assert root is not None
    dates = Dates(edge.now, edge.now + timedelta(days=1))
    assert isinstance(policies.publish_for(edge, root, DISPATCHERS, root.id, dates), Published)
    try:
        yield edge
    finally:
        house.runner.close(edge)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_sign_in_waits_for_it(database_url: str, clock: Clock, entropy: Entropy) -> None:
    house = build(database_url, clock, entropy)
    dan = signed_in(house, "dan")

    def go_on() -> None:
        other = house.visitor()
        other.app = dan.app
        assert other.sign_in(DAN).request.path == "/"
        assert dan.post("/account", name="D", locale="en", time_zone="UTC").status_code == 303
        for place in (HQ, BRANCH):  # Both are written by then.
            assert isinstance(house.run(hosts.grant, DAN, place, Role.DISPATCHER), Done)

    with ThreadPoolExecutor(1) as pool, publishing(house):
        pool.submit(go_on).result(timeout=20)
    house.close()


def test_no_page_waits_for_it(house: House) -> None:
    dan = signed_in(house, "dan")
    with publishing(house):
        assert dan.get("/").status_code == 200
        assert house.visitor().get("/login").status_code == 200


def test_a_sign_in_reads_what_is_asked_with_what_it_reads_anyway(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    counts = []
    for _ in range(2):
        dan.get("/security")
        dan.post("/logout")
        dan.get("/login")
        with Work(house) as work:
            answer = dan.post("/login", email=DAN, password=PASSWORD)
        assert lands_on(answer) == "/"
        counts.append(sum("effective_policy" in one for one in work.statements))
        roll_out(house)
    assert counts == [1, 1]


# What is published while something is on its way, and by the release before.
def test_a_command_that_changes_one_thing_does_not_hasten_what_is_on_its_way(house: House) -> None:
    roll_out(house)
    changes: list[tuple[Any, ...]] = [
        (policies.restrict, PARTNER, Restrictions(device_bound=True)),
        (policies.raise_action, PARTNER, Action.VIEW_SETTLEMENTS, Raised(phishing_resistant=True)),
    ]
    for change in changes:
        assert house.run(*change) == Blocked("on_its_way")
    house.clock.advance(days=30)
    assert isinstance(house.run(*changes[0]), Published), "in force, it is the newest one"
    sheet = house.run(policies.show, PARTNER)
    assert Role.DISPATCHER in sheet.effective.required_roles
    assert sheet.effective.restrictions == Restrictions(device_bound=True)


def test_what_the_release_before_publishes_meanwhile_is_not_lost(house: House) -> None:
    """It writes a version and no line; what is published above later still holds beside it."""
    house.organise()
    assert isinstance(house.run(policies.publish, PARTNER, DISPATCHERS), Published)
    made = house.run(policies.publish, PARTNER, {"required_roles": ["traveler"]})
    assert isinstance(made, Published)

    def forget(edge: Edge) -> None:
        found = organisations.by_name(edge, PARTNER)
        assert found is not None
        old = next(node for node in tree(edge, found.path) if node.id == found.id)
        line = {"base": DISPATCHERS, "steps": [], "number": 1}
        change = update(organisations_table).where(organisations_table.c.id == old.id)
        edge.db.execute(change.values(policy_line=line))

    house.run(forget)
    assert isinstance(house.run(policies.publish, HQ, {"reset_approvals": 2}), Published)
    own = house.run(policies.show, PARTNER).effective
    assert Role.TRAVELER in own.required_roles
    assert Role.DISPATCHER not in own.required_roles
    assert own.reset_approvals == 2


@pytest.mark.parametrize(
    ("above", "own", "why"),
    [
        (
            {"methods": ["totp"]},
            {"demands": {"dispatcher": {"phishing_resistant": True}}},
            "nobody_can_enrol",
        ),
        (
            {"methods": ["totp", "backup_codes"]},
            {"methods": ["passkey", "backup_codes"]},
            "no_second_factor",
        ),
        ({"methods": ["totp"]}, {"methods": ["passkey"]}, "no_method"),
    ],
)
def test_what_is_sound_alone_and_locks_everybody_out_together_is_refused(
    house: House, above: dict[str, Any], own: dict[str, Any], why: str
) -> None:
    house.organise()
    assert isinstance(house.run(policies.publish, HQ, above), Published)
    assert house.run(policies.publish, PARTNER, own) == Blocked(f"{why}: {PARTNER}")
    assert isinstance(house.run(policies.publish, HQ, {}), Published)
    assert isinstance(house.run(policies.publish, PARTNER, own), Published)
    assert house.run(policies.publish, HQ, above) == Blocked(f"{why}: {PARTNER}")
