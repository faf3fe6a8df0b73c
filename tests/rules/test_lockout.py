"""How fast anybody may guess, and where it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.lockout import PAUSES, Budget, Lane, Throttled, pause, reserve
from tests.support.clock import START as NOW

FRESH = Budget(0, NOW)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (11, 1920), (12, 3600), (13, 3600), (10**6, 3600)],
)
def test_a_pause_doubles_from_the_fifth_failure_up_to_an_hour(failures: int, seconds: int) -> None:
    assert pause(failures) == timedelta(seconds=seconds)


def test_five_attempts_are_compared_at_once_and_no_more() -> None:
    budget: Budget = FRESH
    for _ in range(5):
        answer = reserve(budget, lane=Lane.STRANGERS, now=NOW)
        assert isinstance(answer, Budget)
        budget = answer
    assert reserve(budget, lane=Lane.STRANGERS, now=NOW) == Throttled(timedelta(seconds=30))


def test_a_pause_ends_at_its_instant_and_not_before() -> None:
    budget = Budget(5, NOW + timedelta(seconds=30))
    early = reserve(budget, lane=Lane.STRANGERS, now=NOW + timedelta(seconds=29))
    assert early == Throttled(SECOND)
    on_time = reserve(budget, lane=Lane.STRANGERS, now=NOW + timedelta(seconds=30))
    assert on_time == Budget(6, NOW + timedelta(seconds=90))


@pytest.mark.parametrize("lane", Lane)
def test_a_spent_lane_has_no_waiting_time(lane: Lane) -> None:
    last = reserve(Budget(lane - 1, NOW), lane=lane, now=NOW)
    assert last == Budget(lane, NOW + timedelta(hours=1))
    years = timedelta(days=3650)
    assert reserve(Budget(lane, NOW), lane=lane, now=NOW + years) == Throttled(None)


def test_strangers_and_a_known_browser_stay_at_a_hundred_in_a_row() -> None:
    assert (Lane.STRANGERS, Lane.KNOWN_BROWSER) == (80, 20)


def test_the_rows_for_the_store_say_what_pause_says() -> None:
    last = PAUSES[-1][0]
    assert [count for count, _ in PAUSES] == list(range(5, last + 1))
    assert all(pause(count) == wait for count, wait in PAUSES)
    assert all(pause(count) == PAUSES[-1][1] for count in range(last, 200))


@given(
    st.lists(st.integers(min_value=0, max_value=4000), min_size=1, max_size=300),
    st.sampled_from(Lane),
)
def test_no_patience_gets_past_the_limit_of_a_lane(steps: list[int], lane: Lane) -> None:
    budget, now, compared = FRESH, NOW, []
    for step in steps:
        now += timedelta(seconds=step)
        match reserve(budget, lane=lane, now=now):
            case Budget() as after:
                compared.append(now)
                budget = after
            case Throttled(wait):
                assert wait is None or wait > timedelta(0)
    assert len(compared) <= lane
    for number, instant in enumerate(compared[5:], start=5):
        assert instant - compared[number - 1] >= pause(number)
