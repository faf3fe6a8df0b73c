"""Ways through the pages that people work on, each by role; `tours` says what a tour is."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from e2e import steps, tours_of_exceptions, tours_of_invitations
from e2e.portals import Person, Portal
from e2e.tours_of_invitations import LONG_NAME
from portal import demo, demo_data
from portal.rules.terms import Role

IBANS = ("GB29NWBK60161331926819", "DE89370400440532013000")


def partners(page: Page, portal: Portal, locale: str) -> Iterator[str]:
    """What a partner's controller and its administrator see."""
    name = portal.organisation("Northline Executive Cars", time_zone="Europe/Amsterdam")
    piet = steps.worker(portal, "Piet de Vries", Role.FINANCE_CONTROLLER, name, locale)
    pam = steps.worker(portal, "Pam Castillo", Role.PARTNER_ADMIN, name, locale)
    steps.enter(page, portal, piet)
    page.goto(portal.url + "/partner/settlements")
    yield "partner/settlements.empty"
    page.goto(portal.url + "/partner/exports")
    yield "partner/exports.empty"
    page.goto(portal.url + "/partner/payees")
    yield "payees/index.empty"
    portal.bring_in(name, "settlements", demo_data.rides(portal.clock()))
    portal.bring_in(name, "payees", demo_data.PAYEES)
    yield from _export(page, portal, piet)
    yield from _payee(page, portal, piet, pam)
    yield from _systems(page, portal)
    yield from tours_of_invitations.sent(page, portal)


def _export(page: Page, portal: Portal, piet: Person) -> Iterator[str]:
    page.goto(portal.url + "/")
    yield "home/index.partner"
    page.goto(portal.url + "/partner/settlements")
    yield "partner/settlements"
    page.click('form[action$="/partner/exports"] button')
    page.locator("#challenge").wait_for()
    yield "step_up/show.export"
    steps.give_code(page, portal, piet)
    page.locator("#challenge").wait_for(state="detached")
    page.locator(".facts").wait_for()
    yield "step_up/resume.export"
    with page.expect_download():
        page.click("#main form .button-main")
    page.locator("#download").wait_for()
    yield "partner/export"
    page.goto(portal.url + "/partner/exports")
    yield "partner/exports"


def _payee(page: Page, portal: Portal, piet: Person, pam: Person) -> Iterator[str]:
    page.goto(portal.url + "/partner/payees")
    page.click('form[action$="/partner/payees"] .button-main')
    page.locator("#problems").wait_for()
    yield "payees/index.refused"
    page.click("#payees tbody a")
    page.locator("#payee").wait_for()
    yield "payees/show"
    page.fill("#holder", LONG_NAME)
    page.fill("#iban", IBANS[1])
    page.click('form[action$="/changes"] .button-main')
    steps.prove(page, portal, piet)
    page.locator("#payee .panel").wait_for()
    yield "payees/show.waiting"
    shown = page.url
    steps.leave(page)
    steps.enter(page, portal, pam)
    page.goto(shown)
    page.click(".confirm > summary")
    yield "payees/show.deciding"
    page.click('form[action$="/approval"] button')
    steps.prove(page, portal, pam)
    page.locator("#payee .panel").wait_for()
    yield "payees/show.approved"


def _systems(page: Page, portal: Portal) -> Iterator[str]:
    page.goto(portal.url + "/partner/webhooks")
    yield "integrations/webhooks.empty"
    page.click("#main form .button-main")
    page.locator("#problems").wait_for()
    yield "integrations/webhooks.refused"
    page.fill("#url", "https://hooks.northline.example/livery/a-rather-long-path/events")
    page.locator(".tick input").first.check()
    page.locator(".tick input").last.check()
    page.click("#main form .button-main")
    page.locator("#secret").wait_for()
    yield "integrations/webhooks.secret"
    page.goto(portal.url + "/partner/webhooks")
    page.click(".confirm > summary")
    yield "integrations/webhooks"
    page.goto(portal.url + "/partner/billing")
    page.click("#main form .button-main")
    page.locator("#problems").wait_for()
    yield "integrations/billing"
    page.goto(portal.url + "/admin/api-tokens")
    page.fill("#name", "Reporting at night")
    page.locator(".tick input").first.check()
    page.click("#main form .button-main")
    page.locator("#token").wait_for()
    yield "api_tokens/index"


def headquarters(page: Page, portal: Portal, locale: str) -> Iterator[str]:
    """What HQ sees, and the traveler whom it resets."""
    name = portal.organisation("Northline Executive Cars", time_zone="Europe/Amsterdam")
    portal.bring_in(name, "payees", demo_data.PAYEES)
    portal.bring_in(name, "payouts", demo_data.PAYOUTS)
    ada = steps.worker(portal, "Ada Winter", Role.HQ_ADMIN, demo.HQ, locale)
    tara = portal.person("Tara Lindqvist", app=True, locale=locale)
    steps.enter(page, portal, tara)
    steps.leave(page)
    steps.enter(page, portal, ada)
    yield from _payouts(page, portal, ada, name)
    yield from _people(page, portal, tara)
    yield from _reset(page, portal, ada, tara)
    steps.leave(page)
    sol = steps.worker(portal, "Sol Haddad", Role.SUPER_ADMIN, demo.HQ, locale)
    yield from _decision(page, portal, sol, tara)
    stan = steps.worker(portal, "Stan Petrov", Role.SERVICE_DESK, demo.HQ, locale)
    yield from _desk(page, portal, stan, ada)
    yield from tours_of_exceptions.shown(page, portal, stan, sol)


