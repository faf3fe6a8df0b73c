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
    Demand,
    Policy,
    Raised,
    Restrictions,
    Stance,
    asks_attestation,
    base_level,
    contradiction,
    demand,
    is_allowed,
    merge,
    refusal,
    stance,
    strictest,
    without_demands,
)
from portal.rules.policy_values import Asked
from portal.rules.rollout import ALWAYS, together
from portal.rules.terms import AAL, Action, Membership, Role, Traits
from tests.support.clock import START as NOW
from tests.support.facts import STRENGTHS
from tests.support.policies import makes, policies

roles = st.sampled_from(Role)
kinds = st.sampled_from(sorted(STRENGTHS))
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
    assert both.reset_approvals >= one.reset_approvals


@given(policies, policies, roles, kinds)
def test_together_they_let_nobody_in_more_easily(
    one: Policy, other: Policy, role: Role, kind: str
) -> None:
    both = merge(one, other)
    held = [STRENGTHS[kind]]
    assert base_level(both, [role], held) >= base_level(one, [role], held)
    if asked := demand(one, [role]):
        stricter = demand(both, [role])
        assert stricter is not None
        assert stricter.level >= asked.level
        assert stricter.phishing_resistant >= asked.phishing_resistant
    assert is_allowed(one, kind, held[0]) or not is_allowed(both, kind, held[0])
    if is_allowed(one, kind, held[0]) and is_allowed(other, kind, held[0]):
        assert is_allowed(both, kind, held[0]), "what neither forbids is not forbidden"


@given(policies, policies, roles)
def test_the_strictest_that_anybody_says_of_a_role_counts(
    one: Policy, other: Policy, role: Role
) -> None:
    said = [policy for policy in (one, other) if speaks_of(policy, role)]
    strictest_said = max((stance(policy, [role]) for policy in said), default=Stance.OPTIONAL)
    assert stance(merge(one, other), [role]) is strictest_said


def speaks_of(policy: Policy, role: Role) -> bool:
    named = policy.required_roles | policy.optional_roles | policy.off_roles
    return role in named or role in policy.demands


@pytest.mark.parametrize(
    ("policy", "roles", "expected"),
    [
        (Policy("", frozenset()), [], Stance.OPTIONAL),
        (Policy("", frozenset()), [Role.DISPATCHER], Stance.OPTIONAL),
        (Policy("", frozenset({Role.DISPATCHER})), [Role.DISPATCHER], Stance.REQUIRED),
        (Policy("", frozenset(), demands={Role.DISPATCHER: Demand()}), [Role.DISPATCHER], 2),
        (Policy("", frozenset(), off_roles=frozenset({Role.DISPATCHER})), [Role.DISPATCHER], 0),
        (
            Policy("", frozenset(), optional_roles=frozenset(Role), off_roles=frozenset(Role)),
            [Role.DISPATCHER],
            Stance.OPTIONAL,
        ),
        (
            Policy("", frozenset({Role.TRAVELER}), off_roles=frozenset({Role.DISPATCHER})),
            [Role.DISPATCHER, Role.TRAVELER],
            Stance.REQUIRED,
        ),
    ],
)
def test_a_role_is_off_optional_or_required(
    policy: Policy, roles: list[Role], expected: int
) -> None:
    assert stance(policy, roles) == expected


@given(policies, roles)
def test_an_exemption_leaves_what_the_built_in_policy_and_operations_ask(
    one: Policy, role: Role
) -> None:
    both = merge(DEFAULT, one)
    exempt = without_demands(both)
    assert exempt.required_roles == DEFAULT.required_roles
    assert (exempt.demands, exempt.methods) == ({}, None)
    assert exempt.raised == both.raised
    assert exempt.restrictions == both.restrictions
    assert exempt.reset_approvals == both.reset_approvals
    assert base_level(exempt, [role], []) == base_level(DEFAULT, [role], [])


@given(policies, policies, makes)
def test_together_they_refuse_nothing_that_neither_does(
    one: Policy, other: Policy, make: Traits
) -> None:
    if refusal(merge(one, other).restrictions, make) is None:
        return
    assert refusal(one.restrictions, make) or refusal(other.restrictions, make)


def asked_of(held: list[Membership]) -> Policy:
    return together((one.asked for one in held), NOW, ALWAYS)


def test_a_person_obeys_the_strictest_of_all_memberships() -> None:
    ours = Policy("a/1", frozenset({Role.DISPATCHER}))
    theirs = Policy("b/1", frozenset(), Restrictions(attested=True))
    held = [
        Membership("a", "A", Role.TRAVELER, asked=Asked(ours)),
        Membership("a", "A", Role.DISPATCHER, asked=Asked(ours)),
        Membership("b", "B", Role.TRAVELER, asked=Asked(theirs)),
        Membership("c", "C", Role.TRAVELER),
    ]
    assert asked_of(held) == strictest([DEFAULT, ours, theirs])
    assert asked_of(held[3:]) is DEFAULT
    assert asked_of([]) is DEFAULT


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
    demanded = {Role.DISPATCHER: Demand(AAL.AAL3)}
    assert asks_attestation(Policy("", frozenset(), demands=demanded))
    assert not asks_attestation(Policy("", frozenset(), demands={Role.DISPATCHER: Demand()}))
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
        (Policy("", frozenset(), methods=frozenset()), "no_method"),
        (Policy("", frozenset(), methods=frozenset({"totp"})), None),
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
