"""What gets in the way of passkeys: no scripts, no mouse, other tabs, open pages, no network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from e2e import keys, walk
from e2e.ceremonies import (
    ALONE,
    KEY,
    MAKE,
    USE,
    USE_KEY,
    be_filled_in,
    enrol,
    give_password_then_key,
    leave,
    make,
    prove,
    prove_in_vain,
    said,
    traveler,
)
from e2e.conftest import Faults
from e2e.portals import Portal

# No page knows which database is behind it; the ceremonies are walked on both.
pytestmark = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)

LATE = timedelta(minutes=6)  # Longer than a challenge lasts.
OVER = timedelta(minutes=31)  # Longer than any ceremony lasts.
HALF_AN_HOUR_MS = 30 * 60 * 1000
MISSING = "Passkeys need JavaScript"


def test_without_scripts_each_page_says_what_is_missing_and_leads_on(
    new_page: Callable[..., Page], portal: Portal, axe: Callable[..., None]
) -> None:
    page, plain = new_page(), new_page(java_script_enabled=False)
    keys.hold(page)
    tara = traveler(page, portal)
    enrol(page, portal)
    plain.goto(portal.url + "/login")
    expect(plain.locator("noscript .notice")).to_be_visible()
    assert MISSING in plain.locator("#main").inner_text()
    expect(plain.get_by_role("button", name=ALONE)).to_be_hidden()
    expect(plain.locator(".or")).to_be_hidden()
    walk.give_password(plain, tara.email)
    plain.get_by_role("link", name="Passkey").click()
    expect(plain.locator("noscript .notice")).to_be_visible()
    assert MISSING in plain.locator("#main").inner_text()
    expect(plain.get_by_role("button", name=USE)).to_be_hidden()
    plain.get_by_role("link", name="Authenticator app").click()
    walk.give_code(plain, walk.app_code(portal, tara.key))
    plain.wait_for_url(portal.url + "/")
    # Somebody who holds none yet: beside a passkey an app alone enrols nothing.
    bare = new_page(java_script_enabled=False)
    traveler(bare, portal)
    bare.goto(portal.url + "/security")
    bare.get_by_role("button", name="Enrol – Passkey").click()
    walk.heading(bare, "Enrol: Passkey")
    expect(bare.locator("noscript .notice")).to_be_visible()
    assert MISSING in bare.locator("#main").inner_text()
    bare.get_by_role("link", name="Cancel").click()
    walk.heading(bare, "Security")


def test_a_browser_that_knows_no_passkeys_says_so(
    new_page: Callable[..., Page], portal: Portal
) -> None:
    page = new_page()
    page.add_init_script("delete window.PublicKeyCredential")
    traveler(page, portal)
    page.goto(portal.url + "/security")
    page.get_by_role("button", name="Enrol – Passkey").click()
    expect(page.locator(".ceremony-said")).to_contain_text("cannot use passkeys here")
    expect(page.get_by_role("button", name=MAKE)).to_be_hidden()
    page.get_by_role("link", name="Cancel").click()
    walk.sign_out(page)
    # Nobody asked for one here: the page only offers less.
    expect(page.get_by_role("button", name=ALONE)).to_be_hidden()
    expect(page.locator(".or")).to_be_hidden()
    expect(page.locator(".ceremony-said")).to_be_hidden()


def test_keys_alone_enrol_and_sign_in(page: Page, portal: Portal) -> None:
    device = keys.hold(page)
    traveler(page, portal)
    page.goto(portal.url + "/security")
    walk.tab_to(page, "Enrol – Passkey")
    page.keyboard.press("Enter")
    walk.heading(page, "Enrol: Passkey")
    walk.tab_to(page, MAKE)
    page.keyboard.press("Space")
    walk.notice(page, "Your authenticator is enrolled.")
    leave(page, device)
    assert walk.tab_to(page, ALONE) == ["Password", "Sign in", ALONE]
    device.verify(False)
    device.touch(True)
    page.keyboard.press("Enter")
    said(page, "Nothing was confirmed")
    # The focus did not get lost with the dialog.
    expect(page.get_by_role("button", name=ALONE)).to_be_focused()
    device.verify(True)
    page.keyboard.press("Enter")
    page.wait_for_url(portal.url + "/")


def test_a_refused_passkey_leaves_the_password_working(page: Page, portal: Portal) -> None:
    device = keys.hold(page)
    tara = traveler(page, portal)
    enrol(page, portal)
    leave(page, device)
    device.answer_badly(isBogusSignature=True)
    be_filled_in(page, device, portal.url + "/login?next=/security/sessions")
    expect(page.locator("#problems")).to_contain_text("did not match")
    device.touch(False)
    walk.give_password(page, tara.email)
    walk.heading(page, "One more proof")
    walk.give_code(page, walk.app_code(portal, tara.key))
    walk.heading(page, "Sessions")


def test_two_sign_in_pages_do_not_end_each_others_challenge(page: Page, portal: Portal) -> None:
    device = keys.hold(page)
    traveler(page, portal)
    enrol(page, portal)
    leave(page, device)
    tab = page.context.new_page()
    tab.goto(portal.url + "/login")
    tab.get_by_role("button", name=ALONE).wait_for()
    page.bring_to_front()
    device.touch(True)
    page.get_by_role("button", name=ALONE).click()
    page.wait_for_url(portal.url + "/")
    # The other tab is of a stranger still; its next step finds the session.
    tab.goto(portal.url + "/login")
    walk.heading(tab, "Hello, Tara Winter")


def test_a_sign_in_page_that_was_left_open_asks_for_a_new_challenge(
    page: Page, portal: Portal
) -> None:
    device = keys.hold(page)
    traveler(page, portal)
    enrol(page, portal)
    leave(page, device)
    asked: list[str] = []
    page.clock.install()
    # Until the first challenge has come and waits: whoever is there sooner answers that one.
    with page.expect_response("**/webauthn/authenticate/options") as first:
        page.goto(portal.url + "/login")
    first.value.finished()
    page.get_by_role("button", name=ALONE).wait_for()
    page.evaluate("async () => { for (let turn = 0; turn < 20; turn++) await null; }")
    portal.clock.advance(OVER)
    page.on("request", lambda request: asked.append(request.url))
    device.touch(True)
    page.clock.fast_forward(HALF_AN_HOUR_MS)
    page.wait_for_url(portal.url + "/")
    # A new challenge first, and no answer to the old one.
    paths = [urlsplit(url).path for url in asked]
    steps = ["/webauthn/authenticate/options", "/login/passkey"]
    assert [path for path in paths if path in steps] == steps


def test_a_challenge_that_was_answered_too_late_is_asked_again(page: Page, portal: Portal) -> None:
    keys.hold(page, keys.USB)
    tara = traveler(page, portal)
    enrol(page, portal, KEY, USE_KEY)
    walk.sign_out(page)
    give_password_then_key(page, tara)

    def dawdle(route: Route) -> None:
        challenge = route.fetch()
        portal.clock.advance(LATE)
        route.fulfill(response=challenge)

    page.route("**/webauthn/challenge/options", dawdle, times=1)
    prove_in_vain(page, "took too long")
    prove(page)
    page.wait_for_url(portal.url + "/")


def test_an_enrolment_that_was_left_open_ends_in_words(page: Page, portal: Portal) -> None:
    keys.hold(page)
    tara = traveler(page, portal)
    page.goto(portal.url + "/security")
    page.get_by_role("button", name="Enrol – Passkey").click()
    walk.heading(page, "Enrol: Passkey")
    portal.clock.advance(OVER)
    page.get_by_role("button", name=MAKE).click()
    walk.heading(page, "This enrolment has ended")
    page.get_by_role("link", name="Start again").click()
    page.get_by_role("button", name="Enrol – Passkey").click()
    walk.heading(page, "Confirm it is you")
    walk.give_code(page, walk.app_code(portal, tara.key), "Confirm")
    walk.heading(page, "Thank you – it is you")  # Both pages have a button of that name.
    page.get_by_role("button", name="Confirm").click()
    make(page)


def test_without_a_network_the_page_says_that_nothing_happened(
    page: Page, portal: Portal, faults: Faults
) -> None:
    faults.expect("ERR_INTERNET_DISCONNECTED")
    keys.hold(page, keys.USB)
    tara = traveler(page, portal)
    enrol(page, portal, KEY, USE_KEY)
    walk.sign_out(page)
    give_password_then_key(page, tara)
    page.context.set_offline(True)
    prove(page)
    said(page, "That did not work, and nothing was changed")
    page.context.set_offline(False)
    prove(page)
    page.wait_for_url(portal.url + "/")


def test_leaving_the_page_ends_the_waiting_autofill(page: Page, portal: Portal) -> None:
    device = keys.hold(page)
    traveler(page, portal)
    enrol(page, portal)
    leave(page, device)
    page.get_by_role("link", name="Create an account").click()
    walk.heading(page, "Create an account")
    device.touch(True)
    # Back again, also from the browser's own memory of the page, it waits anew.
    page.go_back(wait_until="commit")
    page.wait_for_url(portal.url + "/")
