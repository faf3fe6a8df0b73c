"""Whom a version on its way would stop: the same as it then does, and nobody who is stopped now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.rules import deadlines, rollout, stops
from portal.rules.deadlines import Person
from portal.rules.policy import DEFAULT, NOTHING, Demand, Policy
from portal.rules.policy_values import Asked, Line, Step
from portal.rules.terms import AAL, Role
from tests.support.clock import START as NOW
from tests.support.policies import DAY, holding, people, steps, stopping

DAN = Person(frozenset({Role.DISPATCHER}), holding("password"), NOW - 100 * DAY)
REQUIRED = Policy("a/1", frozenset({Role.DISPATCHER}))
RESISTANT = Policy("b/2", frozenset(), demands={Role.DISPATCHER: Demand(AAL.AAL2, True)})


def coming(policy: Policy, days: float = 10, grace: float = 0) -> Step:
    return Step(policy, NOW, NOW, NOW + days * DAY, timedelta(days=grace))


def asked(*some: Step) -> Asked:
    return Asked(DEFAULT, (Line(NOTHING, some),))


@given(steps(), stopping, people(st.integers(-20, 0).map(lambda days: NOW + days * DAY)))
def test_it_names_exactly_those_whom_the_version_stops_when_it_is_in_force(
    step: Step, base: Policy, person: Person
) -> None:
    person = replace(person, exempt_until=None)
    own = [Asked(DEFAULT, (Line(base, (step,)),))]
    due = rollout.due(step, person.active_since)
    would = stops.why(own, person, step, NOW)
    assert (would is not None) == (due > NOW and deadlines.enrol_by(own, person, NOW) == due)
    if would is not None:
        assert would == deadlines.lacking_at(own, person, due)


@given(steps(), people())
def test_whoever_is_stopped_already_is_not_stopped_by_what_is_to_come(
    step: Step, person: Person
) -> None:
    own = [Asked(DEFAULT, (Line(step.policy, (step,)),))]
    assert stops.why(own, replace(person, exempt_until=None), step, NOW) is None


def test_each_of_two_organisations_counts_whom_its_version_would_stop() -> None:
    first, second = coming(REQUIRED), coming(RESISTANT, days=20)
    found = list(stops.of_person([asked(first), asked(second)], DAN, NOW))
    assert [(stop.organisation_id, stop.number, stop.at) for stop in found] == [
        ("a", 1, NOW + 10 * DAY),
        ("b", 2, NOW + 20 * DAY),
    ]
    with_app = replace(DAN, held=holding("password", "totp"))
    (only,) = stops.of_person([asked(first), asked(second)], with_app, NOW)
    assert (only.organisation_id, only.why) == ("b", "policy_requires_phishing_resistant")


def test_together_two_organisations_may_stop_whom_neither_would_alone() -> None:
    """One allows apps and texts, the other passkeys and apps: texts are left to nobody."""
    now = Policy("c/1", frozenset({Role.DISPATCHER}), methods=frozenset({"sms", "totp"}))
    step = coming(Policy("d/1", frozenset(), methods=frozenset({"totp", "passkey"})))
    dan = replace(DAN, held=holding("password", "sms"))
    in_force = Asked(DEFAULT, (Line(now),))
    assert stops.why([in_force, asked(step)], dan, step, NOW) == "method_forbidden"
    assert stops.why([asked(step)], dan, step, NOW) == "method_forbidden"
    both = replace(dan, held=holding("password", "sms", "totp"))
    assert stops.why([in_force, asked(step)], both, step, NOW) is None


def test_an_exemption_counts_by_the_day_on_which_the_version_holds() -> None:
    step = coming(REQUIRED)
    for days, expected in ((5, "policy_requires_second_factor"), (10, None), (11, None)):
        until = NOW + days * DAY + timedelta(seconds=1 if days == 10 else 0)
        person = replace(DAN, exempt_until=until)
        assert stops.why([asked(step)], person, step, NOW) == expected
    exactly = replace(DAN, exempt_until=NOW + 10 * DAY)
    assert stops.why([asked(step)], exactly, step, NOW) is not None


def test_nothing_is_watched_before_its_day_nor_once_it_holds_for_everybody() -> None:
    step = replace(coming(REQUIRED, days=10, grace=5), monitored_at=NOW + 3 * DAY)
    for days, watched in ((0, 0), (3, 1), (10, 1), (14, 1), (15, 0)):
        assert len(stops.watched([asked(step), asked(step)], NOW + days * DAY)) == watched


def test_an_account_without_grace_is_not_said_to_be_stopped_once_it_is() -> None:
    step = coming(REQUIRED, days=10, grace=5)
    new = replace(DAN, active_since=NOW + DAY)
    at = NOW + 10 * DAY
    assert stops.why([asked(step)], new, step, at - DAY) is not None
    assert stops.why([asked(step)], new, step, at) is None
    assert stops.why([asked(step)], DAN, step, at) is not None


def test_a_version_that_another_took_the_place_of_stops_nobody_any_more() -> None:
    """The stricter one was in force for a while; the one that holds now asks less."""
    first, second = coming(RESISTANT, days=5), coming(REQUIRED, days=10)
    with_app = replace(DAN, held=holding("password", "totp"))
    own = [asked(first, second)]
    assert stops.why(own, with_app, first, NOW + 4 * DAY) is not None
    assert stops.why(own, with_app, first, NOW + 10 * DAY) is None
