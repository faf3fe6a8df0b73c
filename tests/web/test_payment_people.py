"""Whoever lost the role, or was disabled, is no longer one of the two people that money needs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.flows import payee_accounts
from portal.rules.terms import Role
from tests.support.house import HQ, House
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
from tests.support.web import rows, signed_in

LARGE = "10000.00"
WAIT = timedelta(hours=48)


def state(house: House) -> str:
    return rows(house, "payouts")[0]["state"]


def approvals(house: House) -> int:
    return len(rows(house, "payout_approvals"))


def leave(house: House, way: str, email: str) -> None:
    """Somebody may no longer do what they did."""
    if way == "role":
        lose_role(house, email)
    else:
        house.app.test_cli_runner().invoke(args=["user", "disable", email])


@pytest.mark.parametrize("way", ["role", "disabled"])
def test_an_approval_counts_no_longer_than_its_approver_may_approve(house: House, way: str) -> None:
    assert take_payee(house) is None
    assert take_payout(house, amount=LARGE) is None
    path = payout_path(house)
    sol, ada = signed_in(house, "sol"), signed_in(house, "ada")
    sue = with_app(house, "sue@hq.example", Role.SUPER_ADMIN, HQ)
    assert proved(sol, f"{path}/approval").status_code == 303
    assert "One has done so." in ada.get(path).text
    leave(house, way, "sol@hq.example")
    assert "One has done so." not in ada.get(path).text
    assert proved(ada, f"{path}/approval").status_code == 303
    assert (state(house), approvals(house)) == ("waiting", 1), "Sol's is gone"
    sue.get(path)
    assert proved(sue, f"{path}/approval").status_code == 303
    assert (state(house), approvals(house)) == ("approved", 2)


@pytest.mark.parametrize("way", ["role", "disabled"])
def test_nobody_approves_what_a_person_prepared_who_no_longer_may(house: House, way: str) -> None:
    assert take_payee(house) is None
    ada, sol = signed_in(house, "ada"), signed_in(house, "sol")
    payee = rows(house, "payees")[0]["id"]
    assert ada.post("/payouts", payee=payee, amount="5", reference="P-1").status_code == 303
    path = payout_path(house)
    approve = granted(sol, sol.post(f"{path}/approval"))
    leave(house, way, "ada@hq.example")
    answer = confirm(sol, approve, f"{path}/approval")
    assert answer.status_code == 409
    words = "may no longer do so. Reject it; another administrator can ask."
    assert words in answer.text and words in sol.get(path).text
    assert (state(house), approvals(house)) == ("waiting", 0)
    assert sol.post(f"{path}/rejection", note="Ada left").status_code == 303
    assert state(house) == "rejected"


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("way", ["role", "disabled"])
def test_a_change_ends_when_who_asked_may_no_longer_ask(
    house: House, way: str, *, before: bool
) -> None:
    """Whether or not the approver had proved for it `before`."""
    assert take_payee(house) is None
    piet, pam = signed_in(house, "piet"), signed_in(house, "pam")
    assert proved(piet, f"{payee_path(house)}/changes", **ACCOUNT).status_code == 303
    path = change_path(house)
    pam.get(payee_path(house))
    step_up = granted(pam, pam.post(f"{path}/approval")) if before else None
    leave(house, way, "piet@partner.example")
    approval = f"{path}/approval"
    answer = confirm(pam, step_up, approval) if step_up else pam.post(approval)
    assert answer.status_code == 409
    (change,) = rows(house, "payee_changes")
    assert (change["state"], change["decided_by"]) == ("rejected", None)
    (event,) = events(house, "payee.change_rejected")
    assert event["reason"] == "requester"
    words = "whoever asked for it may not ask for it any more"
    assert words in answer.text and words in pam.get(payee_path(house)).text
    house.work()
    letters = house.letters.to("pam@partner.example")
    (told,) = (mail for mail in letters if "was stopped" in mail.subject)
    for text in (told.text, told.html):
        assert words in text and "Garage Noord" in text and "•••• 4300" in text
    house.clock.advance(WAIT)
    assert house.run(payee_accounts.settle_due) is False
    assert rows(house, "payees")[0]["account_shown"] == "3000"
