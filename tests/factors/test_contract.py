"""The contract that every factor keeps: it proves, it rejects, it is pure, it tells no secret.

A new factor runs all of it by its line in the registry and a software device of its kind.
"""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal import factors as package
from portal.ceremony import ENTROPY_BYTES, Factor, Reason, Rejected, Verified
from portal.factors import Registry, registry
from portal.rules.terms import Strength
from portal.settings import Settings
from portal.web import messages
from tests.support.clock import START, Entropy
from tests.support.devices import DEVICES
from tests.support.enrolled import SUBJECT, begin, challenge, enrol
from tests.support.makers import Models

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ROOT / "portal" / "factors"
KINDS = tuple(registry(Settings(), lambda _digest: False, Models()))
LATER = START + timedelta(minutes=5)

# What is no secret of an authenticator, by kind: it says what it is, not who may use it.
PUBLIC = {"passkey": ("aaguid", "model", "format", "variant", "transports", "rp_id")}

# What administrators give out.
ISSUED = {"bypass_code"}

# What can be typed or sent and is never right: no exception, no acceptance.
NEVER_RIGHT = {
    "empty": "",
    "spaces": "   ",
    "NUL": "\x00",
    "a line break": "\r\n",
    "too long": "1" * 100_000,
    "too long and spaced": "1 " * 50_000,
    "full-width digits": "\uff11\uff12\uff13\uff14\uff15\uff16",
    "Arabic-Indic digits": "\u0661\u0662\u0663\u0664\u0665\u0666",
    "a lone surrogate": "12345\ud800",
    "only surrogates": "\udfff" * 20,
    "a turned-around word": "\u202e654321",
    "an emoji": "\U0001f511" * 6,
    "a format string": "%s{0}${7*7}",
}


@pytest.fixture(params=KINDS)
def factor(request: pytest.FixtureRequest, factors: Registry) -> Factor:
    return factors[request.param]


def secrets_of(value: Any) -> set[str]:
    """Every text of some length in stored data: what a row must never show."""
    if isinstance(value, dict):
        return set().union(*(secrets_of(part) for part in value.values()))
    if isinstance(value, list):
        return set().union(*(secrets_of(part) for part in value))
    return (
        {value} if isinstance(value, str) and len(value) >= 4 and not is_instant(value) else set()
    )


