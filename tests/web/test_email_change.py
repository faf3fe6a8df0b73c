"""Changing the e-mail address: confirmed from the new mailbox, stopped or undone from the old."""

from __future__ import annotations

import pytest

from tests.support.house import House, Visitor
from tests.support.web import lands_on, rows, signed_in, signed_in_again

OLD, NEW = "tara@guests.example", "tara@moved.example"


def asked(house: House, new: str = NEW) -> Visitor:
    tara = signed_in(house, "tara", app=False)
    house.work()
    tara.get("/account/email")
    assert tara.post("/account/email", email=new).status_code == 303
    return tara


def clicked(house: House, path: str, button: str) -> int:
    visitor = house.visitor()
    visitor.follow(visitor.get(path))
    return visitor.post(button).status_code


def address(house: House, email: str) -> bool:
    return any(row["email"] == email for row in rows(house, "users"))


def test_nothing_changes_before_the_new_mailbox_says_so(house: House) -> None:
    tara = asked(house)
    assert NEW in tara.get("/account").text
    path = house.link(NEW)
    visitor = house.visitor()
    visitor.follow(visitor.get(path))
    assert not address(house, NEW)
    assert visitor.post("/account/email/confirmation").status_code == 303
    assert address(house, NEW) and not address(house, OLD)
    house.work()
    assert "changed" in house.letters.to(OLD)[-1].subject
    assert "changed" in house.letters.to(NEW)[-1].subject
    assert "Hello" in house.visitor().sign_in(NEW).text
    assert house.visitor().password(OLD).status_code == 422


def test_the_old_mailbox_stops_a_change_and_ends_everything(house: House) -> None:
    tara = asked(house)
    confirm, cancel = house.link(NEW), house.link(OLD)
    assert clicked(house, cancel, "/account/email/cancellation") == 303
    assert clicked(house, confirm, "/account/email/confirmation") == 410
    assert address(house, OLD)
    assert lands_on(tara.get("/")) == "/login"


def test_the_old_mailbox_undoes_a_change_for_a_week(house: House) -> None:
    asked(house)
    confirm, cancel = house.link(NEW), house.link(OLD)
    assert clicked(house, confirm, "/account/email/confirmation") == 303
    house.clock.advance(days=6, hours=23)
    assert clicked(house, cancel, "/account/email/cancellation") == 303
    assert address(house, OLD) and not address(house, NEW)
    assert clicked(house, cancel, "/account/email/cancellation") == 410


def test_links_expire_and_serve_no_other_purpose(house: House) -> None:
    asked(house)
    confirm, cancel = house.link(NEW), house.link(OLD)
    swapped = "/account/email/cancellation/" + confirm.rpartition("/")[2]
    assert clicked(house, swapped, "/account/email/cancellation") == 410
    house.clock.advance(hours=24)
    assert clicked(house, confirm, "/account/email/confirmation") == 410
    house.clock.advance(days=6)
    assert clicked(house, cancel, "/account/email/cancellation") == 410
    assert address(house, OLD)


def test_a_taken_address_gets_the_same_answer_and_its_owner_a_mail(house: House) -> None:
    dan = house.person("dan")
    tara = asked(house, dan.email)
    assert "Open the link that we sent" in tara.get("/account").text
    house.work()
    assert len(house.letters.to(dan.email)) == 1
    assert "/account/email/confirmation" not in house.letters.to(dan.email)[0].text
    assert dan.email in tara.get("/account").text, "it waits to be confirmed, like any other"


def test_an_address_taken_meanwhile_is_not_taken_over(house: House) -> None:
    asked(house)
    path = house.link(NEW)
    house.user(NEW)
    assert clicked(house, path, "/account/email/confirmation") == 410
    assert address(house, OLD) and address(house, NEW)


def test_only_the_newest_link_counts(house: House) -> None:
    tara = asked(house)
    first = house.link(NEW)
    house.clock.advance(seconds=1)
    tara.get("/account/email")
    tara.post("/account/email", email="tara@other.example")
    assert clicked(house, first, "/account/email/confirmation") == 410
    other = house.link("tara@other.example")
    assert clicked(house, other, "/account/email/confirmation") == 303


@pytest.mark.parametrize("typed", ["", "x", "a@b", "a b@c.example", "x" * 300 + "@c.example"])
def test_what_is_no_address_is_refused(house: House, typed: str) -> None:
    tara = signed_in(house, "tara", app=False)
    tara.get("/account/email")
    assert tara.post("/account/email", email=typed).status_code == 422


def test_with_a_second_factor_a_fresh_proof_is_asked(house: House) -> None:
    tara = signed_in(house, "tara")
    other = signed_in_again(house, "tara", tara)
    house.clock.advance(minutes=6)
    other.get("/security")
    answer = other.post("/account/email", email=NEW)
    assert lands_on(answer).startswith("/step-ups/")
    assert rows(house, "links") == []
