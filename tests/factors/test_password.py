"""The password: length and a blocklist decide, nothing is cut off, nobody's hash costs the same."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from portal.ceremony import ENTROPY_BYTES, Ceremony, Purpose, Reason, Rejected, Verified
from portal.factors import Registry, argon2
from portal.factors.password import Password
from portal.settings import PasswordHash
from tests.factors.conftest import BREACHED
from tests.support.clock import START, Entropy
from tests.support.enrolled import SUBJECT
from tests.support.house import CHEAP_HASH

# No two words alike, so that any beginning of it is unguessable from ten characters on.
LONG = (
    "vex glyph quartz jumbo fjord nymph waltz bick dwarf sphinx hod plum kiwi zebu oxide "
    "yurt mauve gnome track blimp sauna finch ridge cloak pixel torso ember vault kazoo "
    "lilac denim whisk prawn haiku otter muddy fable snore grasp jelly tulip bison acorn "
    "peach crown"
)
GOOD = LONG[:40]


@pytest.fixture
def factor(factors: Registry) -> Password:
    made = factors["password"]
    assert isinstance(made, Password)
    return made


def choose(factor: Password, password: str, *, second: bool = False) -> Verified | Rejected:
    """Choose a new password, as Tara, beside a second factor or without one."""
    subject = replace(SUBJECT, has_second_factor=second)
    begun = factor.begin_enrolment(subject, Entropy("salt")(ENTROPY_BYTES))
    ceremony = Ceremony("", "password", Purpose.ENROLMENT, "", begun.state, START)
    return factor.finish_enrolment(ceremony, password, START)


def stored(factor: Password, password: str) -> dict:
    outcome = choose(factor, password)
    assert isinstance(outcome, Verified), outcome
    return outcome.data


def matches(factor: Password, data: dict, typed: str) -> bool:
    return isinstance(factor.verify(data, None, typed, START), Verified)


@pytest.mark.parametrize(
    ("length", "alone", "beside"),
    [
        (7, Reason.TOO_SHORT, Reason.TOO_SHORT),
        (8, Reason.TOO_SHORT, None),
        (14, Reason.TOO_SHORT, None),
        (15, None, None),
        (64, None, None),
        (128, None, None),
        (256, None, None),
        (257, Reason.TOO_LONG, Reason.TOO_LONG),
    ],
)
def test_length_decides(
    factor: Password, length: int, alone: Reason | None, beside: Reason | None
) -> None:
    password = LONG.replace(" ", "-")[:length]
    password += "y" * (length - len(password))
    for second, reason in ((False, alone), (True, beside)):
        outcome = choose(factor, password, second=second)
        if reason is None:
            assert isinstance(outcome, Verified)
            assert outcome.data["stands_alone"] == (length >= 15)
            assert matches(factor, outcome.data, password)
        else:
            assert outcome == Rejected(reason)


def test_length_counts_characters_and_not_bytes(factor: Password) -> None:
    assert choose(factor, "\u00fc\u00e4\u00f6\u00df\u00e9\u00e8\u0153") == Rejected(
        Reason.TOO_SHORT
    )
    assert isinstance(choose(factor, "\u6f22\u5b57" * 3 + "kvq7", second=True), Verified)


def test_nothing_is_cut_off_at_72_bytes_or_anywhere(factor: Password) -> None:
    password = LONG[:250]
    data = stored(factor, password)
    for length in (249, 128, 73, 72, 71, 55):
        assert not matches(factor, data, password[:length])
    assert not matches(factor, data, password[:-1] + "#")
    assert not matches(factor, data, password[:72] + "#" + password[73:])


def test_composed_and_decomposed_letters_are_one_password(factor: Password) -> None:
    password = "\u00fcber den gr\u00fcnen H\u00fcgeln"
    decomposed = unicodedata.normalize("NFD", password)
    assert decomposed != password
    assert matches(factor, stored(factor, password), decomposed)
    assert matches(factor, stored(factor, decomposed), password)


@pytest.mark.parametrize(
    ("password", "other"),
    [
        (f" {GOOD}", GOOD),
        (f"{GOOD} ", GOOD),
        (GOOD.replace(" ", "  "), GOOD),
        (GOOD, GOOD.upper()),
        (f"{GOOD}\u2126", f"{GOOD}\uff2f"),
        (f"{GOOD}\ufb01", f"{GOOD}fi"),
        (f"{GOOD}\u200d", GOOD),
    ],
    ids=["before", "behind", "doubled", "case", "ohm", "ligature", "joiner"],
)
def test_what_was_typed_is_kept_as_it_was(factor: Password, password: str, other: str) -> None:
    data = stored(factor, password)
    assert matches(factor, data, password)
    assert not matches(factor, data, other)


def test_every_script_and_emoji_is_welcome(factor: Password) -> None:
    for password in (
        "\u0437\u0438\u043c\u043d\u0438\u0439 \u0432\u0435\u0447\u0435\u0440 kvq",
        "kvq\u6d77\u8fba\u306e\u706f\u53f0\u3068\u4e03\u3064\u306e\u9759\u304b\u306a\u63d0\u706f",
        "\U0001f511 \U0001f98a \U0001f3bb kvq \U0001f9ed \U0001f955 zw",
    ):
        assert matches(factor, stored(factor, password), password)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("passwordpassword", Reason.COMMON),
        ("aaaaaaaaaaaaaaaaaaaa", Reason.COMMON),
        ("qwertyuiopasdfgh", Reason.COMMON),
        ("1234567890123456", Reason.COMMON),
        ("tara.winter@guests.example", Reason.PERSONAL),
        ("TaraWinterGuests", Reason.PERSONAL),
        ("livery portal 12", Reason.PERSONAL),
        ("WINTER-winter-26", Reason.PERSONAL),
        (BREACHED, Reason.BREACHED),
        (f"{GOOD}\x00", Reason.MALFORMED),
        (f"{GOOD}\ud800", Reason.MALFORMED),
    ],
    ids=repr,
)
def test_a_new_password_is_refused_with_its_reason(
    factor: Password, password: str, reason: Reason
) -> None:
    assert choose(factor, password) == Rejected(reason)


def test_there_are_no_composition_rules(factor: Password) -> None:
    for password in ("quiet lanterns drift homeward", "7402 9918 3365 0481 2277"):
        assert isinstance(choose(factor, password), Verified)


def test_a_password_with_ones_own_name_in_it_may_still_be_good(factor: Password) -> None:
    assert isinstance(choose(factor, "winter kazoo plum vault tulip"), Verified)


def test_what_cannot_be_typed_never_stands_for_a_question_mark(factor: Password) -> None:
    data = stored(factor, f"{GOOD}?")
    assert not matches(factor, data, f"{GOOD}\ud800")
    assert not matches(factor, data, f"{GOOD}\udfff")


@pytest.mark.parametrize("typed", ["", "\x00", GOOD, "\ud800", "a" * 300], ids=repr)
def test_the_decoy_matches_nothing(factor: Password, typed: str) -> None:
    assert factor.verify(factor.decoy(), None, typed, START) == Rejected(Reason.WRONG)


def test_the_decoy_costs_what_a_real_hash_costs(factor: Password) -> None:
    real = stored(factor, GOOD)["hash"].split("$")
    decoy = factor.decoy()["hash"].split("$")
    assert decoy[:4] == real[:4]
    assert [len(part) for part in decoy] == [len(part) for part in real]


def test_a_broken_hash_matches_nothing(factor: Password) -> None:
    for encoded in ("", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$BBBB", "plain", "\u00fc"):
        assert not matches(factor, {"hash": encoded}, GOOD)


def test_a_hash_of_another_cost_is_outdated_and_made_again(factor: Password) -> None:
    data = stored(factor, GOOD)
    dearer = Password(PasswordHash(memory=32 * 1024, passes=2), factor.breached)
    assert not factor.outdated(data)
    assert dearer.outdated(data)
    again = dearer.remake(data, unicodedata.normalize("NFD", GOOD), Entropy("new")(ENTROPY_BYTES))
    assert not dearer.outdated(again)
    assert matches(dearer, again, GOOD)
    assert again["set_at"] == data["set_at"] and again["stands_alone"] == data["stands_alone"]


def test_equal_passwords_have_different_hashes() -> None:
    one, other = (argon2.make(b"same", Entropy(salt)(16), CHEAP_HASH) for salt in "ab")
    assert one != other
    assert argon2.matches(one, b"same") and argon2.matches(other, b"same")


def test_the_cost_of_production_is_owasps() -> None:
    head = argon2.make(b"x", bytes(16), PasswordHash()).split("$")[1:4]
    assert head == ["argon2id", "v=19", "m=19456,t=2,p=1"]


def test_the_page_may_say_how_long_it_must_be(factor: Password) -> None:
    begun = factor.begin_enrolment(SUBJECT, bytes(ENTROPY_BYTES))
    ceremony = Ceremony("", "password", Purpose.ENROLMENT, "", begun.state, START)
    assert factor.show_enrolment(SUBJECT, ceremony) == {"length_min": 15}
