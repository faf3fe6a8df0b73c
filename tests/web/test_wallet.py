"""A traveler's cards, and who sees them and passengers: two factors of fifteen minutes."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from portal.flows import hosts
from portal.rules.terms import Role
from tests.support.apps import App
from tests.support.house import GUESTS, KEY, House, Visitor
from tests.support.intake import CARD, PASSENGER, TARA, bring_in, with_passenger
from tests.support.web import Work, dump, lands_on, rows, signed_in

FRESH = timedelta(minutes=15)
SECOND = timedelta(seconds=1)
TYPED: dict[str, Any] = {"name": "Jonas"}


def with_cards(house: House, *cards: dict[str, str]) -> Visitor:
    tara = signed_in(house, "tara")
    bring_in(house, "cards", *(cards or (CARD,)))
    return tara


def card_of(house: House) -> str:
    return f"/wallet/cards/{rows(house, 'cards')[0]['id']}/removal"


def events(house: House, name: str) -> list[dict[str, Any]]:
    return [row for row in rows(house, "audit_events") if row["event"] == name]


def test_cards_show_brand_last_four_and_expiry_and_nothing_else(house: House) -> None:
    tara = with_cards(house)
    page = tara.get("/wallet/cards").text
    assert "Visa ending in 4242" in page
    assert "04/2029" in page
    assert CARD["token"] not in page


def test_a_card_is_good_to_the_end_of_its_month(house: House) -> None:
    this_month = f"{house.clock():%Y-%m}"
    before = f"{house.clock().replace(day=1) - timedelta(days=1):%Y-%m}"
    tara = with_cards(house, {**CARD, "expires": this_month})
    assert "Expired" not in tara.get("/wallet/cards").text
    bring_in(house, "cards", {**CARD, "expires": before})
    assert "Expired" in tara.get("/wallet/cards").text


def test_the_proof_for_cards_and_passengers_is_good_for_fifteen_minutes(house: House) -> None:
    tara = with_cards(house)
    house.clock.advance(FRESH)
    for path in ("/wallet/cards", "/passengers"):
        assert tara.get(path).status_code == 200
    house.clock.advance(SECOND)
    for path in ("/wallet/cards", "/passengers"):
        step_up = lands_on(tara.get(path))
        assert step_up.startswith("/step-ups/")
        assert "4242" not in tara.get(step_up).text
    tara.prove(path=f"{step_up}/totp")
    assert "4242" in tara.get("/wallet/cards").text


def test_without_a_second_factor_one_is_led_to_enrol_and_comes_back(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    bring_in(house, "cards", CARD)
    answer = tara.get("/wallet/cards")
    assert lands_on(answer) == "/login/enrol"
    gate = tara.get(answer.headers["Location"])
    assert gate.status_code == 200
    assert "4242" not in gate.text
    assert "Not now" in gate.text
    begin = re.search(r'action="(/security/authenticators/new/totp[^"]*)"', gate.text)
    assert begin
    page = tara.follow(tara.post(unescape(begin.group(1))))
    key, action = KEY.search(page.text), re.search(r'action="(/security/[^"]+)"', page.text)
    assert key
    assert action
    app = App(key.group(1).replace(" ", ""))
    codes = tara.follow(tara.post(unescape(action.group(1)), code=app.code(house.clock())))
    onward = re.search(r'href="(/wallet/cards)">Not now', codes.text)
    assert onward, "backup codes may be left for later"
    assert "4242" in tara.get(onward.group(1)).text


def test_whoever_may_go_without_is_not_held_at_the_gate(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    tara.get("/wallet/cards")
    assert tara.get("/").status_code == 200
    assert tara.get("/security").status_code == 200


def test_a_password_alone_is_no_proof_for_cards(house: House) -> None:
    tara = with_cards(house)
    house.clock.advance(FRESH + SECOND)
    step_up = lands_on(tara.get("/wallet/cards"))
    assert tara.get(f"{step_up}/password").status_code == 404


def test_every_look_is_audited(house: House) -> None:
    tara = with_cards(house)
    for path, name in (
        ("/wallet/cards", "wallet.cards_viewed"),
        ("/passengers", "wallet.passengers_viewed"),
    ):
        for count in (1, 2):
            tara.get(path)
            seen = events(house, name)
            assert len(seen) == count
            assert seen[0]["actor_id"] == seen[0]["subject_id"] == rows(house, "users")[0]["id"]
    assert "Saved cards looked at" in tara.get("/security/activity").text


def test_a_refused_look_is_no_look(house: House) -> None:
    tara = with_cards(house)
    house.clock.advance(FRESH + SECOND)
    tara.get("/wallet/cards")
    assert events(house, "wallet.cards_viewed") == []


@pytest.mark.parametrize("htmx", [False, True])
def test_a_card_is_removed_and_its_token_forgotten(house: House, htmx: bool) -> None:
    tara = with_cards(house, CARD, {**CARD, "last_four": "4444", "token": "pm_tara_two"})
    tara.get("/wallet/cards")
    answer = tara.post(card_of(house), htmx=htmx)
    page = answer.text if htmx else tara.follow(answer).text
    assert "4242" not in page
    assert "4444" in page
    assert "The card is removed" in page
    assert ("<html" not in page) == htmx
    sealer = house.runner.sealer
    first = rows(house, "cards")[0]
    left = sealer.open(bytes(first["token"]), f"cards:token:{first['id']}")
    assert CARD["token"].encode() not in left
    assert len(events(house, "wallet.card_removed")) == 1
    assert tara.post(card_of(house), htmx=htmx).status_code == 404


def test_a_removed_card_does_not_come_back_with_the_next_import(house: House) -> None:
    tara = with_cards(house)
    tara.get("/wallet/cards")
    tara.post(card_of(house))
    bring_in(house, "cards", CARD)
    assert "No card is saved" in tara.get("/wallet/cards").text


def test_removing_asks_for_the_same_fresh_proof_and_names_the_card(house: House) -> None:
    tara = with_cards(house)
    page = tara.get("/wallet/cards").text
    title = re.search(r'name="card" value="([^"]+)"', page)
    assert title
    house.clock.advance(FRESH + SECOND)
    step_up = lands_on(tara.post(card_of(house), card=title.group(1)))
    assert step_up.startswith("/step-ups/")
    assert rows(house, "cards")[0]["removed_at"] is None
    tara.prove(path=f"{step_up}/totp")
    resumed = tara.get(step_up).text
    assert "Visa ending in 4242" in resumed
    assert f'action="{card_of(house)}"' in resumed
    assert rows(house, "cards")[0]["removed_at"] is None, "the proof alone removes nothing"
    assert tara.post(card_of(house)).status_code == 303
    assert rows(house, "cards")[0]["removed_at"] is not None


@pytest.mark.parametrize("htmx", [False, True])
def test_another_travelers_things_are_not_found(house: House, htmx: bool) -> None:
    _, passenger = with_passenger(house)
    bring_in(house, "cards", CARD)
    house.user("tom@guests.example")
    tom = house.visitor()
    tom.sign_in("tom@guests.example")
    tom.enrol_app()
    assert "4242" not in tom.get("/wallet/cards", htmx=htmx).text
    assert "Ingrid" not in tom.get("/passengers", htmx=htmx).text
    before = dump(house)
    assert tom.get(passenger, htmx=htmx).status_code == 404
    assert tom.post(card_of(house), htmx=htmx).status_code == 404
    assert tom.post(passenger, htmx=htmx, version="1", **TYPED).status_code == 404
    assert tom.post(f"{passenger}/removal", htmx=htmx).status_code == 404
    assert dump(house)["cards"] == before["cards"]
    assert dump(house)["passengers"] == before["passengers"]


def test_a_role_that_was_lost_a_second_ago_opens_nothing(house: House) -> None:
    tara, passenger = with_passenger(house)
    bring_in(house, "cards", CARD)
    assert tara.get("/wallet/cards").status_code == 200
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM memberships")
    house.run(hosts.grant, TARA, GUESTS, Role.DISPATCHER)
    for path in ("/wallet/cards", "/passengers", passenger):
        assert tara.get(path).status_code == 403
    for path in (card_of(house), "/passengers", passenger, f"{passenger}/removal"):
        assert tara.post(path, version="1", **TYPED).status_code == 403


def test_the_lists_keep_their_budget_of_statements(house: House) -> None:
    tara = with_cards(house)
    bring_in(house, "passengers", *({**PASSENGER, "name": f"Guest {n}"} for n in range(20)))
    for path in ("/wallet/cards", "/passengers"):
        tara.get(path)
        with Work(house) as work:
            assert tara.get(path).status_code == 200
        assert len(work.statements) <= 4, work.statements
