"""Backup codes: enough bits, each once, and one hash whatever is typed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from portal.ceremony import ENTROPY_BYTES, Reason, Rejected, Verified
from portal.factors.backup_codes import ALPHABET, CODES, PIECE_BYTES, BackupCodes, canonical
from portal.settings import PasswordHash
from tests.support.clock import START, Entropy
from tests.support.enrolled import SUBJECT, begin, enrol
from tests.support.house import CHEAP_HASH

FACTOR = BackupCodes(CHEAP_HASH)


def left(data: dict[str, Any]) -> Any:
    return FACTOR.describe(data)["left"]


def test_there_are_ten_in_groups_that_can_be_read_aloud() -> None:
    codes = begin(FACTOR).shown["codes"]
    assert len(codes) == len(set(codes)) == CODES
    for code in codes:
        groups = code.split("-")
        assert [len(group) for group in groups] == [4] * 5
        assert set("".join(groups)) <= set(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)


def test_a_secret_has_80_bits_of_the_given_entropy() -> None:
    entropy = Entropy("bits")(ENTROPY_BYTES)
    shown = FACTOR.begin_enrolment(SUBJECT, entropy).shown["codes"]
    for position, code in enumerate(shown):
        secret = code.replace("-", "")[4:]
        number = 0
        for character in secret:
            number = number * 32 + ALPHABET.index(character)
        start = position * PIECE_BYTES + 2
        assert number.to_bytes(10) == entropy[start : start + 10]
    assert CODES * PIECE_BYTES <= ENTROPY_BYTES


def test_selectors_never_collide_even_without_entropy() -> None:
    state = FACTOR.begin_enrolment(SUBJECT, bytes(ENTROPY_BYTES)).state
    selectors = [code["selector"] for code in state["codes"]]
    assert len(set(selectors)) == CODES


def test_no_code_is_kept_in_clear() -> None:
    begun = begin(FACTOR)
    kept = str(begun.ceremony.state)
    for code in begun.shown["codes"]:
        assert code not in kept
        assert code.replace("-", "")[4:] not in kept
        assert FACTOR.show_enrolment(SUBJECT, begun.ceremony) == {}


def test_the_code_typed_back_at_enrolment_is_not_spent() -> None:
    begun = begin(FACTOR)
    code = begun.shown["codes"][3]
    enrolled = FACTOR.finish_enrolment(begun.ceremony, code, START)
    assert isinstance(enrolled, Verified)
    assert left(enrolled.data) == CODES
    assert isinstance(FACTOR.verify(enrolled.data, None, code, START), Verified)


def test_each_of_the_ten_works_once_and_spends_itself_alone() -> None:
    begun = begin(FACTOR)
    data = begun.ceremony.state
    for number, code in enumerate(begun.shown["codes"], start=1):
        spent = FACTOR.verify(data, None, code, START)
        assert isinstance(spent, Verified)
        data = spent.data
        assert left(data) == CODES - number
        assert FACTOR.verify(data, None, code, START) == Rejected(Reason.USED)


def test_a_used_code_with_a_wrong_secret_is_wrong_and_not_used() -> None:
    data, device = enrol(FACTOR)
    code = device.answer(START)
    spent = FACTOR.verify(data, None, code, START)
    assert isinstance(spent, Verified)
    guess = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert FACTOR.verify(spent.data, None, guess, START) == Rejected(Reason.WRONG)


def test_two_codes_do_not_mix() -> None:
    begun = begin(FACTOR)
    one, other = begun.shown["codes"][:2]
    mixed = one[:4] + other[4:]
    assert FACTOR.verify(begun.ceremony.state, None, mixed, START) == Rejected(Reason.WRONG)


@pytest.mark.parametrize(
    "write",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: "  " + " ".join(code) + " ",
        lambda code: code.replace("0", "O").replace("1", "I"),
        lambda code: code.replace("0", "o").replace("1", "l"),
        lambda code: code.replace("1", "L").lower(),
    ],
    ids=["lower case", "no dashes", "spaces", "letter by letter", "O and I", "o and l", "L"],
)
def test_a_code_may_be_typed_as_people_read_it(write: Any) -> None:
    # Ten codes of this seed hold noughts and ones, or the rows above would prove nothing.
    begun = begin(FACTOR)
    codes = begun.shown["codes"]
    assert any("0" in code for code in codes) and any("1" in code for code in codes)
    for code in codes:
        outcome = FACTOR.verify(begun.ceremony.state, None, write(code), START)
        assert isinstance(outcome, Verified)


@pytest.mark.parametrize(
    "typed",
    ["", "0000", "U" * 20, "0" * 19, "0" * 21, "\uff10" * 20, "0" * 20 + "\n", "0" * 61, "-" * 20],
    ids=repr,
)
def test_what_is_no_code_is_malformed(typed: str) -> None:
    data, _ = enrol(FACTOR)
    assert canonical(typed) is None
    assert FACTOR.verify(data, None, typed, START) == Rejected(Reason.MALFORMED)


def test_every_answer_costs_one_hash() -> None:
    """By the processor's time: a hash dear enough to outweigh all else, the quickest of a few."""
    factor = BackupCodes(PasswordHash(memory=16 * 1024 * 1024, passes=1))
    begun = begin(factor)
    data = begun.ceremony.state
    first, second = begun.shown["codes"][:2]
    spent = factor.verify(data, None, second, START)
    assert isinstance(spent, Verified)

    def cost(typed: str) -> float:
        tries = []
        for _ in range(4):
            started = time.process_time()
            factor.verify(spent.data, None, typed, START)
            tries.append(time.process_time() - started)
        return min(tries)

    one = cost(first)
    others = {
        "used": second,
        "wrong": first[:-1] + ("0" if first[-1] != "0" else "1"),
        "unknown": "ZZZZ" + "0" * 16,
        "malformed": "not a code",
        "empty": "",
        "other digits": "\uff10" * 20,
    }
    for name, typed in others.items():
        assert 0.5 * one < cost(typed) < 1.7 * one, name
