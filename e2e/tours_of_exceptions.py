"""The pages of exceptions: an exemption that is asked for, and a code from the desk to its end."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from e2e import steps
from e2e.portals import Person, Portal


def asked(page: Page, portal: Portal, ada: Person, tara: Person) -> Iterator[str]:
    """An administrator at HQ asks for a traveler's exemption."""
    page.goto(portal.url + "/admin/exceptions")
    yield "exceptions/index"
    steps.find(page, portal, tara)
    page.click('#user a[href$="/exemption"]')
    page.locator("#exception-panel").wait_for()
    yield "exceptions/new"
    page.fill("#reason", "At sea until Friday, with no telephone that works there.")
    page.fill("#until", page.locator("#until").get_attribute("max") or "")
    page.click("#exception-panel .button-main")
    steps.prove(page, portal, ada)
    page.locator("#exception").wait_for()
    yield "exceptions/show"


def shown(page: Page, portal: Portal, stan: Person, sol: Person) -> Iterator[str]:
    """From the panel where the desk stands to the code, once a super-admin has approved."""
    page.fill("#reason", "Her telephone is at home and a payout waits for her.")
    page.check("input[value=call_back]")
    page.click("#exception-panel .button-main")
    steps.prove(page, portal, stan)
    page.locator("#exception").wait_for()
    made = page.url
    steps.leave(page)
    steps.enter(page, portal, sol)
    page.goto(made)
    page.click('form[action$="/bypass-approval"] button')
    steps.prove(page, portal, sol)
    page.locator("#notice .notice").wait_for()
    yield "exceptions/show.approved"
    steps.leave(page)
    steps.enter(page, portal, stan)
    page.goto(made)
    page.click('form[action$="/code"] button')
    page.locator(".receipt").wait_for()
    yield "exceptions/code"
