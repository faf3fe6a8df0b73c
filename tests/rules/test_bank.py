"""Bank accounts: lengths, check digits, and what is shown of one."""

from __future__ import annotations

import pytest

from portal.rules.bank import Account, masked, read_bic, read_iban

# The examples of the IBAN registry: numbers, letters inside, the shortest and the longest.
REAL = (
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
    "LC55HEMM000100010012001200023015",
)


@pytest.mark.parametrize("iban", REAL)
def test_a_real_iban_is_read_as_people_write_it(iban: str) -> None:
    spaced = " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
    assert read_iban(f" {spaced.lower()} ") == iban


@pytest.mark.parametrize("iban", REAL)
def test_one_wrong_or_swapped_character_is_found(iban: str) -> None:
    for place in range(2, len(iban)):
        digit = "1" if iban[place] != "1" else "2"
        assert read_iban(iban[:place] + digit + iban[place + 1 :]) is None
        if place + 1 < len(iban) and iban[place] != iban[place + 1]:
            swapped = iban[:place] + iban[place + 1] + iban[place] + iban[place + 2 :]
            assert read_iban(swapped) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DE",
        "DE8937040044053201300",  # A digit is missing.
        "DE893704004405320130000",  # One too many.
        "US64SVBKUS6S3300958879",  # The check fits; the country has none.
        "NL00ABNA0417164300",
        "\uff24\uff2589370400440532013000",  # Letters that only look right.
        "DE٨٩370400440532013000",
    ],
)
def test_what_is_no_iban_is_refused(text: str) -> None:
    assert read_iban(text) is None


def test_check_digits_that_are_never_given_out_are_refused() -> None:
    """98 and 01, 97 and 00, 02 and 99 leave the same remainder; the latter are never issued."""
    found = [
        read_iban(f"NL{check:02}ABNA{number:010}") for number in range(400) for check in (0, 1, 99)
    ]
    assert set(found) == {None}


def test_a_bic_has_eight_or_eleven_signs_or_is_left_out() -> None:
    assert [read_bic(text) for text in ("", " abnanl2a ", "DEUTDEFF500")] == [
        "",
        "ABNANL2A",
        "DEUTDEFF500",
    ]
    for text in ("ABNANL2", "ABNANL2A5", "ABNA122A", "ABNANL2A5000"):
        assert read_bic(text) is None


def test_four_digits_are_shown() -> None:
    assert masked(Account("x", REAL[0]).last_four) == "•••• 3000"
    assert masked("") == ""
