"""Everything once with scripts switched off: nothing is missing, only less smooth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e import phone, walk
from e2e.portals import PASSWORD, Portal

# No page knows which database is behind it; the journeys with scripts run on both.
pytestmark = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


def test_register_enrol_keep_codes_and_sign_in(
    new_page: Callable[..., Page], portal: Portal
) -> None:
    page = new_page(java_script_enabled=False)
    email = portal.address("nils")
    page.goto(portal.url + "/register")
    page.get_by_label("Your name").fill("Nils Holm")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    page.goto(portal.link(email, "activate"))
    page.get_by_label("The password you chose").fill(PASSWORD)
    page.get_by_role("button", name="Activate my account").click()
    page.goto(portal.url + "/security")
    page.get_by_role("button", name="Enrol – Authenticator app").click()
    key = walk.begin_app(page).key
    walk.give_code(page, "000000", "Finish")
    expect(page.get_by_role("alert")).to_contain_text("That code did not match")
    walk.give_code(page, phone.code(key, portal.clock()), "Finish")
    walk.notice(page, "Your authenticator is enrolled.")
    codes = _keep_codes(page)
    walk.sign_out(page)
    walk.give_password(page, email)
    walk.give_code(page, "000000")
    expect(page.get_by_role("alert")).to_contain_text("That code did not match")
    page.get_by_role("link", name="Backup codes").click()
    walk.give_code(page, codes[5])
    walk.notice(page, "That backup code is used up.")


def _keep_codes(page: Page) -> list[str]:
    page.get_by_role("button", name="Make backup codes").click()
    codes = page.locator("ol.codes code").all_inner_texts()
    # Copy and print need a script: their buttons are not there, the text to select is.
    for missing in ("Copy", "Print"):
        expect(page.get_by_role("button", name=missing, exact=True)).to_have_count(0)
    page.get_by_text("Show them as text to select and copy").click()
    assert page.get_by_label("All codes as text").input_value().split() == codes
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download").click()
    assert codes[9] in Path(downloading.value.path()).read_text(encoding="utf-8")
    walk.give_code(page, codes[0], "Finish")
    walk.notice(page, "Your new backup codes are active.")
    return codes


def test_lists_and_changes_of_the_own_account(
    new_page: Callable[..., Page], portal: Portal
) -> None:
    page, other = new_page(java_script_enabled=False), new_page(java_script_enabled=False)
    ada = portal.person("Ada Winter", app=True)
    walk.sign_in(other, portal, ada)
    walk.sign_in(page, portal, ada, "/security/sessions")
    page.get_by_role("button", name="End – ").click()
    walk.notice(page, "That session is ended.")
    other.reload()
    walk.heading(other, "Sign in")
    page.goto(portal.url + "/security")
    page.get_by_role("link", name="Manage – Authenticator app").click()
    page.get_by_role("textbox", name="Name").fill("Work phone")
    portal.clock.advance(minutes=6)
    page.get_by_role("button", name="Save the name").click()
    walk.heading(page, "Confirm it is you")
    walk.give_code(page, walk.app_code(portal, ada.key), "Confirm")
    walk.heading(page, "Thank you – it is you")
    page.get_by_role("button", name="Confirm").click()
    walk.heading(page, "Work phone")
    page.locator("summary", has_text="Revoke this authenticator").click()
    page.get_by_role("button", name="Yes, revoke it").click()
    walk.notice(page, "It is revoked and can no longer be used.")
    page.goto(portal.url + "/security/activity")
    expect(page.locator("#activity")).to_contain_text("Authenticator revoked")
    expect(page.locator("#activity")).to_contain_text("Account created")
