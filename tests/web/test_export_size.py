"""Exports have a limit that is told before the proof; numbers are read as people write them."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from portal.rules import spreadsheet
from portal.store import settlements as settlement_store
from tests.support.house import PARTNER, House, Visitor
from tests.support.intake import bring_in
from tests.support.partners import PERIOD, RIDE, ask, cells, export, files_of, take
from tests.support.web import Work, rows, signed_in


def limited(house: House, most: int) -> None:
    """A house whose files hold so many rides."""
    changed = replace(house.runner.settings, export_rows_max=most)
    object.__setattr__(house.runner, "settings", changed)


def with_rides(house: House, count: int, **changed: str) -> None:
    records = [{**RIDE, "reference": f"R-{number:05}", **changed} for number in range(count)]
    bring_in(house, "settlements", *records, organisation=PARTNER)


def test_a_month_over_the_limit_is_refused_in_words_before_any_proof(house: House) -> None:
    house.organise()
    with_rides(house, 1001)
    limited(house, 1000)
    piet = signed_in(house, "piet")
    page = piet.get("/partner/settlements").text
    assert "These are 1,001 rides, and a file holds 1,000 at most." in page
    assert "Choose a shorter period" in page and house.settings.support_contact in page
    assert "Export 1,001 rides" not in page
    for htmx in (False, True):
        with Work(house) as work:
            answer = piet.post("/partner/exports", htmx=htmx, period=PERIOD, currency="")
        assert answer.status_code == 422
        assert "These are 1,001 rides, and a file holds 1,000 at most." in answer.text
        whole = [line for line in work.statements if "ORDER BY settlements.finished_at" in line]
        assert whole == [], "no ride is read"
    assert rows(house, "step_ups") == [] and files_of(house) == 0


def test_one_currency_under_the_limit_goes_out(house: House) -> None:
    house.organise()
    with_rides(house, 3)
    take(house, reference="P", currency="GBP")
    limited(house, 3)
    piet = signed_in(house, "piet")
    assert piet.post("/partner/exports", period=PERIOD, currency="").status_code == 422
    lines = cells(piet.get(export(piet, PERIOD, "EUR") + ".csv").data)
    assert [line["reference"] for line in lines] == ["R-00000", "R-00001", "R-00002"]


def test_the_limit_itself_still_fits(house: House) -> None:
    house.organise()
    with_rides(house, 4)
    limited(house, 4)
    piet = signed_in(house, "piet")
    export(piet)
    assert rows(house, "exports")[0]["rows"] == 4


def test_a_file_of_several_parts_is_whole_in_order_and_its_hash_the_file_s(house: House) -> None:
    house.organise()
    count = 2 * spreadsheet.AT_ONCE + settlement_store.AT_ONCE + 1
    with_rides(house, count)
    piet = signed_in(house, "piet")
    page = piet.get("/partner/settlements").text
    assert "Export 3,001 rides" in page and ">3,001<" in page
    path = export(piet)
    assert "<dd>3,001</dd>" in piet.get(path).text
    assert ">3,001<" in piet.get("/partner/exports").text
    data = piet.get(f"{path}.csv").data
    assert [line["reference"] for line in cells(data)] == [f"R-{n:05}" for n in range(count)]
    assert data.count(spreadsheet.BYTE_ORDER_MARK) == data.count(b"reference,") == 1
    (kept,) = rows(house, "exports")
    assert bytes(kept["hash"]) == hashlib.sha256(data).digest()
    assert kept["totals"] == {"EUR": count * 11106}


@pytest.mark.parametrize(("locale", "written"), [("de", "3.001"), ("en", "3,001")])
def test_numbers_are_written_as_the_reader_s_language_does(
    house: House, locale: str, written: str
) -> None:
    house.organise()
    with_rides(house, 3001)
    piet = speaking(signed_in(house, "piet"), locale)
    assert f">{written}<" in piet.get("/partner/settlements").text
    challenge = piet.get(ask(piet).headers["Location"]).text
    assert f">{written}<" in challenge


def speaking(visitor: Visitor, locale: str) -> Visitor:
    visitor.get("/account")
    profile = {"name": "Piet", "locale": locale, "time_zone": "UTC"}
    assert visitor.post("/account", profile).status_code == 303
    return visitor


def test_lists_tell_minutes_and_receipts_tell_seconds(house: House) -> None:
    take(house, finished_at="2026-10-15T10:00:42+00:00")
    house.clock.advance(seconds=7)
    piet = signed_in(house, "piet")
    path = export(piet)
    piet.get(f"{path}.csv")
    made = rows(house, "exports")[0]["created_at"]
    assert made.second
    for address, text in (
        ("/partner/settlements", "15 Oct 2026, 10:00<"),
        ("/partner/exports", f"{made:%-d %b %Y, %H:%M}<"),
    ):
        page = piet.get(address).text
        assert text in page
    receipt = piet.get(path).text
    assert f"{made:%-d %b %Y, %H:%M:%S}<" in receipt


def test_who_fetched_it_is_a_part_that_can_be_asked_for_again(house: House) -> None:
    take(house)
    piet = signed_in(house, "piet")
    path = export(piet)
    page = piet.get(path).text
    assert "Nobody yet." in page and f'hx-get="{path}"' in page
    piet.get(f"{path}.csv")
    part = piet.get(path, htmx=True).text
    assert "<bdi>Piet</bdi>" in part and "Nobody yet." not in part
    assert "<html" not in part and "Receipt" not in part
    assert '"load delay' in page and '"load delay' not in part, "it does not ask for ever"
    house.clock.advance(seconds=exports_open(house))
    assert "hx-get" not in piet.get(path).text.partition('id="fetches"')[2]


def exports_open(house: House) -> float:
    return house.settings.step_up_lifetime.total_seconds()
