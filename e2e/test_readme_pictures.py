"""The pictures that README shows, taken on one walk: `./dev test e2e --docs-screenshots`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from e2e import walk
from e2e.portals import PASSWORD, Portal

BYTES_MAX = 150_000  # Six of them load with README on a slow line.
PICTURES = {"sign-in", "challenge", "security", "enrolment", "backup-codes", "phone-dark"}


@pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
def test_the_pictures_of_the_readme_are_small(
    new_page: Callable[..., Page], portal: Portal, docs_screenshot: Callable[..., Path]
) -> None:
    page = new_page(viewport={"width": 1200, "height": 760})
    tara = portal.person("Tara Lindqvist")
    files = [_sign_in(page, portal, docs_screenshot)]
    walk.give_password(page, tara.email)
    page.get_by_role("link", name="Security", exact=True).click()
    page.get_by_role("button", name="Enrol – Authenticator app").click()
    key = walk.begin_app(page).key
    files.append(docs_screenshot(page, "enrolment"))
    walk.give_code(page, walk.app_code(portal, key), "Finish")
    page.get_by_role("button", name="Make backup codes").click()
    walk.heading(page, "Enrol: Backup codes")
    files.append(docs_screenshot(page, "backup-codes"))
    walk.give_code(page, page.locator("ol.codes code").first.inner_text(), "Finish")
    walk.notice(page, "Your new backup codes are active.")
    page.reload()
    files.append(docs_screenshot(page, "security"))
    walk.sign_out(page)
    walk.give_password(page, tara.email)
    walk.heading(page, "One more proof")
    files.append(docs_screenshot(page, "challenge"))
    walk.give_code(page, walk.app_code(portal, key))
    walk.heading(page, "Hello, Tara Lindqvist")
    page.set_viewport_size({"width": 390, "height": 760})
    page.emulate_media(color_scheme="dark")
    files.append(docs_screenshot(page, "phone-dark"))
    assert {file.stem for file in files} == PICTURES
    assert {file.name: size for file in files if (size := file.stat().st_size) > BYTES_MAX} == {}


def _sign_in(page: Page, portal: Portal, docs_screenshot: Callable[..., Path]) -> Path:
    page.goto(portal.url)
    page.get_by_label("Email address").fill("tara@guests.example")
    page.get_by_label("Password").fill(PASSWORD)
    return docs_screenshot(page, "sign-in")
