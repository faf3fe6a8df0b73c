"""When a session ends, however busy it is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.rules.access import session_end
from portal.rules.facts import Facts
from portal.rules.terms import Role
from tests.support.facts import NOW, proof, session

CONTROLLER = (Role.FINANCE_CONTROLLER,)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(
            session(proof("password", minutes=2)),
            NOW + timedelta(minutes=8),
            id="a pending sign-in ends 10 minutes after its proof",
        ),
        pytest.param(
            session(proof("password", minutes=2), holds="password", roles=CONTROLLER),
            NOW + timedelta(minutes=28),
            id="the enrolment gate closes 30 minutes after the proof",
        ),
        pytest.param(
            session(proof("password", minutes=2), holds="password"),
            NOW - timedelta(minutes=2) + timedelta(days=30),
            id="one factor lasts 30 days",
        ),
        pytest.param(
            session(proof("password", hours=5), proof("totp", hours=1)),
            NOW + timedelta(hours=23),
            id="two factors last 24 hours from the newest proof",
        ),
        pytest.param(
            session(proof("password", hours=2), proof("totp", hours=2), idle=timedelta(hours=2)),
            NOW + timedelta(hours=22),
            id="idling moves no end",
        ),
        pytest.param(session(), NOW + timedelta(minutes=10), id="no proof, 10 minutes"),
    ],
)
def test_a_session_ends_however_busy_it_is(facts: Facts, expected: datetime) -> None:
    assert session_end(facts) == expected
