"""Ways through every page of the portal, for tests that look at pages rather than use them.

A tour is a generator: each stop is the name of the template that the browser shows, with a
remark after a dot where one template is met in several states. It reads no words, because it is
walked in every language.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from playwright.sync_api import Page

from e2e import phone
from e2e.portals import PASSWORD, Portal
from portal.rules.terms import Role

MAIN = "#main form .button-main"
STALE = timedelta(minutes=6)
AWAY = timedelta(minutes=2)


def strangers(page: Page, portal: Portal) -> Iterator[str]:
    """What somebody sees who is not signed in."""
    page.goto(portal.url + "/login")
    yield "login/sign_in"
    page.click(MAIN)
    yield "login/sign_in.refused"
    email = portal.address("ines")
    page.goto(portal.url + "/register")
    yield "register/new"
    page.fill("#name", "Inês Duarte")
    page.fill("#email", email)
    page.fill("#password", "short")
    page.click(MAIN)
    yield "register/new.refused"
    page.fill("#password", PASSWORD)
    page.click(MAIN)
    page.locator(".emblem").wait_for()
    yield "register/sent"
    page.goto(portal.link(email, "activate"))
    yield "register/confirm"
    page.goto(portal.url + "/activate/" + "x" * 43)
    yield "link/stale"
    page.goto(portal.url + "/login/unlock")
    yield "login/unlock"
    known = portal.person("Kim Sato").email
    page.fill("#email", known)
    page.click(MAIN)
    page.locator(".emblem").wait_for()
    yield "login/unlock_sent"
    page.goto(portal.link(known, "unlock"))
    yield "login/unlock_confirm"
    page.goto(portal.url + "/password/reset")
    yield "password/ask"
    page.fill("#email", known)
    page.click(MAIN)
    page.locator(".emblem").wait_for()
    yield "password/sent"
    page.goto(portal.link(known, "password/reset"))
    yield "password/new"
    page.goto(portal.url + "/nothing-is-here")
    yield "errors/error"


def members(page: Page, portal: Portal, locale: str) -> Iterator[str]:
    """What a person sees from the first sign-in to the second, with everything in between."""
    tara = portal.person("Tara Lindqvist", locale=locale)
    _give_password(page, portal, tara.email)
    yield "home/index"
    page.goto(portal.url + "/security")
    yield "security/index"
    page.goto(portal.url + "/security/backup-codes")
    yield "security/backup_codes.not-yet"
    page.goto(portal.url + "/security")
    page.click('form[action$="/new/totp"] button')
    page.locator(".qr").wait_for()
    yield "security/enrol"
    key = phone.scan(page.screenshot(full_page=True, caret="initial")).key
    _give_code(page, "000000")
    page.locator("#problems").wait_for()
    yield "security/enrol.refused"
    _give_code(page, phone.code(key, portal.clock()))
    page.wait_for_url("**/security/backup-codes")
    yield "security/backup_codes"
    yield from _codes(page)
    yield from _own_pages(page, portal)
    yield from _address(page, portal, tara.email)
    yield from _proofs(page, portal, key)
    yield from _gate(page, portal, tara.email, key, locale)


def desks(page: Page, portal: Portal, locale: str) -> Iterator[str]:
    """What a person sees at a computer that several people share."""
    partner = portal.organisation("Kade Cars")
    portal.share_desks(partner)
    dan = portal.person("Dan Moreau", Role.DISPATCHER, organisation=partner, locale=locale)
    _give_password(page, portal, dan.email)
    yield "home/index.desk"
    portal.clock.advance(AWAY)
    page.goto(portal.url + "/desk/away")
    yield "login/still_there"


def _codes(page: Page) -> Iterator[str]:
    page.click(MAIN)
    page.locator("ol.codes").wait_for()
    yield "security/enrol.codes"
    _give_code(page, page.locator("ol.codes code").first.inner_text())
    page.wait_for_url("**/security")
    yield "security/index.protected"


def _own_pages(page: Page, portal: Portal) -> Iterator[str]:
    page.click('.row-action a[href*="/security/authenticators/"]')
    page.locator("#authenticator").wait_for()
    page.click(".confirm > summary")
    yield "security/authenticator"
    for path, template in (
        ("/security/backup-codes", "security/backup_codes.active"),
        ("/security/sessions", "security/sessions"),
        ("/security/activity", "security/activity"),
        ("/security/how-it-works", "security/how_it_works"),
        ("/", "home/index.protected"),
        ("/account", "account/index"),
        ("/account/password", "account/password"),
    ):
        page.goto(portal.url + path)
        yield template
    page.click("details.menu > summary")
    yield "account/password.menu"


def _address(page: Page, portal: Portal, email: str) -> Iterator[str]:
    new = portal.address("tara.with.a.rather.long.address.for.a.narrow.page")
    page.goto(portal.url + "/account/email")
    yield "account/email"
    page.fill("#email", new)
    page.click(MAIN)
    page.wait_for_url("**/account")
    yield "account/index.pending"
    page.goto(portal.link(new, "confirmation"))
    yield "account/email_confirm"
    page.goto(portal.link(email, "cancellation"))
    yield "account/email_cancel"


def _proofs(page: Page, portal: Portal, key: str) -> Iterator[str]:
    page.goto(portal.url + "/account/email")
    page.fill("#email", portal.address("tara.again"))
    portal.clock.advance(STALE)
    page.click(MAIN)
    page.wait_for_url("**/step-ups/*")
    yield "step_up/show"
    _give_code(page, phone.code(key, portal.clock()))
    page.locator("#challenge").wait_for(state="detached")
    page.locator("#main .facts").wait_for()
    yield "step_up/resume"


def _gate(page: Page, portal: Portal, email: str, key: str, locale: str) -> Iterator[str]:
    page.context.clear_cookies()
    _give_password(page, portal, email)
    page.locator("#challenge").wait_for()
    yield "login/challenge"
    for digit in "012345":
        page.fill("#code", digit * 6)
        page.press("#code", "Enter")
        page.locator(f'#code[value="{digit * 6}"]').wait_for()
    page.click(".help > summary")
    yield "login/challenge.throttled"
    page.context.clear_cookies()
    pam = portal.person("Pam Castillo", Role.PARTNER_ADMIN, locale=locale)
    _give_password(page, portal, pam.email)
    page.locator(".choices form").first.wait_for()
    yield "login/enrol"


def _give_password(page: Page, portal: Portal, email: str) -> None:
    page.goto(portal.url + "/login")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click(MAIN)
    page.wait_for_url(lambda url: not url.endswith("/login"))


def _give_code(page: Page, code: str) -> None:
    page.fill("#code", code)
    page.click(MAIN)
