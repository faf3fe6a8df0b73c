"""Money: payouts and payees take two people, and saved cards take a second factor."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e import walk
from e2e.portals import Person, Portal
from portal import demo_data
from portal.rules.terms import Role

PAYEE = "Kade Cars, euro account"
# The examples of the IBAN registry: they belong to nobody.
RECORD = {
    "name": PAYEE,
    "currency": "EUR",
    "holder": "Kade Cars B.V.",
    "iban": "NL91ABNA0417164300",
    "bic": "ABNANL2A",
}
NEW_IBAN = "DE89 3704 0044 0532 0130 00"


@pytest.fixture
def partner(portal: Portal) -> str:
    """A partner with one payee."""
    name = portal.organisation("Kade Cars", time_zone="Europe/Amsterdam")
    portal.bring_in(name, "payees", [RECORD])
    return name


def test_whoever_prepared_a_payout_does_not_approve_it(
    new_page: Callable[..., Page], portal: Portal, partner: str
) -> None:
    page, approver = new_page(), new_page()
    ada = portal.person("Ada Winter", Role.HQ_ADMIN, app=True)
    sol = portal.person("Sol Haddad", Role.SUPER_ADMIN, app=True)
    walk.sign_in(page, portal, ada, "/payouts")
    page.get_by_role("link", name="Prepare a payout").click()
    page.get_by_label("Find a partner").fill(partner)
    page.get_by_role("button", name="Find").click()
    page.get_by_label("Payee", exact=True).select_option(
        label=f"{partner} · {PAYEE} · EUR · •••• 4300"
    )
    page.get_by_label("Amount").fill("950.5")
    page.get_by_label("Reference").fill("PO-77")
    page.get_by_role("button", name="Prepare it").click()
    walk.notice(page, "The payout is prepared.")
    expect(page.get_by_text("You had a part in this already")).to_be_visible()
    expect(page.get_by_role("button", name="Approve this payout")).to_have_count(0)
    walk.sign_in(approver, portal, sol, "/payouts")
    line = approver.get_by_role("row").filter(has_text=partner)
    expect(line).to_contain_text("€950.50")
    line.get_by_role("link", name="PO-77").click()
    approver.get_by_role("button", name="Approve this payout").click()
    walk.heading(approver, "Confirm it is you")
    _facts(approver, Amount="€950.50", Payee=PAYEE, Partner=partner)
    walk.give_code(approver, walk.app_code(portal, sol.key), "Confirm")
    walk.heading(approver, "Thank you – it is you")
    _facts(approver, Amount="€950.50", Payee=PAYEE, Partner=partner)
    walk.heading(approver, "Thank you – it is you")
    approver.get_by_role("button", name="Confirm").click()
    walk.notice(approver, "The payout is approved.")
    page.reload()
    expect(page.locator(".facts")).to_contain_text("Sol Haddad")
    expect(page.get_by_role("button", name="Withdraw it")).to_have_count(0)


def test_a_payout_that_changed_meanwhile_is_shown_again(
    page: Page, portal: Portal, partner: str
) -> None:
    payout = {"reference": "PO-78", "payee": PAYEE, "currency": "EUR", "amount": "4812.50"}
    portal.bring_in(partner, "payouts", [payout])
    sol = portal.person("Sol Haddad", Role.SUPER_ADMIN, app=True)
    walk.sign_in(page, portal, sol, "/payouts")
    page.get_by_role("row").filter(has_text=partner).get_by_role("link").click()
    page.get_by_role("button", name="Approve this payout").click()
    walk.give_code(page, walk.app_code(portal, sol.key), "Confirm")
    walk.heading(page, "Thank you – it is you")
    _facts(page, Amount="€4,812.50")
    portal.bring_in(partner, "payouts", [{**payout, "amount": "9999.00"}])
    walk.heading(page, "Thank you – it is you")
    page.get_by_role("button", name="Confirm").click()
    walk.heading(page, "Confirm it is you")
    _facts(page, Amount="€9,999.00")


def test_a_new_account_takes_a_second_person(
    new_page: Callable[..., Page], portal: Portal, partner: str
) -> None:
    page, second = new_page(), new_page()
    piet = _controller(portal, partner, "Piet de Vries")
    mona = _controller(portal, partner, "Mona Visser")
    walk.sign_in(page, portal, piet, "/partner/payees")
    page.get_by_role("link", name=PAYEE).click()
    page.get_by_label("Account holder").fill("Kade Cars GmbH")
    page.get_by_label("IBAN").fill(NEW_IBAN.replace("89", "88", 1))
    page.get_by_role("button", name="Ask for this account").click()
    expect(page.get_by_role("alert")).to_contain_text("This is no IBAN")
    page.get_by_label("IBAN").fill(NEW_IBAN)
    page.get_by_role("button", name="Ask for this account").click()
    walk.heading(page, "Confirm it is you")
    _facts(page, Payee=PAYEE)
    walk.give_code(page, walk.app_code(portal, piet.key), "Confirm")
    walk.heading(page, "Thank you – it is you")
    walk.heading(page, "Thank you – it is you")
    page.get_by_role("button", name="Confirm").click()
    walk.notice(page, "The account waits for a second person.")
    expect(page.get_by_text("Who can approve: Mona Visser.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve this account")).to_have_count(0)
    walk.sign_in(second, portal, mona, page.url.removeprefix(portal.url))
    second.get_by_role("button", name="Approve this account").click()
    walk.heading(second, "Confirm it is you")
    expect(second.locator(".facts")).to_contain_text("3000")
    walk.give_code(second, walk.app_code(portal, mona.key), "Confirm")
    walk.heading(second, "Thank you – it is you")
    walk.heading(second, "Thank you – it is you")
    second.get_by_role("button", name="Confirm").click()
    walk.notice(second, "The account is approved.")
    # Until its time has come the old one is in use, and everybody concerned can stop it.
    expect(second.locator(".facts").first).to_contain_text("4300")
    page.reload()
    page.locator("summary", has_text="Withdraw it").click()
    page.get_by_label("Why").fill("The wrong company")
    page.get_by_role("button", name="Withdraw it now").click()
    walk.notice(page, "The new account is withdrawn.")


# Only the pages of money that two people move are walked on both databases.
@pytest.mark.parametrize("portal", ["sqlite"], indirect=True)
def test_saved_cards_lead_through_enrolment_and_back(page: Page, portal: Portal) -> None:
    tara = portal.person("Tara Lindqvist")
    portal.bring_in("Guests", "cards", demo_data.cards(tara.email))
    walk.sign_in(page, portal, tara)
    page.get_by_role("link", name="Cards", exact=True).click()
    walk.heading(page, "Set up a second proof")
    expect(page.get_by_text("4242")).to_have_count(0)
    page.get_by_role("button", name="Authenticator app").click()
    key = walk.begin_app(page).key
    walk.give_code(page, walk.app_code(portal, key), "Finish")
    # First the offer that everybody gets after a first authenticator, then where they were going.
    walk.heading(page, "Backup codes")
    page.get_by_role("link", name="Not now").click()
    walk.heading(page, "Saved cards")
    expect(page.get_by_role("heading", name="Visa ending in 4242")).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="Mastercard ending in 4444")
    row.locator("summary").click()
    row.get_by_role("button", name="Yes, remove it").click()
    walk.notice(page, "The card is removed.")
    expect(page.get_by_text("Mastercard ending in 4444")).to_have_count(0)


def _controller(portal: Portal, partner: str, name: str) -> Person:
    return portal.person(name, Role.FINANCE_CONTROLLER, organisation=partner, app=True)


def _facts(page: Page, **wanted: str) -> None:
    lines = page.locator(".facts > div")
    for label, value in wanted.items():
        line = lines.filter(has=page.get_by_text(label, exact=True))
        expect(line.locator("dd")).to_have_text(value)
