"""The proof for an export: bound to exactly what was shown, to one session, once."""

from __future__ import annotations

import re

import pytest

from tests.support.house import PARTNER, House
from tests.support.partners import (
    OPEN,
    PERIOD,
    acting_for,
    ask,
    confirm,
    control,
    controller,
    export,
    files_of,
    granted,
    move,
    organisation_in,
    take,
    wait,
)
from tests.support.web import email_of, lands_on, rows, signed_in, signed_in_again


def test_a_grant_is_good_once(house: House) -> None:
    piet = controller(house)
    step_up = granted(piet, ask(piet))
    assert lands_on(confirm(piet, step_up)).startswith("/partner/exports/")
    assert lands_on(ask(piet)).startswith("/step-ups/")
    assert files_of(house) == 1
    assert not lands_on(piet.get(step_up)).startswith("/partner/exports/")


def test_a_grant_opens_no_other_month_and_no_other_currency(house: House) -> None:
    piet = controller(house)
    take(house, reference="R-2", finished_at="2026-09-15T10:00:00Z")
    granted(piet, ask(piet))
    for form in (("2026-09", "EUR"), ("2026-09", ""), ("2026-10", "")):
        assert lands_on(ask(piet, *form)).startswith("/step-ups/")
    assert files_of(house) == 0
    assert lands_on(ask(piet)).startswith("/partner/exports/"), "it is still good for its own"


def test_a_grant_opens_no_other_partner_even_one_that_looks_the_same(house: House) -> None:
    piet = controller(house)
    twin = organisation_in(house, PARTNER, "UTC")
    control(house, twin)
    take(house, twin)
    granted(piet, ask(piet))
    acting_for(piet, twin.id)
    assert "R-1" in piet.get("/partner/settlements").text
    assert lands_on(ask(piet)).startswith("/step-ups/")
    assert files_of(house) == 0


def test_a_grant_is_its_session_s_own(house: House) -> None:
    piet = controller(house)
    step_up = granted(piet, ask(piet))
    other = signed_in_again(house, "piet", piet)
    assert other.get(step_up).status_code == 404
    assert lands_on(ask(other)).startswith("/step-ups/")
    assert files_of(house) == 0


def test_a_grant_ends_after_five_minutes_to_the_second(house: House) -> None:
    piet = controller(house)
    granted(piet, ask(piet))
    wait(piet, OPEN)
    assert lands_on(ask(piet)).startswith("/step-ups/")
    assert files_of(house) == 0
    step_up = granted(piet, ask(piet))
    wait(piet, OPEN - 1)
    assert lands_on(confirm(piet, step_up)).startswith("/partner/exports/")


def test_a_grant_ends_with_the_session(house: House) -> None:
    piet = controller(house)
    step_up = granted(piet, ask(piet))
    piet.post("/logout")
    piet.sign_in(email_of("piet"))
    assert piet.get(step_up).status_code == 404
    assert lands_on(ask(piet)).startswith("/step-ups/")
    assert files_of(house) == 0


def test_a_ride_that_comes_in_between_asks_again(house: House) -> None:
    piet = controller(house)
    step_up = granted(piet, ask(piet))
    take(house, reference="R-2", gross="0.50", fee="0.50")
    answer = confirm(piet, step_up)
    assert lands_on(answer).startswith("/step-ups/")
    assert lands_on(answer) != step_up
    assert files_of(house) == 0
    page = piet.get(lands_on(answer)).text
    assert '<dd class="wrap">2</dd>' in page, "what it names now: the total alone is the same"
    assert lands_on(confirm(piet, granted(piet, answer))).startswith("/partner/exports/")


def test_other_bytes_of_the_same_rides_and_total_ask_again(house: House) -> None:
    piet = controller(house)
    step_up = granted(piet, ask(piet))
    move(house, PARTNER, "Europe/Amsterdam")  # Every time in the file is written otherwise.
    answer = confirm(piet, step_up)
    assert lands_on(answer).startswith("/step-ups/")
    assert lands_on(answer) != step_up
    assert files_of(house) == 0


