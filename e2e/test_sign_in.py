"""Signing in when something is in the way: no phone, wrong codes, pauses, other browsers."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from e2e import walk
from e2e.portals import Person, Portal
from portal.rules.terms import Role


def _spend_code(page: Page, portal: Portal, person: Person, code: str) -> None:
    """Sign in with a backup code, by way of "another way"."""
    walk.sign_out(page)
    walk.give_password(page, person.email)
    page.get_by_role("link", name="Backup codes").click()
    walk.give_code(page, code)
    page.wait_for_url(portal.url + "/")


def test_backup_codes_sign_in_once_each_and_say_when_they_run_low(
    page: Page, portal: Portal
) -> None:
    piet = portal.person("Piet de Vries", Role.FINANCE_CONTROLLER, app=True)
    walk.sign_in(page, portal, piet)
    codes = walk.make_codes(page, portal)
    _spend_code(page, portal, piet, codes[0])
    walk.notice(page, "That backup code is used up.")
    mails = portal.mail_server.wait_for(piet.email, where=lambda mail: "9" in mail.body())
    assert mails

    walk.sign_out(page)
    walk.give_password(page, piet.email)
    page.get_by_role("link", name="Backup codes").click()
    walk.give_code(page, codes[0])
    expect(page.get_by_role("alert")).to_contain_text("used already. Use another one")
    walk.give_code(page, codes[1])
    page.wait_for_url(portal.url + "/")
    for code in codes[2:7]:
        _spend_code(page, portal, piet, code)
    walk.notice(page, "That backup code is used up.")
    _spend_code(page, portal, piet, codes[7])
    walk.notice(page, "You are running out of backup codes.")
    page.goto(portal.url + "/security/backup-codes")
    expect(page.get_by_text("Only 2 codes are left.")).to_be_visible()
    # All of that is in the list, and what does not fit comes below it.
    page.goto(portal.url + "/security/activity")
    expect(page.locator("#activity")).not_to_contain_text("Account created")
    page.get_by_role("link", name="Older").click()
    expect(page.locator("#activity")).to_contain_text("Account created")
    expect(page.locator("#activity")).to_contain_text("Backup code used")


def test_a_wrong_code_can_be_followed_by_the_right_one(page: Page, portal: Portal) -> None:
    stan = portal.person("Stan Petrov", app=True)
    page.goto(portal.url + "/security/activity")
    walk.give_password(page, stan.email)
    walk.give_code(page, "000000")
    expect(page.get_by_role("alert")).to_contain_text("That code did not match")
    walk.give_code(page, walk.app_code(portal, stan.key))
    walk.heading(page, "Activity")
    expect(page.locator("#activity")).to_contain_text("A wrong proof was refused")


def test_a_used_code_is_refused_in_another_browser(
    new_page: Callable[..., Page], portal: Portal
) -> None:
    sol = portal.person("Sol Haddad", Role.PARTNER_ADMIN, app=True)
    first, second = new_page(), new_page()
    code = walk.app_code(portal, sol.key)
    for page in (first, second):
        page.goto(portal.url)
        walk.give_password(page, sol.email)
        walk.give_code(page, code)
    first.wait_for_url(portal.url + "/")
    expect(second.get_by_role("alert")).to_contain_text("This code was used already")


def test_five_wrong_codes_bring_a_pause_that_says_how_long(page: Page, portal: Portal) -> None:
    sue = portal.person("Sue Novak", app=True)
    page.goto(portal.url)
    walk.give_password(page, sue.email)
    for digit in "01234":
        _guess(page, digit * 6)
    _guess(page, "555555")
    expect(page.get_by_role("alert")).to_contain_text("There were too many attempts. Wait ")
    expect(page.get_by_role("alert")).to_contain_text(" seconds, then try again.")
    # The pause is over with the next code, and the right one is compared again.
    walk.give_code(page, walk.app_code(portal, sue.key))
    page.wait_for_url(portal.url + "/")


def _guess(page: Page, code: str) -> None:
    walk.give_code(page, code)
    # The answer is there when the fragment shows again what was typed.
    expect(page.locator(f'#code[value="{code}"]')).to_be_visible()


def test_a_mailed_link_lifts_the_pause(page: Page, portal: Portal) -> None:
    kim = portal.person("Kim Sato")
    page.goto(portal.url)
    for number in range(6):
        walk.give_password(page, kim.email, f"a wrong guess of mine {number}")
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Wait 30 seconds")
    page.get_by_role("link", name="Get an unlock link").click()
    page.get_by_label("Email address").fill(kim.email)
    page.get_by_role("button", name="Send the link").click()
    walk.heading(page, "Check your mailbox")
    page.goto(portal.link(kim.email, "unlock"))
    page.get_by_role("button", name="Unlock my account").click()
    walk.notice(page, "This browser may try again.")
    walk.give_password(page, kim.email)
    walk.heading(page, "Hello, Kim Sato")


def test_a_session_that_was_ended_elsewhere_ends_at_its_next_click(
    new_page: Callable[..., Page], portal: Portal
) -> None:
    ada = portal.person("Ada Winter", Role.PARTNER_ADMIN, app=True)
    here, there = new_page(), new_page()
    walk.sign_in(here, portal, ada)
    walk.sign_in(there, portal, ada)
    here.goto(portal.url + "/security/sessions")
    expect(here.locator("#sessions section").first.locator(".row")).to_have_count(2)
    here.get_by_role("button", name="End – ").click()
    walk.notice(here, "That session is ended.")
    expect(here.locator("#sessions section").first.locator(".row")).to_have_count(1)
    there.get_by_role("link", name="Account", exact=True).click()
    walk.heading(there, "Sign in")
    expect(there).to_have_url(f"{portal.url}/login?next=/account")
    here.get_by_role("link", name="Account", exact=True).click()
    walk.heading(here, "Account")


def test_sign_out_everywhere_ends_this_session_too(
    new_page: Callable[..., Page], portal: Portal
) -> None:
    dan = portal.person("Dan Moreau")
    here, there = new_page(), new_page()
    walk.sign_in(there, portal, dan)
    walk.sign_in(here, portal, dan, "/security/sessions")
    here.locator("summary", has_text="Sign out everywhere").click()
    here.get_by_role("button", name="Yes, sign out everywhere").click()
    walk.notice(here, "You are signed out everywhere.")
    there.reload()
    walk.heading(there, "Sign in")
