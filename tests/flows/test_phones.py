"""Telephone numbers as people write them: one spelling of those that exist, a reason for others."""

from __future__ import annotations

import pytest

from portal.flows import phones
from portal.flows.phones import Refused

# How people of each country write a number of theirs for somebody abroad.
TAKEN = [
    ("+31 6 12345678", "+31612345678"),  # Netherlands
    ("+46 8 123 456 78", "+46812345678"),  # Sweden
    ("+49 (0)30 12345678", "+493012345678"),  # Germany: the zero falls away
    ("+39 06 6981 2345", "+390669812345"),  # Italy: the zero is a part of the number
    ("+39 (0)6 6981 2345", "+390669812345"),
    ("+36 (0)20 123 4567", "+36201234567"),  # Hungary: dialled with 06 inside, never with 0
    ("+44 20 7946 0018", "+442079460018"),  # United Kingdom
    ("+44 (0)7400 123456", "+447400123456"),
    ("+33.6.12.34.56.78", "+33612345678"),  # France
    ("+1 (212) 555-0123", "+12125550123"),  # United States
    ("0091 98765 43210", "+919876543210"),  # India
    ("+971-50-1234567", "+971501234567"),  # United Arab Emirates
    ("+86 138 0013 8000", "+8613800138000"),  # China
    ("+81 80-1234-5678", "+818012345678"),  # Japan
    ("+55 11 98765-4321", "+5511987654321"),  # Brazil
    ("+27 82 123 4567", "+27821234567"),  # South Africa
    ("\u00a0+61\u00a0412\u00a0345\u00a0678 ", "+61412345678"),  # Australia, as a web page has it
    ("+49 800 1234567", "+498001234567"),  # Toll-free: somebody answers
    ("+870 773 111 632", "+870773111632"),  # A ship's satellite telephone
]
REFUSED = [
    ("", Refused.UNREADABLE),
    ("06 12345678", Refused.UNREADABLE),  # Whose 06?
    ("+1", Refused.UNREADABLE),
    ("+0 612345678", Refused.UNREADABLE),
    ("+999 123 456 789", Refused.UNREADABLE),  # No country has 999.
    ("+1 800 FLOWERS", Refused.UNREADABLE),
    ("+31 6 12345678 ext. 5", Refused.UNREADABLE),
    ("+31612345678;ext=5", Refused.UNREADABLE),
    ("tel:+31612345678", Refused.UNREADABLE),
    ("+31612345678, +31612345679", Refused.UNREADABLE),
    ("+31612345678\n+31612345679", Refused.UNREADABLE),
    ("+\uff13\uff11\uff1612345678", Refused.UNREADABLE),  # Wide digits
    ("+\u0663\u0661\u066612345678", Refused.UNREADABLE),  # Arabic digits
    ("\u202e87654321613+", Refused.UNREADABLE),
    ("+31" + "6" * 200, Refused.UNREADABLE),
    ("+31 6 1234", Refused.UNKNOWN),
    ("+31 6 0000 0000", Refused.UNKNOWN),
    ("+44 7700 900123", Refused.UNKNOWN),  # Kept for films.
    ("+1 212 055 0123", Refused.UNKNOWN),
    ("+31 900 123456", Refused.UNREACHABLE),  # Premium rate
    ("+1 900 555 0123", Refused.UNREACHABLE),
    ("+44 7640 123456", Refused.UNREACHABLE),  # A pager
    ("+47 812 12 345", Refused.UNREACHABLE),  # A voicemail box
]


@pytest.mark.parametrize(("typed", "number"), TAKEN)
def test_a_number_that_exists_has_one_spelling(typed: str, number: str) -> None:
    assert phones.read(typed) == number
    assert phones.read(number) == number, "its own spelling is read again"


@pytest.mark.parametrize(("typed", "reason"), REFUSED)
def test_anything_else_is_refused_with_a_reason(typed: str, reason: Refused) -> None:
    assert phones.read(typed) is reason
    assert phones.normalise(typed) is None
