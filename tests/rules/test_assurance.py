"""What proofs are worth: level, lifetimes, idling, freshness, acr."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from portal.rules.assurance import (
    LIFETIMES,
    Lifetimes,
    acr,
    is_fresh,
    is_hardware,
    level,
    lifetime_end,
    session_level,
    without_hardware,
)
from portal.rules.terms import AAL, Authentication
from tests.support.facts import NOW, STRENGTHS, proof

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("", AAL.NONE),
        ("password", AAL.AAL1),
        ("totp", AAL.AAL1),
        ("password password", AAL.AAL1),
        ("totp sms", AAL.AAL1),
        ("totp backup_codes", AAL.AAL1),
        ("password totp", AAL.AAL2),
        ("password sms", AAL.AAL2),
        ("password backup_codes", AAL.AAL2),
        ("passkey", AAL.AAL2),
        ("passkey password totp", AAL.AAL2),
        ("key", AAL.AAL3),
        ("password totp key", AAL.AAL3),
        ("key password sms", AAL.AAL3),
    ],
)
def test_a_level_is_two_categories_or_one_multi_factor(kinds: str, expected: AAL) -> None:
    assert level(STRENGTHS[kind] for kind in kinds.split()) is expected


@pytest.mark.parametrize(
    ("proofs", "idle", "expected"),
    [
        pytest.param((), timedelta(0), AAL.NONE, id="nothing proved"),
        pytest.param(
            (proof("password", days=29, hours=23),),
            20 * DAY,
            AAL.AAL1,
            id="one factor to the end of its 30 days, however idle",
        ),
        pytest.param((proof("password", days=30),), timedelta(0), AAL.NONE, id="30 days are over"),
        pytest.param(
            (proof("password", hours=23), proof("totp", hours=23)),
            HOUR - SECOND,
            AAL.AAL2,
            id="two factors, a second before idling out",
        ),
        pytest.param(
            (proof("password"), proof("totp")), HOUR, AAL.AAL1, id="idled out to one factor"
        ),
        pytest.param(
            (proof("password", hours=24), proof("totp")),
            timedelta(0),
            AAL.AAL1,
            id="the older of two proofs is a day old",
        ),
        pytest.param(
            (proof("key", hours=11, minutes=59, seconds=59),),
            timedelta(minutes=14, seconds=59),
            AAL.AAL3,
            id="a hardware key, a second before both its limits",
        ),
        pytest.param(
            (proof("key"),), timedelta(minutes=15), AAL.AAL2, id="AAL3 idled out to two factors"
        ),
        pytest.param((proof("key"),), HOUR, AAL.AAL1, id="and then to one, as any"),
        pytest.param(
            (proof("key", hours=12),), timedelta(0), AAL.AAL2, id="12 hours of AAL3 are over"
        ),
        pytest.param(
            (proof("key", hours=13), proof("passkey"), proof("password"), proof("totp")),
            timedelta(0),
            AAL.AAL2,
            id="weaker proofs make an old AAL3 no younger",
        ),
        pytest.param(
            (proof("password", seconds=-600), proof("totp", seconds=-600)),
            timedelta(seconds=-600),
            AAL.AAL2,
            id="the clock was set back",
        ),
    ],
)
def test_a_session_stands_at(
    proofs: tuple[Authentication, ...], idle: timedelta, expected: AAL
) -> None:
    assert session_level(proofs, now=NOW, seen_at=NOW - idle) is expected


def test_a_shared_desk_locks_at_every_level() -> None:
    limit = LIFETIMES.shared_desk_idle
    assert limit == timedelta(minutes=5)
    for proofs, whole in (
        ((proof("password"),), AAL.AAL1),
        ((proof("password"), proof("totp")), AAL.AAL2),
    ):
        for idle, expected in ((limit - SECOND, whole), (limit, AAL.NONE)):
            found = session_level(proofs, now=NOW, seen_at=NOW - idle, shared_desk=True)
            assert found is expected
            assert session_level(proofs, now=NOW, seen_at=NOW - idle) is whole


def test_the_longer_time_of_a_desk_never_lengthens_a_levels_own() -> None:
    long = replace(LIFETIMES, shared_desk_idle=2 * HOUR)
    proofs = (proof("password"), proof("totp"))
    for desk in (True, False):
        found = session_level(proofs, now=NOW, seen_at=NOW - HOUR, lifetimes=long, shared_desk=desk)
        assert found is AAL.AAL1


def test_shorter_lifetimes_are_obeyed() -> None:
    short = Lifetimes(
        overall={**LIFETIMES.overall, AAL.AAL2: HOUR},
        idle={**LIFETIMES.idle, AAL.AAL2: timedelta(minutes=5)},
    )
    proofs = (proof("password", minutes=30), proof("totp", minutes=30))
    minutes = timedelta(minutes=1)

    def standing(now: datetime, seen_at: datetime) -> AAL:
        return session_level(proofs, now=now, seen_at=seen_at, lifetimes=short)

    assert standing(NOW, NOW) is AAL.AAL2
    assert standing(NOW, NOW - 5 * minutes) is AAL.AAL1
    assert standing(NOW + 30 * minutes, NOW + 30 * minutes) is AAL.AAL1


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        pytest.param(proof("password", minutes=5), AAL.AAL1, True, id="5 minutes are fresh"),
        pytest.param(
            proof("password", minutes=5, seconds=1), AAL.AAL1, False, id="a second more is not"
        ),
        pytest.param(proof("totp", seconds=-1), AAL.AAL1, False, id="the future is not fresh"),
        pytest.param(proof("password"), AAL.AAL2, False, id="a password refreshes no second level"),
        pytest.param(proof("totp"), AAL.AAL2, True, id="a possession refreshes it"),
        pytest.param(proof("backup_codes"), AAL.AAL2, True, id="a backup code is a possession"),
        pytest.param(proof("passkey", minutes=5), AAL.AAL2, True, id="so does a multi-factor one"),
        pytest.param(proof("passkey"), AAL.AAL3, False, id="a passkey refreshes no AAL3"),
        pytest.param(proof("key", minutes=5), AAL.AAL3, True, id="a hardware key does"),
    ],
)
def test_freshness(given: Authentication, wanted: AAL, expected: bool) -> None:
    five = timedelta(minutes=5)
    assert is_fresh([given], wanted=wanted, age_max=five, now=NOW) is expected


def test_any_fresh_proof_of_many_is_enough() -> None:
    proofs = [proof("totp", hours=3), proof("passkey", minutes=1), proof("password", days=2)]
    assert is_fresh(proofs, wanted=AAL.AAL2, age_max=timedelta(minutes=5), now=NOW)
    assert not is_fresh([], wanted=AAL.AAL1, age_max=timedelta(minutes=5), now=NOW)


def test_a_lifetime_counts_from_the_newest_proof_or_from_the_issue() -> None:
    proofs = [proof("password", hours=3), proof("totp", hours=1)]
    assert lifetime_end(proofs, issued_at=NOW) == NOW + timedelta(hours=23)
    assert lifetime_end(proofs[:1], issued_at=NOW) == NOW - timedelta(hours=3) + 30 * DAY
    assert lifetime_end([], issued_at=NOW) == NOW + timedelta(minutes=10)


def test_a_stronger_key_costs_its_holder_no_session() -> None:
    for kind in ("key", "passkey"):
        assert lifetime_end([proof(kind, hours=1)], issued_at=NOW) == NOW + timedelta(hours=23)


@pytest.mark.parametrize(
    "flag", ["multi_factor", "phishing_resistant", "device_bound", "hardware_protected"]
)
def test_aal3_is_one_proof_that_is_everything(flag: str) -> None:
    weaker = replace(STRENGTHS["key"], **{flag: False})
    assert is_hardware(STRENGTHS["key"])
    assert not is_hardware(weaker)
    assert level([weaker, STRENGTHS["password"], STRENGTHS["passkey"]]) is AAL.AAL2


def test_a_proof_that_lapsed_is_worth_a_synced_keys() -> None:
    proofs = (proof("password"), proof("key"), proof("totp"))
    kept = without_hardware(proofs)
    assert level(one.strength for one in kept) is AAL.AAL2
    assert [(one.kind, one.at) for one in kept] == [(one.kind, one.at) for one in proofs]
    assert kept[1].strength.phishing_resistant
    assert without_hardware(proofs[:1]) == proofs[:1]


def test_the_numbers_are_the_ones_of_the_house() -> None:
    assert LIFETIMES.overall[AAL.AAL1] == 30 * DAY
    assert (LIFETIMES.overall[AAL.AAL2], LIFETIMES.idle[AAL.AAL2]) == (DAY, HOUR)
    assert LIFETIMES.overall[AAL.AAL3] == 12 * HOUR
    assert LIFETIMES.idle[AAL.AAL3] == timedelta(minutes=15)


def test_acr_names_the_level() -> None:
    assert [acr(one) for one in AAL] == ["aal0", "aal1", "aal2", "aal3"]
