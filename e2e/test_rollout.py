"""A policy is rolled out to an organisation of two hundred: seen ahead, told, watched, enforced."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from e2e import walk
from e2e.portals import Person, Portal
from portal.edge import Edge
from portal.rules.terms import AccountState, Category, Holdings, Role, Strength
from portal.store import organisations, users
from portal.store.users import User

on_sqlite = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
MEMBERS = 200
DAY = timedelta(days=1)
SOON = timedelta(minutes=10)
ZONE = "Europe/Amsterdam"
MESSAGE = "From next week on, signing in takes a code from your phone."


@on_sqlite
def test_a_policy_is_rolled_out_and_each_is_caught_in_their_turn(
    new_page: Callable[..., Page], portal: Portal
) -> None:
    name = portal.organisation("Harbour Cars", time_zone=ZONE)
    pam = portal.person("Pam Castillo", Role.PARTNER_ADMIN, organisation=name, app=True)
    dan = portal.person("Dan Moreau", Role.DISPATCHER, organisation=name)
    eve = portal.person("Eve Jansen", Role.DISPATCHER, organisation=name)
    dot = portal.person("Dot Sato", Role.DISPATCHER, organisation=name, app=True)
    _crowd(portal, name, MEMBERS - 3)
    admin, desk, began = new_page(), new_page(), portal.clock()
    walk.sign_in(admin, portal, pam, "/admin/policy")
    walk.heading(admin, f"Policy of {name}")
    _draft(admin, portal)
    _look_ahead(admin, portal, pam, eve)
    _approve(desk, portal, eve)
    _announce(admin, portal, pam)
    letter = portal.mail_server.wait_for(dan.email, where=lambda mail: MESSAGE in mail.body())
    assert letter, "everybody concerned is told"
    person = new_page()
    walk.sign_in(person, portal, dan)
    expect(person.get_by_text(MESSAGE)).to_be_visible()
    portal.clock.advance(2 * DAY)  # Watched: of all who lack something, one came by.
    _come_back(person, portal, dan, "/")
    _come_back(admin, portal, pam, "/admin/policy")
    found = admin.get_by_text("1 person would have been stopped so far. 1 of them still would be.")
    expect(found).to_be_visible()
    portal.clock.advance(4.5 * DAY)  # Enforced: new accounts have no grace, older ones have.
    over = began + 7 * DAY
    ned = portal.person("Ned Vos", Role.DISPATCHER, organisation=name)
    _is_stopped(new_page(), portal, ned)
    portal.clock.advance(over - SOON - portal.clock())
    person.context.clear_cookies()
    walk.sign_in(person, portal, dan, "/account")
    _is_caught_within_a_form(person, portal)
    for spared in (dot, eve):  # One is ready, and one is exempt.
        walk.sign_in(new_page(), portal, spared, "/account")
    portal.clock.advance(8 * DAY)  # The exemption is over too.
    _is_stopped(new_page(), portal, eve)


def _crowd(portal: Portal, organisation: str, size: int) -> None:
    """Dispatchers with a password alone, who never come."""
    password = Holdings({"password": Strength(Category.KNOWLEDGE)}, {"password": 1})

    def add(edge: Edge) -> None:
        home = organisations.by_name(edge, organisation)
        assert home is not None
        for number in range(size):
            user = User(
                edge.new_id(),
                portal.address("crowd"),
                f"Crowd {number:03d}",
                "en",
                ZONE,
                AccountState.ACTIVE,
                home.id,
                password,
                edge.now,
            )
            assert users.add(edge, user)
            organisations.add_membership(
                edge, user_id=user.id, organisation_id=home.id, role=Role.DISPATCHER
            )

    portal.runner.run(portal.runner.edge(), add)


def _draft(page: Page, portal: Portal) -> None:
    """Optional becomes required; while it is typed the page says what that means."""
    page.get_by_role("link", name="Begin a draft").click()
    page.get_by_label("Dispatcher").select_option("optional")
    meaning = page.get_by_role("region", name="What this means")
    expect(meaning).to_contain_text("Dispatcher: a second factor is optional.")
    page.get_by_label("Dispatcher").select_option("required")
    expect(meaning).to_contain_text("Dispatcher: must have a second factor.")
    there = (portal.clock() + 6 * DAY).astimezone(ZoneInfo(ZONE))
    page.get_by_label("Watched from").fill(f"{there - 5 * DAY:%Y-%m-%dT%H:%M}")
    page.get_by_label("Holds from").fill(f"{there:%Y-%m-%dT%H:%M}")
    page.get_by_label("Days of grace").fill("1")
    page.get_by_label("Message to the people affected").fill(MESSAGE)
    page.get_by_role("button", name="Save and see whom it would stop").click()


def _look_ahead(page: Page, portal: Portal, pam: Person, eve: Person) -> None:
    """Counted wholly and named; one of them is let off from here."""
    count = page.get_by_text(f"{MEMBERS} people with the role Dispatcher must have a second")
    expect(count).to_contain_text(f"{MEMBERS - 1} of them have none that will do yet.")
    expect(
        page.get_by_role("heading", name=f"{MEMBERS - 1} people would be stopped")
    ).to_be_visible()
    expect(page.locator("#people tbody tr")).to_have_count(50)
    page.get_by_role("link", name=f"Exempt … – {eve.name}").click()
    page.get_by_label("Why is it needed?").fill("She is at sea until then")
    day = (portal.clock() + 12 * DAY).astimezone(ZoneInfo(ZONE))
    page.get_by_label("Last day of the exemption").fill(f"{day:%Y-%m-%d}")
    page.locator("#exception-panel .button-main").click()
    _confirm(page, portal, pam)


def _confirm(page: Page, portal: Portal, person: Person) -> None:
    walk.heading(page, "Confirm it is you")
    walk.give_code(page, walk.app_code(portal, person.key), "Confirm")
    walk.heading(page, "Thank you – it is you")
    page.get_by_role("button", name="Confirm").click()


def _approve(page: Page, portal: Portal, eve: Person) -> None:
    sol = portal.person("Sol Haddad", Role.SUPER_ADMIN, app=True)
    walk.sign_in(page, portal, sol, "/admin/exceptions")
    page.get_by_role("row").filter(has_text=eve.email).get_by_role("link").first.click()
    page.get_by_role("button", name="Approve the exemption").click()
    _confirm(page, portal, sol)


def _announce(page: Page, portal: Portal, pam: Person) -> None:
    page.goto(portal.url + "/admin/policy")
    page.get_by_role("link", name="See whom it would stop").click()
    page.get_by_role("button", name=re.compile("^Announce it, and enforce it from")).click()
    walk.notice(page, "The policy is announced. It holds from its date on.")
    expect(
        page.get_by_role("heading", name=re.compile("^Version 1 of .* Announced$"))
    ).to_be_visible()


def _come_back(page: Page, portal: Portal, person: Person, path: str) -> None:
    """After days away everybody signs in anew."""
    page.context.clear_cookies()
    walk.sign_in(page, portal, person, path)


def _is_stopped(page: Page, portal: Portal, person: Person) -> None:
    page.goto(portal.url + "/account")
    walk.give_password(page, person.email)
    page.wait_for_url(re.compile("/login/enrol"))


def _is_caught_within_a_form(page: Page, portal: Portal) -> None:
    """The days of grace end while somebody types: they enrol, and what they typed is saved."""
    page.get_by_label("Your name").fill("Daniel Moreau")
    portal.clock.advance(2 * SOON)
    page.locator("form:has(#name)").get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile("/login/enrol"))
    page.get_by_role("button", name=re.compile("Authenticator app")).click()
    key = walk.begin_app(page).key
    walk.give_code(page, walk.app_code(portal, key), "Finish")
    page.get_by_role("link", name="Not now").click()
    page.get_by_role("button", name="Confirm").click()
    walk.notice(page, "Your profile is saved.")
    expect(page.get_by_label("Your name")).to_have_value("Daniel Moreau")
