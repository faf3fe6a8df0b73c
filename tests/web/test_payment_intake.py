"""Payees and payouts that the platform sends: taken once, corrected while they wait, no further."""

from __future__ import annotations

import pytest

from portal.rules.money import MINOR_MAX
from tests.support.house import BRANCH, House
from tests.support.payments import DUTCH, payout_path, proved, take_payee, take_payout
from tests.support.web import rows, signed_in


def test_the_platform_brings_a_payee_in_once_and_never_changes_one(house: House) -> None:
    assert take_payee(house) is None
    assert take_payee(house) is None
    assert len(rows(house, "payees")) == 1
    for changed in ({"iban": DUTCH}, {"currency": "USD"}, {"holder": "Somebody else"}):
        assert (take_payee(house, **changed) or "").startswith("name: ")
    assert rows(house, "payees")[0]["account_shown"] == "3000"
    assert take_payee(house, BRANCH) is None
    for field, value in (("iban", "DE00"), ("bic", "A"), ("currency", "eur"), ("name", " ")):
        reason = take_payee(house, **{"name": "Another", field: value})
        assert reason is not None and reason.startswith(f"{field}: ")
    assert (take_payee(house, extra="x") or "").startswith("record: ")
    assert len(rows(house, "payees")) == 2


def test_the_platform_corrects_only_what_waits(house: House) -> None:
    assert take_payee(house) is None
    assert take_payout(house) is None
    path = payout_path(house)
    assert take_payout(house) is None
    assert rows(house, "payouts")[0]["version"] == 1, "the same again is nothing new"
    sol = signed_in(house, "sol")
    assert proved(sol, f"{path}/approval").status_code == 303
    assert (take_payout(house, amount="2") or "").startswith("reference: ")
    assert take_payout(house) is None
    for field, value in (("payee", "Nobody"), ("currency", "USD"), ("reference", " x")):
        assert (take_payout(house, **{field: value}) or "").startswith(f"{field}: ")
    assert (take_payout(house, BRANCH) or "").startswith("payee: ")
    assert (take_payout(house, note="x") or "").startswith("record: ")
    assert len(rows(house, "payouts")) == 1


@pytest.mark.parametrize("amount", ["1250.00", "2"])
def test_the_platform_never_rewrites_what_a_person_prepared(house: House, amount: str) -> None:
    assert take_payee(house) is None
    ada = signed_in(house, "ada")
    payee = rows(house, "payees")[0]["id"]
    answer = ada.post("/payouts", payee=payee, amount="1250.00", reference="P-1")
    assert answer.status_code == 303
    (before,) = rows(house, "payouts")
    reason = take_payout(house, amount=amount) or ""
    assert reason.startswith("reference: ") and "by hand" in reason
    assert rows(house, "payouts") == [before]


def test_a_sum_has_a_limit_under_which_millions_add_up(house: House) -> None:
    assert take_payee(house) is None
    assert take_payout(house, amount="10000000000.00") is None
    assert (take_payout(house, reference="P-2", amount="10000000000.01") or "").startswith("amount")
    # A line's net can be twice the limit, where the fee is below zero.
    assert 2 * MINOR_MAX * 4_000_000 < 2**63
