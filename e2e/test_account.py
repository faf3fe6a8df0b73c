"""A person's own account: another address, another password, another organisation."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from e2e import walk
from e2e.portals import PASSWORD, Person, Portal

NEW_PASSWORD = "four slow ferries cross at noon"


def _ask_for_address(page: Page, portal: Portal, person: Person, new: str) -> None:
    walk.sign_in(page, portal, person, "/account")
    page.get_by_role("link", name="Change – Email address").click()
    page.get_by_label("New email address").fill(new)
    page.get_by_role("button", name="Send the link").click()
    walk.notice(page, "Open the link that we sent to the new address.")
    expect(page.get_by_text(f"Waiting for you to confirm {new}")).to_be_visible()


def test_a_confirmed_address_signs_in_and_the_old_one_no_longer(page: Page, portal: Portal) -> None:
    tara = portal.person("Tara Lindqvist")
    new = portal.address("tara.new")
    _ask_for_address(page, portal, tara, new)
    page.goto(portal.link(new, "confirmation"))
    page.get_by_role("button", name="Use this address").click()
    walk.notice(page, "Your email address is changed.")
    page.goto(portal.url + "/account")
    expect(page.locator(".row", has_text="Email address")).to_contain_text(new)
    walk.sign_out(page)
    walk.give_password(page, tara.email)
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    walk.give_password(page, new)
    walk.heading(page, "Hello, Tara Lindqvist")


def test_the_old_address_can_stop_the_change(page: Page, portal: Portal) -> None:
    tara = portal.person("Tara Lindqvist")
    new = portal.address("thief")
    _ask_for_address(page, portal, tara, new)
    confirmation = portal.link(new, "confirmation")
    page.goto(portal.link(tara.email, "cancellation"))
    page.get_by_role("button", name="Stop the change").click()
    walk.notice(page, "The change is stopped and everybody is signed out.")
    walk.heading(page, "Sign in")
    page.goto(confirmation)
    walk.heading(page, "This link no longer works")
    walk.sign_in(page, portal, tara, "/account")
    expect(page.locator(".row", has_text="Email address")).to_contain_text("Confirmed")


def test_a_new_password_ends_the_other_session_at_its_next_click(
    new_page: Callable[..., Page], portal: Portal
) -> None:
    dora = portal.person("Dora Okafor")
    here, there = new_page(), new_page()
    walk.sign_in(there, portal, dora)
    walk.sign_in(here, portal, dora, "/account/password")
    here.get_by_label("Current password").fill(PASSWORD)
    here.get_by_label("New password").fill(NEW_PASSWORD)
    here.get_by_role("button", name="Change the password").click()
    walk.notice(here, "Your password is changed.")
    there.get_by_role("link", name="Security", exact=True).click()
    walk.heading(there, "Sign in")
    here.get_by_role("link", name="Security", exact=True).click()
    walk.heading(here, "Security")
    walk.give_password(there, dora.email)
    expect(there.get_by_role("alert")).to_contain_text("do not match")
    walk.give_password(there, dora.email, NEW_PASSWORD)
    there.wait_for_url(portal.url + "/security")
    portal.mail_server.wait_for(
        dora.email, where=lambda mail: "password" in str(mail.message["Subject"]).lower()
    )
