"""When policy stops somebody: one answer for sessions, previews and lists; nothing restarts it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules import deadlines, holdings, plans, rollout
from portal.rules.access import Enrol, decide
from portal.rules.deadlines import Person, enrol_by, lacking_at
from portal.rules.facts import Facts
from portal.rules.policy import NOTHING, Policy, Restrictions
from portal.rules.policy_values import Asked, Line, Step
from portal.rules.terms import Action, Membership, Role, Traits
from tests.support.clock import START as NOW
from tests.support.facts import held, proof
from tests.support.policies import DAY, asked, holding, moments, people

SECOND = timedelta(seconds=1)
REQUIRED = Policy("a/1", frozenset({Role.DISPATCHER}))
SOON = Asked(NOTHING, (Line(NOTHING, (Step(REQUIRED, NOW, NOW, NOW + 5 * DAY, 3 * DAY),)),))
OLD = Person(frozenset({Role.DISPATCHER}), holding("password"), NOW - 9 * DAY)


def facts_at(policies: list[Asked | None], person: Person, moment: datetime) -> Facts:
    """A session of somebody who has just given the password and the app, whatever they hold."""
    memberships = tuple(
        Membership(f"o{number}", "O", role, asked=one)
        for number, (role, one) in enumerate(
            (role, one) for role in person.roles for one in policies
        )
    )
    policy = deadlines.policy_at(policies, moment, person.active_since, person.exempt_until)
    sorted_ = holdings.under(policy, person.held)
    return Facts(
        now=moment,
        signed_in=True,
        authentications=tuple(
            replace(proof(kind), at=moment) for kind in ("password", "totp", "passkey")
        ),
        seen_at=moment,
        enrolled=sorted_.enrolled,
        copies=sorted_.copies,
        forbidden=sorted_.forbidden,
        forbidden_ids=sorted_.forbidden_ids,
        enrollable=plans.enrollable(
            held("password totp backup_codes passkey"), memberships, policy
        ),
        memberships=memberships,
        user_id="me",
        policy=policy,
    )


@given(st.lists(st.none() | asked(), min_size=1, max_size=2), people(), moments)
def test_who_lacks_something_is_exactly_who_is_sent_to_enrol(
    policies: list[Asked | None], person: Person, moment: datetime
) -> None:
    decision = decide(Action.HOME, facts_at(policies, person, moment))
    why = lacking_at(policies, person, moment)
    if not person.roles:
        return  # A membership is what has roles: nobody asks anything of whoever has none.
    assert isinstance(decision, Enrol) is (why is not None)
    if isinstance(decision, Enrol):
        assert decision.why == why


@settings(max_examples=200)
@given(st.lists(st.none() | asked(), min_size=1, max_size=2), people(), moments)
def test_the_deadline_is_the_moment_from_which_somebody_is_stopped(
    policies: list[Asked | None], person: Person, now: datetime
) -> None:
    now = max(now, person.active_since)
    found = enrol_by(policies, person, now)
    if found is None:
        for moment in [now, *changes(policies, person, now)]:
            assert lacking_at(policies, person, moment) is None
        return
    assert found >= person.active_since
    assert lacking_at(policies, person, found) is not None
    stopped = lacking_at(policies, person, now) is not None
    assert stopped is (found <= now)
    before = found - SECOND
    if before >= person.active_since and before >= now - 100 * DAY:
        assert lacking_at(policies, person, before) is None, "and not a second before"
    for moment in changes(policies, person, now):
        assert moment >= found or lacking_at(policies, person, moment) is None


def changes(policies: list[Asked | None], person: Person, now: datetime) -> list[datetime]:
    ends = {person.exempt_until} if person.exempt_until else set()
    found = {*rollout.moments(policies, now), *ends}
    return sorted(moment for moment in found if moment > now)


@given(st.lists(st.none() | asked(), min_size=1, max_size=2), people(), moments)
def test_looking_later_moves_no_deadline(
    policies: list[Asked | None], person: Person, now: datetime
) -> None:
    now = max(now, person.active_since)
    found = enrol_by(policies, person, now)
    if found is not None and found > now:
        assert enrol_by(policies, person, found - SECOND) == found
        assert enrol_by(policies, person, found) == found


@pytest.mark.parametrize(
    ("person", "days"),
    [
        pytest.param(OLD, 8, id="there when it was announced: with the grace"),
        pytest.param(replace(OLD, active_since=NOW), 8, id="since that very second"),
        pytest.param(replace(OLD, active_since=NOW + SECOND), 5, id="since a second later"),
        pytest.param(
            replace(OLD, active_since=NOW + 6 * DAY), 6, id="active when it held: at once"
        ),
        pytest.param(replace(OLD, exempt_until=NOW + 20 * DAY), 20, id="exempt until its second"),
        pytest.param(replace(OLD, exempt_until=NOW + 6 * DAY), 8, id="exempt for less than that"),
        pytest.param(replace(OLD, roles=frozenset({Role.TRAVELER})), None, id="another role"),
        pytest.param(replace(OLD, held=holding("password", "totp")), None, id="who holds enough"),
    ],
)
def test_the_deadline_of_a_person(person: Person, days: int | None) -> None:
    expected = None if days is None else NOW + days * DAY
    later = max(NOW, person.active_since)
    assert enrol_by([SOON], person, later) == expected
    assert enrol_by([None, SOON, SOON], person, later) == expected
    if expected is not None:
        assert lacking_at([SOON], person, expected) == "policy_requires_second_factor"
        assert days == 6 or lacking_at([SOON], person, expected - SECOND) is None


def test_a_second_role_in_another_organisation_restarts_nothing() -> None:
    both = replace(OLD, roles=frozenset({Role.DISPATCHER, Role.TRAVELER}))
    assert enrol_by([SOON, None], both, NOW) == enrol_by([SOON], OLD, NOW)


def test_a_role_that_comes_after_the_deadline_has_no_grace_of_its_own() -> None:
    late = replace(OLD, roles=frozenset({Role.TRAVELER}))
    now = NOW + 30 * DAY
    assert enrol_by([SOON], late, now) is None
    assert enrol_by([SOON], replace(late, roles=OLD.roles), now) == NOW + 8 * DAY


def test_a_reset_does_not_restart_it() -> None:
    """What is held is gone, and the deadline is the one that it would have been without it."""
    enrolled = replace(OLD, held=holding("password", "totp"))
    assert enrol_by([SOON], enrolled, NOW + 30 * DAY) is None
    assert enrol_by([SOON], OLD, NOW + 30 * DAY) == NOW + 8 * DAY


def test_an_exemption_that_ended_counts_from_its_end() -> None:
    person = replace(OLD, exempt_until=NOW + 20 * DAY)
    assert enrol_by([SOON], person, NOW + 30 * DAY) == NOW + 20 * DAY
    assert lacking_at([SOON], person, NOW + 20 * DAY - SECOND) is None
    assert lacking_at([SOON], person, NOW + 20 * DAY) == "policy_requires_second_factor"


def test_nobody_is_exempt_from_the_built_in_policy() -> None:
    admin = replace(OLD, roles=frozenset({Role.HQ_ADMIN}), exempt_until=NOW + 20 * DAY)
    assert lacking_at([SOON], admin, NOW) == "policy_requires_second_factor"


def test_an_exemption_lets_what_is_held_go_on_being_used() -> None:
    asked_by = Asked(Policy("a/1", frozenset(), Restrictions(attested=True), methods=frozenset()))
    keeper = replace(OLD, held=holding("password", "totp", one=Traits()))
    assert lacking_at([asked_by], keeper, NOW) == "method_forbidden"
    exempt = replace(keeper, exempt_until=NOW + DAY)
    assert lacking_at([asked_by], exempt, NOW) is None
    assert lacking_at([asked_by], exempt, NOW + DAY) == "method_forbidden"
