"""Settlements come in exactly, once, and in the month that they are of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.house import BRANCH, House
from tests.support.partners import organisation_in, take
from tests.support.web import rows, signed_in

PAGE_MAX = 4


def test_a_ride_is_kept_in_minor_units_with_what_is_left_of_it(house: House) -> None:
    assert take(house) is None
    (kept,) = rows(house, "settlements")
    assert (kept["gross"], kept["fee"], kept["net"]) == (12340, 1234, 11106)
    assert kept["period"] == "2026-10"


@pytest.mark.parametrize(
    ("currency", "gross", "minor"),
    [("JPY", "12340", 12340), ("BHD", "12.345", 12345), ("EUR", "0.1", 10), ("EUR", "-5.00", -500)],
)
def test_each_currency_has_its_own_digits(
    house: House, currency: str, gross: str, minor: int
) -> None:
    assert take(house, currency=currency, gross=gross, fee="0") is None
    assert [kept["gross"] for kept in rows(house, "settlements")] == [minor]


def test_taking_a_ride_twice_keeps_it_once(house: House) -> None:
    assert take(house) is None
    assert take(house) is None
    assert take(house, finished_at="2026-10-15T12:00:00+02:00") is None, "the same instant"
    assert len(rows(house, "settlements")) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"gross": "123.41"},
        {"fee": "0"},
        {"currency": "USD"},
        {"driver": "Somebody else"},
        {"description": "Another road"},
        {"finished_at": "2026-10-15T10:00:01+00:00"},
    ],
)
def test_another_ride_under_the_same_reference_is_refused(
    house: House, changed: dict[str, str]
) -> None:
    assert take(house) is None
    before = rows(house, "settlements")
    assert take(house, **changed) == "other_content"
    assert rows(house, "settlements") == before
    assert take(house, BRANCH, **changed) is None, "references are each partner's own"


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("reference", {"reference": ""}),
        ("reference", {"reference": " R-1"}),
        ("reference", {"reference": "R" * 65}),
        ("reference", {"reference": "R\x00"}),
        ("reference", {"reference": "\ud800"}),
        ("reference", {"reference": 7}),
        ("description", {"description": "x" * 201}),
        ("description", {"description": "two\nlines"}),
        ("driver", {"driver": "  "}),
        ("finished_at", {"finished_at": "2026-10-15T10:00:00"}),
        ("finished_at", {"finished_at": "yesterday"}),
        ("finished_at", {"finished_at": "0001-01-01T00:00:00+14:00"}),
        ("finished_at", {"finished_at": "9999-12-31T23:59:59-14:00"}),
        ("currency", {"currency": "eur"}),
        ("currency", {"currency": "XXX"}),
        ("gross", {"gross": "123.405"}),
        ("gross", {"gross": "1,234.00"}),
        ("gross", {"gross": "1e3"}),
        ("gross", {"gross": "NaN"}),
        ("gross", {"gross": "١٢"}),
        ("gross", {"gross": 123.4}),
        ("gross", {"gross": "99999999999999"}),
        ("fee", {"fee": ""}),
        ("fee", {"currency": "JPY", "gross": "5", "fee": "0.5"}),
        ("record", {"tip": "1.00"}),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    house: House, reason: str, changed: dict[str, Any]
) -> None:
    assert take(house, **changed) == reason
    assert rows(house, "settlements") == []


def test_text_of_any_script_is_taken(house: House) -> None:
    description = "羽田空港　第2 → 港\N{NO-BREAK SPACE}№ 3"
    assert take(house, description=description, driver="Ørjan Dvořák") is None
    assert description in signed_in(house, "piet").get("/partner/settlements").text


@pytest.mark.parametrize(
    ("finished_at", "period"),
    [
        ("2026-10-31T10:59:59+00:00", "2026-10"),  # 23:59:59 in Auckland.
        ("2026-10-31T11:00:00+00:00", "2026-11"),
        ("2026-12-31T10:59:59+00:00", "2026-12"),
        ("2026-12-31T11:00:00+00:00", "2027-01"),
        ("2026-06-30T11:59:59+00:00", "2026-06"),  # Winter: an hour later.
        ("2026-06-30T12:00:00+00:00", "2026-07"),
    ],
)
def test_a_month_ends_at_the_partner_s_midnight(
    house: House, finished_at: str, period: str
) -> None:
    organisation_in(house, "Kiwi Cars", "Pacific/Auckland")
    assert take(house, "Kiwi Cars", finished_at=finished_at) is None
    assert [kept["period"] for kept in rows(house, "settlements")] == [period]
