"""Settlements: shown to their partner alone, month by month, with exact totals."""

from __future__ import annotations

import re

import pytest

from portal.flows import hosts
from portal.rules.terms import Role
from tests.support.house import BRANCH, HQ, House
from tests.support.partners import RIDE, controller, lose_role, organisation_in, take
from tests.support.web import Work, signed_in

PAGE_MAX = 4


def test_the_page_shows_months_in_the_partner_s_time(house: House) -> None:
    kiwi = organisation_in(house, "Kiwi Cars", "Pacific/Auckland")
    take(house, "Kiwi Cars", finished_at="2026-10-31T11:30:00+00:00")
    piet = signed_in(house, "piet")
    house.run(hosts.grant, "piet@partner.example", "Kiwi Cars", Role.FINANCE_CONTROLLER)
    piet.get("/")
    assert piet.post("/acting-organisation", organisation=kiwi.id).status_code == 303
    page = piet.get("/partner/settlements").text
    assert "November 2026" in page
    assert "Pacific/Auckland" in page
    assert "1 Nov 2026, 00:30<" in page, "the ride stands in the month that it is dated in"
    assert "Still running" in page


def test_totals_are_exact_and_never_mix_currencies(house: House) -> None:
    for number, (currency, gross, fee) in enumerate(
        [("EUR", "0.10", "0"), ("EUR", "0.20", "0.01"), ("JPY", "1000", "1"), ("BHD", "1.5", "0")]
    ):
        take(house, reference=f"R-{number}", currency=currency, gross=gross, fee=fee)
    page = signed_in(house, "piet").get("/partner/settlements").text
    totals = re.findall(r"<strong>([^<]+)</strong></td>", page)
    assert totals == ["BHD1.500", "€0.29", "¥999"]


def test_a_currency_can_be_chosen(house: House) -> None:
    take(house)
    take(house, reference="R-2", currency="JPY", gross="1000", fee="1")
    piet = signed_in(house, "piet")
    page = piet.get("/partner/settlements?period=2026-10&currency=JPY").text
    assert "R-2" in page
    assert "R-1" not in page
    assert "Export one ride" in page
    assert '<option value="JPY" selected>' in page
    whole = piet.get("/partner/settlements?period=2026-10").text
    assert "R-1" in whole
    assert "Export 2 rides" in whole


def test_the_newest_month_with_rides_is_shown_first(house: House) -> None:
    for number, month in enumerate(("2025-12", "2026-08", "2026-10", "2026-08")):
        take(house, reference=f"R-{number}", finished_at=f"{month}-05T10:00:00Z")
    page = signed_in(house, "piet").get("/partner/settlements").text
    assert re.findall(r'<option value="(\d{4}-\d\d)"', page) == ["2026-10", "2026-08", "2025-12"]
    assert "R-2" in page
    assert "R-1<" not in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Nothing was settled yet."),
        ("?period=2026-09", "Nothing was settled yet."),
    ],
)
def test_an_empty_house_says_so(house: House, query: str, words: str) -> None:
    piet = signed_in(house, "piet")
    answer = piet.get(f"/partner/settlements{query}")
    assert answer.status_code == 200
    assert words in answer.text
    assert "Export" not in answer.text.partition('id="settlements"')[2].partition("</main>")[0]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?period=2026-09", "Nothing was settled in September 2026. Choose another month."),
        ("?period=2026-10&currency=USD", "Nothing was settled in USD in October 2026."),
        ("?before=x", "There are no more rides in this month."),
    ],
)
def test_what_is_empty_says_what_to_do(house: House, query: str, words: str) -> None:
    answer = controller(house).get(f"/partner/settlements{query}")
    assert answer.status_code == 200
    assert words in answer.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?period=2026-13", "Choose a month from the list."),
        ("?period=October", "Choose a month from the list."),
        ("?period=2026-10%0A", "Choose a month from the list."),
        ("?period=٢٠٢٦-10", "Choose a month from the list."),
        ("?period=2026-10&currency=eur", "Choose a currency from the list."),
        ("?currency=%00", "Choose a currency from the list."),
    ],
)
def test_what_is_no_month_or_currency_is_refused_in_words(
    house: House, query: str, words: str
) -> None:
    piet = controller(house)
    for htmx in (False, True):
        answer = piet.get(f"/partner/settlements{query}", htmx=htmx)
        assert answer.status_code == 422
        assert words in answer.text
        assert "R-1" in answer.text, "the newest month stands there instead"


