"""Demo data: rides, payees and payouts of the demo partner, a traveler's cards and passengers.

It comes in by the flows that a platform's own data comes in by. Development only.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from portal.edge import Edge
from portal.flows import intake
from portal.flows.intake import Line, NotTaken
from portal.store import organisations, users, wallet

RIDES = 60
BETWEEN_RIDES = timedelta(hours=36)  # Sixty of them: a quarter of a year.
FEE_PER_CENT = 12
DRIVERS = ("Noor Bakker", "Samir Haddou", "Eva Jansen", "Tomasz Zielinski", "Grace Mensah")
EURO_ROUTES = (
    ("Schiphol Airport – Zuidas, Amsterdam", 68_50),
    ("Rotterdam Centraal – The Hague, World Forum", 92_00),
    ("Schiphol Airport – Eindhoven, High Tech Campus", 214_75),
    ("Amsterdam, Amstel Hotel – Keukenhof and back", 186_00),
    ("Utrecht, Jaarbeurs – Schiphol Airport", 104_25),
)
POUND_ROUTES = (
    ("London Heathrow – Canary Wharf", 112_40),
    ("London St Pancras – Oxford, Saïd Business School", 239_00),
    ("London City Airport – Mayfair", 64_90),
)
# The account numbers are the examples of the IBAN registry: they belong to nobody.
PAYEES = [
    {
        "name": "Northline Cars, euro account",
        "currency": "EUR",
        "holder": "Northline Cars B.V.",
        "iban": "NL91ABNA0417164300",
        "bic": "ABNANL2A",
    },
    {
        "name": "Northline Cars, sterling account",
        "currency": "GBP",
        "holder": "Northline Cars Ltd",
        "iban": "GB29NWBK60161331926819",
        "bic": "NWBKGB2L",
    },
    {
        "name": "Harbour Garage",
        "currency": "EUR",
        "holder": "Harbour Garage GmbH",
        "iban": "DE89370400440532013000",
        "bic": "COBADEFFXXX",
    },
]
# Under the threshold one approver is enough; from it on, two are needed.
PAYOUTS = [
    {"reference": "PO-1041", "payee": PAYEES[0]["name"], "currency": "EUR", "amount": "4812.50"},
    {"reference": "PO-1042", "payee": PAYEES[1]["name"], "currency": "GBP", "amount": "2960.00"},
    {"reference": "PO-1043", "payee": PAYEES[0]["name"], "currency": "EUR", "amount": "18240.00"},
    {"reference": "PO-1044", "payee": PAYEES[2]["name"], "currency": "EUR", "amount": "935.20"},
]


def bring_in(edge: Edge, *, partner: str, traveler: str) -> None:
    """Bring everything in, once: what has been changed or removed since stays so."""
    owner = users.by_email(edge, traveler)
    company = organisations.by_name(edge, partner)
    assert owner is not None
    assert company is not None
    if wallet.known_cards(edge, owner.id):
        return
    home = organisations.by_id(edge, owner.home_organisation_id)
    assert home is not None
    for organisation, kind, records in (
        (company, "settlements", list(rides(edge.now))),
        (company, "payees", PAYEES),
        (company, "payouts", PAYOUTS),
        (home, "cards", cards(traveler)),
        (home, "passengers", passengers(traveler)),
    ):
        lines = [Line(number, record) for number, record in enumerate(records, start=1)]
        outcome = intake.bring_in(edge, organisation, kind, lines)
        assert not isinstance(outcome, NotTaken), outcome


def rides(now: datetime) -> Iterator[dict[str, Any]]:
    """A quarter of a year of rides up to `now`, every third of them in pounds."""
    for number in range(RIDES):
        pounds = number % 3 == 2
        routes = POUND_ROUTES if pounds else EURO_ROUTES
        route, price = routes[number % len(routes)]
        gross = price + number * 37 % 11 * 125  # Waiting time, in steps.
        fee = gross * FEE_PER_CENT // 100
        finished_at = now - BETWEEN_RIDES * number - timedelta(hours=3 + number * 7 % 5)
        yield {
            "reference": f"RIDE-{24_160 - number}",
            "finished_at": finished_at.replace(second=0, microsecond=0).isoformat(),
            "description": route,
            "driver": DRIVERS[number % len(DRIVERS)],
            "currency": "GBP" if pounds else "EUR",
            "gross": _plain(gross),
            "fee": _plain(fee),
        }


def _plain(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def cards(email: str) -> list[dict[str, str]]:
    return [
        {
            "email": email,
            "brand": "Visa",
            "last_four": "4242",
            "expires": "2029-04",
            "token": "pm_demo_visa",
        },
        {
            "email": email,
            "brand": "Mastercard",
            "last_four": "4444",
            "expires": "2027-11",
            "token": "pm_demo_mastercard",
        },
    ]


def passengers(email: str) -> list[dict[str, str]]:
    return [
        {
            "email": email,
            "name": "Ingrid Lindqvist",
            "phone": "+46 8 123 456 78",
            "needs": "Uses a folding wheelchair; please allow time to get in.",
        },
        {"email": email, "name": "Jonas Lindqvist", "phone": "+46 70 123 45 67", "needs": ""},
        {"email": email, "name": "Mila Lindqvist", "needs": "Child seat, 4 years old"},
    ]
