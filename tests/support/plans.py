"""Plans of the standing organisations, and what people are offered under them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.edge import Edge
from portal.flows import organisation_plans, policies
from portal.flows.outcomes import Done
from portal.flows.policies import Published
from portal.flows.policy_plans import Dates
from portal.rules.plans import PROFESSIONAL
from portal.rules.terms import Role
from portal.store import organisations
from tests.support.house import HQ, PARTNER, House, Visitor
from tests.support.web import rows

NEW = "/security/authenticators/new/passkey"
RESISTANT = {"demands": {"finance_controller": {"level": 2, "phishing_resistant": True}}}


def buy(
    house: House, name: str = PARTNER, plan: str = PROFESSIONAL, add_ons: tuple[str, ...] = ()
) -> None:
    """Give an organisation a plan, as an operator does."""
    house.organise()
    outcome = house.run(organisation_plans.change_by_host, name, plan, add_ons)
    assert isinstance(outcome, Done), outcome


def organisation(house: House, name: str) -> dict[str, Any]:
    house.organise()
    return next(row for row in rows(house, "organisations") if row["name"] == name)


def bought(house: House, name: str = PARTNER) -> tuple[str, list[str]]:
    found = organisation(house, name)
    return found["plan"], found["add_ons"]


def publish(
    house: House, name: str, document: dict[str, Any], *, days: int | None = None
) -> Published:
    """Publish a policy: at once, or to be enforced in so many days."""
    house.organise()
    if days is None:
        made = house.run(policies.publish, name, document)
    else:
        author = house.user(f"author{len(rows(house, 'users'))}@hq.example", HQ, Role.SUPER_ADMIN)
        made = house.run(_announce, name, document, author.id, timedelta(days=days))
    assert isinstance(made, Published), made
    return made


def _announce(
    edge: Edge, name: str, document: dict[str, Any], author_id: str, ahead: timedelta
) -> Any:
    found = organisations.by_name(edge, name)
    assert found is not None
    dates = Dates(edge.now, edge.now + ahead)
    return policies.publish_for(edge, found, document, author_id, dates)


def offers_passkey(visitor: Visitor, path: str = "/security") -> bool:
    """Whether a page has a button that begins a passkey's enrolment."""
    shown = visitor.get(path)
    assert shown.status_code == 200
    return f'action="{NEW}' in shown.text
