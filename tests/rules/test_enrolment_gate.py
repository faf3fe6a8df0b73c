"""Whom policy sends to enrolment, and what is offered there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.rules.access import Allow, Enrol, StepUp, decide
from portal.rules.policy import Policy
from portal.rules.terms import AAL, Action, Role
from tests.support.facts import held, proof, session

CONTROLLER = (Role.FINANCE_CONTROLLER,)
MUST_ENROL = Enrol(("totp",), "policy_requires_second_factor")


@pytest.mark.parametrize("role", Role)
def test_the_built_in_policy_gates_these_roles_and_no_others(role: Role) -> None:
    facts = session(proof("password"), holds="password", roles=(role,))
    gated = role in {
        Role.HQ_ADMIN,
        Role.SUPER_ADMIN,
        Role.SERVICE_DESK,
        Role.FINANCE_CONTROLLER,
        Role.PARTNER_ADMIN,
    }
    assert decide(Action.HOME, facts) == (MUST_ENROL if gated else Allow(AAL.AAL1))


def test_switching_a_policy_off_takes_no_protection_from_whoever_set_it_up() -> None:
    nothing = Policy("none", frozenset())
    facts = session(proof("password"), roles=CONTROLLER, policy=nothing)
    assert decide(Action.HOME, facts) == StepUp(("totp",), "second_factor", pending=True)


def test_only_second_factors_are_offered_for_enrolment_the_strongest_first() -> None:
    facts = session(proof("password"), holds="password", roles=CONTROLLER)
    offered = replace(facts, enrollable=held("sms backup_codes passkey password totp"))
    assert decide(Action.HOME, offered) == Enrol(
        ("passkey", "totp", "sms"), "policy_requires_second_factor"
    )
