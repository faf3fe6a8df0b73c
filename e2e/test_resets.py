"""Two people reset a traveler's authenticators, and the traveler enrols again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e import walk
from e2e.portals import Person, Portal
from portal.rules.terms import Role

on_sqlite = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


def test_an_admin_asks_a_super_admin_approves_and_the_traveler_enrols_again(
    new_page: Callable[..., Page], portal: Portal
) -> None:
    admin, approver, traveler = new_page(), new_page(), new_page()
    tara = portal.person("Tara Lindqvist", app=True)
    ada = portal.person("Ada Winter", Role.HQ_ADMIN, app=True)
    sol = portal.person("Sol Haddad", Role.SUPER_ADMIN, app=True)
    walk.sign_in(traveler, portal, tara, "/security")
    walk.sign_in(admin, portal, ada, "/admin/users")
    # The panel opens in the list itself, and has the focus.
    _find(admin, tara, "Guests").get_by_role("link", name="Reset – Tara Lindqvist").click()
    expect(admin.get_by_role("region", name="Reset authenticators")).to_be_focused()
    walk.heading(admin, "Users")
    _ask(admin, portal, ada, tara)
    # One person alone does nothing: the page says who is needed, and has no button for it.
    expect(admin.get_by_text("It waits for a super-admin")).to_be_visible()
    expect(admin.get_by_role("button", name="Approve the reset")).to_have_count(0)
    traveler.reload()
    walk.heading(traveler, "Security")
    _approve(approver, portal, sol, tara)
    # The traveler's open session is a stranger's at the very next click.
    traveler.get_by_role("link", name="Activity", exact=True).click()
    walk.heading(traveler, "Sign in")
    _enrol_again(traveler, portal, tara)


def _find(page: Page, person: Person, organisation: str) -> Locator:
    """Their row in the list of users of an organisation, by a part of the address."""
    page.get_by_label("Organisation").select_option(organisation)
    page.get_by_label("Name or email address").fill(person.email.partition("@")[0])
    row = page.get_by_role("row").filter(has_text=person.email)
    expect(page.locator("#users tbody tr")).to_have_count(1)
    expect(row).to_contain_text("Authenticator app")
    # The address of the list is one to share.
    expect(page).to_have_url(re.compile(r"[?&]search=tara\."))
    return row


def _open(page: Page, person: Person) -> None:
    """From the list to their page, and from there to the panel."""
    _find(page, person, "Guests").get_by_role("link", name=person.name, exact=True).click()
    walk.heading(page, person.name)
    page.get_by_role("link", name="Reset authenticators").click()
    walk.heading(page, "Reset authenticators")


def _ask(page: Page, portal: Portal, asker: Person, person: Person) -> None:
    """On the panel: why, how the caller was verified, the proof and the one click."""
    panel = page.get_by_role("region", name="Reset authenticators")
    expect(panel.locator(".facts")).to_contain_text("Authenticator app")
    page.get_by_label("Why is a reset needed?").fill("Lost the phone on the train")
    page.get_by_role("button", name="Ask for the reset").click()
    expect(page.get_by_role("alert")).to_contain_text("How did you verify who is asking?")
    page.get_by_label("I called them back").check()
    page.get_by_role("button", name="Ask for the reset").click()
    walk.heading(page, "Confirm it is you")
    expect(page.locator(".facts")).to_contain_text(person.email)
    # Cancelled, the panel is filled as it was.
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_label("Why is a reset needed?")).to_have_value("Lost the phone on the train")
    expect(page.get_by_label("I called them back")).to_be_checked()
    page.get_by_role("button", name="Ask for the reset").click()
    walk.give_code(page, walk.app_code(portal, asker.key), "Confirm")
    walk.heading(page, "Thank you – it is you")
    expect(page.locator(".facts")).to_contain_text("Lost the phone on the train")
    page.get_by_role("button", name="Confirm").click()
    walk.notice(page, "Nothing changes before a super-admin approves it.")
    walk.heading(page, f"Reset of {person.name} Waiting")


def _approve(page: Page, portal: Portal, approver: Person, person: Person) -> None:
    walk.sign_in(page, portal, approver, "/admin/resets")
    page.get_by_role("row").filter(has_text=person.email).get_by_role("link").click()
    expect(page.locator(".facts")).to_contain_text("Lost the phone on the train")
    page.get_by_role("button", name="Approve the reset").click()
    walk.heading(page, "Confirm it is you")
    expect(page.locator(".facts")).to_contain_text(person.email)
    walk.give_code(page, walk.app_code(portal, approver.key), "Confirm")
    walk.heading(page, "Thank you – it is you")
    page.get_by_role("button", name="Confirm").click()
    walk.notice(page, "The reset is done.")


def _enrol_again(page: Page, portal: Portal, tara: Person) -> None:
    # The password alone opens nothing any more; neither does the mailed link alone.
    walk.give_password(page, tara.email)
    walk.heading(page, "Open the link that we mailed")
    link = portal.link(tara.email, "re-enrol")
    page.goto(link)
    walk.heading(page, "Enrol again")
    page.get_by_label("Password").fill("not my password at all")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("That password did not match")
    page.get_by_label("Password").fill(walk.PASSWORD)
    page.get_by_role("button", name="Go on").click()
    walk.heading(page, "Set up a second proof")
    page.get_by_role("button", name="Authenticator app").click()
    key = walk.begin_app(page).key
    assert key != tara.key
    walk.give_code(page, walk.app_code(portal, key), "Finish")
    walk.notice(page, "Your authenticator is enrolled.")
    # Everything is as for anybody else again, and the link is spent.
    walk.sign_out(page)
    walk.give_password(page, tara.email)
    walk.give_code(page, walk.app_code(portal, key))
    page.get_by_role("link", name="Security", exact=True).click()
    walk.heading(page, "Security")
    walk.sign_out(page)
    page.goto(link)
    walk.heading(page, "This link no longer works")


def test_nobody_approves_what_they_asked_for(new_page: Callable[..., Page], portal: Portal) -> None:
    page, other = new_page(), new_page()
    tara = portal.person("Tara Lindqvist", app=True)
    sol = portal.person("Sol Haddad", Role.SUPER_ADMIN, app=True)
    sue = portal.person("Sue Novak", Role.SUPER_ADMIN, app=True)
    walk.sign_in(page, portal, sol, "/admin/users")
    _open(page, tara)
    _ask(page, portal, sol, tara)
    expect(page.get_by_text("somebody else must decide")).to_be_visible()
    expect(page.get_by_role("button", name="Approve the reset")).to_have_count(0)
    # Another super-admin says no, with a word to the one who asked; nothing is lost.
    walk.sign_in(other, portal, sue, page.url.removeprefix(portal.url))
    card = other.get_by_role("region", name="Reject")
    card.get_by_label("Why not?").fill("Tara found the phone again")
    card.get_by_role("button", name="Reject the reset").click()
    walk.notice(other, "The reset is rejected.")
    page.reload()
    walk.heading(page, "Reset of Tara Lindqvist Rejected")
    expect(page.locator(".facts")).to_contain_text("Tara found the phone again")
    walk.sign_in(new_page(), portal, tara, "/security")


@on_sqlite
def test_who_administers_nobody_sees_no_list(page: Page, portal: Portal) -> None:
    dan = portal.person("Dan Moreau", Role.DISPATCHER)
    walk.sign_in(page, portal, dan)
    for name in ("Users", "Resets", "Memberships"):
        expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    for path in ("/admin/users", "/admin/resets", "/admin/memberships"):
        page.goto(portal.url + path)
        walk.heading(page, "That is not for you to do")
        expect(page.get_by_text("Your role here does not include this.")).to_be_visible()


@on_sqlite
def test_a_partners_admin_sees_no_traveler(new_page: Callable[..., Page], portal: Portal) -> None:
    page, admin = new_page(), new_page()
    tara = portal.person("Tara Lindqvist", app=True)
    pam = portal.person("Pam Castillo", Role.PARTNER_ADMIN, app=True)
    ada = portal.person("Ada Winter", Role.HQ_ADMIN, app=True)
    walk.sign_in(admin, portal, ada, "/admin/users")
    _open(admin, tara)
    panel = admin.url
    person = panel.removesuffix("/resets/new")
    walk.sign_in(page, portal, pam, "/admin/users")
    page.get_by_label("Name or email address").fill(tara.email)
    expect(page.get_by_text("Nobody matches.")).to_be_visible()
    for guessed in (panel, person, f"{person}/roles"):
        page.goto(guessed)
        walk.heading(page, "There is nothing here")
