"""Locks as a user's page tells them, and how each of them ends."""

from __future__ import annotations

from datetime import timedelta

from tests.support.crowd import (
    ADMINS,
    admin,
    events,
    user_row,
)
from tests.support.house import HQ, House
from tests.support.resets import subjects
from tests.support.web import signed_in


def locked(house: House, email: str) -> None:
    stranger = house.visitor()
    for _ in range(6):
        stranger.password(email, "a wrong one, quite long")


def test_a_lock_is_shown_explained_and_lifted(house: House) -> None:
    ada = admin(house, HQ)
    person = house.user("gus@guests.example")
    locked(house, person.email)
    path = f"/admin/users/{person.id}"
    text = ada.get(path).text
    assert "Locked until 2 Nov 2026, 09:00:30" in text
    assert "too many wrong passwords or codes" in text
    assert f'action="{path}/unlock"' in text
    assert house.visitor().password(person.email).status_code == 429
    assert ada.post(f"{path}/unlock", reason="it was them").status_code == 303
    assert "Locked until" not in ada.get(path).text
    assert house.visitor().password(person.email).status_code == 303
    assert [row["reason"] for row in events(house, "unlock.completed")] == ["it was them"]
    assert "Your account is unlocked" in subjects(house, person.email)


def test_a_lock_ends_by_itself_and_with_a_success(house: House) -> None:
    ada = admin(house, HQ)
    person = house.user("gus@guests.example")
    locked(house, person.email)
    path = f"/admin/users/{person.id}"
    house.clock.advance(timedelta(seconds=30))
    assert "Locked until" not in ada.get(path).text
    assert user_row(house, person.email)["locked_until"] is not None
    assert house.visitor().password(person.email).status_code == 303
    assert user_row(house, person.email)["locked_until"] is None


def test_a_known_browser_does_not_hide_that_strangers_are_locked_out(house: House) -> None:
    tara = signed_in(house, "tara")
    tara.post("/logout")
    email = "tara@guests.example"
    locked(house, email)
    tara.sign_in(email)
    assert tara.get("/security").status_code == 200
    assert user_row(house, email)["locked_until"] is not None


def test_a_spent_lane_says_how_it_ends_and_the_mailed_link_ends_it(house: House) -> None:
    ada = admin(house, HQ)
    person = house.user("gus@guests.example")
    stranger = house.visitor()
    for _ in range(90):
        stranger.password(person.email, "a wrong one, quite long")
        house.clock.advance(timedelta(hours=1))
    ada.sign_in(ADMINS[HQ])
    text = ada.get(f"/admin/users/{person.id}").text
    assert "Locked until unlocked" in text
    assert "the unlock link in their mail" in text
    stranger.get("/login/unlock")
    stranger.post("/login/unlock", email=person.email)
    stranger.follow(stranger.get(house.link(person.email)))
    stranger.post("/unlock")
    assert "Locked until" not in ada.get(f"/admin/users/{person.id}").text