def is_instant(text: str) -> bool:
    """When something happened is no secret: a row may say it."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def test_every_kind_has_a_device() -> None:
    assert set(DEVICES) == set(KINDS)


def test_a_right_answer_enrols_and_a_later_one_proves(factor: Factor) -> None:
    data, device = enrol(factor)
    ceremony = challenge(factor, data, device)
    assert isinstance(factor.verify(data, ceremony, device.answer(LATER), LATER), Verified)


def test_a_wrong_answer_is_rejected(factor: Factor) -> None:
    data, device = enrol(factor)
    ceremony = challenge(factor, data, device)
    outcome = factor.verify(data, ceremony, device.wrong(LATER), LATER)
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.data) == (Reason.WRONG, None)


def test_another_persons_answer_is_rejected(factor: Factor) -> None:
    data, _ = enrol(factor)
    if factor.kind == "password":
        return  # Two people may have the same password.
    theirs, other = enrol(factor, seed="somebody else")
    ceremony = challenge(factor, theirs, other)
    assert isinstance(factor.verify(data, ceremony, other.answer(LATER), LATER), Rejected)


@pytest.mark.parametrize("answer", NEVER_RIGHT.values(), ids=NEVER_RIGHT)
def test_what_is_never_right_is_rejected(factor: Factor, answer: str) -> None:
    data, device = enrol(factor)
    ceremony = challenge(factor, data, device)
    assert isinstance(factor.verify(data, ceremony, answer, LATER), Rejected)
    begun = begin(factor)
    assert isinstance(factor.finish_enrolment(begun.ceremony, answer, START), Rejected)


@pytest.mark.parametrize("more", ["\x00", "\ud800", "0", "\u0660", "x" * 300], ids=repr)
def test_a_right_answer_with_more_behind_it_is_rejected(factor: Factor, more: str) -> None:
    data, device = enrol(factor)
    ceremony = challenge(factor, data, device)
    answer = device.answer(LATER) + more
    assert isinstance(factor.verify(data, ceremony, answer, LATER), Rejected)


def test_verifying_is_pure(factor: Factor) -> None:
    data, device = enrol(factor)
    ceremony = challenge(factor, data, device)
    before = copy.deepcopy((data, ceremony))
    for answer in (device.answer(LATER), device.wrong(LATER), ""):
        first = factor.verify(data, ceremony, answer, LATER)
        assert factor.verify(data, ceremony, answer, LATER) == first
        assert (data, ceremony) == before


def test_finishing_an_enrolment_is_pure(factor: Factor) -> None:
    begun = begin(factor)
    before = copy.deepcopy(begun.ceremony.state)
    for answer in (begun.device.answer(START), begun.device.wrong(START), ""):
        first = factor.finish_enrolment(begun.ceremony, answer, START)
        assert factor.finish_enrolment(begun.ceremony, answer, START) == first
        assert begun.ceremony.state == before


def test_beginning_is_decided_by_its_entropy(factor: Factor) -> None:
    entropy = Entropy("one")(ENTROPY_BYTES)
    first = factor.begin_enrolment(SUBJECT, entropy)
    assert factor.begin_enrolment(SUBJECT, entropy) == first
    assert factor.begin_enrolment(SUBJECT, Entropy("two")(ENTROPY_BYTES)) != first


def test_an_answer_that_is_good_once_is_rejected_the_second_time(factor: Factor) -> None:
    data, device = enrol(factor)
    ceremony = challenge(factor, data, device)
    answer = device.answer(LATER)
    first = factor.verify(data, ceremony, answer, LATER)
    assert isinstance(first, Verified)
    second = factor.verify(first.data, ceremony, answer, LATER)
    if device.one_time:
        assert second == Rejected(Reason.USED)
    else:
        assert isinstance(second, Verified)


def test_state_and_data_are_json(factor: Factor) -> None:
    begun = begin(factor)
    data, device = enrol(factor)
    ceremony = challenge(factor, data, device)
    used = factor.verify(data, ceremony, device.answer(LATER), LATER)
    assert isinstance(used, Verified)
    for value in (begun.ceremony.state, data, used.data, dict(factor.describe(data))):
        assert json.loads(json.dumps(value)) == value


def test_a_row_shows_no_secret(factor: Factor) -> None:
    begun = begin(factor)
    data, device = enrol(factor)
    text = json.dumps(dict(factor.describe(data)))
    hidden = secrets_of(data) | secrets_of(begun.ceremony.state) | secrets_of(begun.shown)
    hidden -= secrets_of([data[name] for name in PUBLIC.get(factor.kind, ())])
    answers = {device.answer(LATER)}
    assert not [secret for secret in hidden | answers if secret in text]


def test_a_kind_says_what_it_is(factor: Factor) -> None:
    assert isinstance(factor.strength, Strength)
    assert isinstance(factor.slow, bool)
    assert isinstance(factor.several, bool)
    assert not (factor.strength.look_up_secret and factor.several)
    assert factor.interactive is hasattr(factor, "begin_challenge")
    assert factor.strength.issued is (factor.kind in ISSUED) is hasattr(factor, "issue")
    assert factor.strength.look_up_secret or not factor.strength.issued


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_words_its_pages_and_its_icon(kind: str) -> None:
    words = messages.FACTORS[kind]
    assert str(words.label) and str(words.description) and str(words.wrong)
    assert (FOLDERS / kind / "challenge.html").is_file()
    # What is given out is nobody's to enrol or keep; the password is changed on its own page.
    assert (FOLDERS / kind / "row.html").is_file() == (kind not in ISSUED)
    assert (FOLDERS / kind / "enrol.html").is_file() == (kind not in {*ISSUED, "password"})
    assert (ROOT / "static" / "icons" / f"factor-{kind}.svg").is_file()


def test_every_folder_is_registered() -> None:
    folders = {file.parent.name for file in Path(package.__file__).parent.glob("*/__init__.py")}
    assert folders == set(KINDS)
