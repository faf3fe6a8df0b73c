"""Bypass codes: enough bits, read aloud without doubt, for an hour, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.ceremony import ENTROPY_BYTES, Reason, Rejected, Verified
from portal.factors.bypass_code import BypassCode
from portal.factors.spoken import ALPHABET
from tests.support.clock import START, Entropy
from tests.support.house import CHEAP_HASH

HOUR = timedelta(hours=1)
FACTOR = BypassCode(CHEAP_HASH, HOUR)
ENTROPY = Entropy("code")(ENTROPY_BYTES)


def test_a_code_is_80_bits_of_the_given_entropy_in_groups() -> None:
    code, _ = FACTOR.issue(ENTROPY, START)
    assert [len(group) for group in code.split("-")] == [4] * 4
    number = 0
    for character in code.replace("-", ""):
        number = number * 32 + ALPHABET.index(character)
    assert number.to_bytes(10) == ENTROPY[:10]


def test_nothing_of_it_is_kept_in_clear() -> None:
    code, data = FACTOR.issue(ENTROPY, START)
    assert code not in str(data)
    assert code.replace("-", "") not in str(data)


@pytest.mark.parametrize("between", ["", " ", "-", "--"])
def test_it_is_read_however_it_is_typed(between: str) -> None:
    code, data = FACTOR.issue(ENTROPY, START)
    typed = code.lower().replace("-", between)
    assert isinstance(FACTOR.verify(data, None, typed, START), Verified)


def test_it_ends_at_its_second() -> None:
    code, data = FACTOR.issue(ENTROPY, START)
    last = START + HOUR - timedelta(seconds=1)
    assert isinstance(FACTOR.verify(data, None, code, last), Verified)
    assert FACTOR.verify(data, None, code, START + HOUR) == Rejected(Reason.EXPIRED)
    assert FACTOR.ends_at(data) == START + HOUR


def test_a_wrong_one_learns_neither_that_it_is_over_nor_that_it_was_used() -> None:
    code, data = FACTOR.issue(ENTROPY, START)
    used = FACTOR.verify(data, None, code, START)
    assert isinstance(used, Verified)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert FACTOR.verify(used.data, None, wrong, START + HOUR) == Rejected(Reason.WRONG)
