"""Every page, on every kind of screen and in both directions: it fits, it is accessible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e import (
    steps,
    tours,
    tours_at_work,
    tours_of_policies,
    tours_of_rollouts,
    tours_with_keys,
)
from e2e.portals import PASSWORD, Portal
from portal.rules.terms import Role
from portal.web.render import LOCALES, RIGHT_TO_LEFT
from tests.support.databases import Databases
from tests.support.server import Process, Server, run_command

Tour = Callable[[Page, Portal, str], Iterator[str]]
TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
DESKTOP, TABLET, PHONE, SMALLEST = (1280, 900), (1024, 768), (390, 844), (320, 568)
# (name of the picture, size of the window, colours); axe looks at desktops.
SCREENS = {
    "en": [
        ("desktop", DESKTOP, "light"),
        ("phone", PHONE, "light"),
        ("small", SMALLEST, "light"),
        ("dark", DESKTOP, "dark"),
    ],
    "ar": [("arabic", TABLET, "light"), ("arabic-small", SMALLEST, "light")],
    "ja": [("japanese", PHONE, "light")],
    # German words are the longest of our languages.
    "de": [("german-small", SMALLEST, "light")],
}
on_sqlite = pytest.mark.parametrize("portal", ["sqlite"], indirect=True)


class Visitor:
    """Looks at a page on the screens of a language."""

    def __init__(
        self,
        page: Page,
        locale: str,
        axe: Callable[..., None],
        screenshot: Callable[[Page, str], None],
    ) -> None:
        self.page = page
        self.locale = locale
        self._axe = axe
        self._screenshot = screenshot
        self.seen: set[str] = set()

    def follow(self, tour: Iterator[str]) -> None:
        for stop in tour:
            self.seen.add(stop.partition(".")[0])
            self._look(stop)

    def _look(self, stop: str) -> None:
        root = self.page.locator("html")
        expect(root).to_have_attribute("lang", self.locale)
        expect(root).to_have_attribute("dir", "rtl" if self.locale in RIGHT_TO_LEFT else "ltr")
        for name, (width, height), colours in SCREENS[self.locale]:
            self.page.set_viewport_size({"width": width, "height": height})
            # Colours that are still on their way from light to dark have no contrast to judge.
            self.page.emulate_media(
                color_scheme="dark" if colours == "dark" else "light", reduced_motion="reduce"
            )
            self._screenshot(self.page, f"{stop.replace('/', '-')}-{name}")
            wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{stop} is {wide} px wider than a window of {width} px"
            if name == "dark":
                self._axe(self.page, ["color-contrast"])  # All else is as in light colours.
            elif width == DESKTOP[0]:
                self._axe(self.page)
        self.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


STRANGERS = {
    *("login/sign_in", "login/unlock", "login/unlock_sent", "login/unlock_confirm"),
    *("register/new", "register/sent", "register/confirm", "link/stale", "errors/error"),
    *("password/ask", "password/sent", "password/new"),
}
MEMBERS = {
    *("home/index", "login/challenge", "login/enrol", "step_up/show", "step_up/resume"),
    *("security/index", "security/enrol", "security/authenticator", "security/backup_codes"),
    *("security/sessions", "security/activity", "security/how_it_works"),
    *("account/index", "account/password", "account/email", "account/email_confirm"),
    "account/email_cancel",
}
DEVELOPERS = {"development/mailbox", "development/message"}
# What each role works on; other pages that it meets on the way are looked at there too.
AT_WORK: dict[Tour, set[str]] = {
    tours_at_work.partners: {
        *("partner/settlements", "partner/export", "partner/exports"),
        *("payees/index", "payees/show", "integrations/webhooks", "integrations/billing"),
        *("memberships/index", "memberships/preview", "api_tokens/index"),
        *("invitations/show", "invitations/begun", "invitations/stale", "invitations/renewed"),
        *("home/index", "step_up/show", "step_up/resume"),
    },
    tours_at_work.headquarters: {
        *("payouts/index", "payouts/new", "payouts/show", "users/index", "users/show"),
        *(
            "plans/show",
            "memberships/roles",
            "resets/new",
            "resets/show",
            "resets/index",
            "resets/bulk",
        ),
        *("exceptions/index", "exceptions/new", "exceptions/show", "exceptions/code"),
        *("tickets/needed", "tickets/show", "caller_checks/check", "step_up/show"),
    },
    tours_at_work.travelers: {
        *("wallet/cards", "wallet/passengers", "wallet/passenger", "caller_checks/code"),
    },
    tours.desks: {"home/index", "login/still_there"},
    tours_of_rollouts.told: {
        *("home/index", "security/how_it_works"),
        *("announcements/index", "announcements/show", "announcements/findings"),
    },
    tours_of_policies.written: {
        *("policy/index", "policy/draft", "policy/preview", "policy/versions", "policy/version"),
    },
    tours_with_keys.holders: {
        *("home/index", "security/enrol", "security/index", "security/authenticator"),
        *("login/enrol_further", "step_up/show", "login/sign_in", "login/challenge"),
    },
}


@on_sqlite
@pytest.mark.parametrize("locale", SCREENS)
def test_pages_for_strangers_fit_and_are_accessible(
    new_page: Callable[..., Page],
    portal: Portal,
    locale: str,
    axe: Callable[..., None],
    screenshot: Callable[[Page, str], None],
) -> None:
    visitor = Visitor(new_page(locale=locale), locale, axe, screenshot)
    visitor.follow(tours.strangers(visitor.page, portal))
    assert visitor.seen == STRANGERS


@on_sqlite
@pytest.mark.parametrize("locale", SCREENS)
def test_pages_for_members_fit_and_are_accessible(
    new_page: Callable[..., Page],
    portal: Portal,
    locale: str,
    axe: Callable[..., None],
    screenshot: Callable[[Page, str], None],
) -> None:
    visitor = Visitor(new_page(locale=locale), locale, axe, screenshot)
    visitor.follow(tours.members(visitor.page, portal, locale))
    assert visitor.seen == MEMBERS


@on_sqlite
@pytest.mark.parametrize("locale", SCREENS)
@pytest.mark.parametrize("tour", AT_WORK, ids=lambda tour: tour.__name__)
def test_pages_to_work_on_fit_and_are_accessible(
    new_page: Callable[..., Page],
    portal: Portal,
    tour: Tour,
    locale: str,
    axe: Callable[..., None],
    screenshot: Callable[[Page, str], None],
) -> None:
    visitor = Visitor(new_page(locale=locale), locale, axe, screenshot)
    visitor.follow(tour(visitor.page, portal, locale))
    assert visitor.seen == AT_WORK[tour]


@on_sqlite
@pytest.mark.parametrize("locale", ["en", "ar"])
def test_the_place_where_one_is_stands_in_view_on_a_phone(
    new_page: Callable[..., Page], portal: Portal, locale: str
) -> None:
    width, height = PHONE
    page = new_page(viewport={"width": width, "height": height})
    pam = portal.person("Pam Castillo", Role.PARTNER_ADMIN, app=True, locale=locale)
    steps.enter(page, portal, pam)
    page.goto(portal.url + "/admin/memberships")
    expect(page.locator("html")).to_have_attribute("lang", locale)
    place = page.locator(".work [aria-current]").bounding_box()
    assert place and place["x"] >= 0 and place["x"] + place["width"] <= width


def test_every_page_is_on_a_tour() -> None:
    files = (file.relative_to(TEMPLATES) for file in TEMPLATES.rglob("*.html"))
    pages = {
        str(file.with_suffix(""))
        for file in files
        if not file.name.startswith("_") and len(file.parts) > 1 and file.parts[0] != "mail"
    }
    assert pages == STRANGERS.union(MEMBERS, DEVELOPERS, *AT_WORK.values())


@pytest.fixture
def development_url(
    databases: Databases,
    start_servers: Callable[..., list[Server]],
    start_worker: Callable[..., Process],
    tmp_path: Path,
) -> str:
    """The portal as `./dev run` starts it: no mail server, and app.py itself."""
    environment = {
        "DATABASE_URL": databases.fresh("sqlite"),
        "PORTAL_MAILBOX": str(tmp_path / "mailbox"),
    }
    run_command(environment, "demo")
    (server,) = start_servers(environment)
    start_worker({**environment, "PORTAL_BASE_URL": server.url})
    return server.url


def test_a_newcomer_finds_the_mail_in_the_development_mailbox(
    new_page: Callable[..., Page],
    development_url: str,
    axe: Callable[..., None],
    screenshot: Callable[[Page, str], None],
) -> None:
    visitor = Visitor(new_page(), "en", axe, screenshot)
    visitor.follow(_mailbox(visitor.page, development_url))
    assert visitor.seen == DEVELOPERS


def _mailbox(page: Page, url: str) -> Iterator[str]:
    page.goto(url + "/register")
    page.get_by_label("Your name").fill("Nora Bell")
    page.get_by_label("Email address").fill("nora@post.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    page.get_by_role("link", name="Development mailbox").click()
    mail = page.get_by_role("link", name="Activate your account")
    for _ in range(100):
        # The list does not renew itself; the worker needs a moment.
        if mail.is_visible():
            break
        page.reload()
    yield "development/mailbox"
    mail.click()
    expect(page.locator(".letter")).to_contain_text("Open the link")
    yield "development/message"
    page.locator('.letter a[href*="/activate/"]').click()
    expect(page.get_by_label("The password you chose")).to_be_visible()


@on_sqlite
@pytest.mark.parametrize("locale", LOCALES)
def test_a_stranger_chooses_a_language_and_the_page_says_which(
    page: Page, portal: Portal, locale: str
) -> None:
    page.goto(portal.url + "/login")
    page.get_by_role("button", name=LOCALES[locale], exact=True).click()
    root = page.locator("html")
    expect(root).to_have_attribute("lang", locale)
    expect(root).to_have_attribute("dir", "rtl" if locale in RIGHT_TO_LEFT else "ltr")