def test_a_grant_to_open_one_file_opens_no_other_of_the_same_month(house: House) -> None:
    piet = controller(house)
    first, second = export(piet), export(piet)
    wait(piet, OPEN)
    piet.get(first)
    granted(piet, piet.post(f"{first}/release"))
    piet.get(second)
    assert lands_on(piet.post(f"{second}/release")).startswith("/step-ups/")
    assert piet.get(f"{second}.csv").status_code == 403


def test_freshness_is_no_grant(house: House) -> None:
    piet = controller(house)
    wait(piet, 30)
    assert piet.get("/account/email").status_code == 200
    assert lands_on(ask(piet)).startswith("/step-ups/")


def test_a_grant_to_open_again_makes_nothing_new_and_the_other_way_round(house: House) -> None:
    piet = controller(house)
    path = export(piet)
    wait(piet, OPEN)
    piet.get(path)
    granted(piet, piet.post(f"{path}/release"))
    assert lands_on(ask(piet)).startswith("/step-ups/")
    assert files_of(house) == 1
    second = confirm(piet, granted(piet, ask(piet)))
    granted(piet, ask(piet))
    other = lands_on(second).partition("#")[0]
    piet.get(other)
    assert lands_on(piet.post(f"{other}/release")).startswith("/step-ups/")


def test_a_backup_code_gives_no_grant(house: House) -> None:
    piet = controller(house)
    piet.make_codes()
    step_up = lands_on(ask(piet))
    assert piet.get(f"{step_up}/backup_codes").status_code == 404
    piet.get(step_up)
    assert piet.post(f"{step_up}/backup_codes", code=piet.codes[1]).status_code == 404


def test_cancel_leads_back_to_the_month(house: House) -> None:
    piet = controller(house)
    shown = f"/partner/settlements?period={PERIOD}&currency=EUR"
    piet.headers["Referer"] = house.settings.base_url + shown
    step_up = lands_on(ask(piet))
    found = re.search(r'href="([^"]+)">Cancel', piet.get(step_up).text)
    assert found
    back = piet.get(found.group(1).replace("&amp;", "&"))
    assert '<option value="2026-10" selected>' in back.text
    assert '<option value="EUR" selected>' in back.text
    assert files_of(house) == 0


def test_a_fragment_is_sent_to_the_proof_and_to_the_receipt(house: House) -> None:
    piet = controller(house)
    piet.get("/partner/settlements")
    asked = piet.post("/partner/exports", htmx=True, period=PERIOD, currency="EUR")
    assert asked.status_code == 403
    granted(piet, asked)
    piet.get("/partner/settlements")
    made = piet.post("/partner/exports", htmx=True, period=PERIOD, currency="EUR")
    assert made.status_code == 200
    assert lands_on(made).startswith("/partner/exports/")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Fill this in."),
        ({"period": "2026-13", "currency": "EUR"}, "Choose a month from the list."),
        ({"period": "2026-10\n", "currency": "EUR"}, "Choose a month from the list."),
        ({"period": "2026-10", "currency": "XXX"}, "Choose a currency from the list."),
        ({"period": "2026-10", "currency": "\x00"}, "Choose a currency from the list."),
        ({"period": "2026-09", "currency": ""}, "There is nothing to export for September 2026."),
        ({"period": "2026-10", "currency": "USD"}, "There is nothing to export for October 2026."),
    ],
)
def test_what_cannot_be_exported_is_refused_in_words(
    house: House, form: dict[str, str], words: str
) -> None:
    piet = controller(house)
    piet.get("/partner/settlements")
    for htmx in (False, True):
        answer = piet.post("/partner/exports", form, htmx=htmx)
        assert answer.status_code == 422
        assert words in answer.text
    assert rows(house, "step_ups") == []


@pytest.mark.parametrize("name", ["dan", "pam", "tara", "ada", "sol", "stan"])
def test_nobody_but_a_controller_exports(house: House, name: str) -> None:
    take(house)
    visitor = signed_in(house, name)
    for htmx in (False, True):
        answer = visitor.post("/partner/exports", htmx=htmx, period=PERIOD, currency="EUR")
        assert answer.status_code == 403
        assert "Your role here does not include this" in answer.text
    assert rows(house, "step_ups") == []
