"""The main job: a person with an authenticator app enrols, signs out, signs in, loses nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from e2e import phone, walk
from e2e.portals import PASSWORD, Portal
from portal.rules.terms import Role

BACKUP_CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){4}")


def test_a_newcomer_enrols_signs_out_signs_in_and_loses_nothing(
    new_page: Callable[..., Page], portal: Portal
) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    email = portal.address("nora")
    _register(page, portal, email)
    key = _enrol_by_camera(page, portal, email)
    codes = _make_backup_codes(page)
    walk.sign_out(page)

    walk.give_password(page, email)
    walk.give_code(page, walk.app_code(portal, key))
    walk.heading(page, "Hello, Nora Bell")
    expect(page.get_by_text("Two factors protect this account")).to_be_visible()
    page.goto(portal.url + "/security")
    rows = page.locator("#authenticators .rows").first
    for words in ("Password", "Authenticator app", "Backup codes", "10 of 10 left"):
        expect(rows).to_contain_text(words)
    assert len(set(codes)) == 10
    page.goto(portal.url + "/security/activity")
    for words in ("Account opened", "Authenticator enrolled", "New backup codes", "Signed out"):
        expect(page.locator("#activity")).to_contain_text(words)
    subjects = {mail.message["Subject"] for mail in portal.mail_server.wait_for(email, count=3)}
    assert len(subjects) == 3, subjects
    if portal.forwarder is not None:
        assert len(portal.forwarder.connections) == 2
        assert min(portal.forwarder.connections.values()) > 10


def _register(page: Page, portal: Portal, email: str) -> None:
    page.goto(portal.url)
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Your name").fill("Nora Bell")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill("too short")
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("alert")).to_contain_text("Use at least 15 characters")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    walk.heading(page, "Check your mailbox")
    page.goto(portal.link(email, "activate"))
    # The token has left the address before anything is shown.
    assert page.url == f"{portal.url}/activate"
    page.get_by_label("The password you chose").fill("a password of somebody else")
    page.get_by_role("button", name="Activate my account").click()
    expect(page.get_by_role("alert")).to_contain_text("That password did not match")
    page.get_by_label("The password you chose").fill(PASSWORD)
    page.get_by_role("button", name="Activate my account").click()
    walk.heading(page, "Hello, Nora Bell")


def _enrol_by_camera(page: Page, portal: Portal, email: str) -> str:
    page.get_by_role("link", name="Security", exact=True).click()
    page.get_by_role("button", name="Enrol – Authenticator app").click()
    scanned = walk.begin_app(page)
    assert scanned.issuer_of_label == scanned.parameters["issuer"] == "Livery Portal"
    assert scanned.account == email
    page.get_by_text("I can’t scan it").click()
    assert page.locator("#secret").inner_text().replace(" ", "") == scanned.key
    page.get_by_role("button", name="Copy the key").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    # A wrong code first: the same key goes on, without being shown again.
    walk.give_code(page, "000 000", "Finish")
    expect(page.get_by_role("alert")).to_contain_text("That code did not match")
    expect(page.locator(".qr")).to_have_count(0)
    walk.give_code(page, phone.code(scanned.key, portal.clock()), "Finish")
    walk.notice(page, "Your authenticator is enrolled.")
    walk.heading(page, "Backup codes")
    return scanned.key


def _make_backup_codes(page: Page) -> list[str]:
    page.get_by_role("button", name="Make backup codes").click()
    walk.heading(page, "Enrol: Backup codes")
    codes = page.locator("ol.codes code").all_inner_texts()
    assert all(BACKUP_CODE.fullmatch(code) for code in codes)
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").split() == codes
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download").click()
    assert downloading.value.suggested_filename == "backup-codes.txt"
    saved = Path(downloading.value.path()).read_text(encoding="utf-8")
    assert BACKUP_CODE.findall(saved)
    assert [line for line in saved.split() if BACKUP_CODE.fullmatch(line)] == codes
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("ol.codes")).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    page.emulate_media(media="screen")
    walk.give_code(page, codes[3].lower().replace("-", " "), "Finish")
    walk.notice(page, "Your new backup codes are active.")
    return codes


def test_a_role_that_must_enrol_lands_where_it_was_heading(page: Page, portal: Portal) -> None:
    pam = portal.person("Pam Castillo", Role.PARTNER_ADMIN)
    page.goto(portal.url + "/security/sessions")
    walk.give_password(page, pam.email)
    walk.heading(page, "Set up a second proof")
    page.goto(portal.url + "/account")  # Nothing else is open, and the way back is kept.
    walk.heading(page, "Set up a second proof")
    page.goto(portal.url + "/security/sessions")
    page.get_by_role("button", name="Authenticator app").click()
    key = walk.begin_app(page).key
    walk.give_code(page, phone.code(key, portal.clock()), "Finish")
    walk.heading(page, "Backup codes")
    page.get_by_role("link", name="Not now").click()
    walk.heading(page, "Sessions")
    assert page.url == f"{portal.url}/security/sessions"


def test_backup_codes_wait_for_an_authenticator(page: Page, portal: Portal) -> None:
    walk.sign_in(page, portal, portal.person("Tara Lindqvist"), "/security/backup-codes")
    expect(page.get_by_role("button", name="Make backup codes")).to_have_count(0)
    page.get_by_role("link", name="Go to the security page").click()
    walk.heading(page, "Security")


def test_an_enrolment_that_was_begun_anew_in_another_tab_ends(page: Page, portal: Portal) -> None:
    walk.sign_in(page, portal, portal.person("Tara Lindqvist"), "/security")
    page.get_by_role("button", name="Enrol – Authenticator app").click()
    key = walk.begin_app(page).key
    tab = page.context.new_page()
    tab.goto(portal.url + "/security")
    tab.get_by_role("button", name="Enrol – Authenticator app").click()
    walk.begin_app(tab)
    walk.give_code(page, phone.code(key, portal.clock()), "Finish")
    walk.heading(page, "This enrolment has ended")
    page.get_by_role("link", name="Start again").click()
    walk.heading(page, "Security")
