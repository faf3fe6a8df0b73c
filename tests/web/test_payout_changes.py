"""Payouts whose data changes while they wait, and decisions at the same instant: one outcome."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.flows import payee_accounts
from portal.rules.terms import Role
from tests.support.house import HQ, House
from tests.support.partners import lose_role
from tests.support.payments import (
    ACCOUNT,
    PAYEE,
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
from tests.support.threads import at_once
from tests.support.web import lands_on, rows, signed_in

LARGE = "10000.00"
WAIT = timedelta(hours=48)


def waiting(house: House, amount: str = "1250.00") -> str:
    """A payout that the platform sent; its address."""
    assert take_payee(house) is None
    assert take_payout(house, amount=amount) is None
    return payout_path(house)


def state(house: House) -> str:
    return rows(house, "payouts")[0]["state"]


def approvals(house: House) -> int:
    return len(rows(house, "payout_approvals"))


def house_id(house: House, email: str) -> str:
    return next(row["id"] for row in rows(house, "users") if row["email"] == email)


def test_a_change_of_the_account_blocks_until_it_is_over(house: House) -> None:
    path = waiting(house)
    piet, pam, sol = (signed_in(house, name) for name in ("piet", "pam", "sol"))
    approve = granted(sol, sol.post(f"{path}/approval"))
    assert proved(piet, f"{payee_path(house)}/changes", **ACCOUNT).status_code == 303
    answer = confirm(sol, approve, f"{path}/approval")
    assert answer.status_code == 409
    assert "is being changed" in answer.text
    assert proved(pam, f"{change_path(house)}/approval").status_code == 303
    assert sol.post(f"{path}/approval").status_code == 409
    assert state(house) == "waiting"
    house.clock.advance(WAIT)
    sol.sign_in("sol@hq.example")
    sol.get(path)
    answer = sol.post(f"{path}/approval")
    assert "•••• 4300" in sol.get(lands_on(answer)).text
    step_up = granted(sol, answer)
    assert confirm(sol, step_up, f"{path}/approval").status_code == 303
    assert state(house) == "approved"


def test_a_payee_without_an_account_is_not_paid(house: House) -> None:
    piet, sol = signed_in(house, "piet"), signed_in(house, "sol")
    assert proved(piet, "/partner/payees", **PAYEE).status_code == 303
    piet.get(payee_path(house))
    assert piet.post(f"{change_path(house)}/withdrawal", note="Later").status_code == 303
    assert take_payout(house) is None
    answer = sol.post(f"{payout_path(house)}/approval")
    assert answer.status_code == 409
    assert "has no bank account yet" in answer.text


def test_an_account_that_became_another_voids_the_first_approval(house: House) -> None:
    path = waiting(house, LARGE)
    piet, pam, sol = (signed_in(house, name) for name in ("piet", "pam", "sol"))
    assert proved(sol, f"{path}/approval").status_code == 303
    assert proved(piet, f"{payee_path(house)}/changes", **ACCOUNT).status_code == 303
    assert proved(pam, f"{change_path(house)}/approval").status_code == 303
    house.clock.advance(WAIT)
    ada = signed_in(house, "ada")
    assert "One has done so." not in ada.get(path).text
    assert proved(ada, f"{path}/approval").status_code == 303
    assert state(house) == "waiting", "Sol agreed to another account"
    assert [row["approved_by"] for row in rows(house, "payout_approvals")] == [
        house_id(house, "ada@hq.example")
    ]
    assert house.run(payee_accounts.settle_due) is False, "her approval wrote the account down"
    assert approvals(house) == 1


def test_a_corrected_payout_needs_every_approval_anew(house: House) -> None:
    path = waiting(house, LARGE)
    sol, ada = signed_in(house, "sol"), signed_in(house, "ada")
    assert proved(sol, f"{path}/approval").status_code == 303
    approve = granted(ada, ada.post(f"{path}/approval"))
    assert take_payout(house, amount="10000.01") is None
    assert (approvals(house), rows(house, "payouts")[0]["version"]) == (0, 2)
    answer = confirm(ada, approve, f"{path}/approval")
    assert lands_on(answer).startswith("/step-ups/"), "she agreed to another amount"
    assert "€10,000.01" in ada.get(lands_on(answer)).text
    assert (state(house), approvals(house)) == ("waiting", 0)


@pytest.mark.parametrize("other", ["approval", "rejection"])
def test_of_two_decisions_at_once_one_happens(house: House, other: str) -> None:
    path = waiting(house)
    sol = signed_in(house, "sol")
    sue = with_app(house, "sue@hq.example", Role.SUPER_ADMIN, HQ)
    for visitor in (sol, sue):
        granted(visitor, visitor.post(f"{path}/approval"))
    calls = [(sol, "approval"), (sue, other)]
    answers = at_once(2, lambda n: calls[n][0].post(f"{path}/{calls[n][1]}", note="No"))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    won = calls[[answer.status_code for answer in answers].index(303)][1]
    assert state(house) == {"approval": "approved", "rejection": "rejected"}[won]
    assert approvals(house) == (1 if won == "approval" else 0)
    decided = [*events(house, "payout.approved"), *events(house, "payout.rejected")]
    assert len(decided) == 1


def test_two_people_at_once_are_the_two_that_a_large_payout_needs(house: House) -> None:
    path = waiting(house, LARGE)
    people = [signed_in(house, "sol"), signed_in(house, "ada")]
    for visitor in people:
        granted(visitor, visitor.post(f"{path}/approval"))
    answers = at_once(2, lambda number: people[number].post(f"{path}/approval"))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert (state(house), approvals(house)) == ("approved", 2)


def test_a_role_lost_a_second_ago_approves_nothing(house: House) -> None:
    path = waiting(house)
    sol = signed_in(house, "sol")
    step_up = granted(sol, sol.post(f"{path}/approval"))
    sol.get(step_up)
    lose_role(house, "sol@hq.example")
    assert sol.post(f"{path}/approval").status_code == 403
    assert sol.get(step_up).status_code == 404
    assert state(house) == "waiting"
