"""Who must hold a second factor, and what counts as one."""

from __future__ import annotations

import pytest

from portal.rules.policy import (
    DEFAULT,
    Policy,
    base_level,
    counts_as_second_factor,
    highest_level,
)
from portal.rules.terms import AAL, Role
from tests.support.facts import STRENGTHS

NOTHING = Policy("none", frozenset())


def strengths(kinds: str) -> list:
    return [STRENGTHS[kind] for kind in kinds.split()]


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ("password", False),
        ("backup_codes", False),
        ("totp", True),
        ("sms", True),
        ("passkey", True),
    ],
)
def test_what_carries_a_sign_in_beside_the_password(kind: str, counts: bool) -> None:
    assert counts_as_second_factor(STRENGTHS[kind]) is counts


@pytest.mark.parametrize(
    ("policy", "roles", "holds", "expected"),
    [
        pytest.param(DEFAULT, [], "password", AAL.AAL1, id="no role, a password"),
        pytest.param(DEFAULT, [Role.TRAVELER], "", AAL.AAL1, id="nothing held"),
        pytest.param(DEFAULT, [Role.TRAVELER], "password totp", AAL.AAL2, id="an app is held"),
        pytest.param(DEFAULT, [Role.TRAVELER], "password backup_codes", AAL.AAL1, id="only codes"),
        pytest.param(DEFAULT, [Role.HQ_ADMIN], "password", AAL.AAL2, id="a required role"),
        pytest.param(
            DEFAULT, [Role.TRAVELER, Role.SERVICE_DESK], "password", AAL.AAL2, id="the strictest"
        ),
        pytest.param(NOTHING, [Role.HQ_ADMIN], "password", AAL.AAL1, id="policy switched off"),
        pytest.param(NOTHING, [Role.HQ_ADMIN], "password totp", AAL.AAL2, id="off, but an app"),
    ],
)
def test_every_session_must_reach(
    policy: Policy, roles: list[Role], holds: str, expected: AAL
) -> None:
    assert base_level(policy, roles, strengths(holds)) is expected


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ("", AAL.NONE),
        ("password", AAL.AAL1),
        ("totp", AAL.AAL1),
        (
            "password backup_codes",
            AAL.AAL1,
        ),  # Codes stand in for a factor; they are none to ask for.
        ("password totp", AAL.AAL2),
        ("passkey", AAL.AAL2),
    ],
)
def test_the_highest_level_that_a_person_can_reach(holds: str, expected: AAL) -> None:
    assert highest_level(strengths(holds)) is expected


def test_the_built_in_policy_has_a_name_for_the_audit_log() -> None:
    assert DEFAULT.version == "built-in-1"
