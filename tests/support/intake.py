"""Data for tests, brought in as a platform's own data is."""

from __future__ import annotations

from typing import Any

from portal.flows import intake
from portal.flows.intake import Imported, Line
from tests.support.house import GUESTS, House, Visitor
from tests.support.web import rows, signed_in

TARA = "tara@guests.example"
CARD = {
    "email": TARA,
    "brand": "Visa",
    "last_four": "4242",
    "expires": "2029-04",
    "token": "pm_tara_one",
}
PASSENGER = {
    "email": TARA,
    "name": "Ingrid Lindqvist",
    "phone": "+46 8 123 456 78",
    "needs": "A wheelchair",
}


def lines(*records: Any) -> list[Line]:
    return [Line(number, record) for number, record in enumerate(records, start=1)]


def bring_in(house: House, kind: str, *records: Any, organisation: str = GUESTS) -> Any:
    """Bring records in; they must all fit."""
    outcome = house.run(intake.by_host, organisation, kind, lines(*records))
    assert isinstance(outcome, Imported), outcome
    return outcome


def with_passenger(house: House) -> tuple[Visitor, str]:
    """Tara, and the address of her one passenger."""
    tara = signed_in(house, "tara")
    bring_in(house, "passengers", PASSENGER)
    (row,) = rows(house, "passengers")
    return tara, f"/passengers/{row['id']}"
