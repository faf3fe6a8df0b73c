"""The idle lock of shared desks: what it closes, at which second, and what opens it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.flows import hosts
from portal.rules.assurance import LIFETIMES
from portal.rules.terms import AAL, Role
from tests.support.clock import Clock, Entropy
from tests.support.desks import IDLE, PROFILE, SECOND, at_desk, mark, unlock
from tests.support.house import BRANCH, CSRF, GUESTS, PARTNER, PASSWORD, House, build
from tests.support.memberships import events
from tests.support.web import cookie, email_of, lands_on, rows, signed_in

HERE: dict[str, Any] = {"Sec-Fetch-Site": "same-origin"}


def test_five_minutes_without_use_lock_a_session_to_the_second(house: House) -> None:
    dan = at_desk(house)
    house.clock.advance(IDLE - SECOND)
    assert dan.get("/account").status_code == 200
    house.clock.advance(IDLE - SECOND)
    assert dan.get("/account").status_code == 200, "using it moved the moment"
    house.clock.advance(IDLE)
    step_up = lands_on(dan.get("/account"))
    assert step_up.startswith("/step-ups/")
    page = dan.get(step_up).text
    assert "Welcome back" in page
    assert "Main" not in page.partition("<main")[0], "a locked page has no navigation"
    opened = unlock(dan, step_up)
    assert lands_on(opened) == "/account"
    assert dan.get("/account").status_code == 200


def test_a_fragment_is_refused_at_the_same_second(house: House) -> None:
    dan = at_desk(house)
    house.clock.advance(IDLE)
    answer = dan.get("/security/activity", htmx=True)
    assert answer.status_code == 403
    assert lands_on(answer).startswith("/step-ups/")
    assert answer.text == ""


def test_elsewhere_a_password_alone_never_idles_out(house: House) -> None:
    dan = at_desk(house)
    mark(house, shared=False)
    house.clock.advance(timedelta(days=20))
    assert dan.get("/").status_code == 200


def test_the_mark_holds_from_the_next_request_on(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    house.clock.advance(IDLE)
    mark(house)
    assert lands_on(dan.get("/")).startswith("/step-ups/")
    mark(house, shared=False)
    assert dan.get("/").status_code == 200


def test_any_membership_in_a_marked_organisation_counts(house: House) -> None:
    """A browser does not say which desk it stands on, so acting for another changes nothing."""
    tara = signed_in(house, "tara", app=False)
    mark(house, BRANCH)
    house.clock.advance(IDLE)
    assert tara.get("/").status_code == 200
    house.run(hosts.grant, email_of("tara"), BRANCH, Role.DISPATCHER)
    house.clock.advance(IDLE)
    assert f">{GUESTS}<" not in tara.get("/").text
    assert lands_on(tara.get("/")).startswith("/step-ups/")


def test_a_wrong_password_opens_nothing_and_is_counted(house: House) -> None:
    dan = at_desk(house)
    house.clock.advance(IDLE)
    step_up = lands_on(dan.get("/"))
    assert unlock(dan, step_up, "not the password of his").status_code == 422
    assert lands_on(dan.get("/")).startswith("/step-ups/")
    failed = events(house, "challenge.failed")
    assert [row["level"] for row in failed] == ["aal0"]


def test_the_way_back_in_gives_the_session_a_new_token(house: House) -> None:
    dan = at_desk(house)
    house.clock.advance(IDLE)
    old = cookie(dan, "session")
    unlock(dan, lands_on(dan.get("/")))
    assert cookie(dan, "session") != old
    assert old is not None
    dan.client.set_cookie("__Host-session", old, domain="portal.example", secure=True, path="/")
    assert lands_on(dan.get("/")) == "/login"


def test_what_was_posted_is_kept_and_not_done(house: House) -> None:
    dan = at_desk(house)
    dan.get("/account")
    house.clock.advance(IDLE)
    step_up = lands_on(dan.post("/account", PROFILE))
    assert step_up.startswith("/step-ups/")
    assert PROFILE["name"] not in dan.get(step_up).text, "the next one at the desk reads nothing"
    shown = dan.follow(unlock(dan, step_up))
    assert PROFILE["name"] in shown.text
    assert PROFILE["name"] not in {row["name"] for row in rows(house, "users")}
    assert lands_on(dan.post("/account", PROFILE)) == "/account"
    assert PROFILE["name"] in {row["name"] for row in rows(house, "users")}


@pytest.mark.parametrize("away", [IDLE - SECOND, IDLE, timedelta(hours=20)])
def test_what_a_page_sends_without_its_token_is_kept_and_never_done(
    house: House, away: timedelta
) -> None:
    """What the script does with a form that was being filled in when the desk locked."""
    dan = at_desk(house, **HERE)
    dan.get("/account")
    house.clock.advance(away)
    step_up = lands_on(dan.post("/account", PROFILE, csrf=""))
    assert step_up.startswith("/step-ups/")
    assert PROFILE["name"] not in {row["name"] for row in rows(house, "users")}
    if away >= IDLE:
        assert PROFILE["name"] not in dan.get(step_up).text
        unlock(dan, step_up)
    assert PROFILE["name"] in dan.get(step_up).text


def test_after_a_night_the_form_still_waits(house: House) -> None:
    dan = at_desk(house)
    dan.get("/account")
    house.clock.advance(IDLE)
    step_up = lands_on(dan.post("/account", PROFILE))
    house.clock.advance(timedelta(hours=24) - SECOND)
    shown = dan.follow(unlock(dan, step_up))
    assert PROFILE["name"] in shown.text


def test_after_longer_the_way_back_in_is_open_and_the_form_gone(house: House) -> None:
    dan = at_desk(house)
    dan.get("/account")
    house.clock.advance(IDLE)
    step_up = lands_on(dan.post("/account", PROFILE))
    dan.get(step_up)
    house.clock.advance(timedelta(hours=24))
    answer = dan.post(f"{step_up}/password", password=PASSWORD)
    assert lands_on(answer) == "/"
    again = lands_on(dan.get("/"))
    assert again != step_up
    assert lands_on(unlock(dan, again)) == "/"
    assert dan.get(step_up).status_code == 404


def test_a_challenge_that_was_left_open_stops_showing_what_it_is_for(house: House) -> None:
    piet = signed_in(house, "piet", **HERE)
    mark(house)
    piet.get("/account")
    asked = lands_on(piet.post("/account", PROFILE, csrf="from long ago"))
    assert PROFILE["name"] in piet.get(asked).text
    house.clock.advance(IDLE)
    assert PROFILE["name"] not in piet.get(asked).text


def test_one_factor_of_two_opens_it_again(house: House) -> None:
    piet = signed_in(house, "piet")
    mark(house)
    for kind in ("password", "totp"):
        house.clock.advance(IDLE)
        step_up = lands_on(piet.get("/"))
        answer = unlock(piet, step_up) if kind == "password" else piet.prove(path=f"{step_up}/totp")
        assert lands_on(answer) == "/", kind
        assert piet.get("/").status_code == 200


def test_the_enrolment_gate_locks_too(house: House) -> None:
    """Whoever sits down at a gate that was left open enrols nothing of their own."""
    eve = at_desk(house, "eve")
    assert lands_on(eve.get("/")) == "/login/enrol"
    action, app = eve.begin_app()
    house.clock.advance(IDLE)
    step_up = lands_on(eve.post(action, code=app.code(house.clock())))
    assert step_up.startswith("/step-ups/")
    again = lands_on(eve.post("/security/authenticators/new/totp"))
    assert again.startswith("/step-ups/")
    assert [row["kind"] for row in rows(house, "authenticators")] == ["password"]
    eve.follow(unlock(eve, step_up))
    assert lands_on(eve.get("/")) == "/login/enrol"
    assert "code" in eve.post(action).text, "the enrolment that she had begun goes on"
    assert eve.post(action, code=app.code(house.clock())).status_code == 303
    assert eve.get("/").status_code == 200


def test_the_enrolment_gate_stays_open_to_whoever_is_busy_in_it(house: House) -> None:
    """For as long as an enrolment may take, and no longer."""
    eve = at_desk(house, "eve")
    for _ in range(29):
        house.clock.advance(minutes=1)
        assert eve.get("/login/enrol").status_code == 200
    house.clock.advance(minutes=1)
    assert lands_on(eve.get("/login/enrol")) == "/login"


def test_a_code_that_is_refused_keeps_the_enrolment_gate_open_too(house: House) -> None:
    eve = at_desk(house, "eve")
    action, app = eve.begin_app()
    for _ in range(3):
        house.clock.advance(IDLE - SECOND)
        assert eve.post(action, code="000000").status_code == 422
    assert eve.post(action, code=app.code(house.clock())).status_code == 303
    assert eve.get("/").status_code == 200


def test_a_gate_that_has_locked_is_not_woken_by_asking(house: House) -> None:
    eve = at_desk(house, "eve")
    house.clock.advance(IDLE)
    for _ in range(3):
        step_up = lands_on(eve.get("/"))
        assert step_up.startswith("/step-ups/")
        eve.get(step_up)
        assert lands_on(eve.get("/login/enrol")) == "/"
        house.clock.advance(minutes=1)


def test_elsewhere_the_enrolment_gate_notes_no_use(house: House) -> None:
    eve = at_desk(house, "eve")
    mark(house, shared=False)
    before = seen(house)
    house.clock.advance(minutes=4)
    assert eve.get("/login/enrol").status_code == 200
    assert seen(house) == before


def test_use_of_the_gate_brings_back_nothing_that_has_lapsed(
    database_url: str, clock: Clock, entropy: Entropy
) -> None:
    """With limits so short that AAL2 idles out before the desk locks."""
    short = replace(LIFETIMES, idle={**LIFETIMES.idle, AAL.AAL2: timedelta(minutes=3)})
    house = build(database_url, clock, entropy, lifetimes=short)
    dan = signed_in(house, "dan")
    (app,) = (row["id"] for row in rows(house, "authenticators") if row["kind"] == "totp")
    assert dan.post(f"/security/authenticators/{app}/revocation").status_code == 303
    mark(house)
    house.run(hosts.grant, email_of("dan"), PARTNER, Role.FINANCE_CONTROLLER)
    for minutes, noted in ((2, True), (3, False)):
        before = seen(house)
        house.clock.advance(minutes=minutes)
        assert dan.get("/login/enrol").status_code == 200
        assert (seen(house) != before) is noted, minutes
    house.close()


def seen(house: House) -> list[Any]:
    return [row["seen_at"] for row in rows(house, "sessions")]


def test_a_token_of_the_page_survives_the_lock(house: House) -> None:
    """Other windows' forms stay good after the proof."""
    dan = at_desk(house)
    found = CSRF.search(dan.get("/account").text)
    house.clock.advance(IDLE)
    unlock(dan, lands_on(dan.get("/")))
    assert found
    assert lands_on(dan.post("/account", PROFILE, csrf=found.group(1))) == "/account"
