"""Policies, their roll-outs and people who hold things, drawn for tests of properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from portal.rules.actions import RAISABLE
from portal.rules.deadlines import Person
from portal.rules.facts import Facts
from portal.rules.policy import DEFAULT, Demand, Policy, Raised, Restrictions
from portal.rules.policy_values import Asked, Line, Step
from portal.rules.terms import AAL, Action, Holdings, Make, Role, Traits
from tests.support.clock import START as NOW
from tests.support.facts import STRENGTHS

MODELS = tuple(f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
KINDS = ("password", "totp", "backup_codes", "passkey", "sms")
DAY = timedelta(days=1)

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
demands = st.builds(Demand, st.sampled_from([AAL.AAL2, AAL.AAL3]), st.booleans())
role_sets = st.frozensets(st.sampled_from(Role), max_size=3)
methods = st.none() | st.frozensets(st.sampled_from(KINDS[1:]))
policies = st.builds(
    Policy,
    st.sampled_from(["a/1", "b/2", "a/1+b/2"]),
    role_sets,
    restrictions,
    st.dictionaries(st.sampled_from(sorted(RAISABLE)[:3]), raises),
    st.dictionaries(st.sampled_from(Role), demands, max_size=2),
    role_sets,
    role_sets,
    methods,
    st.integers(1, 2),
)
# Policies that stop people by what they hold, and by nothing else.
stopping = st.builds(
    Policy,
    st.sampled_from(["a/1", "b/2"]),
    role_sets,
    st.sampled_from([Restrictions(), Restrictions(attested=True)]),
    demands=st.dictionaries(st.sampled_from(Role), demands, max_size=2),
    methods=methods,
)
# Few moments, so that they meet: days around now.
moments = st.integers(-20, 20).map(lambda days: NOW + days * DAY)
graces = st.integers(0, 10).map(lambda days: days * DAY)


@st.composite
def steps(draw: Any, policy: st.SearchStrategy[Policy] = stopping) -> Step:
    announced, monitored, enforced = sorted(draw(moments) for _ in range(3))
    return Step(draw(policy), announced, monitored, enforced, draw(graces))


def lines(policy: st.SearchStrategy[Policy] = stopping) -> st.SearchStrategy[Line]:
    """As they come to be: each step is announced after the one before it."""
    told = st.lists(steps(policy), max_size=3).map(
        lambda found: tuple(sorted(found, key=lambda step: step.announced_at))
    )
    return st.builds(Line, policy, told)


def asked(policy: st.SearchStrategy[Policy] = stopping) -> st.SearchStrategy[Asked]:
    return st.builds(Asked, policy, st.lists(lines(policy), max_size=2).map(tuple))


makes = st.builds(
    Traits,
    st.sampled_from(["", *MODELS]),
    st.booleans(),
    st.integers(0, 3),
    st.booleans(),
    st.booleans(),
)


def holding(*kinds: str, copies: str = "", **passkeys: Traits) -> Holdings:
    """These kinds; of the passkeys named beside them, their makes too."""
    made = {
        name: Make("passkey", STRENGTHS["passkey"], traits) for name, traits in passkeys.items()
    }
    held = {
        kind: STRENGTHS[kind] for kind in (*kinds, *copies.split(), *(["passkey"] * bool(made)))
    }
    counts = dict.fromkeys(held, 1) | ({"passkey": len(made)} if made else {})
    return Holdings(held, counts, frozenset(copies.split()), made)


holdings = st.builds(
    lambda kinds, passkeys: holding("password", *kinds, **passkeys),
    st.frozensets(st.sampled_from(KINDS)),
    st.dictionaries(st.sampled_from(["one", "two"]), makes, max_size=2),
)


def people(since: st.SearchStrategy[datetime] = moments) -> st.SearchStrategy[Person]:
    return st.builds(Person, role_sets, holdings, since, st.none() | moments)


def raised(facts: Facts, more: Mapping[Action, Raised]) -> Facts:
    """The same session under a policy that raises these actions."""
    return replace(facts, policy=replace(DEFAULT, raised=more))
