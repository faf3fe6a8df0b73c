"""Rows of the decision table about whoever holds a passkey, or what is taken for a copy."""

from __future__ import annotations

import pytest

from portal.rules.access import StepUp, decide
from portal.rules.terms import Action, Role
from tests.support.facts import held, proof, session
from tests.support.situations import GROUPS, ONE, TWO, Row, both, row, second


def own_passkey(*choices: str) -> StepUp:
    return StepUp(choices, "freshness", phishing_resistant=True)


TABLE = {
    "what guards an account is changed by the passkey, or by a code where it is lost": row(
        session(*both(), holds="password totp backup_codes passkey"),
        TWO,
        secure=own_passkey("passkey", "backup_codes"),
        enrol=own_passkey("passkey", "backup_codes"),
    ),
    "without codes a lost passkey leaves nothing but a reset": row(
        session(*both(), holds="password totp passkey"),
        TWO,
        secure=own_passkey("passkey"),
        enrol=own_passkey("passkey"),
    ),
    "a code stands in for the passkey": row(
        session(
            proof("password", hours=1),
            proof("backup_codes", minutes=4),
            holds="password totp backup_codes passkey",
        ),
        TWO,
    ),
    "a key that is taken for a copy is asked for nowhere": row(
        session(*both(), holds="password totp", copies=held("key")), TWO
    ),
    "the password does nothing beside a copy": row(
        session(proof("password"), holds="password", copies=held("key")),
        second("key"),
        open=ONE,
    ),
    "nor for whom a second factor is required": row(
        session(
            proof("password"), holds="password", copies=held("key"), roles=[Role.PARTNER_ADMIN]
        ),
        second("key"),
        open=ONE,
    ),
}
CASES = [
    pytest.param(action, situation, group, id=f"{sentence}: {action}")
    for sentence, situation in TABLE.items()
    for group, actions in GROUPS.items()
    for action in sorted(actions)
]


@pytest.mark.parametrize(("action", "situation", "group"), CASES)
def test_the_decision_is(action: Action, situation: Row, group: str) -> None:
    assert decide(action, situation.facts) == situation.answers.get(group, situation.rest)
