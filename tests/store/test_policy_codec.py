"""Policies in the database: as they were, of the release before, and nothing that is unknown."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from portal.edge import Unavailable
from portal.rules.policy import Demand, Policy, Raised, Restrictions
from portal.rules.policy_values import Asked, Line, Step
from portal.rules.terms import AAL, Action, Role
from portal.store import policy_codec
from portal.store.policy_codec import NotAPolicy
from tests.support.clock import START as NOW
from tests.support.policies import DAY, MODELS, asked, lines, policies

OLD = Policy(
    "p/3",
    frozenset({Role.DISPATCHER, Role.TRAVELER}),
    Restrictions(True, False, 2, frozenset(MODELS[:1]), frozenset(MODELS[1:2])),
    {Action.VIEW_SETTLEMENTS: Raised(AAL.AAL3, True, timedelta(minutes=2))},
)
# Exactly what the release before writes for it.
OLD_TEXT = (
    '{"version": "p/3", "required_roles": ["dispatcher", "traveler"], "restrictions": '
    '{"attested": true, "device_bound": false, "certification": 2, "allowed": ["ONE"], '
    '"denied": ["TWO"]}, "raised": {"view_settlements": {"level": 3, "phishing_resistant": true, '
    '"age_max_s": 120}}}'
)
OLD_TEXT = OLD_TEXT.replace("ONE", MODELS[0]).replace("TWO", MODELS[1])
NEW = Policy(
    "p/4",
    frozenset(),
    demands={Role.DISPATCHER: Demand(AAL.AAL3, phishing_resistant=True)},
    optional_roles=frozenset({Role.TRAVELER}),
    off_roles=frozenset({Role.DISPATCH_LEAD}),
    methods=frozenset({"totp", "passkey"}),
    reset_approvals=2,
)
STEP = Step(NEW, NOW, NOW + DAY, NOW + 5 * DAY, 3 * DAY)
WHOLE = Asked(OLD, (Line(OLD, (STEP,)),))


@given(policies)
def test_a_policy_comes_back_as_it_was(one: Policy) -> None:
    document = json.loads(json.dumps(policy_codec.to_json(one)))
    assert policy_codec.from_json(document) == one
    assert policy_codec.to_json(policy_codec.from_json(document)) == document


@given(asked(policies))
def test_and_so_does_all_that_is_asked_of_an_organisation(one: Asked) -> None:
    document = json.loads(json.dumps(policy_codec.asked_to_json(one)))
    assert policy_codec.asked_from_json(document) == one
    assert policy_codec.effective(json.dumps(document)) == one


@given(lines(policies))
def test_and_what_an_organisation_asks_by_itself(one: Line) -> None:
    document = json.loads(json.dumps(policy_codec.line_to_json(one)))
    assert policy_codec.line_from_json(document) == one


def test_what_says_nothing_new_is_written_as_the_release_before_writes_it() -> None:
    assert json.dumps(policy_codec.to_json(OLD)) == OLD_TEXT
    assert json.dumps(policy_codec.asked_to_json(Asked(OLD))) == OLD_TEXT


def test_what_the_release_before_wrote_is_read() -> None:
    assert policy_codec.from_json(json.loads(OLD_TEXT)) == OLD
    assert policy_codec.effective(OLD_TEXT) == Asked(OLD)
    assert policy_codec.effective(None) is None
    assert policy_codec.effective("null") is None
    assert policy_codec.from_json({}) == Policy("", frozenset())


def depths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every object in a document."""
    if isinstance(value, dict):
        yield path
        for name, inner in value.items():
            yield from depths(inner, (*path, name))
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from depths(inner, (*path, place))


DOCUMENT = policy_codec.asked_to_json(WHOLE)
# Of these the names are roles and actions.
NAMED = {"demands": "demands: curfew", "raised": "raised: curfew"}


@pytest.mark.parametrize("path", list(depths(DOCUMENT)), ids=str)
def test_an_unknown_field_is_refused_at_every_depth(path: tuple[Any, ...]) -> None:
    document = copy.deepcopy(DOCUMENT)
    found = document
    for part in path:
        found = found[part]
    found["curfew"] = {}
    why = NAMED.get(path[-1] if path else "", "unknown field: curfew")
    with pytest.raises(NotAPolicy, match=why):
        policy_codec.asked_from_json(document)
    with pytest.raises(Unavailable):
        policy_codec.effective(json.dumps(document))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"demands": []}, "demands"),
        ({"demands": {"pilot": {}}}, "demands: pilot"),
        ({"demands": {"traveler": {"level": 1}}}, "level"),
        ({"demands": {"traveler": {"level": 4}}}, "level"),
        ({"demands": {"traveler": {"phishing_resistant": 1}}}, "phishing_resistant"),
        ({"methods": "totp"}, "methods"),
        ({"methods": [1]}, "methods"),
        ({"methods": ["TOTP"]}, "methods"),
        ({"methods": ["x"] * 21}, "methods"),
        ({"off_roles": ["pilot"]}, "off_roles: pilot"),
        ({"optional_roles": {}}, "optional_roles"),
        ({"reset_approvals": 0}, "reset_approvals"),
        ({"reset_approvals": 3}, "reset_approvals"),
        ({"reset_approvals": True}, "reset_approvals"),
        ({"version": 1}, "version"),
        (None, "policy"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_field(document: Any, why: str) -> None:
    with pytest.raises(NotAPolicy) as refused:
        policy_codec.from_json(document)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"grace_s": -1}, "grace_s"),
        ({"grace_s": 367 * 24 * 3600}, "grace_s"),
        ({"grace_s": 1.5}, "grace_s"),
        ({"enforced_at": "2026-11-02"}, "enforced_at"),
        ({"monitored_at": None}, "monitored_at"),
        ({"announced_at": -1}, "announced_at"),
        ({"policy": []}, "policy"),
    ],
)
def test_nor_is_a_step_without_sound_dates(change: dict[str, Any], why: str) -> None:
    with pytest.raises(NotAPolicy) as refused:
        policy_codec.step_from_json({**policy_codec.step_to_json(STEP), **change})
    assert str(refused.value) == why
