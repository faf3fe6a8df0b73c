"""A new account that both agreed to has no effect once one of them no longer stands behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.flows import hosts, payee_accounts
from portal.rules.terms import Role
from tests.support.house import PARTNER, House, Visitor
from tests.support.partners import lose_role
from tests.support.payments import (
    ACCOUNT,
    change_path,
    confirm,
    events,
    granted,
    payee_path,
    payout_path,
    proved,
    take_payee,
    take_payout,
    with_app,
)
from tests.support.resets import approve, ask, somebody
from tests.support.web import email_of, lands_on, rows, signed_in

WAIT = timedelta(hours=48)
WHY = {
    ("piet", "role"): ("requester", "whoever asked for it may not ask for it any more"),
    ("piet", "disabled"): ("requester", "whoever asked for it may not ask for it any more"),
    ("piet", "reset"): ("reset", "was reset since"),
    ("pam", "role"): ("approver", "whoever approved it may not approve it any more"),
    ("pam", "disabled"): ("approver", "whoever approved it may not approve it any more"),
    ("pam", "reset"): ("reset", "was reset since"),
}


def approved(house: House) -> Visitor:
    """Piet asked for another account and Pam approved it; Mia, a second admin, looks on."""
    assert take_payee(house) is None
    piet, pam = signed_in(house, "piet"), signed_in(house, "pam")
    assert proved(piet, f"{payee_path(house)}/changes", **ACCOUNT).status_code == 303
    assert proved(pam, f"{change_path(house)}/approval").status_code == 303
    return with_app(house, "mia@partner.example", Role.PARTNER_ADMIN, PARTNER)


def leave(house: House, way: str, email: str) -> None:
    if way == "role":
        lose_role(house, email)
        return
    house.clock.advance(seconds=1)
    words = ["user", "disable", email]
    if way == "reset":
        words = ["user", "reset-factors", email, "--reason", "A stolen telephone"]
    result = house.app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0, result.output


def change(house: House) -> dict[str, object]:
    (row,) = rows(house, "payee_changes")
    return row


def ended(house: House, why: str, words: str) -> None:
    """The change is over, audited once, and everybody concerned knows why."""
    assert (change(house)["state"], change(house)["note"]) == ("rejected", why)
    assert rows(house, "payees")[0]["account_shown"] == "3000"
    (event,) = events(house, "payee.change_rejected")
    assert event["reason"] == why
    assert event["actor_id"] is None, "nobody decided it, whoever's request it was"
    house.work()
    letters = house.letters.to("mia@partner.example")
    (told,) = (mail for mail in letters if "was stopped" in mail.subject)
    for text in (told.text, told.html):
        assert words in text and "•••• 4300" in text


@pytest.mark.parametrize(("name", "way"), WHY)
def test_it_is_not_used_when_its_time_comes(house: House, name: str, way: str) -> None:
    approved(house)
    leave(house, way, email_of(name))
    house.clock.advance(WAIT)
    assert house.run(payee_accounts.settle_due) is True
    assert house.run(payee_accounts.settle_due) is False
    ended(house, *WHY[name, way])
    assert events(house, "payee.change_effective") == []


@pytest.mark.parametrize(("name", "way"), WHY)
def test_the_next_look_at_it_ends_it(house: House, name: str, way: str) -> None:
    mia = approved(house)
    assert "Approved, not in use yet" in mia.get(payee_path(house)).text
    leave(house, way, email_of(name))
    why, words = WHY[name, way]
    for htmx in (True, False):
        page = mia.get(payee_path(house), htmx=htmx).text
        assert "Approved, not in use yet" not in page
        assert words in page and "Use another account" in page
    ended(house, why, words)
    house.clock.advance(WAIT)
    assert house.run(payee_accounts.settle_due) is False


def test_past_its_time_nothing_is_paid_to_it_before_anything_ended_it(house: House) -> None:
    mia = approved(house)
    assert take_payout(house) is None
    lose_role(house, email_of("piet"))
    house.clock.advance(WAIT)
    sol = signed_in(house, "sol")
    mia.sign_in("mia@partner.example")
    assert "•••• 4300" not in mia.get("/partner/payees").text
    path = payout_path(house)
    assert "•••• 4300" not in sol.get(path).text
    asked = sol.post(f"{path}/approval")
    challenge = sol.get(lands_on(asked)).text
    assert "•••• 3000" in challenge and "•••• 4300" not in challenge
    assert change(house)["state"] == "approved", "only asking writes nothing"
    step_up = granted(sol, asked)
    assert confirm(sol, step_up, f"{path}/approval").status_code == 303
    (approval,) = events(house, "payout.approved")
    assert approval["detail"]["account"] == "•••• 3000"
    ended(house, *WHY["piet", "role"])


def test_a_reset_that_two_people_agreed_to_ends_it_too(house: House) -> None:
    mia = approved(house)
    sol = somebody(house, "sol")
    (piet,) = (row["id"] for row in rows(house, "users") if row["email"] == email_of("piet"))
    reset_id = ask(mia, piet)
    assert approve(sol.visitor, reset_id).status_code == 303
    assert "was reset since" in mia.get(payee_path(house)).text
    ended(house, "reset", "was reset since")


def test_a_reset_from_before_ends_nothing(house: House) -> None:
    assert take_payee(house) is None
    piet, pam = signed_in(house, "piet"), signed_in(house, "pam")
    leave(house, "reset", email_of("piet"))
    house.clock.advance(seconds=1)
    piet.sign_in(email_of("piet"))
    assert piet.enrol_app().status_code == 303
    piet.get("/security")
    assert proved(piet, f"{payee_path(house)}/changes", **ACCOUNT).status_code == 303
    assert proved(pam, f"{change_path(house)}/approval").status_code == 303
    assert "Approved, not in use yet" in pam.get(payee_path(house)).text
    house.clock.advance(WAIT)
    assert house.run(payee_accounts.settle_due) is True
    assert (change(house)["state"], rows(house, "payees")[0]["account_shown"]) == (
        "effective",
        "4300",
    )


def test_what_is_in_use_stays_so_when_they_leave_later(house: House) -> None:
    approved(house)
    house.clock.advance(WAIT)
    assert house.run(payee_accounts.settle_due) is True
    for name in ("piet", "pam"):
        lose_role(house, email_of(name))
    assert rows(house, "payees")[0]["account_shown"] == "4300"
    assert change(house)["state"] == "effective"


def test_an_account_that_a_payout_was_approved_to_stays_in_use(house: House) -> None:
    """The approval writes it down, before the worker does and before anybody leaves."""
    approved(house)
    assert take_payout(house) is None
    house.clock.advance(WAIT)
    sol = signed_in(house, "sol")
    assert proved(sol, f"{payout_path(house)}/approval").status_code == 303
    lose_role(house, email_of("piet"))
    assert rows(house, "payees")[0]["account_shown"] == "4300"
    assert house.run(payee_accounts.settle_due) is False


def test_another_role_that_may_do_the_same_keeps_it(house: House) -> None:
    mia = approved(house)
    lose_role(house, email_of("piet"))
    house.run(hosts.grant, email_of("piet"), PARTNER, Role.PARTNER_ADMIN)
    assert "Approved, not in use yet" in mia.get(payee_path(house)).text
    house.clock.advance(WAIT)
    assert house.run(payee_accounts.settle_due) is True
    assert change(house)["state"] == "effective"


def test_a_look_by_another_partner_ends_nothing(house: House) -> None:
    approved(house)
    kim = with_app(house, "kim@branch.example", Role.PARTNER_ADMIN, "Test Harbour")
    lose_role(house, email_of("piet"))
    for htmx in (False, True):
        assert kim.get(payee_path(house), htmx=htmx).status_code == 404
    assert change(house)["state"] == "approved"