def test_a_long_month_goes_on_page_by_page_as_page_and_as_fragment(house: House) -> None:
    for number in range(120):
        house.clock.advance(seconds=1)
        take(house, reference=f"R-{number:03d}")
    piet = signed_in(house, "piet")
    for htmx in (False, True):
        seen, address = [], "/partner/settlements?period=2026-10&currency=EUR"
        while address:
            page = piet.get(address, htmx=htmx).text
            assert ("<html" in page) is not htmx
            seen += re.findall(r"<bdi>(R-\d+)</bdi>", page)
            found = re.search(r'href="([^"]+)"[^>]*>Next page', page)
            address = found.group(1).replace("&amp;", "&") if found else ""
            assert not address or "period=2026-10&currency=EUR" in address, "shareable"
        assert seen == [f"R-{number:03d}" for number in reversed(range(120))]


def test_a_page_takes_four_statements_at_any_size(house: House) -> None:
    for number in range(60):
        take(house, reference=f"R-{number}")
    piet = signed_in(house, "piet")
    for path in (
        "/partner/settlements",
        "/partner/settlements?period=2026-10&currency=EUR",
        "/partner/exports",
    ):
        with Work(house) as work:
            assert piet.get(path).status_code == 200
        assert len(work.statements) <= PAGE_MAX, work.statements
        assert work.commits == 0


def test_rides_are_their_partner_s_alone(house: House) -> None:
    organisation_in(house, "Other Cars", "UTC")
    take(house)
    for number, partner in enumerate((BRANCH, HQ, "Other Cars")):
        take(house, partner, reference=f"F-{number}", driver="Secret Driver", gross="777.77")
    page = signed_in(house, "piet").get("/partner/settlements").text
    assert "R-1" in page
    for secret in ("F-", "Secret Driver", "777.77"):
        assert secret not in page
    assert "€123.40" in page, "and they count in no total"


@pytest.mark.parametrize("name", ["dan", "tara", "ada", "sol", "stan"])
def test_who_is_not_in_finance_is_refused_in_words(house: House, name: str) -> None:
    take(house)
    visitor = signed_in(house, name)
    for htmx in (False, True):
        for path in ("/partner/settlements", "/partner/exports"):
            answer = visitor.get(path, htmx=htmx)
            assert answer.status_code == 403
            assert "Your role here does not include this" in answer.text
            assert RIDE["driver"] not in answer.text
    assert "/partner/settlements" not in visitor.get("/").text


def test_a_partner_admin_sees_the_rides_and_whom_to_ask(house: House) -> None:
    take(house)
    page = signed_in(house, "pam").get("/partner/settlements").text
    assert "R-1" in page
    assert "A finance controller of your organisation can export these rides." in page
    assert "Export one ride" not in page


def test_a_lost_role_ends_it_at_the_next_request(house: House) -> None:
    piet = controller(house)
    assert piet.get("/partner/settlements").status_code == 200
    lose_role(house)
    for htmx in (False, True):
        answer = piet.get("/partner/settlements", htmx=htmx)
        assert answer.status_code == 403
        assert "R-1" not in answer.text


def test_what_a_ride_is_called_is_text_on_the_page(house: House) -> None:
    take(house, description="<img src=x onerror=alert(1)>", driver='" hx-get="/logout')
    page = signed_in(house, "piet").get("/partner/settlements").text
    assert "<img" not in page
    assert '" hx-get="/logout' not in page
