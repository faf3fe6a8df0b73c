"""A code that administrators gave out: it completes a sign-in, and proves nothing besides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.rules import policy
from portal.rules.access import Allow, StepUp, decide
from portal.rules.holdings import Held, under
from portal.rules.policy import Policy
from portal.rules.terms import AAL, Action, Authentication, Category, Holdings, Role, Strength
from tests.support.facts import NOW, acting_for, held, proof, session

ISSUED = Strength(Category.POSSESSION, look_up_secret=True, issued=True)
CODE = Authentication("bypass_code", ISSUED, NOW, "the code")
WAITING = Held("bypass_code", ISSUED)


def test_it_is_offered_last_and_completes_a_sign_in() -> None:
    pending = session(proof("password"))
    offered = replace(pending, enrolled=(WAITING, *held("password totp")))
    asked = decide(Action.HOME, offered)
    assert asked == StepUp(("totp", "bypass_code"), "second_factor", pending=True)
    assert decide(Action.HOME, session(proof("password"), CODE)) == Allow(AAL.AAL2)


@pytest.mark.parametrize("holds", ["password totp", "password passkey", "password totp passkey"])
@pytest.mark.parametrize(
    "action",
    [Action.CHANGE_SECURITY, Action.ENROL, Action.CHANGE_PASSWORD, Action.CHANGE_EMAIL],
)
def test_it_changes_nothing_that_guards_the_account(action: Action, holds: str) -> None:
    facts = session(proof("password"), CODE, holds=holds)
    facts = replace(facts, enrolled=(*facts.enrolled, WAITING))
    decision = decide(action, facts)
    assert isinstance(decision, StepUp)
    assert "bypass_code" not in decision.choices
    assert decision.choices


def test_it_is_not_spent_on_what_asks_for_a_hardware_key() -> None:
    facts = session(proof("password"), proof("totp"), holds="password totp key")
    facts = replace(facts, enrolled=(*facts.enrolled, WAITING))
    decision = decide(Action.CHANGE_SECURITY, facts)
    assert isinstance(decision, StepUp)
    assert decision.hardware
    assert decision.choices == ("key",)


@pytest.mark.parametrize("action", [Action.CHANGE_WEBHOOKS, Action.EXPORT_USERS])
def test_it_is_no_fresh_proof_for_an_operation(action: Action) -> None:
    facts = acting_for(session(proof("password"), CODE), Role.PARTNER_ADMIN)
    assert decide(action, facts) == StepUp(("totp",), "freshness")
    fresh = acting_for(session(proof("password"), proof("totp")), Role.PARTNER_ADMIN)
    assert isinstance(decide(action, fresh), Allow)


def test_no_policy_forbids_it_and_no_level_rises_by_it() -> None:
    apps_alone = Policy("a", frozenset(), methods=frozenset({"totp"}))
    assert policy.is_allowed(apps_alone, "bypass_code", ISSUED)
    assert not policy.is_allowed(apps_alone, "backup_codes", replace(ISSUED, issued=False))
    strengths = [one.strength for one in held("password")]
    assert policy.highest_level([*strengths, ISSUED]) == policy.highest_level(strengths)
    assert not policy.counts_as_second_factor(ISSUED)


def test_what_is_held_for_a_while_ends_by_itself_at_its_second() -> None:
    holding = Holdings({"bypass_code": ISSUED}, {}, until={"bypass_code": NOW})
    before = holding.at(NOW - timedelta(seconds=1))
    assert [one.kind for one in under(policy.DEFAULT, before).enrolled] == ["bypass_code"]
    assert under(policy.DEFAULT, holding.at(NOW)).enrolled == ()


def test_an_exemption_lifts_what_an_organisation_asks_and_not_what_is_built_in() -> None:
    asks = Policy("a", frozenset({Role.DISPATCHER}))
    assert policy.is_lifted(asks, {Role.DISPATCHER})
    assert not policy.is_lifted(asks, {Role.TRAVELER})
    assert not policy.is_lifted(policy.DEFAULT, {Role.FINANCE_CONTROLLER})
    assert policy.is_lifted(replace(policy.DEFAULT, methods=frozenset({"totp"})), {Role.HQ_ADMIN})
