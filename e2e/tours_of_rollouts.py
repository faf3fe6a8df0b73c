"""Ways through the pages that tell of a policy to come; `tours` says what a tour is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from playwright.sync_api import Page

from e2e import steps
from e2e.portals import Portal
from portal.rules.terms import Role

REQUIRED = {"required_roles": ["dispatcher"]}


def told(page: Page, portal: Portal, locale: str) -> Iterator[str]:
    """What somebody sees whom it will stop, and what their administrator sees of that."""
    name = portal.organisation("Harbour Line Executive Cars")
    pam = steps.worker(portal, "Pam Castillo", Role.PARTNER_ADMIN, name, locale)
    dan = portal.person("Dan Moreau", Role.DISPATCHER, organisation=name, locale=locale)
    portal.roll_out(name, pam, REQUIRED, days=12)
    steps.give_password(page, portal, dan)
    page.locator(".banner").wait_for()
    yield "home/index.told"
    page.click(".banner a[href$='/how-it-works']")
    page.locator("#asked").wait_for()
    yield "security/how_it_works.asked"
    page.click(".banner form button")
    page.locator(".banner").wait_for(state="detached")
    steps.leave(page)
    steps.enter(page, portal, pam)
    page.goto(portal.url + "/admin/announcements")
    page.fill("#message", "The portal rests on Sunday from two to three in the morning.")
    page.fill("#until", (portal.clock() + timedelta(days=5)).date().isoformat())
    yield "announcements/index"
    page.click("#main section form .button-main")
    page.locator("#readers").wait_for()
    yield "announcements/show"
    page.goto(portal.url + "/admin/announcements")
    page.locator("#announcements td.actions a").last.click()
    page.locator("#readers").wait_for()
    page.click("#main a[href*='/findings']")
    page.locator("#findings").wait_for()
    yield "announcements/findings"
