"""Strengths in the database: read by the release before, and by the one after."""

from __future__ import annotations

import pytest

from portal.rules.terms import Category, Strength
from portal.store.codec import strength_from_json, strength_to_json
from tests.support.facts import STRENGTHS

# What the release before knows: it fails on any other flag among "flags", and reads nothing else.
OLD_FLAGS = {"phishing_resistant", "multi_factor", "device_bound", "restricted", "look_up_secret"}


@pytest.mark.parametrize("kind", sorted(STRENGTHS))
def test_a_strength_comes_back_as_it_was_and_the_release_before_can_read_it(kind: str) -> None:
    written = strength_to_json(STRENGTHS[kind])
    assert strength_from_json(written) == STRENGTHS[kind]
    assert set(written["flags"]) <= OLD_FLAGS


def test_a_strength_of_the_release_before_is_read() -> None:
    assert strength_from_json({"category": "possession", "flags": ["multi_factor"]}) == Strength(
        Category.POSSESSION, multi_factor=True
    )


def test_worth_that_only_a_newer_release_knows_is_done_without() -> None:
    newer = {"category": "possession", "flags": [], "more": ["hardware_protected", "golden"]}
    assert strength_from_json(newer) == Strength(Category.POSSESSION, hardware_protected=True)
