"""Cards and passengers on their way in: never a card's number, and nobody's own words undone."""

from __future__ import annotations

from typing import Any

import pytest

from portal.flows import hosts, intake
from portal.flows.intake import NotTaken
from portal.flows.wallet import CARDS_MAX
from tests.support.house import GUESTS, House
from tests.support.intake import CARD, PASSENGER, bring_in, lines
from tests.support.web import dump, rows, signed_in

NUMBER = "4111111111111111"


@pytest.mark.parametrize("field", sorted(CARD))
@pytest.mark.parametrize(
    "value",
    [NUMBER, f"x{NUMBER}y", "123456789012", "4111 1111 1111 1111", "4111-1111-1111-1111"],
)
def test_a_card_number_is_refused_wherever_it_stands(house: House, field: str, value: str) -> None:
    house.person("tara")
    outcome = house.run(intake.by_host, GUESTS, "cards", lines({**CARD, field: value}))
    assert isinstance(outcome, NotTaken)
    assert "card numbers are not taken" in outcome.refusals[0].reason
    assert rows(house, "cards") == []
    assert NUMBER not in str(outcome)
    assert NUMBER not in str(dump(house))


@pytest.mark.parametrize("field", sorted(CARD))
def test_a_number_that_is_no_text_or_hides_in_a_name_is_not_repeated(
    house: House, field: str
) -> None:
    house.person("tara")
    for record in ({**CARD, field: int(NUMBER)}, {**CARD, NUMBER: "x"}, {**CARD, field: [NUMBER]}):
        outcome = house.run(intake.by_host, GUESTS, "cards", lines(record))
        assert isinstance(outcome, NotTaken)
        assert NUMBER not in str(outcome)


@pytest.mark.parametrize(
    "changed",
    [
        {"brand": ""},
        {"brand": "x" * 21},
        {"last_four": "424"},
        {"last_four": "٤٢٤٢"},
        {"expires": "04/29"},
        {"expires": "2029-13"},
        {"token": ""},
        {"token": "a b"},
        {"token": "x" * 201},
        {"extra": "x"},
        {"brand": None},
    ],
)
def test_a_card_that_does_not_fit_is_refused(house: House, changed: dict[str, Any]) -> None:
    house.person("tara")
    outcome = house.run(intake.by_host, GUESTS, "cards", lines({**CARD, **changed}))
    assert isinstance(outcome, NotTaken)
    assert rows(house, "cards") == []


def test_the_same_token_again_renews_the_card(house: House) -> None:
    house.person("tara")
    bring_in(house, "cards", CARD, {**CARD, "expires": "2031-01"})
    (card,) = rows(house, "cards")
    assert card["expires"] == "2031-01"


def test_a_traveler_has_so_many_cards_and_no_more(house: House) -> None:
    house.person("tara")
    bring_in(house, "cards", *({**CARD, "token": f"pm_{n}"} for n in range(CARDS_MAX)))
    one_more = {**CARD, "token": "pm_one_more"}
    outcome = house.run(intake.by_host, GUESTS, "cards", lines(one_more))
    assert isinstance(outcome, NotTaken)
    assert len(rows(house, "cards")) == CARDS_MAX


@pytest.mark.parametrize(
    "changed",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"name": "a\nb"},
        {"phone": "06 1234"},
        {"phone": "+31 6 0000 0000"},
        {"phone": "+31 900 123456"},
        {"needs": "x" * 401},
        {"needs": 1},
        {"other": "x"},
    ],
)
def test_a_passenger_that_does_not_fit_is_refused(house: House, changed: dict[str, Any]) -> None:
    house.person("tara")
    outcome = house.run(intake.by_host, GUESTS, "passengers", lines({**PASSENGER, **changed}))
    assert isinstance(outcome, NotTaken)
    assert rows(house, "passengers") == []


def test_what_a_traveler_wrote_is_not_undone_by_a_file(house: House) -> None:
    tara = signed_in(house, "tara")
    bring_in(house, "passengers", PASSENGER)
    (row,) = rows(house, "passengers")
    tara.get("/passengers")
    mine: dict[str, Any] = {
        "name": "Inga",
        "phone": "",
        "email": "",
        "needs": "Mine",
        "version": "1",
    }
    assert tara.post(f"/passengers/{row['id']}", **mine).status_code == 303
    bring_in(house, "passengers", PASSENGER)
    page = tara.get("/passengers").text
    assert "Mine" in page
    assert "Ingrid" not in page


def test_sealed_things_are_sealed_anew_when_keys_rotate(house: House) -> None:
    pam = signed_in(house, "pam")
    house.person("tara")
    bring_in(house, "cards", CARD)
    bring_in(house, "passengers", PASSENGER)
    pam.get("/partner/webhooks")
    pam.post("/partner/webhooks", url="https://hooks.partner.example/", on_export_made="y")
    for table in ("cards", "passengers", "webhooks"):
        assert table in hosts.SEALED_TABLES
        assert house.run(hosts.reseal_page, table, "").broken == ()
