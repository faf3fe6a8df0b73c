"""Resets by two people: asking, approving, rejecting, withdrawing, running out."""

from __future__ import annotations

import uuid
from datetime import timedelta

from portal.flows import hosts, reset_decisions
from tests.support.house import PASSWORD, House
from tests.support.resets import (
    ASKED,
    approve,
    ask,
    audited,
    confirm,
    held,
    prove,
    somebody,
    state_of,
    subjects,
    user_row,
)
from tests.support.web import lands_on, rows, signed_in_again

NOBODY = str(uuid.UUID(int=7))
DAY = timedelta(hours=24)


def test_journey_c_an_admin_asks_a_super_admin_approves_and_the_traveler_enrols_again(
    house: House,
) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    tara.visitor.make_codes()
    elsewhere = signed_in_again(house, "tara", tara.visitor)
    panel = ada.visitor.get(f"/admin/users/{tara.id}/resets/new")
    assert panel.status_code == 200
    assert "Authenticator app, Backup codes" in panel.text
    assert "2 sessions" in panel.text
    reset = ask(ada.visitor, tara.id)
    assert state_of(house, reset) == "waiting"
    assert user_row(house, tara.id)["reset_id"] == reset
    assert "Somebody asks to reset your authenticators" in subjects(house, tara.email)
    assert "A reset waits for your decision" in subjects(house, sol.email)
    assert "You asked for a reset: Tara" in subjects(house, ada.email)
    assert tara.visitor.get("/").status_code == 200, "asking changes nothing"
    assert approve(sol.visitor, reset).status_code == 303
    assert state_of(house, reset) == "approved"
    assert held(house, tara.id) == ["password"]
    for browser in (tara.visitor, elsewhere):
        assert lands_on(browser.get("/")) == "/login"
    assert all(row["revoked_at"] for row in rows(house, "browsers") if row["user_id"] == tara.id)
    assert user_row(house, tara.id)["reset_id"] is None
    assert user_row(house, tara.id)["strongest"] == 1
    assert "The reset of Tara: approved" in subjects(house, ada.email)
    assert [row["actor_id"] for row in audited(house, "reset.approved", tara.id)] == [sol.id]
    fresh = house.visitor()
    fresh.follow(fresh.get(house.link(tara.email)))
    assert fresh.follow(fresh.post("/re-enrol", password=PASSWORD)).request.path == "/login/enrol"
    assert fresh.enrol_app().status_code == 303
    assert fresh.get("/").status_code == 200
    assert user_row(house, tara.id)["reset_at"] is None


def test_the_proof_shows_whom_why_by_whom_and_what_is_lost(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    shown = prove(ada.visitor, ada.visitor.post(f"/admin/users/{tara.id}/resets", **ASKED))
    for words in ("tara@guests.example", "fell into the lake", "Authenticator app", "called them"):
        assert words in shown.text
    confirm(ada.visitor, shown)
    (reset,) = (row["id"] for row in rows(house, "reset_requests"))
    shown = prove(sol.visitor, sol.visitor.post(f"/admin/resets/{reset}/approval"))
    for words in ("tara@guests.example", "fell into the lake", "ada@hq.example"):
        assert words in shown.text


def test_one_request_waits_for_a_person_at_a_time(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    reset = ask(ada.visitor, tara.id)
    page = sol.visitor.get(f"/admin/users/{tara.id}/resets/new")
    assert f'href="/admin/resets/{reset}"' in page.text
    answer = sol.visitor.post(f"/admin/users/{tara.id}/resets", **ASKED)
    assert answer.status_code == 409
    assert "waits for a decision already" in answer.text
    assert len(rows(house, "reset_requests")) == 1


def test_a_request_waits_for_a_day_to_the_second(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    reset = ask(ada.visitor, tara.id)
    asked_at = house.clock()
    house.clock.advance(DAY - timedelta(minutes=2))
    sol.visitor.sign_in(sol.email)
    house.clock.advance(asked_at + DAY - timedelta(seconds=1) - house.clock())
    assert "Approve the reset" in sol.visitor.get(f"/admin/resets/{reset}").text
    house.clock.advance(asked_at + DAY - house.clock())
    page = sol.visitor.get(f"/admin/resets/{reset}")
    assert "Not decided in time" in page.text
    assert "Approve the reset" not in page.text
    sol.visitor.get("/admin/resets")
    for what in ("approval", "rejection"):
        answer = sol.visitor.post(f"/admin/resets/{reset}/{what}", note="late")
        assert answer.status_code == 409
        assert "Nobody decided within the time" in answer.text
    assert held(house, tara.id) == ["password", "totp"]


def test_that_it_ran_out_is_noted_once_and_told(house: House) -> None:
    tara, ada = somebody(house, "tara"), somebody(house, "ada")
    reset = ask(ada.visitor, tara.id)
    assert not house.run(reset_decisions.expire_next)
    house.clock.advance(DAY)
    assert house.run(reset_decisions.expire_next)
    assert not house.run(reset_decisions.expire_next)
    assert state_of(house, reset) == "expired"
    assert user_row(house, tara.id)["reset_id"] is None
    assert len(audited(house, "reset.expired", tara.id)) == 1
    assert "The reset of Tara: not decided in time" in subjects(house, ada.email)
    assert "Your authenticators stay as they are" in subjects(house, tara.email)


def test_after_it_ran_out_it_can_be_asked_for_anew(house: House) -> None:
    tara, ada = somebody(house, "tara"), somebody(house, "ada")
    first = ask(ada.visitor, tara.id)
    house.clock.advance(DAY)
    ada.visitor.sign_in(ada.email)
    ada.visitor.get("/security")
    second = ask(ada.visitor, tara.id)
    assert state_of(house, first) == "expired"
    assert user_row(house, tara.id)["reset_id"] == second
    assert len(audited(house, "reset.expired", tara.id)) == 1


def test_rejecting_needs_a_note_and_tells_both(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    reset = ask(ada.visitor, tara.id)
    assert sol.visitor.post(f"/admin/resets/{reset}/rejection").status_code == 422
    answer = sol.visitor.post(f"/admin/resets/{reset}/rejection", note="Call her back first")
    assert answer.status_code == 303
    assert state_of(house, reset) == "rejected"
    house.work()
    told = [letter.text for letter in house.letters.to(ada.email)]
    assert any("Call her back first" in text for text in told)
    assert "Your authenticators stay as they are" in subjects(house, tara.email)
    assert "Call her back first" in ada.visitor.get(f"/admin/resets/{reset}").text
    assert sol.visitor.post(f"/admin/resets/{reset}/approval").status_code == 409
    assert user_row(house, tara.id)["reset_id"] is None


def test_the_host_resets_through_the_same_clearing(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    approve(sol.visitor, ask(ada.visitor, tara.id))
    house.run(hosts.reset_factors, tara.email, "lost the mail too")
    assert user_row(house, tara.id)["reset_at"] is None
    assert all(row["used_at"] for row in rows(house, "links") if row["kind"] == "ticket")
    fresh = house.visitor()
    assert fresh.sign_in(tara.email).status_code == 200
