"""A person's situation in words, and what each group of actions gets there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from portal.rules.access import Allow, Decision, Enrol, StepUp
from portal.rules.facts import Facts
from portal.rules.terms import AAL, Action, Authentication, Role
from tests.support.facts import proof

# Written out here and not read from ACTIONS: a changed requirement must fail a row.
GROUPS = {
    "open": {Action.CHALLENGE, Action.SIGN_OUT},
    "step": {Action.STEP_UP},
    "plain": {
        Action.HOME,
        Action.VIEW_SECURITY,
        Action.VIEW_ACCOUNT,
        Action.CHANGE_PROFILE,
        Action.SWITCH_ORGANISATION,
        Action.SHOW_CALLER_CODE,
    },
    "secure": {Action.CHANGE_SECURITY, Action.CHANGE_PASSWORD, Action.CHANGE_EMAIL},
    "enrol": {Action.ENROL},
    "finish": {Action.FINISH_ENROLMENT},
    "end": {Action.END_SESSIONS},
}
ONE, TWO = Allow(AAL.AAL1), Allow(AAL.AAL2)
MUST_ENROL = Enrol(("totp",), "policy_requires_second_factor")
SECOND = timedelta(seconds=1)
CONTROLLER = (Role.FINANCE_CONTROLLER,)


@dataclass(frozen=True)
class Row:
    """A situation and the answer to each group of actions; `rest` where none is named."""

    facts: Facts
    rest: Decision
    answers: dict[str, Decision]


def row(facts: Facts, rest: Decision, **answers: Decision) -> Row:
    return Row(facts, rest, answers)


def fresh(*choices: str) -> StepUp:
    return StepUp(choices, "freshness")


def second(*choices: str) -> StepUp:
    return StepUp(choices, "second_factor", pending=True)


def lapsed(*choices: str) -> StepUp:
    return StepUp(choices, "idle", lapsed=True)


def both(**ago: float) -> tuple[Authentication, ...]:
    return proof("password", **ago), proof("totp", **ago)


def cases(table: Mapping[str, Row]) -> list[Any]:
    """Every action in every situation of a table."""
    return [
        pytest.param(action, situation, group, id=f"{sentence}: {action}")
        for sentence, situation in table.items()
        for group, actions in GROUPS.items()
        for action in sorted(actions)
    ]
