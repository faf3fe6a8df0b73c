"""A partner's month of settlements, and the steps by which a controller exports it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from e2e import walk
from e2e.portals import Person, Portal
from portal.rules.terms import Role

ZONE = ZoneInfo("Europe/Amsterdam")


def partner_that_drove(portal: Portal) -> str:
    """A partner that drove in two currencies last month, and once in the month before."""
    name = portal.organisation("Kade Cars", time_zone=ZONE.key)
    first = _second_of_last_month(portal)
    earlier = first - timedelta(days=2)
    portal.bring_in(
        name,
        "settlements",
        [
            _ride("R-1", first, "EUR", "100.00", "12.00"),
            # Still last month in Amsterdam, although it is this month in Kiritimati.
            _ride("R-2", first + timedelta(days=20), "EUR", "250.40", "30.05"),
            _ride("R-3", first + timedelta(days=3), "GBP", "88.10", "10.57"),
            _ride("=1+1", earlier, "EUR", "10.00", "1.00"),
        ],
    )
    return name


def month(portal: Portal) -> str:
    """The month that is exported, as pages write it."""
    return f"{_second_of_last_month(portal):%B %Y}"


def period(portal: Portal) -> str:
    """The same month as forms send it."""
    return f"{_second_of_last_month(portal):%Y-%m}"


def _second_of_last_month(portal: Portal) -> datetime:
    """At noon where the partner is."""
    here = portal.clock().astimezone(ZONE)
    last = here.replace(day=1) - timedelta(days=1)
    return last.replace(day=2, hour=12, minute=0, second=0, microsecond=0)


def _ride(reference: str, at: datetime, currency: str, gross: str, fee: str) -> dict[str, str]:
    return {
        "reference": reference,
        "finished_at": at.isoformat(),
        "description": "Schiphol Airport – Zuidas, Amsterdam",
        "driver": "Noor Bakker",
        "currency": currency,
        "gross": gross,
        "fee": fee,
    }


def controller(portal: Portal, partner: str, name: str = "Piet de Vries") -> Person:
    return portal.person(name, Role.FINANCE_CONTROLLER, organisation=partner, app=True)


def choose(page: Page, portal: Portal) -> None:
    """On the page of settlements: look at the euros of the month."""
    page.get_by_label("Month").select_option(month(portal))
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=2, name=month(portal))).to_be_visible()
    expect(page.get_by_role("row", name="EUR 2 €350.40 €42.05 €308.35")).to_be_visible()


def export(page: Page) -> None:
    page.get_by_role("button", name="Export 2 rides").click()


def challenged(page: Page, portal: Portal, partner: str) -> None:
    """The challenge says what for: partner, period, rows and total."""
    walk.heading(page, "Confirm it is you")
    expect(page.locator(".operation")).to_contain_text("export settlements")
    _facts(page, portal, partner)


def named(page: Page, portal: Portal, partner: str) -> None:
    """So does the page with the one click."""
    walk.heading(page, "Thank you – it is you")
    _facts(page, portal, partner)


def _facts(page: Page, portal: Portal, partner: str) -> None:
    facts = page.locator(".facts > div")
    wanted = {"Partner": partner, "Period": month(portal), "Currency": "EUR", "Rows": "2"}
    for label, value in {**wanted, "Total": "€308.35"}.items():
        expect(facts.filter(has_text=label).locator("dd")).to_have_text(value)
