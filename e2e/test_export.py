"""A controller's month of settlements: proved for, exported, downloaded, and told to everybody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Download, Page, expect

from e2e import walk
from e2e.portals import Person, Portal
from portal.rules.terms import Role

ZONE = ZoneInfo("Europe/Amsterdam")
GRANT_OVER = timedelta(minutes=6)


@pytest.fixture
def partner(portal: Portal) -> str:
    """A partner that drove in two currencies last month, and once in the month before."""
    name = portal.organisation("Kade Cars", time_zone=ZONE.key)
    first = _month(portal)
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


def _month(portal: Portal) -> datetime:
    """The second of last month, at noon where the partner is."""
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


def test_a_month_is_exported_with_one_proof_and_one_click(
    page: Page, portal: Portal, partner: str
) -> None:
    month = f"{_month(portal):%B %Y}"
    piet = _controller(portal, partner, "Piet de Vries")
    _choose(page, portal, piet, month)
    page.get_by_role("button", name="Export 2 rides").click()
    _challenged(page, partner, month)
    # Cancelled: the page is as it was left, and nothing was made.
    page.get_by_role("link", name="Cancel").click()
    walk.heading(page, "Settlements")
    expect(page.get_by_label("Month")).to_have_value(f"{_month(portal):%Y-%m}")
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    page.get_by_role("button", name="Export 2 rides").click()
    _challenged(page, partner, month)
    walk.give_code(page, walk.app_code(portal, piet.key), "Confirm")
    _named(page, partner, month)
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Confirm").click()
    walk.heading(page, f"Settlements of {month}")
    receipt = _is_the_receipts(page, downloading.value)
    # Once more, as after a broken connection: the same bytes, and nothing asked.
    with page.expect_download() as again:
        page.get_by_role("link", name="Download the file").click()
    assert _is_the_receipts(page, again.value) == receipt
    # Loading the page does not download by itself a second time.
    page.reload()
    expect(page.get_by_role("region", name="Who fetched it")).to_contain_text("2 times")
    page.get_by_role("link", name="All exports").click()
    line = page.get_by_role("row").filter(has_text=receipt)
    expect(line).to_contain_text(month)
    expect(line.get_by_text("Piet de Vries")).to_have_count(2)


def test_the_same_road_without_scripts(
    new_page: Callable[..., Page], portal: Portal, partner: str
) -> None:
    page = new_page(java_script_enabled=False)
    month = f"{_month(portal):%B %Y}"
    piet = _controller(portal, partner, "Piet de Vries")
    _choose(page, portal, piet, month)
    page.get_by_role("button", name="Export 2 rides").click()
    _challenged(page, partner, month)
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Month")).to_have_value(f"{_month(portal):%Y-%m}")
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    page.get_by_role("button", name="Export 2 rides").click()
    walk.give_code(page, walk.app_code(portal, piet.key), "Confirm")
    _named(page, partner, month)
    page.get_by_role("button", name="Confirm").click()
    walk.heading(page, f"Settlements of {month}")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download the file").click()
    _is_the_receipts(page, downloading.value)


def test_a_file_stays_with_the_session_that_confirmed_it(
    new_page: Callable[..., Page], portal: Portal, partner: str
) -> None:
    page, colleague, stranger = new_page(), new_page(), new_page()
    month = f"{_month(portal):%B %Y}"
    piet = _controller(portal, partner, "Piet de Vries")
    _choose(page, portal, piet, month)
    page.get_by_role("button", name="Export 2 rides").click()
    walk.give_code(page, walk.app_code(portal, piet.key), "Confirm")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Confirm").click()
    first = _bytes(downloading.value)
    walk.heading(page, f"Settlements of {month}")
    path = page.url.removeprefix(portal.url)
    # A colleague sees the receipt, and what to do about the file.
    walk.sign_in(colleague, portal, _controller(portal, partner, "Mona Visser"), path)
    expect(colleague.get_by_role("heading", name="The file is not open here")).to_be_visible()
    # For another partner it does not exist, by its address or by its file's.
    walk.sign_in(stranger, portal, portal.person("Eva", Role.FINANCE_CONTROLLER, app=True))
    for guessed in (path, f"{path}.csv"):
        stranger.goto(portal.url + guessed)
        walk.heading(stranger, "There is nothing here")
    # The five minutes are over: another proof, and the same bytes.
    portal.clock.advance(GRANT_OVER)
    page.reload()
    page.get_by_role("button", name="Open the same file again").click()
    walk.give_code(page, walk.app_code(portal, piet.key), "Confirm")
    with page.expect_download() as again:
        page.get_by_role("button", name="Confirm").click()
    assert _bytes(again.value) == first


def _controller(portal: Portal, partner: str, name: str) -> Person:
    return portal.person(name, Role.FINANCE_CONTROLLER, organisation=partner, app=True)


def _choose(page: Page, portal: Portal, person: Person, month: str) -> None:
    """Sign in and look at the euros of a month."""
    walk.sign_in(page, portal, person, "/partner/settlements")
    page.get_by_label("Month").select_option(month)
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=2, name=month)).to_be_visible()
    expect(page.get_by_role("row", name="EUR 2 €350.40 €42.05 €308.35")).to_be_visible()


def _challenged(page: Page, partner: str, month: str) -> None:
    walk.heading(page, "Confirm it is you")
    expect(page.locator(".operation")).to_contain_text("export settlements")
    _facts(page, partner, month)


def _named(page: Page, partner: str, month: str) -> None:
    walk.heading(page, "Thank you – it is you")
    _facts(page, partner, month)


def _facts(page: Page, partner: str, month: str) -> None:
    facts = page.locator(".facts > div")
    wanted = {"Partner": partner, "Period": month, "Currency": "EUR", "Rows": "2"}
    for label, value in {**wanted, "Total": "€308.35"}.items():
        expect(facts.filter(has_text=label).locator("dd")).to_have_text(value)


def _is_the_receipts(page: Page, download: Download) -> str:
    """The file is whole and the one that the receipt on the page is of; the receipt's number."""
    facts = page.get_by_role("region", name="Receipt").locator(".facts > div")
    fingerprint = facts.filter(has_text="SHA-256").locator("dd").inner_text()
    receipt = facts.filter(has_text="Receipt").locator("dd").inner_text()
    file = _bytes(download)
    assert hashlib.sha256(file).hexdigest() == fingerprint
    assert receipt in download.suggested_filename
    rides = file.decode("utf-8-sig").splitlines()[1:]
    assert [ride.partition(",")[0] for ride in rides] == ["R-1", "R-2"]
    return receipt


def _bytes(download: Download) -> bytes:
    return Path(download.path()).read_bytes()
