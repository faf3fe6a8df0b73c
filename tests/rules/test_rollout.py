"""From when a policy holds, for whom: one second before, at the moment, and after it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules import rollout
from portal.rules.policy import DEFAULT, NOTHING, Policy, merge, strictest
from portal.rules.policy_values import Asked, Line, Step
from portal.rules.rollout import ALWAYS, Stage
from portal.rules.terms import Role
from tests.support.clock import START as NOW
from tests.support.policies import DAY, asked, lines, moments, policies, steps

SECOND = timedelta(seconds=1)
NEWCOMER = NOW + SECOND  # Active a second after the announcement.


def policy(number: int, *roles: Role) -> Policy:
    return Policy(f"a/{number}", frozenset(roles))


def step(number: int, enforced: int, grace: int = 0, announced: int = 0) -> Step:
    """A step that is announced, and enforced, so many days after now."""
    told, at = NOW + announced * DAY, NOW + enforced * DAY
    return Step(policy(number), told, told + DAY, at, grace * DAY)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (NOW, Stage.ANNOUNCED),
        (NOW + DAY - SECOND, Stage.ANNOUNCED),
        (NOW + DAY, Stage.MONITORED),
        (NOW + 5 * DAY - SECOND, Stage.MONITORED),
        (NOW + 5 * DAY, Stage.GRACE),
        (NOW + 8 * DAY - SECOND, Stage.GRACE),
        (NOW + 8 * DAY, Stage.ENFORCED),
    ],
)
def test_each_stage_begins_at_its_very_second(moment: datetime, expected: Stage) -> None:
    assert rollout.stage(step(1, 5, grace=3), moment) is expected


def test_without_grace_no_stage_is_between() -> None:
    assert rollout.stage(step(1, 5), NOW + 5 * DAY - SECOND) is Stage.MONITORED
    assert rollout.stage(step(1, 5), NOW + 5 * DAY) is Stage.ENFORCED


@pytest.mark.parametrize(
    ("since", "days"),
    [(ALWAYS, 8), (NOW - DAY, 8), (NOW, 8), (NEWCOMER, 5), (NOW + 9 * DAY, 5)],
)
def test_the_grace_is_for_accounts_that_were_there_when_it_was_announced(
    since: datetime, days: int
) -> None:
    assert rollout.due(step(1, 5, grace=3), since) == NOW + days * DAY


@pytest.mark.parametrize(
    ("since", "days", "number"),
    [
        (ALWAYS, 0, 0),
        (ALWAYS, 7, 0),
        (ALWAYS, 8, 1),
        (ALWAYS, 10, 2),
        (NEWCOMER, 5, 1),
        (NEWCOMER, 10, 2),
        # Who came between both announcements has the grace of the second alone.
        (NOW + 6 * DAY, 5, 1),
    ],
)
def test_of_several_steps_the_newest_that_is_due_counts(
    since: datetime, days: int, number: int
) -> None:
    line = Line(policy(0), (step(1, 5, grace=3), step(2, 10, announced=6)))
    found = rollout.at(Asked(NOTHING, (line,)), NOW + days * DAY, since)
    assert found.version == f"a/{number}"


def test_one_second_before_a_step_the_one_before_holds() -> None:
    asked_by = Asked(NOTHING, (Line(policy(0), (step(1, 5),)),))
    assert rollout.at(asked_by, NOW + 5 * DAY - SECOND, ALWAYS).version == "a/0"
    assert rollout.at(asked_by, NOW + 5 * DAY, ALWAYS).version == "a/1"


def test_a_later_step_that_comes_sooner_is_not_undone_by_the_earlier_one() -> None:
    line = Line(policy(0), (step(1, 10), step(2, 5)))
    for days in (5, 10, 11):
        assert rollout.at(Asked(NOTHING, (line,)), NOW + days * DAY, ALWAYS).version == "a/2"


def test_without_organisations_that_ask_the_built_in_policy_holds() -> None:
    assert rollout.together([], NOW, ALWAYS) is DEFAULT
    assert rollout.together([None, None], NOW, ALWAYS) is DEFAULT
    found = rollout.together([None, Asked(policy(1, Role.TRAVELER))], NOW, ALWAYS)
    assert found.required_roles == DEFAULT.required_roles | {Role.TRAVELER}


def test_a_step_in_its_grace_is_not_settled() -> None:
    line = Line(policy(0), (step(1, 5, grace=3),))
    assert rollout.settled(line, NOW + 8 * DAY - SECOND) is line
    assert rollout.settled(line, NOW + 8 * DAY) == Line(policy(1))


@given(lines(), moments, moments, moments)
def test_what_is_settled_asks_the_same_from_then_on(
    line: Line, settled_at: datetime, later: datetime, since: datetime
) -> None:
    after = rollout.settled(line, settled_at)
    assert len(after.steps) <= len(line.steps)
    assert all(one.complete_at > settled_at for one in after.steps[:1])
    if later < settled_at:
        return
    before = Asked(NOTHING, (line,))
    assert rollout.at(Asked(NOTHING, (after,)), later, since) == rollout.at(before, later, since)


@given(asked(), lines(), moments, moments)
def test_below_an_organisation_holds_what_stands_above_and_its_own(
    above: Asked, own: Line, now: datetime, since: datetime
) -> None:
    found, alone = rollout.below(above, own), rollout.below(None, own)
    assert found is not None
    expected = merge(rollout.at(above, now, since), rollout.at(Asked(NOTHING, (own,)), now, since))
    assert rollout.at(found, now, since) == expected
    own_now = rollout.at(Asked(NOTHING, (own,)), now, since)
    if alone is None:
        assert own == Line(NOTHING)
    else:
        assert rollout.at(alone, now, since) == merge(DEFAULT, own_now)


def test_who_asks_for_nothing_leaves_what_stands_above() -> None:
    above = Asked(policy(1))
    assert rollout.below(above, Line(NOTHING)) is above
    assert rollout.below(None, Line(NOTHING)) is None


def test_a_version_that_is_withdrawn_asks_for_nothing_more() -> None:
    """Published at once in its place: the line has no step left."""
    above = rollout.below(None, Line(NOTHING, (step(1, 5),)))
    assert above is not None
    assert rollout.below(None, Line(NOTHING)) is None


@given(asked(), moments, moments)
def test_between_two_moments_nothing_changes_for_anybody(
    one: Asked, now: datetime, since: datetime
) -> None:
    ahead = rollout.moments([one, None], now)
    assert ahead == sorted(set(ahead))
    assert all(moment > now for moment in ahead)
    for start, end in zip([now, *ahead], [*ahead, now + 400 * DAY], strict=True):
        assert rollout.at(one, start, since) == rollout.at(one, end - SECOND, since)


@given(asked(), moments, moments, moments)
def test_nobody_is_ever_asked_for_anything_else_than_what_is_looked_at_before_publishing(
    one: Asked, now: datetime, later: datetime, since: datetime
) -> None:
    if later >= now:
        assert rollout.at(one, later, since) in list(rollout.every(one, now))


def test_nor_those_who_came_between_two_announcements() -> None:
    one = Asked(
        NOTHING,
        (
            Line(NOTHING, (step(1, 6, grace=30),)),
            Line(policy(8), (step(2, 5, grace=10, announced=2),)),
        ),
    )
    found = rollout.at(one, NOW + 7 * DAY, NOW + DAY)
    assert found.version == "a/1+a/8", "the first at once, the second with its grace"
    assert found in list(rollout.every(one, NOW + 3 * DAY))


@given(st.lists(policies, max_size=3), steps(policies), moments)
def test_a_roll_out_never_takes_away_what_others_ask(
    others: list[Policy], one: Step, now: datetime
) -> None:
    """A line of one organisation replaces what that one asked, and nothing of anybody else's."""
    line = Line(NOTHING, (one,))
    together = rollout.at(Asked(strictest(others), (line,)), now, ALWAYS)
    assert together == merge(together, strictest(others))
