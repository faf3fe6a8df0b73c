"""A grant for a payee or a payout opens exactly that once; to other partners none of it exists."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from portal.flows import hosts
from portal.rules.terms import Role
from tests.support.house import BRANCH, PARTNER, House, Visitor
from tests.support.payments import (
    ACCOUNT,
    BRITISH,
    GERMAN,
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
from tests.support.web import lands_on, rows, signed_in, signed_in_again

LIFETIME = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
NOWHERE = str(uuid.UUID(int=7))


def approver(house: House) -> tuple[Visitor, str, str]:
    """Sol, who proved for approving a payout; the step-up, and where its click goes."""
    assert take_payee(house) is None
    assert take_payout(house) is None
    sol = signed_in(house, "sol")
    path = f"{payout_path(house)}/approval"
    return sol, granted(sol, sol.post(path)), path


def asks_again(visitor: Visitor, path: str, **form: Any) -> None:
    assert lands_on(visitor.post(path, **form)).startswith("/step-ups/")


def nothing_approved(house: House) -> None:
    assert rows(house, "payout_approvals") == []
    assert {row["state"] for row in rows(house, "payouts")} == {"waiting"}


def test_freshness_is_no_grant(house: House) -> None:
    sol, _, path = approver(house)
    assert take_payout(house, reference="P-2") is None
    sol.get("/account/email")
    other = next(row["id"] for row in rows(house, "payouts") if row["id"] not in path)
    asks_again(sol, f"/payouts/{other}/approval")
    nothing_approved(house)


def test_a_grant_is_its_session_s_own(house: House) -> None:
    sol, _, path = approver(house)
    again = signed_in_again(house, "sol", sol)
    again.get("/payouts")
    asks_again(again, path)
    nothing_approved(house)


def test_a_grant_ends_after_five_minutes_to_the_second(house: House) -> None:
    sol, step_up, path = approver(house)
    house.clock.advance(LIFETIME - SECOND)
    assert sol.get(step_up).status_code == 200
    house.clock.advance(SECOND)
    assert sol.get(step_up).status_code == 404
    sol.get("/payouts")
    asks_again(sol, path)
    nothing_approved(house)


def test_a_grant_ends_with_the_session(house: House) -> None:
    sol, _, path = approver(house)
    sol.post("/logout")
    assert lands_on(sol.post(path)) == "/login"
    sol.sign_in("sol@hq.example")
    sol.get("/payouts")
    asks_again(sol, path)
    nothing_approved(house)


def test_a_grant_is_good_once(house: House) -> None:
    """The same content is asked for twice: the second time needs another proof."""
    assert take_payee(house) is None
    piet = signed_in(house, "piet")
    path = f"{payee_path(house)}/changes"
    step_up = granted(piet, piet.post(path, **ACCOUNT))
    assert confirm(piet, step_up, path).status_code == 303
    piet.get(payee_path(house))
    withdrawn = piet.post(f"{change_path(house)}/withdrawal", note="Again")
    assert withdrawn.status_code == 303
    asks_again(piet, path, **ACCOUNT)
    assert len(rows(house, "payee_changes")) == 1


@pytest.mark.parametrize(
    "changed",
    [
        # The same country and the same last four digits: only the fingerprint tells them apart.
        {"iban": "NL36RABO0417164300"},
        {"iban": BRITISH},
        {"holder": "Noord BV"},
        {"bic": "RABONL2U"},
        {"bic": ""},
    ],
)
def test_a_grant_for_an_account_opens_no_other(house: House, changed: dict[str, Any]) -> None:
    assert take_payee(house) is None
    piet = signed_in(house, "piet")
    path = f"{payee_path(house)}/changes"
    granted(piet, piet.post(path, **ACCOUNT))
    asks_again(piet, path, **{**ACCOUNT, **changed})
    assert rows(house, "payee_changes") == []
    assert piet.post(path, **ACCOUNT).status_code == 303


@pytest.mark.parametrize("changed", [{"name": "Garage Zuid"}, {"currency": "USD"}])
def test_a_grant_for_a_new_payee_opens_no_other(house: House, changed: dict[str, Any]) -> None:
    piet = signed_in(house, "piet")
    granted(piet, piet.post("/partner/payees", **PAYEE))
    asks_again(piet, "/partner/payees", **{**PAYEE, **changed})
    assert rows(house, "payees") == []


def test_a_grant_to_ask_is_none_to_approve_and_one_payee_s_is_no_other_s(house: House) -> None:
    assert take_payee(house) is None
    assert take_payee(house, name="Garage Zuid") is None
    pam = signed_in(house, "pam")
    granted(pam, pam.post(f"{payee_path(house, 0)}/changes", **ACCOUNT))
    asks_again(pam, f"{payee_path(house, 1)}/changes", **ACCOUNT)
    piet = signed_in(house, "piet")
    assert proved(piet, f"{payee_path(house, 1)}/changes", **ACCOUNT).status_code == 303
    pam.get("/partner/payees")
    asks_again(pam, f"{change_path(house)}/approval")
    assert rows(house, "payee_changes")[0]["state"] == "waiting"


def test_a_backup_code_gives_no_grant(house: House) -> None:
    sol, _, path = approver(house)
    assert sol.make_codes().status_code == 303
    house.clock.advance(LIFETIME)
    sol.get("/payouts")
    step_up = lands_on(sol.post(path))
    assert "/backup_codes" not in sol.get(step_up).text
    assert sol.get(f"{step_up}/backup_codes").status_code == 404
    nothing_approved(house)


@pytest.mark.parametrize("htmx", [False, True])
def test_to_every_other_partner_a_payee_does_not_exist(house: House, *, htmx: bool) -> None:
    assert take_payee(house) is None
    piet = signed_in(house, "piet")
    assert proved(piet, f"{payee_path(house)}/changes", **ACCOUNT).status_code == 303
    change = change_path(house)
    kim = with_app(house, "kim@branch.example", Role.FINANCE_CONTROLLER, BRANCH)
    assert "Garage Noord" not in kim.get("/partner/payees", htmx=htmx).text
    answers = [
        kim.get(payee_path(house), htmx=htmx),
        kim.post(f"{payee_path(house)}/changes", {**ACCOUNT, "iban": GERMAN}, htmx=htmx),
        kim.post(f"{payee_path(house)}/changes", htmx=htmx, iban="x"),
        kim.post(f"{change}/approval", htmx=htmx),
        kim.post(f"{change}/rejection", htmx=htmx, note="x"),
        kim.post(f"{change}/withdrawal", htmx=htmx, note="x"),
        kim.post(f"/partner/payees/{NOWHERE}/changes", htmx=htmx, **ACCOUNT),
        kim.post(f"{payee_path(house)}/changes/{NOWHERE}/approval", htmx=htmx),
    ]
    for answer in answers:
        assert answer.status_code == 404
        assert "Noord" not in answer.text
    assert rows(house, "payee_changes")[0]["state"] == "waiting"
    assert {row["reason"] for row in events(house, "action.refused")} == {"another_tenant"}


def test_acting_elsewhere_a_payee_of_one_s_own_does_not_exist_either(house: House) -> None:
    assert take_payee(house) is None
    piet = signed_in(house, "piet")
    path = f"{payee_path(house)}/changes"
    granted(piet, piet.post(path, **ACCOUNT))
    house.run(hosts.grant, "piet@partner.example", BRANCH, Role.FINANCE_CONTROLLER)
    branch = next(row["id"] for row in rows(house, "organisations") if row["name"] == BRANCH)
    piet.get("/")
    assert piet.post("/acting-organisation", organisation=branch).status_code == 303
    assert piet.post(path, **ACCOUNT).status_code == 404
    assert piet.get(payee_path(house)).status_code == 404
    assert rows(house, "payee_changes") == []


def test_an_approver_who_is_disabled_meanwhile_approves_nothing(house: House) -> None:
    sol, _, path = approver(house)
    with house.app.app_context():
        house.app.test_cli_runner().invoke(args=["user", "disable", "sol@hq.example"])
    assert lands_on(sol.post(path)) == "/login"
    nothing_approved(house)


def test_a_name_is_text_on_every_page(house: House) -> None:
    name = "<script>alert(1)</script>"
    assert take_payee(house, name=name, holder=name) is None
    assert take_payout(house, payee=name, reference=name) is None
    ada, piet = signed_in(house, "ada"), signed_in(house, "piet")
    pages = [
        *(ada.get(path) for path in ("/payouts", "/payouts/new", payout_path(house))),
        *(piet.get(path) for path in ("/partner/payees", payee_path(house))),
    ]
    for page in pages:
        assert page.status_code == 200
        assert name not in page.text and "&lt;script&gt;" in page.text


def test_two_people_of_one_partner_asking_at_once_make_one_change(house: House) -> None:
    assert take_payee(house) is None
    people = [signed_in(house, "piet"), signed_in(house, "pam")]
    path = f"{payee_path(house)}/changes"
    accounts = [ACCOUNT, {**ACCOUNT, "iban": BRITISH}]
    for visitor, account in zip(people, accounts, strict=True):
        granted(visitor, visitor.post(path, account))
    answers = at_once(2, lambda number: people[number].post(path, accounts[number]))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(rows(house, "payee_changes")) == 1
    assert PARTNER in people[0].get("/").text
