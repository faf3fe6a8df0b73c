"""What is done to an account on its page holds from the person's very next request on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from portal.edge import Edge
from portal.rules.terms import Role
from portal.store.tables import memberships
from portal.store.tables import users as users_table
from tests.support.crowd import (
    ADMINS,
    MEMBERS,
    OPERATIONS,
    OTHER,
    admin,
    events,
    page_of,
    populate,
    staff,
    user_row,
)
from tests.support.house import GUESTS, HQ, PARTNER, PASSWORD, House
from tests.support.resets import subjects
from tests.support.threads import at_once
from tests.support.web import lands_on, signed_in


def test_disabled_in_the_middle_of_work_is_a_stranger_at_the_next_request(house: House) -> None:
    ada = admin(house, HQ)
    tara = signed_in(house, "tara")
    path = page_of(house, "tara@guests.example")
    assert lands_on(ada.post(f"{path}/disabled", reason="left the company")) == path
    assert lands_on(tara.get("/account")) == "/login"
    part = tara.get("/security/sessions", htmx=True)
    assert part.status_code == 401
    assert tara.post("/account", name="Tara", locale="en", time_zone="UTC").status_code == 303
    assert user_row(house, "tara@guests.example")["name"] == "Tara"
    assert house.visitor().password("tara@guests.example").status_code == 422
    assert events(house, "user.disabled")[0]["reason"] == "left the company"
    assert "Your account is disabled" in subjects(house, "tara@guests.example")
    assert "The account is disabled" in ada.get(path).text
    assert lands_on(ada.post(f"{path}/enabled")) == path
    again = house.visitor()
    again.app = tara.app
    assert again.sign_in("tara@guests.example").status_code == 200


def test_ended_sessions_are_over_at_the_next_request(house: House) -> None:
    ada = admin(house, HQ)
    tara = signed_in(house, "tara")
    path = page_of(house, "tara@guests.example")
    answer = ada.post(f"{path}/sessions/end", htmx=True)
    assert "All their sessions are ended." in answer.text
    assert "Nowhere at present." in answer.text
    assert "<html" not in answer.text
    assert tara.get("/account", htmx=True).status_code == 401
    assert lands_on(tara.get("/account")) == "/login"
    assert "You were signed out everywhere" in subjects(house, "tara@guests.example")
    ada.post(f"{path}/sessions/end")
    assert "There was nothing to do" in ada.get(path).text


def test_an_administrator_who_was_demoted_is_refused_at_once(house: House) -> None:
    people = populate(house)
    ada = admin(house, HQ)
    path = f"/admin/users/{people[GUESTS].id}"
    assert ada.get(path).status_code == 200

    def demote(edge: Edge) -> None:
        mine = memberships.c.user_id == user_row_id
        edge.db.execute(update(memberships).where(mine).values(role=str(Role.DISPATCHER)))

    user_row_id = user_row(house, ADMINS[HQ])["id"]
    house.run(demote)
    for operation in OPERATIONS:
        for htmx in (False, True):
            assert ada.post(f"{path}/{operation}", htmx=htmx).status_code == 403
    assert ada.get(path).status_code == 403
    assert user_row(house, MEMBERS[GUESTS])["state"] == "active"


def test_a_person_who_moved_away_is_out_of_reach_at_once(house: House) -> None:
    people = populate(house)
    pam = admin(house, PARTNER)
    person = people[PARTNER]
    assert pam.get(f"/admin/users/{person.id}").status_code == 200

    def move(edge: Edge) -> None:
        edge.db.execute(
            update(users_table)
            .where(users_table.c.id == person.id)
            .values(home_organisation_id=people[OTHER].home_organisation_id)
        )

    house.run(move)
    assert pam.post(f"/admin/users/{person.id}/disabled").status_code == 404
    assert pam.get(f"/admin/users/{person.id}").status_code == 404
    assert user_row(house, person.email)["state"] == "active"


def test_an_admin_changes_no_super_admins_account(house: House) -> None:
    ada = admin(house, HQ)
    house.user("sol@hq.example", HQ, Role.SUPER_ADMIN)
    path = page_of(house, "sol@hq.example")
    for action in ("disabled", "sessions/end", "unlock", "password-renewal"):
        for htmx in (False, True):
            answer = ada.post(f"{path}/{action}", htmx=htmx)
            assert answer.status_code == 403
            assert "Ask another super-admin." in answer.text
    assert user_row(house, "sol@hq.example")["state"] == "active"
    assert "/disabled" not in ada.get(path).text, "and it is not offered"


def test_two_super_admins_who_disable_each_other_leave_one(house: House) -> None:
    people = [signed_in(house, "sol"), staff(house, "sue@hq.example", HQ, Role.SUPER_ADMIN)]
    paths = [page_of(house, "sue@hq.example"), page_of(house, "sol@hq.example")]
    for visitor, path in zip(people, paths, strict=True):
        visitor.get(path)
    at_once(2, lambda number: people[number].post(f"{paths[number]}/disabled"))
    states = [user_row(house, f"{name}@hq.example")["state"] for name in ("sol", "sue")]
    assert "active" in states


def test_reminders_go_out_once_a_day_and_to_nobody_who_has_enrolled(house: House) -> None:
    people = populate(house)
    ada = admin(house, HQ)
    person = people[GUESTS]
    path = f"/admin/users/{person.id}/reminder"
    assert ada.post(path).status_code == 303
    assert ada.post(path).status_code == 409
    house.clock.advance(timedelta(hours=23, minutes=59))
    again = staff(house, "abe@hq.example", HQ, Role.HQ_ADMIN)
    assert again.post(path).status_code == 409, "whoever asks"
    house.clock.advance(timedelta(minutes=2))
    assert again.post(path).status_code == 303
    assert subjects(house, person.email) == ["Please enrol a second factor"] * 2
    tara = signed_in(house, "tara")
    assert tara.app is not None
    answer = again.post(f"{page_of(house, 'tara@guests.example')}/reminder")
    assert answer.status_code == 409
    assert "has a second factor already" in answer.text


def test_a_new_password_is_asked_for_before_anything_else(house: House) -> None:
    ada = admin(house, HQ)
    tara = signed_in(house, "tara")
    path = page_of(house, "tara@guests.example")
    assert ada.post(f"{path}/password-renewal").status_code == 303
    assert "Must choose a new password" in ada.get(path).text
    assert lands_on(tara.get("/security")) == "/account/password"
    part = tara.get("/security/sessions", htmx=True)
    assert (part.status_code, lands_on(part)) == (403, "/account/password")
    page = tara.get("/account/password")
    assert "An administrator asks you to choose a new password" in page.text
    same = tara.post("/account/password", current=PASSWORD, new=PASSWORD)
    assert same.status_code == 422
    assert "the password that you have now" in same.text
    assert lands_on(tara.get("/security")) == "/account/password"
    new = "nine bright ferries by the dock"
    assert tara.post("/account/password", current=PASSWORD, new=new).status_code == 303
    assert tara.get("/security").status_code == 200
    assert user_row(house, "tara@guests.example")["password_due_at"] is None
    assert "Please choose a new password" in subjects(house, "tara@guests.example")


def test_whoever_signs_in_while_it_is_due_is_led_to_it_and_arrives(house: House) -> None:
    ada = admin(house, HQ)
    person = house.user("gus@guests.example")
    ada.post(f"/admin/users/{person.id}/password-renewal")
    gus = house.visitor()
    answer = gus.follow(gus.password(person.email))
    assert answer.request.path == "/account/password"
    new = "nine bright ferries by the dock"
    assert gus.post("/account/password", current=PASSWORD, new=new).status_code == 303
    assert gus.get("/").status_code == 200
    assert user_row(house, person.email)["last_signed_in_at"] is not None
