"""Step-up: one more proof, and back to what was being done with nothing typed lost."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page, expect

from e2e import walk
from e2e.portals import PASSWORD, Portal

STALE = timedelta(minutes=6)  # One more than the five that a proof is good for.


def test_a_form_that_was_interrupted_comes_back_filled(page: Page, portal: Portal) -> None:
    sol = portal.person("Sol Haddad", app=True)
    walk.sign_in(page, portal, sol, "/account/email")
    new = portal.address("new.sol")
    page.get_by_label("New email address").fill(new)
    portal.clock.advance(STALE)
    page.get_by_role("button", name="Send the link").click()
    walk.heading(page, "Confirm it is you")
    expect(page.locator(".operation")).to_contain_text("change your email address")
    walk.give_code(page, walk.app_code(portal, sol.key), "Confirm")
    walk.heading(page, "Thank you – it is you")
    expect(page.locator(".facts")).to_contain_text(new)
    page.get_by_role("button", name="Confirm").click()
    walk.notice(page, "Open the link that we sent to the new address.")
    portal.link(new, "confirmation")


def test_cancelling_changes_nothing(page: Page, portal: Portal) -> None:
    sol = portal.person("Sol Haddad", app=True)
    walk.sign_in(page, portal, sol, "/account/email")
    page.get_by_label("New email address").fill(portal.address("new.sol"))
    portal.clock.advance(STALE)
    page.get_by_role("button", name="Send the link").click()
    page.get_by_role("link", name="Cancel").click()
    walk.heading(page, "Account")
    expect(page.get_by_text("Waiting for you to confirm")).to_have_count(0)


def test_a_page_that_was_interrupted_opens_by_itself(page: Page, portal: Portal) -> None:
    tara = portal.person("Tara Lindqvist")
    walk.sign_in(page, portal, tara)
    portal.clock.advance(STALE)
    page.goto(portal.url + "/account/password")
    walk.heading(page, "Confirm it is you")
    page.get_by_label("Password").fill("not my password at all")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("That password did not match")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    walk.heading(page, "Change your password")


def test_a_fragment_that_was_interrupted_resumes_too(page: Page, portal: Portal) -> None:
    ada = portal.person("Ada Winter", app=True)
    walk.sign_in(page, portal, ada, "/security")
    page.get_by_role("link", name="Manage – Authenticator app").click()
    # Fresh: the name changes in place and the page says so.
    page.get_by_role("textbox", name="Name").fill("Work phone")
    page.get_by_role("button", name="Save the name").click()
    walk.notice(page, "The new name is saved.")
    walk.heading(page, "Work phone")
    portal.clock.advance(STALE)
    page.get_by_role("textbox", name="Name").fill("My old phone")
    page.get_by_role("button", name="Save the name").click()
    walk.heading(page, "Confirm it is you")
    walk.give_code(page, walk.app_code(portal, ada.key), "Confirm")
    walk.heading(page, "Thank you – it is you")
    expect(page.locator(".facts")).to_contain_text("My old phone")
    page.get_by_role("button", name="Confirm").click()
    walk.heading(page, "My old phone")


def test_an_idle_session_asks_again_and_goes_on(page: Page, portal: Portal) -> None:
    stan = portal.person("Stan Petrov", app=True)
    walk.sign_in(page, portal, stan)
    portal.clock.advance(hours=2)
    page.get_by_role("link", name="Activity", exact=True).click()
    walk.heading(page, "Welcome back")
    walk.give_code(page, walk.app_code(portal, stan.key), "Continue")
    walk.heading(page, "Activity")
