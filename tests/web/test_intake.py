"""Data on its way in, by API and by command: all of a batch, once, or nothing of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from portal import demo, demo_data
from portal.flows import intake
from tests.support.clock import Clock, Entropy
from tests.support.house import GUESTS, PARTNER, House, build
from tests.support.intake import CARD, PASSENGER
from tests.support.machines import RIDE, file_of, flask, is_problem, records, send, token_for
from tests.support.web import dump, rows

PAYEE = demo_data.PAYEES[0]
PAYOUT = demo_data.PAYOUTS[0]


def test_every_kind_comes_in_by_api_and_twice_is_once(house: House) -> None:
    house.person("tara")
    partner = token_for(house, "settlements", "payees", "payouts")
    guests = token_for(house, "cards", "passengers", organisation=GUESTS)
    for _ in range(2):
        for kind, record, token in (
            ("settlements", RIDE, partner),
            ("payees", PAYEE, partner),
            ("payouts", PAYOUT, partner),
            ("cards", CARD, guests),
            ("passengers", PASSENGER, guests),
        ):
            answer = send(house, kind, records(record), token)
            assert answer.status_code == 200, answer.text
            assert answer.get_json() == {"kind": kind, "records": 1}
            assert len(rows(house, kind)) == 1


def test_every_kind_comes_in_by_command_and_twice_is_once(house: House, tmp_path: Path) -> None:
    house.person("tara")
    for _ in range(2):
        for kind, record, organisation in (
            ("settlements", RIDE, PARTNER),
            ("payees", PAYEE, PARTNER),
            ("payouts", PAYOUT, PARTNER),
            ("cards", CARD, GUESTS),
            ("passengers", PASSENGER, GUESTS),
        ):
            path = file_of(tmp_path, record)
            done = flask(house, "import", kind, path, "--organisation", organisation)
            assert f"1 {kind} are in {organisation}" in done.output
            assert len(rows(house, kind)) == 1


def test_the_same_record_twice_in_one_batch_is_one_row(house: House) -> None:
    token = token_for(house, "settlements")
    assert send(house, "settlements", records(RIDE, RIDE), token).status_code == 200
    assert len(rows(house, "settlements")) == 1


def test_one_bad_record_keeps_all_out_and_each_reason_has_its_number(house: House) -> None:
    token = token_for(house, "settlements")
    bad = [
        {**RIDE, "reference": "RIDE-2", "extra": "x"},
        {**RIDE, "reference": "RIDE-3", "gross": 68.5},
        "RIDE-4",
        {**RIDE, "reference": "a\x00b"},
        {**RIDE, "reference": "\ud800"},
    ]
    answer = send(house, "settlements", records(RIDE, *bad), token)
    problem = is_problem(answer, 422)
    assert [error["record"] for error in problem["errors"]] == [2, 3, 4, 5, 6]
    assert all(error["reason"] for error in problem["errors"])
    assert problem["refused"] == 5
    assert rows(house, "settlements") == []
    (event,) = [row for row in rows(house, "audit_events") if row["event"] == "import.refused"]
    assert event["detail"]["refused"] == 5


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\udfff"])
def test_text_that_no_database_holds_is_refused_and_breaks_nothing(house: House, text: str) -> None:
    token = token_for(house, "payouts")
    answer = send(house, "payouts", records({**PAYOUT, "payee": text}), token)
    assert "cannot be stored" in str(is_problem(answer, 422)["errors"])


def test_a_file_with_a_bad_line_changes_nothing_and_names_the_line(
    house: House, tmp_path: Path
) -> None:
    house.organise()
    path = tmp_path / "rides.jsonl"
    good = json.dumps(RIDE)
    broken = [b"{", b"[]", b"\xff", b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[" * 100_000]
    path.write_bytes(b"\n".join([good.encode(), b"", *broken]))
    refused = flask(house, "import", "settlements", str(path), "--organisation", PARTNER, code=1)
    for number in range(3, 9):
        assert f"line {number}: " in refused.output
    assert "line 2" not in refused.output
    assert "nothing was taken: 6 lines refused" in refused.output
    assert rows(house, "settlements") == []
    path.write_text(good)
    flask(house, "import", "settlements", str(path), "--organisation", PARTNER)
    assert len(rows(house, "settlements")) == 1


def test_a_file_into_nowhere_is_refused(house: House, tmp_path: Path) -> None:
    house.organise()
    path = file_of(tmp_path, RIDE)
    refused = flask(house, "import", "settlements", path, "--organisation", "Nowhere", code=1)
    assert "no_such_organisation" in refused.output
    flask(house, "import", "secrets", path, "--organisation", PARTNER, code=2)
    flask(house, "import", "settlements", f"{path}.gone", "--organisation", PARTNER, code=2)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"records": [NaN]}', 400),
        (b'{"records": [], "records": [{}]}', 400),
        (b'{"records": [{"a": 1, "a": 2}]}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"records": [' + b"9" * 5000 + b"]}", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b"null", 422),
        (b'{"records": {}}', 422),
        (b'{"records": []}', 422),
        (b'{"records": [null]}', 422),
        (b'{"records": [[1]]}', 422),
        (json.dumps({"records": [RIDE], "more": 1}).encode(), 422),
        (json.dumps({"records": [RIDE] * 501}).encode(), 422),
        (b'{"records": [{"reference": "' + b"x" * 300_000 + b'"}]}', 413),
    ],
    ids=range(18),
)
def test_a_body_that_is_not_as_agreed_is_refused_with_a_problem(
    house: House, body: bytes, status: int
) -> None:
    token = token_for(house, "settlements")
    is_problem(send(house, "settlements", body, token), status)
    assert rows(house, "settlements") == []


def test_only_json_is_read(house: House) -> None:
    token = token_for(house, "settlements")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = send(house, "settlements", records(RIDE), token, content_type=kind)
        is_problem(answer, 415)
    utf = "application/json; charset=utf-8"
    assert send(house, "settlements", records(RIDE), token, content_type=utf).status_code == 200


def test_errors_of_the_api_are_problems_too(house: House) -> None:
    token = token_for(house, "settlements")
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = send(house, "settlements", b"", token, method=method)
        is_problem(answer, 405)
        assert "POST" in answer.headers["Allow"]
    is_problem(house.visitor().get("/api/v2/anything"), 404)


def test_a_broken_database_is_a_problem_too(house: House) -> None:
    token = token_for(house, "settlements")
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE settlements RENAME TO away")
    try:
        problem = is_problem(send(house, "settlements", records(RIDE), token), 500)
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO settlements")
    assert "settlements" not in str(problem)
    assert [row for row in rows(house, "audit_events") if row["event"].startswith("import.")] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_token_has_a_brake_of_its_own(
    database_url: str, clock: Clock, entropy: Entropy
) -> None:
    house = build(database_url, clock, entropy, imports_per_token="2 per minute")
    one, two = token_for(house, "settlements"), token_for(house, "settlements")
    for _ in range(2):
        assert send(house, "settlements", records(RIDE), one).status_code == 200
    answer = send(house, "settlements", records(RIDE), one)
    is_problem(answer, 429)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert send(house, "settlements", records(RIDE), two).status_code == 200
    house.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_demo_data_comes_in_once_and_what_was_removed_stays_away(house: House) -> None:
    demo.seed(house.run, house.runner)
    counts = {kind: len(rows(house, kind)) for kind in intake.KINDS}
    assert counts == {"settlements": 60, "payees": 3, "payouts": 4, "cards": 2, "passengers": 3}
    assert {row["currency"] for row in rows(house, "settlements")} == {"EUR", "GBP"}
    assert len({row["period"] for row in rows(house, "settlements")}) >= 3
    assert {row["approvals_needed"] for row in rows(house, "payouts")} == {1, 2}
    zones = {row["name"]: row["time_zone"] for row in rows(house, "organisations")}
    assert zones[demo.PARTNER] == "Europe/Amsterdam"
    before = dump(house)
    house.clock.advance(timedelta(days=40))
    demo.seed(house.run, house.runner)
    assert dump(house) == before
