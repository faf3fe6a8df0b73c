"""Policies published with their dates, the worker that goes through people, and what it wrote."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update

from portal.edge import Edge
from portal.flows import policies
from portal.flows.policies import Published
from portal.flows.policy_plans import Dates
from portal.rules.policy_values import Policy
from portal.rules.terms import Role
from portal.store import organisations, policy_codec
from portal.store.tables import users as users_table
from portal.worker import work_on_compliance
from tests.support.crowd import add_many, user_row
from tests.support.house import GUESTS, House

TRAVELERS = Policy("", frozenset({Role.TRAVELER}))
DISPATCHERS = Policy("", frozenset({Role.DISPATCHER}))
DAY = timedelta(days=1)


def publish(
    house: House, name: str, policy: Policy, *, days: int | None = None, grace: int = 0
) -> None:
    """Publish a policy, in force in so many days or at once; nobody has worked on it yet."""

    def write(edge: Edge) -> object:
        found = organisations.by_name(edge, name)
        assert found is not None
        at = house.clock() + timedelta(days=days or 0)
        dates = Dates(house.clock(), at, grace * DAY) if days is not None else None
        return policies.publish_for(edge, found, policy_codec.to_json(policy), edge.new_id(), dates)

    assert isinstance(house.run(write), Published)


def work(house: House) -> int:
    """What the worker does until nothing is due; how many steps it took."""
    steps = 0
    with house.app.app_context():
        while work_on_compliance(house.runner):
            steps += 1
    return steps


def step(house: House) -> bool:
    """One of them; False when nothing is to be done now."""
    with house.app.app_context():
        return work_on_compliance(house.runner)


def due(house: House, email: str) -> datetime | None:
    row = user_row(house, email)
    at = row["enrol_by"]
    assert row["enrol_order"] == (int(at.timestamp()) if at else 2**40)
    return at


def set_user(house: House, email: str, **values: object) -> None:
    def change(edge: Edge) -> None:
        edge.db.execute(update(users_table).where(users_table.c.email == email).values(**values))

    house.run(change)


def set_many(house: House, dates: dict[str, dict[str, object]]) -> None:
    """Write columns of many people, one transaction for all of them."""

    def change(edge: Edge) -> None:
        for email, values in dates.items():
            edge.db.execute(update(users_table).where(users_table.c.email == email).values(values))

    house.run(change)


def travelers(house: House, count: int) -> list[str]:
    """So many active travelers of the guests, who hold nothing; their addresses."""
    add_many(house, GUESTS, ["Traveler"] * count, prefix="t")

    def settle(edge: Edge) -> list[str]:
        people = edge.db.execute(
            update(users_table)
            .where(users_table.c.state == "invited")
            .values(state="active", activated_at=edge.now)
            .returning(users_table.c.id, users_table.c.email)
        ).all()
        home = organisations.by_name(edge, GUESTS)
        assert home is not None
        for user_id, _ in people:
            organisations.add_membership(
                edge, user_id=user_id, organisation_id=home.id, role=Role.TRAVELER
            )
        return sorted(email for _, email in people)

    return list(house.run(settle))