def _payouts(page: Page, portal: Portal, ada: Person, name: str) -> Iterator[str]:
    page.goto(portal.url + "/payouts")
    yield "payouts/index"
    page.goto(portal.url + "/payouts/new?partner=nobody-is-called-so")
    yield "payouts/new.nobody"
    page.goto(portal.url + "/payouts/new")
    page.fill("#partner", name)
    page.click(".toolbar button")
    page.click("#main .form .button-main")
    page.locator("#problems").wait_for()
    yield "payouts/new"
    page.goto(portal.url + "/payouts")
    page.locator("tr", has_text=name).first.locator("a").click()
    page.click(".confirm > summary")
    yield "payouts/show"
    page.click('form[action$="/approval"] button')
    page.locator("#challenge").wait_for()
    yield "step_up/show.payout"


def _people(page: Page, portal: Portal, tara: Person) -> Iterator[str]:
    page.goto(portal.url + "/admin/users?organisation=all")
    yield "users/index"
    page.goto(portal.url + "/admin/users?search=nobody-is-called-so")
    yield "users/index.nobody"
    page.goto(portal.url + "/admin/users")
    page.select_option("#organisation", label=demo.GUESTS)
    page.fill("#search", tara.email)
    page.click("#filters button")
    page.locator(".actions a").click()
    page.locator("#reset-panel form").wait_for()
    yield "users/index.panel"
    steps.find(page, portal, tara)
    yield "users/show"
    page.click(".confirm > summary")
    yield "users/show.confirm"
    page.goto(page.url + "/roles")
    page.click(".confirm > summary")
    yield "memberships/roles"


def _reset(page: Page, portal: Portal, ada: Person, tara: Person) -> Iterator[str]:
    steps.find(page, portal, tara)
    page.click('#user a[href$="/resets/new"]')
    page.locator("#reset-panel").wait_for()
    yield "resets/new"
    page.click("#reset-panel .button-danger-full")
    page.locator("#reset-problems").wait_for()
    yield "resets/new.refused"
    page.fill("#reason", "Lost the phone on the train from Schiphol; no backup codes with them.")
    page.check("input[value=call_back]")
    page.click("#reset-panel .button-danger-full")
    steps.prove(page, portal, ada)
    page.locator("#reset").wait_for()
    yield "resets/show"
    page.goto(portal.url + "/admin/resets")
    yield "resets/index"
    page.goto(portal.url + "/admin/resets?state=expired")
    yield "resets/index.state"
    yield from tours_of_exceptions.asked(page, portal, ada, tara)
    page.goto(portal.url + "/admin/users?organisation=all&search=tara")
    for box in page.locator("tbody input[type=checkbox]").all()[:3]:
        box.check()
    page.click("#users form .buttons button")
    page.locator("#users").wait_for(state="detached")
    yield "resets/bulk"


def _decision(page: Page, portal: Portal, sol: Person, tara: Person) -> Iterator[str]:
    steps.enter(page, portal, sol)
    page.goto(portal.url + "/admin/plan")
    yield "plans/show"
    page.goto(portal.url + "/admin/resets")
    page.locator("tr", has_text=tara.email).locator("a").click()
    page.locator("#reset").wait_for()
    yield "resets/show.deciding"
    page.click('form[action$="/approval"] button')
    steps.prove(page, portal, sol)
    page.locator("#notice .notice").wait_for()
    yield "resets/show.approved"
    steps.leave(page)
    steps.give_password(page, portal, tara)
    page.locator(".emblem").wait_for()
    yield "tickets/needed"
    page.goto(portal.link(tara.email, "re-enrol"))
    yield "tickets/show"
    steps.leave(page)


def _desk(page: Page, portal: Portal, stan: Person, ada: Person) -> Iterator[str]:
    steps.enter(page, portal, stan)
    page.goto(f"{portal.url}/admin/users?organisation=all&search={ada.email}")
    page.click("#users tbody th a")
    page.locator("#user").wait_for()
    yield "users/show.desk"
    person = page.url
    page.goto(person + "/caller-check")
    page.fill("#code", "000000")
    page.click("#main form .button-main")
    page.locator("#problems").wait_for()
    yield "caller_checks/check"
    page.goto(person + "/desk-resets/new")
    yield "resets/new.desk"
    page.goto(person + "/bypass")
    yield "exceptions/new.bypass"


def travelers(page: Page, portal: Portal, locale: str) -> Iterator[str]:
    """What a traveler keeps here: cards, passengers, a code for a call."""
    tara = portal.person("Tara Lindqvist", app=True, locale=locale)
    steps.enter(page, portal, tara)
    for path, template in (("/wallet/cards", "wallet/cards"), ("/passengers", "wallet/passengers")):
        page.goto(portal.url + path)
        yield f"{template}.empty"
    page.click("#main form .button-main")
    page.locator("#problems").wait_for()
    yield "wallet/passengers.refused"
    portal.bring_in(demo.GUESTS, "cards", demo_data.cards(tara.email))
    portal.bring_in(demo.GUESTS, "passengers", demo_data.passengers(tara.email))
    for path, template in (("/wallet/cards", "wallet/cards"), ("/passengers", "wallet/passengers")):
        page.goto(portal.url + path)
        page.click(".confirm > summary")
        yield template
    page.click(".row-action a")
    page.locator("#passenger").wait_for()
    yield "wallet/passenger"
    # Saved in another window meanwhile.
    with page.context.new_page() as other:
        other.goto(page.url)
        other.fill("#name", LONG_NAME)
        other.click("#main form .button-main")
        other.locator("#notice .notice").wait_for()
    page.click("#main form .button-main")
    page.locator(".problems").wait_for()
    yield "wallet/passenger.outdated"
    page.goto(portal.url + "/security/caller-code")
    page.click("#main form button")
    page.locator(".amount").wait_for()
    yield "caller_checks/code"
