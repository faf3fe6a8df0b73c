"""The list of users as a file: the same people, audited, after a fresh proof."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from tests.support.crowd import (
    add_many,
    admin,
    events,
    id_of,
)
from tests.support.house import HQ, House, Visitor
from tests.support.web import lands_on


def sheet(visitor: Visitor, query: str = "") -> list[list[str]]:
    answer = visitor.get(f"/admin/users.csv{query}")
    assert answer.status_code == 200, answer.status
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_file_holds_the_same_people_and_runs_no_formula(house: House) -> None:
    ada = admin(house, HQ)
    add_many(house, HQ, ["=1+1", "@sum", *(f"Person {number}" for number in range(600))])
    head, *lines = sheet(ada, "?search=person")
    assert head[0] == "Name"
    assert len(lines) == 602
    by_email = {line[1]: line for line in sheet(ada)[1:]}
    assert by_email["person0000@crowd.example"][0] == "'=1+1"
    assert by_email["person0001@crowd.example"][0] == "'@sum"
    assert by_email["ada@hq.example"][5:7] == ["1", "2"]
    assert [line[1] for line in sheet(ada, "?state=two_factors")[1:]] == ["ada@hq.example"]


def test_the_file_is_audited_with_its_filter_and_its_count(house: House) -> None:
    ada = admin(house, HQ)
    sheet(ada, "?state=none&search=nobody")
    sheet(ada, "?organisation=all")
    details = [row["detail"] for row in events(house, "user.list_exported")]
    assert {(one["shown"], one["search"], one["rows"], one["organisation"]) for one in details} == {
        ("none", "nobody", 0, id_of(house, HQ)),
        ("", "", 1, "all"),
    }


def test_the_file_needs_two_factors_within_five_minutes(house: House) -> None:
    ada = admin(house, HQ)
    house.clock.advance(timedelta(minutes=5, seconds=1))
    ada.get("/admin/users")
    step_up = lands_on(ada.get("/admin/users.csv"))
    assert step_up.startswith("/step-ups/")
    assert events(house, "user.list_exported") == []
    answer = ada.prove(path=f"{step_up}/totp")
    assert lands_on(answer) == "/admin/users.csv"
