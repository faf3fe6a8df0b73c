"""Billing details: saved over what was seen, so that nobody's change is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.house import House
from tests.support.integrations import BILLING, saved, version_in
from tests.support.web import lands_on, rows, signed_in

FRESH = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def test_billing_is_saved_and_shown_again(house: House) -> None:
    piet = signed_in(house, "piet")
    assert piet.follow(saved(piet)).status_code == 200
    page = piet.get("/partner/billing").text
    assert 'value="Test Cars B.V."' in page
    assert "Kade 1\n1011 AB Amsterdam" in page
    assert 'value="invoices@partner.example"' in page
    assert saved(piet, company="Test Cars N.V.").status_code == 303
    (row,) = rows(house, "billing")
    assert (row["company"], row["version"]) == ("Test Cars N.V.", 2)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"company": ""}, "Fill this in"),
        ({"company": "x" * 201}, "too long"),
        ({"address": "x" * 401}, "too long"),
        ({"address": "a\x1bb"}, "letters, digits and signs"),
        ({"tax_id": "x" * 41}, "too long"),
        ({"email": "nobody"}, "Write an email address"),
    ],
)
def test_billing_that_does_not_fit_is_refused_and_kept(
    house: House, changed: dict[str, Any], words: str
) -> None:
    pam = signed_in(house, "pam")
    answer = saved(pam, **changed)
    assert answer.status_code == 422
    assert words in answer.text
    assert "NL001234567B01" in answer.text or "tax_id" in changed
    assert rows(house, "billing") == []


@pytest.mark.parametrize("first", [True, False])
def test_two_people_who_save_billing_at_once_lose_nothing(house: House, first: bool) -> None:
    pam, piet = signed_in(house, "pam"), signed_in(house, "piet")
    if not first:
        saved(pam, company="Before")
    old = version_in(pam.get("/partner/billing").text)
    assert saved(piet, company="By Piet").status_code == 303
    mine: dict[str, Any] = {**BILLING, "company": "By Pam"}
    answer = pam.post("/partner/billing", version=old, **mine)
    assert answer.status_code == 409
    assert "changed this in the meantime" in answer.text
    assert "By Piet" in answer.text
    assert 'value="By Pam"' in answer.text
    (row,) = rows(house, "billing")
    assert row["company"] == "By Piet"
    assert pam.post("/partner/billing", version=version_in(answer.text), **mine).status_code == 303


def test_billing_waits_over_a_step_up(house: House) -> None:
    piet = signed_in(house, "piet")
    house.clock.advance(FRESH + SECOND)
    step_up = lands_on(saved(piet))
    piet.prove(path=f"{step_up}/totp")
    resumed = piet.get(step_up).text
    assert "change the billing details" in resumed
    assert "NL001234567B01" in resumed
    assert version_in(resumed) == "0"
    assert piet.post("/partner/billing", version="0", **BILLING).status_code == 303
