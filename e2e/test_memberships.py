"""Invitations: from an administrator's form to the newcomer's first page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e import walk
from e2e.portals import PASSWORD, Portal
from portal.rules.terms import Role


@pytest.fixture
def partner(portal: Portal) -> str:
    return portal.organisation("Kade Cars", time_zone="Europe/Amsterdam")


@pytest.fixture
def admin(new_page: Callable[..., Page], portal: Portal, partner: str) -> Page:
    """The memberships of a partner, before its administrator."""
    page = new_page()
    pam = portal.person("Pam Castillo", Role.PARTNER_ADMIN, organisation=partner, app=True)
    walk.sign_in(page, portal, pam, "/admin/memberships")
    return page


def test_a_dispatcher_accepts_from_the_mail(
    admin: Page, page: Page, portal: Portal, partner: str
) -> None:
    email = portal.address("dan")
    _invite(admin, email, "Dan Moreau", "Dispatcher")
    walk.notice(admin, "The invitation is on its way.")
    expect(admin.get_by_role("row").filter(has_text=email)).to_contain_text("Dispatcher")
    link = portal.link(email, "invitation")
    page.goto(link)
    walk.heading(page, "Your invitation")
    expect(page.get_by_text(f"{partner} asks you to join.")).to_be_visible()
    page.get_by_label("Password").fill("too short")
    page.get_by_role("button", name="Activate my account").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Activate my account").click()
    expect(page.get_by_text(f"You act for {partner}.")).to_be_visible()
    admin.reload()
    expect(admin.get_by_text("No invitation is open.")).to_be_visible()
    page.goto(link)
    walk.heading(page, "This invitation no longer works")


def test_a_controller_enrols_before_anything_else_opens(
    admin: Page, page: Page, portal: Portal, partner: str
) -> None:
    email = portal.address("piet")
    _invite(admin, email, "Piet de Vries", "Finance controller")
    page.goto(portal.link(email, "invitation"))
    expect(page.get_by_text("Right after this you enrol a second factor")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Activate my account").click()
    walk.heading(page, "Set up a second proof")
    page.goto(portal.url + "/partner/settlements")
    walk.heading(page, "Set up a second proof")
    page.get_by_role("button", name="Authenticator app").click()
    key = walk.begin_app(page).key
    walk.give_code(page, walk.app_code(portal, key), "Finish")
    walk.heading(page, "Backup codes")
    page.goto(portal.url + "/partner/settlements")
    walk.heading(page, "Settlements")


def test_a_withdrawn_invitation_opens_nothing(admin: Page, page: Page, portal: Portal) -> None:
    email = portal.address("kim")
    _invite(admin, email, "Kim Sato", "Dispatcher")
    link = portal.link(email, "invitation")
    row = admin.get_by_role("row").filter(has_text=email)
    row.get_by_role("button", name="Withdraw").click()
    walk.notice(admin, "The invitation is withdrawn.")
    page.goto(link)
    walk.heading(page, "This invitation no longer works")


def test_a_role_that_administers_waits_for_a_second_person(
    new_page: Callable[..., Page], admin: Page, portal: Portal, partner: str
) -> None:
    second, page = new_page(), new_page()
    pat = portal.person("Pat Nowak", Role.PARTNER_ADMIN, organisation=partner, app=True)
    dora = portal.person("Dora Okafor", Role.DISPATCH_LEAD, organisation=partner, app=True)
    walk.sign_in(page, portal, dora)
    expect(page.get_by_role("link", name="Users", exact=True)).to_have_count(0)
    _invite(admin, dora.email, "Dora Okafor", "Partner admin")
    walk.notice(admin, "This takes a second person.")
    waiting = admin.get_by_role("listitem").filter(has_text="Dora Okafor")
    expect(waiting.get_by_role("button", name="Withdraw")).to_be_visible()
    expect(waiting.get_by_role("button", name="Approve")).to_have_count(0)
    walk.sign_in(second, portal, pat, "/admin/memberships")
    second.get_by_role("button", name="Approve – Dora Okafor").click()
    walk.heading(second, "Confirm it is you")
    expect(second.locator(".facts")).to_contain_text(dora.email)
    walk.give_code(second, walk.app_code(portal, pat.key), "Confirm")
    walk.heading(second, "Thank you – it is you")
    second.get_by_role("button", name="Confirm").click()
    walk.notice(second, "Approved.")
    # It counts from the very next click on.
    page.reload()
    page.get_by_role("link", name="Users", exact=True).click()
    walk.heading(page, "Users")


def _invite(page: Page, email: str, name: str, role: str) -> None:
    form = page.get_by_role("region", name="Invite somebody")
    form.get_by_label("Email address").fill(email)
    form.get_by_label("Their name").fill(name)
    form.get_by_label("Role").select_option(role)
    form.get_by_role("button", name="Send the invitation").click()
