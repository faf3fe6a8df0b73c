"""What an export holds: exact money, the partner's time, and nothing that runs."""

from __future__ import annotations

import pytest

from portal.rules import spreadsheet
from portal.rules.money import Money
from tests.support.house import House
from tests.support.partners import (
    PERIOD,
    acting_for,
    cells,
    control,
    export,
    organisation_in,
    take,
)
from tests.support.web import rows, signed_in


def test_a_file_of_all_currencies_is_exact(house: House) -> None:
    take(house, reference="E", gross="0.10", fee="0.03")
    take(house, reference="J", currency="JPY", gross="12345678901", fee="1")
    take(house, reference="B", currency="BHD", gross="1.005", fee="0.001")
    take(house, reference="N", gross="1.00", fee="3.50")
    piet = signed_in(house, "piet")
    path = export(piet, PERIOD, "")
    lines = {line["reference"]: line for line in cells(piet.get(f"{path}.csv").data)}
    assert [lines[name]["net"] for name in "EJBN"] == ["0.07", "12345678900", "1.004", "-2.50"]
    assert rows(house, "exports")[0]["totals"] == {"EUR": -243, "JPY": 12345678900, "BHD": 1004}
    page = piet.get(path).text
    for words in ("-€2.43", "¥12,345,678,900", "BHD1.004", "All currencies"):
        assert words in page


def test_rides_stand_in_the_file_in_the_partner_s_time_and_in_order(house: House) -> None:
    kiwi = organisation_in(house, "Kiwi Cars", "Pacific/Auckland")
    for reference, at in (
        ("last", "2026-11-30T10:59:59Z"),
        ("first", "2026-10-31T11:00:00Z"),
        ("before", "2026-10-31T10:59:59Z"),
        ("after", "2026-11-30T11:00:00Z"),
    ):
        house.clock.advance(seconds=1)
        take(house, "Kiwi Cars", reference=reference, finished_at=at)
    piet = signed_in(house, "piet")
    control(house, kiwi)
    acting_for(piet, kiwi.id)
    lines = cells(piet.get(export(piet, "2026-11") + ".csv").data)
    assert [(line["reference"], line["finished_at"]) for line in lines] == [
        ("first", "2026-11-01T00:00:00+13:00"),
        ("last", "2026-11-30T23:59:59+13:00"),
    ]


def test_no_cell_runs_a_formula_and_numbers_stay_numbers(house: House) -> None:
    for number, start in enumerate("=+-@＝"):  # noqa: RUF001
        take(house, reference=f"{start}R{number}", description=f"{start}1+1", driver=f"{start}x")
    take(house, reference="N", gross="-5.00", fee="0", description='a "b", c; =1', driver="x=y")
    piet = signed_in(house, "piet")
    data = piet.get(export(piet) + ".csv").data
    lines = cells(data)
    for line in lines:
        for name in ("reference", "description", "driver"):
            assert not line[name].startswith(spreadsheet.FORMULA_STARTS)
    assert sorted(line["description"] for line in lines)[0] == "'+1+1"
    (negative,) = [line for line in lines if line["reference"] == "N"]
    assert negative["gross"] == negative["net"] == "-5.00"
    assert negative["description"] == 'a "b", c; \'=1'
    assert negative["driver"] == "x=y"
    assert data.count(b"\r\n") == data.count(b"\n") == len(lines) + 1


@pytest.mark.parametrize("start", spreadsheet.FORMULA_STARTS)
def test_every_start_of_a_formula_is_quoted(start: str) -> None:
    assert spreadsheet.cell(f"{start}SUM(A1)") == f"'{start}SUM(A1)"
    assert spreadsheet.cell(f"x{start}") == f"x{start}"
    assert spreadsheet.cell(Money(-5, "EUR")) == "-0.05"
    assert spreadsheet.cell(-5) == "-5"


@pytest.mark.parametrize("sign", [";", ",", "|", "\t", "; ", ';"', "\n"])
@pytest.mark.parametrize("start", "=+-@＝＋－＠")  # noqa: RUF001
def test_no_formula_starts_where_another_program_parts_cells(sign: str, start: str) -> None:
    link = f'{start}HYPERLINK("x")'
    assert spreadsheet.cell(f"x{sign}{link}") == f"x{sign}'{link}"
    assert spreadsheet.cell(f"x{sign}y{link}") == f"x{sign}y{link}"
    assert spreadsheet.cell(f"{link}{sign}{link}") == f"'{link}{sign}'{link}"


def test_the_file_says_that_it_is_unicode(house: House) -> None:
    take(house, driver="Ørjan Dvořák")
    piet = signed_in(house, "piet")
    data = piet.get(export(piet) + ".csv").data
    assert data.startswith(b"\xef\xbb\xbfreference,")
    assert "Ørjan Dvořák".encode() in data


def test_a_name_is_text_on_the_page_and_in_the_file(house: House) -> None:
    take(house, driver="<b>bold</b>")
    piet = signed_in(house, "piet")
    path = export(piet)
    assert "<b>" not in piet.get(path).text
    assert b"<b>bold</b>" in piet.get(f"{path}.csv").data
