"""The decision table at shared desks: what five minutes without use leave of a session."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.rules.access import Allow, SignIn, decide
from portal.rules.terms import AAL, Action
from tests.support.facts import at_shared_desk, proof, session
from tests.support.situations import (
    CONTROLLER,
    GROUPS,
    SECOND,
    TWO,
    Row,
    both,
    lapsed,
    row,
    second,
)

ZERO = Allow(AAL.NONE)
HOUR = timedelta(hours=1)
AWAY = timedelta(minutes=5)
LOCKED = {
    "at a shared desk five minutes without use leave nothing, and any held kind restores it": row(
        at_shared_desk(session(*both(minutes=20), idle=AWAY)),
        lapsed("password", "totp"),
        open=ZERO,
        step=ZERO,
    ),
    "a second before that nothing has lapsed": row(
        at_shared_desk(session(*both(), idle=AWAY - SECOND)), TWO
    ),
    "at a shared desk one factor alone idles out too": row(
        at_shared_desk(session(proof("password", days=2), holds="password", idle=AWAY)),
        lapsed("password"),
        open=ZERO,
        step=ZERO,
    ),
    "a week later it is still locked and not ended": row(
        at_shared_desk(session(proof("password", days=7), holds="password", idle=7 * 24 * HOUR)),
        lapsed("password"),
        open=ZERO,
        step=ZERO,
    ),
    "a proof of 30 days ago does not even wait for another": row(
        at_shared_desk(session(proof("password", days=30), holds="password", idle=AWAY)),
        SignIn("proofs_expired"),
    ),
    "a lock makes nothing of a sign-in that was never finished": row(
        at_shared_desk(session(proof("password"), idle=AWAY)), second("totp"), open=ZERO
    ),
    "the enrolment gate is locked at a shared desk like anything else": row(
        at_shared_desk(
            session(proof("password", minutes=5), holds="password", roles=CONTROLLER, idle=AWAY)
        ),
        lapsed("password"),
        open=ZERO,
        step=ZERO,
    ),
    "and so is what a ticket opened": row(
        at_shared_desk(
            session(
                proof("password", minutes=5),
                holds="password",
                idle=AWAY,
                reset=True,
                ticketed=True,
            )
        ),
        lapsed("password"),
        open=ZERO,
        step=ZERO,
    ),
    "a password that is due is asked for behind the lock": row(
        at_shared_desk(session(proof("password"), holds="password", idle=AWAY, password_due=True)),
        lapsed("password"),
        open=ZERO,
        step=ZERO,
    ),
}

CASES = [
    pytest.param(action, situation, group, id=f"{sentence}: {action}")
    for sentence, situation in LOCKED.items()
    for group, actions in GROUPS.items()
    for action in sorted(actions)
]


@pytest.mark.parametrize(("action", "situation", "group"), CASES)
def test_the_decision_at_a_shared_desk_is(action: Action, situation: Row, group: str) -> None:
    assert decide(action, situation.facts) == situation.answers.get(group, situation.rest)
