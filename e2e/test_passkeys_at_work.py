"""What passkeys open at work: exports, roles that must enrol, policies that ask for hardware."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from e2e import books, keys, walk
from e2e.ceremonies import (
    KEY,
    USE_KEY,
    be_filled_in,
    enrol,
    is_forgotten,
    leave,
    make,
    prove,
    traveler,
)
from e2e.portals import Portal
from portal.rules.policy import Raised
from portal.rules.terms import AAL, Action, Role

SETTLEMENTS = "/partner/settlements"
IDLE = timedelta(minutes=16)  # Longer than AAL3 lasts when nobody is there.
NOT_ENOUGH = "A synced passkey is not enough"


@pytest.fixture
def partner(portal: Portal) -> str:
    return books.partner_that_drove(portal)


def test_an_export_that_asks_for_hardware_leads_to_a_key_and_takes_nothing_less(
    page: Page,
    portal: Portal,
    partner: str,
    axe: Callable[..., None],
    screenshot: Callable[..., object],
) -> None:
    portal.ask_more(partner, Action.EXPORT_SETTLEMENTS, Raised(AAL.AAL3))
    walk.sign_in(page, portal, books.controller(portal, partner), SETTLEMENTS)
    books.choose(page, portal)
    books.export(page)
    # An app alone could never do: only what could is offered.
    walk.heading(page, "Set up a stronger proof")
    expect(page.locator(".lead")).to_contain_text(NOT_ENOUGH)
    expect(page.locator(".choices strong")).to_have_text(["Security key Recommended", "Passkey"])
    expect(page.locator(".choices")).not_to_contain_text("Authenticator app")
    axe(page)
    screenshot(page, "hardware-enrol")
    phone = keys.hold(page, **keys.SYNCED)
    page.get_by_role("button", name="Passkey").click()
    make(page)
    # Enrolled, but synced: it is said again, and nothing was exported.
    walk.heading(page, "Set up a stronger proof")
    expect(page.locator(".lead")).to_contain_text(NOT_ENOUGH)
    key = keys.hold(page, keys.VERIFYING)
    page.get_by_role("button", name=KEY).click()
    make(page, KEY, USE_KEY)
    _go_on(page)
    books.challenged(page, portal, partner)
    expect(page.locator("#challenge")).to_contain_text(NOT_ENOUGH)
    expect(page.get_by_role("link", name="Authenticator app")).to_have_count(0)
    axe(page)
    screenshot(page, "hardware-challenge")
    used = key.uses()
    prove(page)
    books.named(page, portal, partner)
    assert key.uses() > used
    assert phone.uses() == 1, "it was asked for its enrolment alone"
    with page.expect_download():
        page.get_by_role("button", name="Confirm").click()


def test_a_page_that_asks_for_hardware_asks_again_when_nobody_was_there(
    page: Page, portal: Portal, partner: str
) -> None:
    portal.ask_more(partner, Action.VIEW_SETTLEMENTS, Raised(AAL.AAL3))
    keys.hold(page, keys.VERIFYING)
    walk.sign_in(page, portal, books.controller(portal, partner))
    enrol(page, portal, KEY, USE_KEY)
    page.goto(portal.url + SETTLEMENTS)
    walk.heading(page, "Settlements")
    portal.clock.advance(IDLE)
    page.reload()
    walk.heading(page, "Confirm it is you")
    # What asks for less goes on meanwhile.
    page.goto(portal.url + "/security")
    walk.heading(page, "Security")
    page.goto(portal.url + SETTLEMENTS)
    prove(page)
    walk.heading(page, "Settlements")


def test_where_it_must_resist_phishing_a_synced_passkey_does(
    page: Page, portal: Portal, partner: str
) -> None:
    asked = Raised(phishing_resistant=True)
    portal.ask_more(partner, Action.EXPORT_SETTLEMENTS, asked)
    keys.hold(page, **keys.SYNCED)
    walk.sign_in(page, portal, books.controller(portal, partner), SETTLEMENTS)
    books.choose(page, portal)
    books.export(page)
    walk.heading(page, "Set up a stronger proof")
    expect(page.locator(".lead")).to_contain_text("no false page can take it")
    page.get_by_role("button", name="Passkey").click()
    make(page)
    _go_on(page)
    books.challenged(page, portal, partner)
    expect(page.locator("#challenge")).not_to_contain_text(NOT_ENOUGH)
    prove(page)
    books.named(page, portal, partner)


def test_who_holds_an_app_and_a_passkey_exports_with_the_passkey(
    page: Page, portal: Portal, partner: str, screenshot: Callable[..., object]
) -> None:
    keys.hold(page, **keys.SYNCED)
    walk.sign_in(page, portal, books.controller(portal, partner))
    enrol(page, portal)
    page.goto(portal.url + SETTLEMENTS)
    books.choose(page, portal)
    books.export(page)
    books.challenged(page, portal, partner)
    # A code could be typed into a false page while the true one waits.
    expect(page.get_by_role("link", name="Authenticator app")).to_have_count(0)
    screenshot(page, "passkey-challenge")
    prove(page)
    books.named(page, portal, partner)
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Confirm").click()
    walk.heading(page, f"Settlements of {books.month(portal)}")
    assert downloading.value.suggested_filename.endswith(".csv")


def test_a_role_that_must_enrol_does_so_with_a_passkey_and_lands_where_it_was_heading(
    page: Page, portal: Portal
) -> None:
    device = keys.hold(page)
    piet = portal.person("Piet de Vries", Role.FINANCE_CONTROLLER)
    page.goto(portal.url + SETTLEMENTS)
    walk.give_password(page, piet.email)
    walk.heading(page, "Set up a second proof")
    page.get_by_role("button", name="Passkey").click()
    make(page)
    walk.heading(page, "Backup codes")
    page.get_by_role("link", name="Not now").click()
    walk.heading(page, "Settlements")
    # From now on the passkey alone is enough, and leads to the same place.
    leave(page, device)
    be_filled_in(page, device, portal.url + "/login?next=" + SETTLEMENTS)
    walk.heading(page, "Settlements")


def test_after_a_reset_the_old_passkey_opens_nothing_and_the_browser_forgets_it(
    page: Page, portal: Portal
) -> None:
    device = keys.hold(page)
    tara = traveler(page, portal)
    enrol(page, portal)
    (old,) = device.credentials()
    portal.reset(tara)
    device.touch(False)
    page.reload()
    walk.heading(page, "Sign in")
    walk.give_password(page, tara.email)
    walk.heading(page, "Security")
    is_forgotten(page, device)
    key = walk.enrol_app(page, portal)
    walk.sign_out(page)
    # A browser that was not told still has it: nobody owns it, so it is erased for good.
    device.put(old)
    be_filled_in(page, device, portal.url + "/login")
    expect(page.locator("#problems")).to_contain_text("does not open an account here")
    is_forgotten(page, device)
    walk.give_password(page, tara.email)
    walk.give_code(page, walk.app_code(portal, key))
    page.wait_for_url(portal.url + "/")
    enrol(page, portal)
    assert len(device.credentials()) == 1


def _go_on(page: Page) -> None:
    """After the enrolment: what was to be exported is still there, for one click."""
    walk.heading(page, "Thank you – it is you")
    expect(page.locator(".operation")).to_contain_text("export settlements")
    page.get_by_role("button", name="Confirm").click()
