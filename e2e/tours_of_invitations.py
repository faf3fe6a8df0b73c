"""The way of an invitation, from the form to its link; `tours` says what a tour is."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import FilePayload, Page

from e2e import steps
from e2e.portals import PASSWORD, Portal

LONG_NAME = "Grace Mensah-Featherstonehaugh de la Vega"
FILE = """email,name,role,language
dan.{mark}@post.example,Dan Moreau,dispatcher,en
kim.{mark}@post.example,Kim Sato,dispatcher;dispatch lead,ja
not an address,Nobody,dispatcher,en
eva.{mark}@post.example,Eva Jansen,pilot,nl
"""


def sent(page: Page, portal: Portal) -> Iterator[str]:
    """People who are asked to join, one by one and by a file, and one of them at the link."""
    page.goto(portal.url + "/admin/memberships")
    yield "memberships/index.empty"
    email = portal.address("grace.with.a.rather.long.address")
    for address, role in ((email, "finance_controller"), (portal.address("eva"), "partner_admin")):
        page.fill("#email", address)
        page.fill("#name", LONG_NAME)
        page.select_option("#role", role)
        page.click('form[action$="/invitations"] .button-main')
        page.locator("#notice .notice").wait_for()
    yield "memberships/index"
    lines = FILE.format(mark=email.partition("@")[0].rpartition(".")[2])
    file = FilePayload(name="people.csv", mimeType="text/csv", buffer=lines.encode())
    page.set_input_files("#file", file)
    page.click('form[action$="/csv"] button')
    page.locator("table").wait_for()
    yield "memberships/preview"
    steps.leave(page)
    link = portal.link(email, "invitation")
    page.goto(link)
    yield "invitations/show"
    page.fill("#password", PASSWORD)
    page.click("#main form .button-main")
    page.locator(".choices form").first.wait_for()
    steps.leave(page)
    page.goto(link)  # Not finished: the link opens again.
    yield "invitations/begun"
    page.goto(f"{link[:-43]}{'x' * 43}")
    yield "invitations/stale"
    page.click("#main form .button-main")
    page.locator(".emblem").wait_for()
    yield "invitations/renewed"
