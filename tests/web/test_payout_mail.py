"""Payouts tell everybody concerned: who may approve, who prepared, whose money it is. Once each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.edge import Message
from portal.flows import hosts, payee_accounts
from portal.rules.terms import Role
from tests.support.house import HQ, PARTNER, House, Visitor
from tests.support.intake import bring_in
from tests.support.partners import lose_role
from tests.support.payments import (
    ACCOUNT,
    DUTCH,
    GERMAN,
    PAYEE,
    PAYOUT,
    change_path,
    payee_path,
    payout_path,
    proved,
    take_payee,
    take_payout,
    with_app,
)
from tests.support.web import email_of, rows, signed_in

LARGE = "10000.00"
WAIT = timedelta(hours=48)


def about(house: House, words: str) -> list[Message]:
    """The mails so far whose subject has these words, none of which shows a whole account."""
    house.work()
    found = [mail for mail in house.letters.sent if words in mail.subject]
    assert not any(iban in mail.text + mail.html for mail in found for iban in (GERMAN, DUTCH))
    return found


def to(mails: list[Message]) -> list[str]:
    return sorted(mail.recipient for mail in mails)


def prepared(house: House, amount: str = "1250.00") -> tuple[Visitor, str]:
    """Ada, who prepared a payout on the page, and its address."""
    assert take_payee(house) is None
    ada = signed_in(house, "ada")
    payee = rows(house, "payees")[0]["id"]
    assert ada.post("/payouts", payee=payee, amount=amount, reference="P-1").status_code == 303
    return ada, payout_path(house)


def sent(house: House, *payouts: dict[str, Any]) -> None:
    """Payouts that the platform sends, in one batch."""
    bring_in(house, "payouts", *payouts, organisation=PARTNER)


def test_who_may_approve_is_told_what_was_prepared_and_its_preparer_is_not(house: House) -> None:
    for name in ("sol", "stan", "pam"):
        house.person(name)
    eve = house.user("eva@hq.example", HQ, Role.HQ_ADMIN)
    house.run(hosts.grant, eve.email, HQ, Role.SUPER_ADMIN)  # Two roles, one mail.
    _, path = prepared(house)
    mails = about(house, "waits for approval")
    assert to(mails) == ["eva@hq.example", email_of("sol")]
    for mail in mails:
        for text in (mail.text, mail.html):
            for words in ("Ada prepared", PARTNER, "Garage Noord", "•••• 3000", "€1,250.00"):
                assert words in text
            assert "P-1" in text and f"{house.settings.base_url}{path}" in text


def test_what_the_platform_sends_is_told_of_once_a_batch(house: House) -> None:
    house.person("sol")
    assert take_payee(house) is None
    sent(house, PAYOUT)
    (one,) = about(house, "A payout to Garage Noord waits for approval")
    assert "The platform sent a payout." in one.text and "€1,250.00" in one.text
    sent(house, PAYOUT, *({**PAYOUT, "reference": f"B-{number}"} for number in range(12)))
    (many,) = about(house, f"12 payouts to {PARTNER} wait for approval")
    assert f"{house.settings.base_url}/payouts\n" in many.text
    assert "P-1" not in many.text
    sent(house, PAYOUT)
    assert len(about(house, "approval")) == 2, "the same again is nothing new"


def test_a_batch_that_is_refused_tells_nobody(house: House) -> None:
    house.person("sol")
    assert take_payee(house) is None
    with pytest.raises(AssertionError):
        sent(house, PAYOUT, {**PAYOUT, "reference": "P-2", "amount": "nothing"})
    assert rows(house, "payouts") == [] and about(house, "approval") == []


def test_the_preparer_and_the_partner_s_admins_hear_that_it_was_approved(house: House) -> None:
    for name in ("pam", "piet"):
        house.person(name)
    _, path = prepared(house)
    sol = signed_in(house, "sol")
    assert proved(sol, f"{path}/approval").status_code == 303
    mails = {mail.recipient: mail for mail in about(house, "was approved")}
    assert set(mails) == {email_of("ada"), email_of("pam")}
    assert "Sol approved this payout." in mails[email_of("ada")].text
    assert f"{house.settings.base_url}{path}" in mails[email_of("ada")].text
    to_pam = mails[email_of("pam")]
    assert "Sol" not in to_pam.text + to_pam.html, "a partner is not told who it is at HQ"
    assert f"{house.settings.base_url}{payee_path(house)}" in to_pam.text
    assert "/payouts/" not in to_pam.text, "that page is closed to her"
    for mail in mails.values():
        assert "€1,250.00" in mail.html and "•••• 3000" in mail.html and "P-1" in mail.html


def test_the_first_of_two_approvals_is_told_to_nobody(house: House) -> None:
    house.person("pam")
    _, path = prepared(house, LARGE)
    sol = signed_in(house, "sol")
    assert proved(sol, f"{path}/approval").status_code == 303
    assert about(house, "was approved") == []


def test_the_preparer_hears_why_it_was_rejected(house: House) -> None:
    _, path = prepared(house)
    sol = signed_in(house, "sol")
    sol.get(path)
    assert sol.post(f"{path}/rejection", note="Paid <already>").status_code == 303
    (mail,) = about(house, "was rejected")
    assert mail.recipient == email_of("ada")
    assert "Sol rejected this payout." in mail.text and "Paid <already>" in mail.text
    assert "Paid &lt;already&gt;" in mail.html


def test_a_withdrawal_tells_its_own_preparer_nothing(house: House) -> None:
    ada, path = prepared(house)
    assert ada.post(f"{path}/rejection", note="Wrong partner").status_code == 303
    assert about(house, "was rejected") == []


def test_whoever_left_hq_hears_nothing_of_its_payouts(house: House) -> None:
    _, path = prepared(house)
    sol = signed_in(house, "sol")
    lose_role(house, email_of("ada"))
    sol.get(path)
    assert sol.post(f"{path}/rejection", note="Ada left").status_code == 303
    assert about(house, "was rejected") == []


def test_an_approver_hears_that_the_platform_corrected_it(house: House) -> None:
    assert take_payee(house) is None
    assert take_payout(house, amount=LARGE) is None
    sol = signed_in(house, "sol")
    house.person("ada")
    assert proved(sol, f"{payout_path(house)}/approval").status_code == 303
    assert take_payout(house, amount="10000.01") is None
    (mail,) = about(house, "must be approved anew")
    assert mail.recipient == email_of("sol")
    assert "€10,000.01" in mail.text and "€10,000.00" not in mail.text
    assert take_payout(house, amount="10000.02") is None
    assert len(about(house, "must be approved anew")) == 1, "nobody had approved it again"


@pytest.mark.parametrize("by", ["the worker", "the next approver"])
def test_preparer_and_approver_hear_that_the_account_became_another(house: House, by: str) -> None:
    _, path = prepared(house, LARGE)
    piet, pam, sol = (signed_in(house, name) for name in ("piet", "pam", "sol"))
    sue = with_app(house, "sue@hq.example", Role.SUPER_ADMIN, HQ)
    assert proved(sol, f"{path}/approval").status_code == 303
    assert proved(piet, f"{payee_path(house)}/changes", **ACCOUNT).status_code == 303
    assert proved(pam, f"{change_path(house)}/approval").status_code == 303
    assert about(house, "must be approved anew") == []
    house.clock.advance(WAIT)
    if by == "the worker":
        assert house.run(payee_accounts.settle_due) is True
    else:
        sue.sign_in("sue@hq.example")
        sue.get(path)
        assert proved(sue, f"{path}/approval").status_code == 303
        assert house.run(payee_accounts.settle_due) is False
    mails = about(house, "must be approved anew")
    assert to(mails) == [email_of("ada"), email_of("sol")]
    assert all("•••• 4300" in mail.text and "•••• 3000" not in mail.text for mail in mails)


def test_an_approver_hears_that_what_they_agreed_to_reads_otherwise_now(house: House) -> None:
    ada, path = prepared(house, LARGE)
    sol = signed_in(house, "sol")
    sue = with_app(house, "sue@hq.example", Role.SUPER_ADMIN, HQ)
    assert proved(sol, f"{path}/approval").status_code == 303
    ada.get("/account")
    profile = {"name": "Ada Winter", "locale": "en", "time_zone": "UTC"}
    assert ada.post("/account", profile).status_code == 303
    sue.get(path)
    assert proved(sue, f"{path}/approval").status_code == 303
    assert to(about(house, "must be approved anew")) == [email_of("ada"), email_of("sol")]
    assert [row["state"] for row in rows(house, "payouts")] == ["waiting"]


def test_controllers_and_admins_hear_of_payees_that_come_in_by_machine(house: House) -> None:
    for name in ("piet", "pam", "dan", "tara", "sol"):
        house.person(name)
    bring_in(house, "payees", PAYEE, organisation=PARTNER)
    mails = about(house, f"A new payee of {PARTNER}")
    assert to(mails) == [email_of("pam"), email_of("piet")]
    for mail in mails:
        for text in (mail.text, mail.html):
            assert "Garage Noord" in text and "•••• 3000" in text
            assert f"{house.settings.base_url}/partner/payees" in text
    bring_in(house, "payees", PAYEE, organisation=PARTNER)
    assert len(about(house, "payee")) == 2, "the same again is nothing new"
    more = [{**PAYEE, "name": f"Garage {number:02}"} for number in range(1100)]
    bring_in(house, "payees", *more, organisation=PARTNER)
    many = about(house, f"1,100 new payees of {PARTNER}")
    assert to(many) == [email_of("pam"), email_of("piet")]
    assert "Garage 09" in many[0].text and "Garage 10" not in many[0].text
    assert "…" in many[0].text
