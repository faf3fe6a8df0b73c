"""Keys alone: the order of the Tab key, a focus that can be seen, nothing that traps it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from e2e import phone, walk
from e2e.portals import PASSWORD, Portal

pytestmark = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


def test_signing_in_and_enrolling_need_no_mouse(page: Page, portal: Portal) -> None:
    dan = portal.person("Dan Moreau")
    page.goto(portal.url + "/security")
    # The field to begin with has the focus already.
    assert page.evaluate(walk.NAME) == "Email address"
    page.keyboard.type(dan.email)
    assert walk.tab_to(page, "Password") == ["Password"]
    page.keyboard.type(PASSWORD)
    assert walk.tab_to(page, "Sign in") == ["Sign in"]
    page.keyboard.press("Enter")
    walk.heading(page, "Security")

    assert walk.tab_to(page, "Home")[:2] == ["Skip to the content", "Livery Portal"]
    walk.tab_to(page, "Enrol – Authenticator app")
    page.keyboard.press("Enter")
    key = walk.begin_app(page).key
    walk.tab_to(page, "I can’t scan it")
    page.keyboard.press("Enter")
    expect(page.locator("#secret")).to_be_visible()
    walk.tab_to(page, "Code")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("That code did not match")
    # The swapped page gives the focus to the field again, so that the next code can be typed.
    assert page.evaluate(walk.NAME) == "Code"
    page.keyboard.press("Control+A")
    page.keyboard.type(phone.code(key, portal.clock()))
    walk.tab_to(page, "Finish")
    page.keyboard.press("Space")
    walk.notice(page, "Your authenticator is enrolled.")


def test_the_way_past_the_navigation_leads_to_the_content(page: Page, portal: Portal) -> None:
    walk.sign_in(page, portal, portal.person("Dan Moreau"))
    page.goto(portal.url + "/security")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_menu_opens_and_signs_out_by_keys(page: Page, portal: Portal) -> None:
    walk.sign_in(page, portal, portal.person("Dan Moreau"))
    page.locator("details.menu > summary").focus()
    page.keyboard.press("Enter")
    walk.tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    walk.notice(page, "You are signed out.")
