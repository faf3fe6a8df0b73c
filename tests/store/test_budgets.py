"""The one statement that counts guesses says what the rule says, on both databases."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.edge import Edge
from portal.rules import lockout
from portal.rules.lockout import PAUSES, Budget, Lane, Throttled
from portal.store import budgets
from portal.store.budgets import Counted
from tests.store.conftest import Store
from tests.support.threads import at_once

KEY = b"an address and a factor"
DECADE = timedelta(days=3650)

waits = st.one_of(
    st.sampled_from([0, 1, 29, 30, 31, 60, 3599, 3600, 3601, -1, -60]),
    st.integers(min_value=0, max_value=5000),
)
steps = st.one_of(waits, waits, st.just("attempt"), st.just("attempt"), st.just("reset"))


def ask(store: Store, lane: Lane = Lane.STRANGERS, *, key: bytes = KEY, name: str = "") -> Counted:
    return store.run(budgets.reserve, key, name, limit=int(lane), pauses=PAUSES)


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, min_size=1, max_size=60), st.sampled_from(Lane))
def test_the_statement_equals_the_rule(store: Store, script: list[object], lane: Lane) -> None:
    # One database for all examples: each has a key of its own.
    key = store.entropy(16)

    def play(edge: Edge) -> None:
        budget = Budget(0, edge.now)
        for step in script:
            match step:
                case int():
                    edge.now += timedelta(seconds=step)
                case "reset":
                    budgets.reset(edge, key, "")
                    budget = Budget(0, edge.now)
                case _:
                    counted = budgets.reserve(edge, key, "", limit=int(lane), pauses=PAUSES)
                    match lockout.reserve(budget, lane=lane, now=edge.now):
                        case Budget() as after:
                            budget = after
                            assert counted.refused == 0
                        case Throttled(wait):
                            assert counted.refused > 0
                            assert (counted.failures >= lane) == (wait is None)
                    assert Budget(counted.failures, counted.next_at) == budget

    store.run(play)


@settings(
    max_examples=5,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.sampled_from(Lane))
def test_patience_spends_a_lane_and_no_more(store: Store, lane: Lane) -> None:
    key, compared = store.entropy(16), 0
    for _ in range(lane + 3):
        store.clock.advance(hours=1)
        compared += ask(store, lane, key=key).refused == 0
    assert compared == lane
    store.clock.advance(DECADE)
    assert ask(store, lane, key=key).refused > 0


def test_of_twenty_at_once_five_are_compared(store: Store) -> None:
    compared = at_once(20, lambda _: ask(store).refused == 0)
    assert sum(compared) == 5


def test_refusals_are_counted_and_told_once_by_the_next_attempt(store: Store) -> None:
    for _ in range(5):
        ask(store)
    assert [ask(store).refused for _ in range(3)] == [1, 2, 3]
    store.clock.advance(seconds=30)
    after = ask(store)
    assert (after.refused, after.refused_before, after.failures) == (0, 3, 6)


def test_a_refused_attempt_makes_no_pause_longer(store: Store) -> None:
    for _ in range(5):
        ask(store)
    until = ask(store).next_at
    store.clock.advance(seconds=20)
    assert ask(store).next_at == until


def test_lanes_and_keys_are_counted_apart(store: Store) -> None:
    browser = store.run(lambda edge: edge.new_id())
    for _ in range(6):
        ask(store)
    assert ask(store).refused
    assert ask(store, Lane.KNOWN_BROWSER, name=browser).failures == 1
    assert ask(store, key=b"another").failures == 1


def test_a_success_resets_its_own_lane_alone(store: Store) -> None:
    browser = store.run(lambda edge: edge.new_id())
    for name in ("", browser):
        for _ in range(3):
            ask(store, name=name)
    store.run(budgets.reset, KEY, browser)
    assert ask(store, name=browser).failures == 1
    assert ask(store).failures == 4


def test_an_unlock_resets_the_strangers_and_a_decision_everybody(store: Store) -> None:
    browser = store.run(lambda edge: edge.new_id())
    for name in ("", browser):
        ask(store, name=name)
    assert store.run(budgets.reset_strangers, [KEY]) == 1
    assert (ask(store).failures, ask(store, name=browser).failures) == (1, 2)
    assert store.run(budgets.reset_all, [KEY, b"another"]) == 2
    assert ask(store, name=browser).failures == 1


def test_purge_takes_the_lanes_that_nobody_tried_since_and_no_others(store: Store) -> None:
    ask(store)
    store.clock.advance(days=300)
    ask(store, key=b"another")
    assert store.run(budgets.purge, store.clock() - timedelta(days=299)) == 1
    assert ask(store, key=b"another").failures == 2
