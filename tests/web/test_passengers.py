"""Passengers: added, changed over what was seen, forgotten; no word that was typed is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.flows.wallet import PASSENGERS_MAX
from tests.support.house import House
from tests.support.intake import PASSENGER, TARA, bring_in, with_passenger
from tests.support.integrations import version_in
from tests.support.web import lands_on, rows, signed_in, signed_in_again

FRESH = timedelta(minutes=15)
SECOND = timedelta(seconds=1)
TYPED: dict[str, Any] = {
    "name": "Jonas",
    "phone": "+31 6 1234 5678",
    "email": "jonas@x.example",
    "needs": "None",
}


def events(house: House, name: str) -> list[dict[str, Any]]:
    return [row for row in rows(house, "audit_events") if row["event"] == name]


def test_a_passenger_is_added_with_one_spelling_of_the_number(house: House) -> None:
    tara = signed_in(house, "tara")
    tara.get("/passengers")
    answer = tara.follow(tara.post("/passengers", **TYPED))
    assert "The passenger is added" in answer.text
    for shown in ("Jonas", "+31612345678", "jonas@x.example"):
        assert shown in answer.text
    stored = b"".join(bytes(row["profile"]) for row in rows(house, "passengers"))
    assert b"Jonas" not in stored
    assert len(events(house, "wallet.passenger_added")) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "Fill this in"),
        ({"name": "x" * 121}, "too long"),
        ({"name": "a\x1bb"}, "letters, digits and signs"),
        ({"phone": "06 12345678"}, "country code"),
        ({"phone": "+1"}, "country code"),
        ({"phone": "+999 123 456 789"}, "with its country code"),
        ({"phone": "+31 6 0000 0000"}, "No telephone has this number"),
        ({"phone": "+31 900 123456"}, "premium-rate"),
        ({"email": "jonas"}, "Write an email address"),
        ({"needs": "x" * 401}, "too long"),
        ({"needs": "a\x00b"}, "cannot be read"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_typed_is_lost(
    house: House, changed: dict[str, Any], words: str
) -> None:
    tara, passenger = with_passenger(house)
    page = tara.get(passenger)
    before = rows(house, "passengers")
    typed = {**TYPED, **changed}
    for path in ("/passengers", passenger):
        answer = tara.post(path, version=version_in(page.text), **typed)
        assert answer.status_code == 422
        assert words in answer.text
        assert "jonas" in answer.text.lower()
    assert rows(house, "passengers") == before


def test_more_passengers_than_fit_are_refused(house: House) -> None:
    tara = signed_in(house, "tara")
    records = [{"email": TARA, "name": f"Guest {number}"} for number in range(PASSENGERS_MAX)]
    bring_in(house, "passengers", *records)
    tara.get("/passengers")
    answer = tara.post("/passengers", **TYPED)
    assert answer.status_code == 409
    assert "Remove one first" in answer.text
    assert 'value="Jonas"' in answer.text
    assert len(rows(house, "passengers")) == PASSENGERS_MAX


def test_a_passenger_is_changed(house: House) -> None:
    tara, passenger = with_passenger(house)
    page = tara.get(passenger)
    assert 'value="Ingrid Lindqvist"' in page.text
    assert 'value="+46812345678"' in page.text
    answer = tara.post(passenger, version=version_in(page.text), **TYPED)
    listed = tara.follow(answer).text
    assert "Jonas" in listed
    assert "Ingrid" not in listed


@pytest.mark.parametrize("htmx", [False, True])
def test_a_lost_update_says_so_and_shows_both(house: House, htmx: bool) -> None:
    tara, passenger = with_passenger(house)
    other = signed_in_again(house, "tara", tara)
    old = version_in(tara.get(passenger).text)
    theirs = version_in(other.get(passenger).text)
    other_typed: dict[str, Any] = {**TYPED, "name": "Other"}
    mine: dict[str, Any] = {**TYPED, "name": "Mine"}
    assert other.post(passenger, version=theirs, **other_typed).status_code == 303
    answer = tara.post(passenger, htmx=htmx, version=old, **mine)
    assert answer.status_code == 409
    assert "changed in the meantime" in answer.text
    assert "Other" in answer.text
    assert 'value="Mine"' in answer.text
    assert "Other" in tara.get("/passengers").text
    assert len(events(house, "wallet.passenger_changed")) == 1
    # Having seen both, saving again is a choice.
    assert tara.post(passenger, version=version_in(answer.text), **TYPED).status_code == 303
    assert "Jonas" in tara.get("/passengers").text


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "²", "1.0", "0"])
def test_no_odd_version_overwrites_anything(house: House, version: str) -> None:
    tara, passenger = with_passenger(house)
    tara.get(passenger)
    before = rows(house, "passengers")
    assert tara.post(passenger, version=version, **TYPED).status_code == 409
    assert rows(house, "passengers") == before


def test_a_change_waits_over_a_step_up_with_its_version(house: House) -> None:
    tara, passenger = with_passenger(house)
    version = version_in(tara.get(passenger).text)
    house.clock.advance(FRESH + SECOND)
    step_up = lands_on(tara.post(passenger, version=version, **TYPED))
    tara.prove(path=f"{step_up}/totp")
    resumed = tara.get(step_up).text
    for shown in TYPED.values():
        assert shown in resumed
    assert version_in(resumed) == version
    assert "Version" not in resumed
    assert tara.post(passenger, version=version, **TYPED).status_code == 303


@pytest.mark.parametrize("htmx", [False, True])
def test_a_removed_passenger_is_forgotten_and_stays_removed(house: House, htmx: bool) -> None:
    tara, passenger = with_passenger(house)
    tara.get("/passengers")
    answer = tara.post(f"{passenger}/removal", htmx=htmx)
    page = answer.text if htmx else tara.follow(answer).text
    assert "Ingrid" not in page
    assert "The passenger is removed" in page
    (row,) = rows(house, "passengers")
    left = house.runner.sealer.open(bytes(row["profile"]), f"passengers:profile:{row['id']}")
    assert b"Ingrid" not in left
    assert b"46812345678" not in left
    bring_in(house, "passengers", PASSENGER)
    assert "Ingrid" not in tara.get("/passengers").text
    assert tara.get(passenger).status_code == 404
    assert tara.post(f"{passenger}/removal").status_code == 404
