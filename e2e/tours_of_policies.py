"""Ways through the pages on which a policy is written and published; `tours` says what one is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from playwright.sync_api import Page

from e2e import steps
from e2e.portals import Portal
from portal.rules.terms import Role

KEY = "ee882879-721c-4913-9775-3dfcce97072a"


def written(page: Page, portal: Portal, locale: str) -> Iterator[str]:
    """From a draft with something in every part to a roll-out and its versions."""
    name = portal.organisation("Harbour Line Executive Cars", time_zone="Europe/Amsterdam")
    pam = steps.worker(portal, "Pam Castillo", Role.PARTNER_ADMIN, name, locale)
    steps.worker(portal, "Dan Moreau", Role.DISPATCHER, name, locale)
    portal.person("Grace Mensah", Role.DISPATCHER, organisation=name)
    steps.enter(page, portal, pam)
    page.goto(portal.url + "/admin/policy")
    yield "policy/index.empty"
    page.click("#main a[href$='/draft']")
    _fill(page, portal)
    yield "policy/draft"
    page.click("#draft-form [formaction]")
    page.wait_for_url(lambda url: url.endswith("/meaning"))
    yield "policy/draft.meaning"
    page.fill("#minutes-export_users", "0")
    _save(page)
    page.locator(".problems").first.wait_for()
    yield "policy/draft.refused"
    page.fill("#minutes-export_users", "2")
    _save(page)
    page.locator("#people").wait_for()
    yield "policy/preview"
    page.click("#main button[value='announce']")
    page.locator(".timeline").wait_for()
    yield "policy/index"
    page.click("#main a[href$='/versions']")
    page.locator(".table tbody a").wait_for()
    yield "policy/versions"
    page.click(".table tbody a")
    page.locator("#with").wait_for()
    yield "policy/version"


def _fill(page: Page, portal: Portal) -> None:
    page.select_option("#role-dispatcher", "passkey")
    page.fill("#denied", KEY)
    page.locator("#draft-form details:has(#minutes-export_users) > summary").click()
    page.fill("#minutes-export_users", "2")
    day = portal.clock() + timedelta(days=12)
    page.fill("#enforced", f"{day:%Y-%m-%dT%H:%M}")
    page.fill("#grace_days", "7")
    page.fill("#message", "From next month on, signing in takes a passkey.")


def _save(page: Page) -> None:
    page.click("#draft-form button[value='preview']")
