"""Steps of tours that read no words, so that they are taken in every language; see `walk`."""

from __future__ import annotations

from playwright.sync_api import Page

from e2e import phone
from e2e.portals import PASSWORD, Person, Portal
from portal.rules.terms import Role


def worker(portal: Portal, name: str, role: Role, organisation: str, locale: str) -> Person:
    return portal.person(name, role, organisation=organisation, app=True, locale=locale)


def find(page: Page, portal: Portal, person: Person) -> None:
    page.goto(f"{portal.url}/admin/users?organisation=all&search={person.email}")
    page.click("#users tbody th a")
    page.locator("#user").wait_for()


def give_password(page: Page, portal: Portal, person: Person) -> None:
    page.goto(portal.url + "/login")
    page.fill("#email", person.email)
    page.fill("#password", PASSWORD)
    page.click("#main form .button-main")
    page.wait_for_url(lambda url: not url.endswith("/login"))


def enter(page: Page, portal: Portal, person: Person) -> None:
    """Sign in with the app."""
    give_password(page, portal, person)
    give_code(page, portal, person)
    page.wait_for_url(portal.url + "/")


def leave(page: Page) -> None:
    page.context.clear_cookies()


def give_code(page: Page, portal: Portal, person: Person) -> None:
    portal.next_step()
    page.fill("#code", phone.code(person.key, portal.clock()))
    page.click("#main form .button-main")


def prove(page: Page, portal: Portal, person: Person) -> None:
    """One more proof, and the one click."""
    page.locator("#challenge").wait_for()
    give_code(page, portal, person)
    page.locator("#challenge").wait_for(state="detached")
    page.click("#main form .button-main")
