"""What a policy raises, whatever it raises: nothing opens, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.rules.access import Allow, decide
from portal.rules.actions import RAISABLE
from portal.rules.facts import Facts
from portal.rules.policy import Raised
from portal.rules.terms import AAL, Action
from tests.rules.test_access_properties import sessions
from tests.support.facts import NOW
from tests.support.policies import raised, raises

HARDWARE = Raised(AAL.AAL3)


@given(sessions(), st.sampled_from(sorted(RAISABLE)), raises, st.booleans())
def test_no_raise_opens_anything(facts: Facts, action: Action, more: Raised, given_: bool) -> None:
    facts = replace(facts, granted=given_)
    if isinstance(decide(action, raised(facts, {action: more})), Allow):
        assert isinstance(decide(action, facts), Allow)


@given(sessions(), st.sampled_from(sorted(RAISABLE)), raises, raises)
def test_the_higher_raise_opens_no_more(
    facts: Facts, action: Action, one: Raised, other: Raised
) -> None:
    ages = [each.age_max for each in (one, other) if each.age_max is not None]
    both = Raised(
        max(one.level or AAL.NONE, other.level or AAL.NONE) or None,
        one.phishing_resistant or other.phishing_resistant,
        min(ages, default=None),
    )
    if isinstance(decide(action, raised(facts, {action: both})), Allow):
        assert isinstance(decide(action, raised(facts, {action: one})), Allow)


@given(sessions(), st.sampled_from(sorted(RAISABLE)), raises, st.sampled_from(Action))
def test_a_raise_changes_no_other_action(
    facts: Facts, action: Action, more: Raised, other: Action
) -> None:
    if other is not action:
        assert decide(other, raised(facts, {action: more})) == decide(other, facts)


@given(sessions(), st.sampled_from(sorted(RAISABLE)))
def test_nothing_passes_as_hardware_without_a_live_proof_of_it(
    facts: Facts, action: Action
) -> None:
    if not isinstance(decide(action, raised(facts, {action: HARDWARE})), Allow):
        return
    assert "key" in {one.kind for one in facts.enrolled}
    ages = [NOW - one.at for one in facts.authentications if one.kind == "key"]
    assert ages
    assert min(ages) < timedelta(hours=12)
