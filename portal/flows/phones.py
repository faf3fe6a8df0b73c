"""Telephone numbers: one spelling for each number, as E.164 writes it, and of numbers that exist.

What exists is said by Google's numbering plans (phonenumbers). Here stands what is too generous in
that library: it reads words as digits ("+1 800 FLOWERS"), and extensions, and digits of any script.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator

# A plus sign, the country's code, then at most 15 digits in all (ITU-T E.164, section 6); one more
# where the zero that is dialled inside a country was left standing.
_WRITTEN = re.compile(r"\+[1-9][0-9]{1,15}", re.ASCII)
# What people put between the digits.
_BETWEEN = re.compile(r"[ \u00a0./()-]")
_ZERO = "(0)"  # Dialled inside a country only; but in Italy it is a part of the number.


class Refused(enum.Enum):
    """Why a number is not taken."""

    UNREADABLE = "unreadable"  # No number, or one without the code of a country that exists.
    UNKNOWN = "unknown"  # No telephone can have it: too long, too short, a range that nobody has.
    UNREACHABLE = "unreachable"  # It costs who calls it, or no person answers it.


def read(typed: str) -> str | Refused:
    """The number with its country code, "+31612345678", at which a person can be reached.

    Numbers without a country code are refused: which country was meant would be a guess.
    """
    # Imported on use: the library is 50 ms, and few requests bring a number.
    import phonenumbers
    from phonenumbers import PhoneNumberFormat, PhoneNumberType

    unreachable = {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PAGER,
        PhoneNumberType.VOICEMAIL,
    }
    refused = Refused.UNREADABLE
    for written in _written(typed):
        try:
            number = phonenumbers.parse(written)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            if phonenumbers.number_type(number) in unreachable:
                return Refused.UNREACHABLE
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
        refused = Refused.UNKNOWN
    return refused


def _written(typed: str) -> Iterator[str]:
    """What was typed as digits after a plus sign: with the zero in brackets, then without it."""
    for text in dict.fromkeys((typed, typed.replace(_ZERO, ""))):
        bare = _BETWEEN.sub("", text.strip())
        if bare.startswith("00"):
            bare = "+" + bare[2:]
        if _WRITTEN.fullmatch(bare):
            yield bare


def normalise(typed: str) -> str | None:
    """The number that was read; None when it was refused."""
    found = read(typed)
    return None if isinstance(found, Refused) else found
