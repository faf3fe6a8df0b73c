"""Shared desks: one person leaves the desk, the next one finds nothing of theirs."""

from __future__ import annotations

from tests.support.house import House
from tests.support.memberships import events
from tests.support.web import cookie, email_of, half_signed_in, lands_on, rows, signed_in


def test_the_desk_goes_from_one_person_to_the_next(house: House) -> None:
    dan = signed_in(house, "dan")
    assert "Change person" in dan.get("/").text
    stolen = dan.client.get_cookie("__Host-session", domain="portal.example")
    answer = dan.post("/change-person")
    assert lands_on(answer) == "/login"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert cookie(dan, "session") is None
    page = dan.follow(answer).text
    assert "The next person can sign in" in page
    assert email_of("dan") not in page
    assert "Dan" not in page
    assert len(events(house, "session.signed_out")) == 1
    assert stolen is not None
    dan.client.set_cookie(
        "__Host-session", stolen.value, domain="portal.example", secure=True, path="/"
    )
    assert lands_on(dan.get("/")) == "/login", "the old session is dead, not only its cookie"


def test_the_next_person_signs_in_as_themselves(house: House) -> None:
    desk = signed_in(house, "dan")
    desk.post("/change-person")
    house.person("tara")
    desk.app = None
    desk.sign_in(email_of("tara"))
    page = desk.get("/account").text
    assert email_of("tara") in page
    assert email_of("dan") not in page
    assert lands_on(desk.get("/")) == ""


def test_only_this_session_ends(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    elsewhere = house.visitor()
    elsewhere.sign_in(email_of("dan"))
    dan.post("/change-person")
    assert elsewhere.get("/").status_code == 200
    assert sum(row["revoked_at"] is not None for row in rows(house, "sessions")) == 1


def test_the_desk_forgets_nothing_that_keeps_others_safe(house: House) -> None:
    """The known browser stays known: no new-browser mail at every change of the shift."""
    dan = signed_in(house, "dan", app=False)
    house.work()
    before = len(house.letters.to(email_of("dan")))
    dan.post("/change-person")
    dan.sign_in(email_of("dan"))
    house.work()
    assert len(house.letters.to(email_of("dan"))) == before


def test_a_form_of_another_site_changes_nobody(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    assert dan.post("/change-person", csrf="forged").status_code == 403
    assert dan.get("/").status_code == 200
    assert dan.get("/change-person").status_code == 405


def test_a_half_finished_sign_in_gives_the_desk_up_too(house: House) -> None:
    tara = half_signed_in(house)
    assert lands_on(tara.post("/change-person")) == "/login"
    assert lands_on(tara.get("/login/challenge")) == "/login"
