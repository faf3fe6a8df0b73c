"""The decision table of people who must enrol: the gate, and what goes on without it."""

from __future__ import annotations

import pytest

from portal.rules.access import StepUp, decide
from portal.rules.terms import Action, Role
from tests.support.facts import proof, session
from tests.support.situations import (
    CONTROLLER,
    MUST_ENROL,
    ONE,
    TWO,
    Row,
    both,
    cases,
    row,
)

GATE = {
    "a required role without a second factor may do nothing but enrol": row(
        session(proof("password"), holds="password", roles=CONTROLLER),
        MUST_ENROL,
        open=ONE,
        step=ONE,
        enrol=ONE,
        finish=ONE,
    ),
    "the gate takes a password of half an hour ago": row(
        session(proof("password", minutes=30), holds="password", roles=CONTROLLER),
        MUST_ENROL,
        open=ONE,
        step=ONE,
        enrol=ONE,
        finish=ONE,
    ),
    "the gate asks for the password again after half an hour, but lets an enrolment finish": row(
        session(proof("password", minutes=30, seconds=1), holds="password", roles=CONTROLLER),
        MUST_ENROL,
        open=ONE,
        step=ONE,
        enrol=StepUp(("password",), "enrolment_needs_fresh_proof"),
        finish=ONE,
    ),
    "only backup codes left: the gate opens to a code, a password alone never re-enrols": row(
        session(proof("password"), holds="password backup_codes", roles=CONTROLLER),
        MUST_ENROL,
        open=ONE,
        step=ONE,
        enrol=StepUp(("backup_codes",), "enrolment_needs_fresh_proof"),
        finish=ONE,
    ),
    "only backup codes left: a code typed opens the gate and nothing else": row(
        session(
            proof("password"),
            proof("backup_codes"),
            holds="password backup_codes",
            roles=CONTROLLER,
        ),
        MUST_ENROL,
        open=TWO,
        step=TWO,
        enrol=TWO,
        finish=TWO,
    ),
    "a revoked app's proof does not stand in for a factor that policy asks for": row(
        session(*both(), holds="password", roles=CONTROLLER),
        MUST_ENROL,
        open=TWO,
        step=TWO,
        enrol=TWO,
        finish=TWO,
    ),
    "an app without a password cannot reach two factors": row(
        session(proof("totp"), holds="totp"), MUST_ENROL, open=ONE, step=ONE, enrol=ONE, finish=ONE
    ),
    "one required role of many organisations is enough": row(
        session(
            proof("password"),
            holds="password",
            roles=(Role.TRAVELER, Role.DISPATCHER, Role.HQ_ADMIN),
        ),
        MUST_ENROL,
        open=ONE,
        step=ONE,
        enrol=ONE,
        finish=ONE,
    ),
    "roles that nobody requires anything of ask for nothing": row(
        session(
            proof("password"),
            holds="password",
            roles=(Role.TRAVELER, Role.DISPATCHER, Role.DISPATCH_LEAD),
        ),
        ONE,
    ),
}


@pytest.mark.parametrize(("action", "situation", "group"), cases(GATE))
def test_the_decision_is(action: Action, situation: Row, group: str) -> None:
    assert decide(action, situation.facts) == situation.answers.get(group, situation.rest)
