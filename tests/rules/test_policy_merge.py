"""Policies together: the strictest of each, in any order; and which makes may be enrolled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.actions import ACTIONS, RAISABLE, Entry
from portal.rules.policy import (
    DEFAULT,
    Policy,
    Raised,
    Restrictions,
    asks_attestation,
    contradiction,
    merge,
    of_member,
    refusal,
    strictest,
)
from portal.rules.terms import AAL, Action, Membership, Role, Traits

MODELS = ("one", "two", "three")
models = st.frozensets(st.sampled_from(MODELS))
restrictions = st.builds(
    Restrictions, st.booleans(), st.booleans(), st.integers(0, 3), st.none() | models, models
)
raises = st.builds(
    Raised,
    st.sampled_from([None, AAL.AAL2, AAL.AAL3]),
    st.booleans(),
    st.none() | st.integers(1, 60).map(lambda minutes: timedelta(minutes=minutes)),
)
policies = st.builds(
    Policy,
    st.sampled_from(["a/1", "b/2", "a/1+b/2"]),
    st.frozensets(st.sampled_from(Role)),
    restrictions,
    st.dictionaries(st.sampled_from(sorted(RAISABLE)[:3]), raises),
)
makes = st.builds(
    Traits,
    st.sampled_from(["", *MODELS]),
    st.booleans(),
    st.integers(0, 3),
    st.booleans(),
    st.booleans(),
)
KEY = Traits("one", attested=True, certification=2, device_bound=True)


def asks_no_less(one: Raised, other: Raised) -> bool:
    longest = timedelta.max
    return (
        (one.level or AAL.NONE) >= (other.level or AAL.NONE)
        and one.phishing_resistant >= other.phishing_resistant
        and (one.age_max or longest) <= (other.age_max or longest)
    )


@given(policies, policies)
def test_it_does_not_matter_which_policy_comes_first(one: Policy, other: Policy) -> None:
    assert merge(one, other) == merge(other, one)


@given(policies, policies, policies)
def test_nor_how_they_are_taken_together(one: Policy, two: Policy, three: Policy) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(policies)
def test_a_policy_twice_is_that_policy(one: Policy) -> None:
    assert merge(one, one) == one
    assert strictest([one, one, one]) == one


@given(policies, policies, makes)
def test_together_they_ask_no_less_than_either(one: Policy, other: Policy, make: Traits) -> None:
    both = merge(one, other)
    assert both.required_roles >= one.required_roles
    if refusal(one.restrictions, make) is not None:
        assert refusal(both.restrictions, make) is not None
    assert asks_attestation(both) or not asks_attestation(one)
    for action, more in one.raised.items():
        assert asks_no_less(both.raised[action], more)


@given(policies, policies, makes)
def test_together_they_refuse_nothing_that_neither_does(
    one: Policy, other: Policy, make: Traits
) -> None:
    if refusal(merge(one, other).restrictions, make) is None:
        return
    assert refusal(one.restrictions, make) or refusal(other.restrictions, make)


def test_a_person_obeys_the_strictest_of_all_memberships() -> None:
    ours = Policy("a/1", frozenset({Role.DISPATCHER}))
    theirs = Policy("b/1", frozenset(), Restrictions(attested=True))
    held = [
        Membership("a", "A", Role.TRAVELER, policy=ours),
        Membership("a", "A", Role.DISPATCHER, policy=ours),
        Membership("b", "B", Role.TRAVELER, policy=theirs),
        Membership("c", "C", Role.TRAVELER),
    ]
    assert of_member(held) == strictest([DEFAULT, ours, theirs])
    assert of_member(held[3:]) is DEFAULT
    assert of_member([]) is DEFAULT


@pytest.mark.parametrize(
    ("asked", "make", "why"),
    [
        pytest.param(Restrictions(), Traits(), None, id="without restrictions any make"),
        pytest.param(Restrictions(), None, None, id="an app has no make"),
        pytest.param(Restrictions(attested=True), None, None, id="nor is it asked for one"),
        pytest.param(
            Restrictions(), replace(KEY, revoked=True), "revoked", id="a revoked model never"
        ),
        pytest.param(Restrictions(attested=True), KEY, None, id="attested, as asked"),
        pytest.param(
            Restrictions(attested=True), Traits("one"), "attestation", id="not attested, but asked"
        ),
        pytest.param(Restrictions(device_bound=True), KEY, None, id="bound, as asked"),
        pytest.param(
            Restrictions(device_bound=True),
            replace(KEY, device_bound=False),
            "synced",
            id="synced, but bound is asked",
        ),
        pytest.param(Restrictions(certification=2), KEY, None, id="certified, as asked"),
        pytest.param(
            Restrictions(certification=3), KEY, "certification", id="a level below what is asked"
        ),
        pytest.param(
            Restrictions(certification=1),
            replace(KEY, attested=False),
            "attestation",
            id="a certificate of a model that it only says it is",
        ),
        pytest.param(Restrictions(allowed=frozenset({"one"})), KEY, None, id="an allowed model"),
        pytest.param(
            Restrictions(allowed=frozenset({"two"})), KEY, "model", id="a model that is not allowed"
        ),
        pytest.param(
            Restrictions(allowed=frozenset({"one"})),
            replace(KEY, attested=False),
            "attestation",
            id="an allowed model that it only says it is",
        ),
        pytest.param(Restrictions(denied=frozenset({"one"})), KEY, "model", id="a denied model"),
        pytest.param(
            Restrictions(denied=frozenset({"one"})),
            Traits("one"),
            "model",
            id="a denied model on its own word",
        ),
        pytest.param(Restrictions(denied=frozenset({"two"})), KEY, None, id="another is denied"),
        pytest.param(
            Restrictions(allowed=frozenset({"one"}), denied=frozenset({"one"})),
            KEY,
            "model",
            id="what is denied is denied",
        ),
    ],
)
def test_a_make_is_refused_because(asked: Restrictions, make: Traits, why: str | None) -> None:
    assert refusal(asked, make) == why


def test_attestation_is_asked_for_where_anything_goes_by_it() -> None:
    def with_(**asked: Any) -> Policy:
        return Policy("", frozenset(), Restrictions(**asked))

    assert not asks_attestation(with_(device_bound=True, denied=frozenset({"one"})))
    assert asks_attestation(with_(attested=True))
    assert asks_attestation(with_(certification=1))
    assert asks_attestation(with_(allowed=frozenset({"one"})))
    hardware = {Action.APPROVE_PAYOUT: Raised(AAL.AAL3)}
    assert asks_attestation(Policy("", frozenset(), raised=hardware))
    assert not asks_attestation(
        Policy("", frozenset(), raised={Action.APPROVE_PAYOUT: Raised(AAL.AAL2, True)})
    )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (Policy("", frozenset()), None),
        (Policy("", frozenset(), Restrictions(allowed=frozenset())), "nothing_allowed"),
        (
            Policy("", frozenset(), Restrictions(allowed=frozenset("ab"), denied=frozenset("abc"))),
            "nothing_allowed",
        ),
        (
            Policy("", frozenset(), Restrictions(allowed=frozenset("ab"), denied=frozenset("a"))),
            None,
        ),
        (Policy("", frozenset(), raised={Action.HOME: Raised(AAL.AAL3)}), "not_raisable"),
        (Policy("", frozenset(), raised={Action.ENROL: Raised(AAL.AAL3)}), "not_raisable"),
        (Policy("", frozenset(), raised={Action.APPROVE_PAYOUT: Raised(AAL.AAL3)}), None),
    ],
)
def test_what_nobody_could_meet_is_a_contradiction(asked: Policy, why: str | None) -> None:
    assert contradiction(asked) == why


def test_the_ways_out_are_never_raised() -> None:
    open_always = {
        Action.HOME,
        Action.VIEW_SECURITY,
        Action.END_SESSIONS,
        Action.VIEW_ACCOUNT,
        Action.CHANGE_PASSWORD,
        Action.SWITCH_ORGANISATION,
        Action.SHOW_CALLER_CODE,
        Action.CHALLENGE,
        Action.SIGN_OUT,
        Action.STEP_UP,
        Action.ENROL,
        Action.FINISH_ENROLMENT,
    }
    assert frozenset(Action) - open_always == RAISABLE
    assert all(ACTIONS[action].entry is Entry.SIGNED_IN for action in RAISABLE)
