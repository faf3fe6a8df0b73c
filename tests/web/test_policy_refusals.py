"""Policies that make no sense, that nobody could meet, or that do not exist: refused, with why."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from portal.edge import Edge
from portal.flows import policies
from portal.flows.outcomes import Blocked, Gone
from portal.flows.policies import Published
from portal.rules.policy import Raised, Restrictions
from portal.rules.terms import Action
from portal.store import policy_codec
from tests.support.house import BRANCH, HQ, PARTNER, House
from tests.support.web import rows

VIEW, RESISTANT = Action.VIEW_SETTLEMENTS, Raised(phishing_resistant=True)
KEY = "ee882879-721c-4913-9775-3dfcce97072a"
OTHER = "cb69481e-8ff7-4039-93ec-0a2729a154a8"
KEYS = {"phishing_resistant": True}


def restrict(name: str, **asked: Any) -> Callable[[House], Any]:
    return lambda house: house.run(policies.restrict, name, Restrictions(**asked))


def publish(document: Any) -> Callable[[House], Any]:
    return lambda house: house.run(policies.publish, PARTNER, document)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (restrict(PARTNER, allowed=frozenset()), "nothing_allowed"),
        (
            restrict(PARTNER, allowed=frozenset({KEY}), denied=frozenset({KEY, OTHER})),
            "nothing_allowed",
        ),
        (restrict(PARTNER, allowed=frozenset({"a yellow one"})), "no model: a yellow one"),
        (restrict(PARTNER, certification=4), "certification"),
        (restrict(HQ, denied=frozenset({OTHER})), f"nothing_allowed: {BRANCH}"),
        (restrict(HQ, allowed=frozenset({KEY})), f"nothing_allowed: {BRANCH}"),
        (publish({"curfew": "22:00"}), "unknown field: curfew"),
        (publish({"lines": []}), "unknown field: lines"),
        (publish({"spares_held": True}), "unknown field: spares_held"),
        (publish({"methods": []}), "no_method"),
        (publish({"methods": ["seal"]}), "no_such_method"),
        (publish({"methods": "totp"}), "methods"),
        (publish({"methods": ["password", "backup_codes"]}), "no_second_factor"),
        (publish({"methods": ["totp"], "demands": {"dispatcher": KEYS}}), "nobody_can_enrol"),
        (publish({"demands": {"pilot": {}}}), "demands: pilot"),
        (publish({"demands": {"dispatcher": {"level": 1}}}), "level"),
        (publish({"demands": {"dispatcher": {"hours": 1}}}), "unknown field: hours"),
        (publish({"reset_approvals": 3}), "reset_approvals"),
        (publish({"restrictions": {"colour": "red"}}), "unknown field: colour"),
        (publish({"raised": {"approve_payout": {"level": 1}}}), "level"),
        (publish({"raised": {"approve_payout": {"level": True}}}), "level"),
        (publish({"raised": {"approve_payout": {"age_max_s": 5}}}), "age"),
        (publish({"raised": {"approve_payout": {"second_person": False}}}), "unknown field: "),
        (publish({"raised": {"home": {"level": 3}}}), "not_raisable"),
        (publish({"raised": {"fly": {"level": 3}}}), "raised: fly"),
        (publish({"required_roles": ["pilot"]}), "required_roles: pilot"),
        (publish({"required_roles": "dispatcher"}), "required_roles"),
        (publish({"restrictions": {"attested": "yes"}}), "attested"),
        (publish([]), "policy"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(
    house: House, change: Callable[[House], Any], why: str
) -> None:
    house.organise()
    kept = Restrictions(allowed=frozenset({OTHER}))
    assert isinstance(house.run(policies.restrict, BRANCH, kept), Published)
    before = [(row["name"], row["effective_policy"]) for row in rows(house, "organisations")]
    refused = change(house)
    assert isinstance(refused, Blocked)
    assert refused.reason.startswith(why)
    after = [(row["name"], row["effective_policy"]) for row in rows(house, "organisations")]
    assert after == before
    assert (
        len(rows(house, "policies"))
        == sum(row["event"] == "policy.published" for row in rows(house, "audit_events"))
        == 1
    )


def test_there_is_nothing_to_go_back_to_and_nobody_to_ask(house: House) -> None:
    house.organise()
    assert house.run(policies.back, PARTNER) == Blocked("nothing_published")
    assert house.run(policies.back, "Nobody’s") == Gone()
    assert house.run(policies.show, "Nobody’s") == Gone()
    assert house.run(policies.raise_action, "Nobody’s", VIEW, RESISTANT) == Gone()


def test_what_nothing_here_could_do_is_not_asked_for(house: House) -> None:
    house.organise()

    def without(edge: Edge) -> Any:
        edge.factors = {kind: one for kind, one in edge.factors.items() if kind != "passkey"}
        return policies.raise_action(edge, PARTNER, VIEW, RESISTANT)

    assert house.run(without) == Blocked("nobody_can_enrol")


@pytest.mark.parametrize("order", [(HQ, PARTNER), (PARTNER, HQ)])
def test_lists_that_are_too_long_together_are_not_published(
    house: House, order: tuple[str, str]
) -> None:
    house.organise()
    first, second = (frozenset(str(uuid.UUID(int=at + n)) for n in range(300)) for at in (0, 300))
    assert isinstance(restrict(order[0], denied=first)(house), Published)
    before = rows(house, "organisations"), rows(house, "policies")
    refused = restrict(order[1], denied=second)(house)
    assert refused == Blocked(f"denied: {policy_codec.MODELS_MAX} models at most: {PARTNER}")
    assert (rows(house, "organisations"), rows(house, "policies")) == before
    assert house.visitor().sign_in(house.person("pam").email).status_code == 200
    assert isinstance(restrict(order[1], denied=first)(house), Published), "the same ones may be"
