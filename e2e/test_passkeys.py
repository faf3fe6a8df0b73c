"""Passkeys and security keys, with Chromium's own authenticators beside the page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from e2e import keys, walk
from e2e.ceremonies import (
    ALONE,
    KEY,
    MAKE,
    USE_KEY,
    be_filled_in,
    enrol,
    give_password_then_key,
    is_forgotten,
    leave,
    prove,
    prove_in_vain,
    said,
    traveler,
)
from e2e.portals import Portal


def test_a_passkey_is_made_signs_in_alone_is_renamed_and_revoked(
    page: Page, portal: Portal, axe: Callable[..., None], screenshot: Callable[..., object]
) -> None:
    device = keys.hold(page, **keys.SYNCED)
    tara = traveler(page, portal)
    page.goto(portal.url + "/security")
    page.get_by_role("button", name="Enrol – Passkey").click()
    walk.heading(page, "Enrol: Passkey")
    axe(page)
    screenshot(page, "passkey-enrol")
    page.get_by_role("button", name=MAKE).click()
    walk.notice(page, "Your authenticator is enrolled.")
    portal.mail_server.wait_for(tara.email, where=lambda mail: "Passkey" in mail.body())
    page.goto(portal.url + "/security")
    row = page.locator("#authenticators .row").filter(has_text="Synced between your devices")
    expect(row).to_have_count(1)
    axe(page)
    screenshot(page, "passkey-row")

    leave(page, device)
    axe(page)
    screenshot(page, "passkey-sign-in")
    device.touch(True)
    page.get_by_role("button", name=ALONE).click()
    page.wait_for_url(portal.url + "/")

    page.goto(portal.url + "/security")
    row.get_by_role("link", name="Manage").click()
    axe(page)
    screenshot(page, "passkey-page")
    page.get_by_label("Name", exact=True).fill("My telephone")
    page.get_by_role("button", name="Save the name").click()
    walk.notice(page, "saved")
    page.get_by_text("Revoke this authenticator").click()
    page.get_by_role("button", name="Yes, revoke it").click()
    walk.notice(page, "revoked")
    # The browser's password manager is told, and offers no more what would not work.
    page.wait_for_function("() => document.readyState === 'complete'")
    is_forgotten(page, device)


def test_the_address_field_offers_the_passkey_by_itself(page: Page, portal: Portal) -> None:
    device = keys.hold(page)
    traveler(page, portal)
    enrol(page, portal)
    leave(page, device)
    be_filled_in(page, device, portal.url + "/login?next=/security/sessions")
    walk.heading(page, "Sessions")


def test_nobody_there_leaves_the_password_working(page: Page, portal: Portal) -> None:
    device = keys.hold(page)
    tara = traveler(page, portal)
    enrol(page, portal)
    leave(page, device)
    page.goto(portal.url + "/login")
    walk.give_password(page, tara.email)
    walk.heading(page, "One more proof")


def test_a_closed_dialog_says_what_to_do_next(page: Page, portal: Portal) -> None:
    device = keys.hold(page)
    traveler(page, portal)
    enrol(page, portal)
    leave(page, device)
    device.touch(True)
    device.verify(False)
    page.goto(portal.url + "/login")
    page.get_by_role("button", name=ALONE).click()
    said(page, "Nothing was confirmed")


def test_the_same_device_is_not_enrolled_twice(page: Page, portal: Portal) -> None:
    keys.hold(page)
    traveler(page, portal)
    enrol(page, portal)
    page.goto(portal.url + "/security")
    page.get_by_role("button", name="Enrol – Passkey").click()
    walk.heading(page, "Enrol: Passkey")
    page.get_by_role("button", name=MAKE).click()
    said(page, "holds a passkey for your account already")


def test_a_security_key_is_a_second_factor(page: Page, portal: Portal) -> None:
    keys.hold(page, keys.USB)
    tara = traveler(page, portal)
    enrol(page, portal, KEY, USE_KEY)
    page.goto(portal.url + "/security")
    row = page.locator("#authenticators .row").filter(has_text="Only on this one device")
    expect(row).to_have_count(1)
    walk.sign_out(page)
    give_password_then_key(page, tara)
    prove(page)
    page.wait_for_url(portal.url + "/")
    page.goto(portal.url + "/security/activity")
    expect(page.locator("#activity")).to_contain_text("Passkey")


def test_a_bogus_signature_is_refused_and_the_next_try_works(page: Page, portal: Portal) -> None:
    device = keys.hold(page, keys.USB)
    tara = traveler(page, portal)
    enrol(page, portal, KEY, USE_KEY)
    walk.sign_out(page)
    give_password_then_key(page, tara)
    device.answer_badly(isBogusSignature=True)
    prove_in_vain(page, "did not match")
    device.answer_badly(isBadUP=True)
    prove_in_vain(page, "did not match")
    device.answer_badly()
    prove(page)
    page.wait_for_url(portal.url + "/")


def test_a_device_that_did_not_check_its_person_opens_nothing_alone(
    page: Page, portal: Portal
) -> None:
    device = keys.hold(page)
    traveler(page, portal)
    enrol(page, portal)
    leave(page, device)
    device.answer_badly(isBadUV=True)
    be_filled_in(page, device, portal.url + "/login")
    expect(page.locator("#problems")).to_contain_text("did not check that it is you")


def test_a_copied_key_is_refused_for_good_and_its_owner_is_told(page: Page, portal: Portal) -> None:
    device = keys.hold(page, keys.USB)
    tara = traveler(page, portal)
    enrol(page, portal, KEY, USE_KEY)
    walk.sign_out(page)
    give_password_then_key(page, tara)
    prove(page)
    page.wait_for_url(portal.url + "/")
    walk.sign_out(page)
    device.turn_back(0)
    walk.give_password(page, tara.email)
    prove_in_vain(page, "may have been copied")
    portal.mail_server.wait_for(tara.email, where=lambda mail: "gone backwards" in mail.body())
    # Another way is open all the same.
    page.get_by_role("link", name="Authenticator app").click()
    walk.give_code(page, walk.app_code(portal, tara.key))
    page.wait_for_url(portal.url + "/")


def test_a_passkey_is_offered_once_after_a_sign_in_with_a_code(
    page: Page, portal: Portal, axe: Callable[..., None], screenshot: Callable[..., object]
) -> None:
    keys.hold(page)
    traveler(page, portal)
    offer = page.locator("passkey-offer")
    expect(offer).to_be_visible()
    axe(page)
    screenshot(page, "passkey-offer")
    offer.get_by_role("link", name="Not now").click()
    expect(page.get_by_role("heading", name="Lately on your account")).to_be_visible()
    expect(offer).to_have_count(0)
