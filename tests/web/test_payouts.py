"""Payouts: exact money, a preparer who never approves, one or two approvers of what was shown."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.support.house import BRANCH, PARTNER, House, Visitor
from tests.support.payments import (
    confirm,
    events,
    granted,
    payout_path,
    proved,
    take_payee,
    take_payout,
)
from tests.support.web import Work, lands_on, rows, signed_in

LARGE = "10000.00"
WAIT = timedelta(hours=48)
REFERENCES = re.compile(r"<bdi>(P-\d\d)</bdi>")


def waiting(house: House, amount: str = "1250.00") -> str:
    """A payout that the platform sent; its address."""
    assert take_payee(house) is None
    assert take_payout(house, amount=amount) is None
    return payout_path(house)


def prepared(house: House, amount: str = "1250.00") -> tuple[Visitor, str]:
    """Ada, who prepared a payout on the page, and its address."""
    assert take_payee(house) is None
    ada = signed_in(house, "ada")
    answer = ada.post(
        "/payouts", payee=rows(house, "payees")[0]["id"], amount=amount, reference="P-1"
    )
    assert answer.status_code == 303, answer.text
    return ada, payout_path(house)


def state(house: House) -> str:
    return rows(house, "payouts")[0]["state"]


def approvals(house: House) -> int:
    return len(rows(house, "payout_approvals"))


def test_what_ada_prepares_sol_approves(house: House) -> None:
    _, path = prepared(house)
    sol = signed_in(house, "sol")
    answer = sol.post(f"{path}/approval")
    challenge = sol.get(lands_on(answer)).text
    for words in ("approve a payout", PARTNER, "Garage Noord", "•••• 3000", "€1,250.00", "P-1"):
        assert words in challenge
    assert "Ada" in challenge
    step_up = granted(sol, answer)
    assert state(house) == "waiting", "the proof alone approves nothing"
    page = sol.follow(confirm(sol, step_up, f"{path}/approval"))
    assert "The payout is approved." in page.text
    assert "Approved by" in page.text and "Sol" in page.text
    (row,) = events(house, "payout.approved")
    assert row["detail"]["amount"] == {"minor": 125000, "currency": "EUR"}


def test_the_preparer_never_approves(house: House) -> None:
    ada, path = prepared(house)
    assert "somebody else must decide" in ada.get(path).text
    assert f"{path}/approval" not in ada.get(path).text
    for htmx in (False, True):
        answer = ada.post(f"{path}/approval", htmx=htmx)
        assert answer.status_code == 403
        assert "somebody else must decide" in answer.text
    assert (state(house), approvals(house)) == ("waiting", 0)


@pytest.mark.parametrize(("amount", "needed"), [("9999.99", 1), (LARGE, 2)])
def test_from_the_threshold_on_two_people_must_approve(
    house: House, amount: str, needed: int
) -> None:
    path = waiting(house, amount)
    assert rows(house, "payouts")[0]["approvals_needed"] == needed
    sol = signed_in(house, "sol")
    answer = proved(sol, f"{path}/approval")
    assert answer.status_code == 303
    assert state(house) == ("approved" if needed == 1 else "waiting")


def test_the_second_of_two_is_another_person(house: House) -> None:
    path = waiting(house, LARGE)
    sol, ada = signed_in(house, "sol"), signed_in(house, "ada")
    page = sol.follow(proved(sol, f"{path}/approval"))
    assert "One more person must approve this payout." in page.text
    answer = sol.post(f"{path}/approval")
    assert answer.status_code == 403
    assert "You had a part in this already" in answer.text
    assert approvals(house) == 1
    assert "1 of 2 approvals" in ada.get("/payouts").text
    ada.get(path)
    assert proved(ada, f"{path}/approval").status_code == 303
    assert state(house) == "approved"
    assert len(events(house, "payout.approval_given")) == 1
    assert len(events(house, "payout.approved")) == 1


@pytest.mark.parametrize(
    ("currency", "amount", "needed"), [("JPY", "10000", 2), ("JPY", "9999", 1)]
)
def test_the_threshold_counts_whole_units_of_each_currency(
    house: House, currency: str, amount: str, needed: int
) -> None:
    assert take_payee(house, currency=currency) is None
    assert take_payout(house, currency=currency, amount=amount) is None
    (row,) = rows(house, "payouts")
    assert (row["amount"], row["approvals_needed"]) == (int(amount), needed)


@pytest.mark.parametrize(
    "amount", ["", "0", "0.00", "-5", "12.345", "1e3", "1,5", "1 000", "NaN", "٣", "9" * 16, "+1"]
)
def test_a_sum_that_is_not_exact_is_refused_beside_its_field(house: House, amount: str) -> None:
    assert take_payee(house) is None
    ada = signed_in(house, "ada")
    payee = rows(house, "payees")[0]["id"]
    answer = ada.post("/payouts", payee=payee, amount=amount, reference="P-1")
    assert answer.status_code == 422
    assert 'id="amount-error"' in answer.text
    assert f'value="{payee}" selected' in answer.text
    assert rows(house, "payouts") == []
    assert (take_payout(house, amount=amount) or "").startswith("amount: ")


def test_a_reference_and_a_payee_must_be_right(house: House) -> None:
    ada, _ = prepared(house)
    payee = rows(house, "payees")[0]["id"]
    for form, words in (
        ({"payee": payee, "reference": "P-1"}, "has a payout with that reference"),
        ({"payee": "nobody", "reference": "P-2"}, "Choose a payee from the list."),
        ({"payee": "", "reference": "P-2"}, "Fill this in."),
        ({"payee": payee, "reference": ""}, "Fill this in."),
        ({"payee": payee, "reference": "x" * 65}, "too long"),
    ):
        answer = ada.post("/payouts", form, amount="1")
        assert answer.status_code == 422
        assert words in answer.text
    assert len(rows(house, "payouts")) == 1


def test_a_payee_is_found_by_its_partner(house: House) -> None:
    assert take_payee(house) is None
    assert take_payee(house, BRANCH, name="Garage Haven") is None
    ada = signed_in(house, "ada")
    page = ada.get("/payouts/new?partner=test+harb").text
    assert "Garage Haven" in page and "Garage Noord" not in page
    assert "No payee was found" in ada.get("/payouts/new?partner=%25").text


def test_rejecting_needs_a_note_and_is_final(house: House) -> None:
    path = waiting(house)
    ada, sol = signed_in(house, "ada"), signed_in(house, "sol")
    assert ada.post(f"{path}/rejection", note=" ").status_code == 422
    assert ada.post(f"{path}/rejection", note="Paid already").status_code == 303
    page = sol.get(path).text
    assert "Paid already" in page and "Ada" in page and "Rejected" in page
    for answer in (sol.post(f"{path}/approval"), sol.post(f"{path}/rejection", note="x")):
        assert answer.status_code == 409
        assert "Somebody decided this meanwhile" in answer.text
    assert (state(house), approvals(house)) == ("rejected", 0)


def test_by_its_preparer_a_rejection_is_a_withdrawal(house: House) -> None:
    ada, path = prepared(house)
    assert ada.post(f"{path}/rejection", note="Wrong partner").status_code == 303
    assert state(house) == "withdrawn"


def test_the_list_shows_exact_totals_by_currency_and_goes_on_page_by_page(house: House) -> None:
    assert take_payee(house) is None
    assert take_payee(house, name="Tokyo", currency="JPY") is None
    for number in range(26):
        assert take_payout(house, reference=f"P-{number:02}", amount="0.1") is None
    assert take_payout(house, reference="Y", payee="Tokyo", currency="JPY", amount="7") is None
    ada = signed_in(house, "ada")
    with Work(house) as work:
        page = ada.get("/payouts", htmx=True).text
    assert len(work.statements) <= 4
    assert "€2.60" in page and "¥7" in page
    following = re.search(r'href="(/payouts\?state=waiting&amp;before=[^"]+)"', page)
    assert following
    rest = ada.get(following.group(1).replace("&amp;", "&")).text
    found = [*REFERENCES.findall(page), *REFERENCES.findall(rest)]
    assert len(found) == len(set(found)) == 26
    assert "There are no payouts here" in ada.get("/payouts?state=approved").text


def test_an_approval_in_a_fragment_changes_the_sheet_in_place(house: House) -> None:
    path = waiting(house)
    sol = signed_in(house, "sol")
    sol.headers["HX-Current-URL"] = f"{house.settings.base_url}{path}"
    answer = sol.post(f"{path}/approval", htmx=True)
    assert answer.status_code == 403
    granted(sol, answer)
    done = sol.post(f"{path}/approval", htmx=True)
    assert done.status_code == 200
    assert "The payout is approved." in done.text and "<html" not in done.text


@pytest.mark.parametrize("name", ["tara", "dan", "piet", "pam", "stan"])
def test_nobody_but_hq_sees_a_payout(house: House, name: str) -> None:
    path = waiting(house)
    visitor = signed_in(house, name, app=name not in {"tara", "dan"})
    for htmx in (False, True):
        for answer in (visitor.get("/payouts", htmx=htmx), visitor.get(path, htmx=htmx)):
            assert answer.status_code == 403
            assert "Garage" not in answer.text
    assert visitor.post(f"{path}/approval").status_code == 403


def test_the_51st_payee_of_a_partner_is_found_by_its_name(house: House) -> None:
    for number in range(51):
        assert take_payee(house, name=f"Garage {number:02}") is None
    assert take_payee(house, BRANCH, name="Garage 50 too") is None
    ada = signed_in(house, "ada")
    for asked in ("garage+50", f"{PARTNER} Garage 50".replace(" ", "+")):
        page = ada.get(f"/payouts/new?partner={asked}").text
        assert f"{PARTNER} · Garage 50 ·" in page and "Garage 49" not in page
