"""A tour of the pages on which passkeys and security keys are made, kept and asked for.

As in `tours` it reads no words. The devices are Chromium's own.
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from e2e import books, keys, steps
from e2e.portals import Person, Portal
from portal.rules.policy import Raised
from portal.rules.terms import AAL, Action, Role

START = ".ceremony-start"
NEW = 'form[action*="/new/passkey"] button'
NEW_KEY = 'form[action*="variant=security_key"] button'


def holders(page: Page, portal: Portal, locale: str) -> Iterator[str]:
    """What a controller sees whose organisation comes to ask for a certified key."""
    partner = books.partner_that_drove(portal)
    role = Role.FINANCE_CONTROLLER
    piet = portal.person("Piet de Vries", role, organisation=partner, app=True, locale=locale)
    phone = keys.hold(page, **keys.SYNCED)
    steps.enter(page, portal, piet)
    page.locator("passkey-offer").wait_for()
    yield "home/index.offer"
    yield from _enrolled(page, portal)
    portal.ask_more(partner, Action.EXPORT_SETTLEMENTS, Raised(AAL.AAL3))
    yield from _export(page, portal)
    phone.touch(False)
    yield from _sign_in(page, portal, piet)


def _enrolled(page: Page, portal: Portal) -> Iterator[str]:
    page.goto(portal.url + "/security")
    page.locator(NEW).first.click()
    page.locator(START).wait_for()
    yield "security/enrol.passkey"
    page.click(START)
    page.wait_for_url("**/security")
    page.locator(NEW).first.click()
    page.click(START)
    page.locator(".ceremony-said:not(:empty)").wait_for()
    yield "security/enrol.passkey-again"


def _export(page: Page, portal: Portal) -> Iterator[str]:
    page.goto(f"{portal.url}/partner/settlements?period={books.period(portal)}&currency=EUR")
    page.click('form[action$="/exports"] button')
    page.locator(NEW).first.wait_for()
    yield "login/enrol_further"
    key = keys.hold(page, keys.VERIFYING)
    page.locator(NEW_KEY).click()
    page.locator(START).wait_for()
    yield "security/enrol.security-key"
    page.click(START)
    page.locator("#main .facts").wait_for()
    key.touch(False)
    page.click("#main form .button-main")
    page.locator("#challenge").wait_for()
    yield "step_up/show.security-key"
    page.goto(portal.url + "/security")
    yield "security/index.passkeys"
    page.locator('.row-action a[href*="/security/authenticators/"]').first.click()
    page.locator("#authenticator").wait_for()
    page.click(".confirm > summary")
    yield "security/authenticator.passkey"


def _sign_in(page: Page, portal: Portal, person: Person) -> Iterator[str]:
    steps.leave(page)
    page.goto(portal.url + "/login?next=/partner/settlements")
    page.locator(START).wait_for()
    yield "login/sign_in.passkey"
    steps.give_password(page, portal, person)
    page.locator('#challenge a[href*="/passkey"]').click()
    page.locator(START).wait_for()
    yield "login/challenge.passkey"
