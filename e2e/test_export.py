"""A controller's month of settlements: proved for, exported, downloaded, and told to everybody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from e2e import books, walk
from e2e.portals import Portal
from portal.rules.terms import Role

GRANT_OVER = timedelta(minutes=6)


@pytest.fixture
def partner(portal: Portal) -> str:
    return books.partner_that_drove(portal)


def test_a_month_is_exported_with_one_proof_and_one_click(
    page: Page, portal: Portal, partner: str
) -> None:
    month = books.month(portal)
    piet = books.controller(portal, partner)
    walk.sign_in(page, portal, piet, "/partner/settlements")
    books.choose(page, portal)
    books.export(page)
    books.challenged(page, portal, partner)
    # Cancelled: the page is as it was left, and nothing was made.
    page.get_by_role("link", name="Cancel").click()
    walk.heading(page, "Settlements")
    expect(page.get_by_label("Month")).to_have_value(books.period(portal))
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    books.export(page)
    books.challenged(page, portal, partner)
    walk.give_code(page, walk.app_code(portal, piet.key), "Confirm")
    books.named(page, portal, partner)
    with page.expect_download() as downloading:
        walk.heading(page, "Thank you – it is you")
        page.get_by_role("button", name="Confirm").click()
    walk.heading(page, f"Settlements of {month}")
    receipt = _is_the_receipts(page, downloading.value)
    # The page says so by itself, as it is.
    fetched = page.get_by_role("region", name="Who fetched it")
    expect(fetched).to_contain_text("Piet de Vries")
    # Once more, as after a broken connection: the same bytes, and nothing asked.
    with page.expect_download() as again:
        page.get_by_role("link", name="Download the file").click()
    assert _is_the_receipts(page, again.value) == receipt
    expect(fetched).to_contain_text("2 times")
    # Loading the page does not download by itself a second time.
    page.reload()
    expect(fetched).to_contain_text("2 times")
    page.get_by_role("link", name="All exports").click()
    line = page.get_by_role("row").filter(has_text=receipt)
    expect(line).to_contain_text(month)
    expect(line.get_by_text("Piet de Vries")).to_have_count(2)


def test_the_same_road_without_scripts(
    new_page: Callable[..., Page], portal: Portal, partner: str
) -> None:
    page = new_page(java_script_enabled=False)
    month = books.month(portal)
    piet = books.controller(portal, partner)
    walk.sign_in(page, portal, piet, "/partner/settlements")
    books.choose(page, portal)
    books.export(page)
    books.challenged(page, portal, partner)
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Month")).to_have_value(books.period(portal))
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    books.export(page)
    walk.give_code(page, walk.app_code(portal, piet.key), "Confirm")
    books.named(page, portal, partner)
    walk.heading(page, "Thank you – it is you")
    page.get_by_role("button", name="Confirm").click()
    walk.heading(page, f"Settlements of {month}")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download the file").click()
    _is_the_receipts(page, downloading.value)


def test_a_file_stays_with_the_session_that_confirmed_it(
    new_page: Callable[..., Page], portal: Portal, partner: str
) -> None:
    page, colleague, stranger = new_page(), new_page(), new_page()
    month = books.month(portal)
    piet = books.controller(portal, partner)
    walk.sign_in(page, portal, piet, "/partner/settlements")
    books.choose(page, portal)
    books.export(page)
    walk.give_code(page, walk.app_code(portal, piet.key), "Confirm")
    with page.expect_download() as downloading:
        walk.heading(page, "Thank you – it is you")
        page.get_by_role("button", name="Confirm").click()
    first = _bytes(downloading.value)
    walk.heading(page, f"Settlements of {month}")
    path = page.url.removeprefix(portal.url)
    # A colleague sees the receipt, and what to do about the file.
    walk.sign_in(colleague, portal, books.controller(portal, partner, "Mona Visser"), path)
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
        walk.heading(page, "Thank you – it is you")
        page.get_by_role("button", name="Confirm").click()
    assert _bytes(again.value) == first


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
