"""A user's page, and what is done there: by whom, to whom, and what follows at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from portal.edge import Edge
from portal.rules.terms import Role
from portal.store.tables import memberships
from portal.store.tables import users as users_table
from tests.support.crowd import (
    ADMINS,
    MEMBERS,
    OTHER,
    admin,
    events,
    populate,
    staff,
    user_row,
)
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, PASSWORD, House
from tests.support.threads import at_once
from tests.support.web import lands_on, rows, signed_in

OPERATIONS = (
    "unlock",
    "sessions/end",
    "disabled",
    "enabled",
    "reminder",
    "password-renewal",
)
# Who may look at whom, and who may act: a parent looks down, and acts where it manages.
SEEN = {
    HQ: {HQ, GUESTS, PARTNER, BRANCH, OTHER},
    PARTNER: {PARTNER, BRANCH},
    BRANCH: {BRANCH},
    OTHER: {OTHER},
}
SERVED = {HQ: {HQ, GUESTS}, PARTNER: {PARTNER}, BRANCH: {BRANCH}, OTHER: {OTHER}}


def page_of(house: House, email: str) -> str:
    return f"/admin/users/{user_row(house, email)['id']}"


def told(house: House, email: str) -> list[str]:
    house.work()
    return [message.subject for message in house.letters.to(email)]


@pytest.mark.parametrize("organisation", ADMINS)
def test_an_administrator_acts_on_their_own_and_on_managed_people_alone(
    house: House, organisation: str
) -> None:
    people = populate(house)
    visitor = admin(house, organisation)
    for home, person in people.items():
        path = f"/admin/users/{person.id}"
        for htmx in (False, True):
            seen = visitor.get(path, htmx=htmx)
            assert seen.status_code == (200 if home in SEEN[organisation] else 404), home
            assert (person.email in seen.text) is (home in SEEN[organisation])
            offered = f'action="{path}/disabled"' in seen.text
            assert offered is (home in SERVED[organisation]), home
        for operation in OPERATIONS:
            for htmx in (False, True):
                answer = visitor.post(f"{path}/{operation}", htmx=htmx)
                if home in SERVED[organisation]:
                    assert answer.status_code in {200, 303, 409}, (home, operation)
                else:
                    assert answer.status_code == 404, (home, operation)
                    assert person.email not in answer.text
    untouched = [people[home] for home in people if home not in SERVED[organisation]]
    for person in untouched:
        row = user_row(house, person.email)
        assert row["state"] == "active"
        assert row["password_due_at"] is None
        assert told(house, person.email) == []
    assert len(events(house, "action.refused")) == len(untouched) * len(OPERATIONS) * 2


def test_a_child_that_looks_after_itself_says_whom_to_ask(house: House) -> None:
    people = populate(house)
    ada = admin(house, HQ)
    text = ada.get(f"/admin/users/{people[PARTNER].id}").text
    assert "Test Cars looks after its own people" in text
    assert "Ask for a new password" not in text


def test_the_service_desk_looks_and_does_not_touch(house: House) -> None:
    people = populate(house)
    stan = staff(house, "stan@hq.example", HQ, Role.SERVICE_DESK)
    path = f"/admin/users/{people[GUESTS].id}"
    assert "Your role here does not include this" in stan.get(path).text
    for operation in OPERATIONS:
        for htmx in (False, True):
            assert stan.post(f"{path}/{operation}", htmx=htmx).status_code == 403


def test_the_service_desk_is_led_to_what_it_can_do(house: House) -> None:
    people = populate(house)
    admin(house, HQ)
    stan = staff(house, "stan@hq.example", HQ, Role.SERVICE_DESK)
    administrator = page_of(house, ADMINS[HQ])
    text = stan.get(administrator).text
    assert f'href="{administrator}/caller-check"' in text
    assert f'href="{administrator}/desk-resets/new"' in text
    assert "Your role here does not include this" not in text
    member = f"/admin/users/{people[GUESTS].id}"
    text = stan.get(member).text
    assert f'href="{member}/caller-check"' in text
    assert "desk-resets" not in text


def test_the_page_leads_to_the_roles(house: House) -> None:
    people = populate(house)
    ada = admin(house, HQ)
    path = f"/admin/users/{people[GUESTS].id}"
    text = ada.get(path).text
    assert f'href="{path}/roles"' in text
    assert "caller-check" not in text
    assert ada.get(f"{path}/roles").status_code == 200


def test_nobody_does_it_to_themselves(house: House) -> None:
    ada = admin(house, HQ)
    path = page_of(house, ADMINS[HQ])
    assert "Nobody does this to their own account" in ada.get(path).text
    for operation in OPERATIONS:
        for htmx in (False, True):
            assert ada.post(f"{path}/{operation}", htmx=htmx).status_code == 403
    assert user_row(house, ADMINS[HQ])["state"] == "active"


def test_the_page_tells_everything_but_secrets(house: House) -> None:
    ada = admin(house, HQ)
    tara = signed_in(house, "tara")
    tara.make_codes()
    assert tara.app is not None
    text = ada.get(page_of(house, "tara@guests.example")).text
    for words in ("Guests", "Traveler", "Authenticator app", "Backup codes", "Two factors"):
        assert words in text
    assert "Where they are signed in" in text
    assert "Signed in" in text
    for secret in (tara.app.key, *tara.codes, "argon2", PASSWORD):
        assert secret not in text


def test_the_history_goes_on_in_pages(house: House) -> None:
    ada = admin(house, HQ)
    tara = signed_in(house, "tara")
    for number in range(30):
        house.clock.advance(seconds=1)
        tara.post("/account", name=f"Tara {number}", locale="en", time_zone="UTC")
    path = page_of(house, "tara@guests.example")
    page = ada.get(path).text
    assert page.count('class="event-title"') == 20
    older = page.split('href="')
    address = next(part.split('"')[0] for part in older if "before=" in part.split('"')[0])
    part = ada.get(address, htmx=True).text
    assert "<html" not in part
    assert "Account created" in part
    assert ada.get(f"{path}?before=nonsense").status_code == 200


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
    assert "Your account is disabled" in told(house, "tara@guests.example")
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
    assert "You were signed out everywhere" in told(house, "tara@guests.example")
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
    assert told(house, person.email) == ["Please enrol a second factor"] * 2
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
    assert "Please choose a new password" in told(house, "tara@guests.example")


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
    assert "Your account is unlocked" in told(house, person.email)


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


def test_it_needs_two_factors_within_five_minutes_and_keeps_the_reason(house: House) -> None:
    people = populate(house)
    ada = admin(house, HQ)
    path = f"/admin/users/{people[GUESTS].id}"
    house.clock.advance(timedelta(minutes=5, seconds=1))
    ada.get(path)
    step_up = lands_on(ada.post(f"{path}/disabled", reason="lost the phone"))
    assert step_up.startswith("/step-ups/")
    assert ada.prove(path=f"{step_up}/totp").status_code == 303
    shown = ada.get(step_up).text
    assert "lost the phone" in shown
    assert user_row(house, MEMBERS[GUESTS])["state"] == "active"
    assert ada.post(f"{path}/disabled", reason="lost the phone").status_code == 303
    assert user_row(house, MEMBERS[GUESTS])["state"] == "disabled"


def test_a_reason_that_is_too_long_changes_nothing(house: House) -> None:
    people = populate(house)
    ada = admin(house, HQ)
    path = f"/admin/users/{people[GUESTS].id}"
    for htmx in (False, True):
        answer = ada.post(f"{path}/disabled", htmx=htmx, reason="x" * 201)
        assert answer.status_code == 422
        assert "This is too long." in answer.text
    assert user_row(house, MEMBERS[GUESTS])["state"] == "active"


def test_an_invited_person_who_was_disabled_is_invited_again(house: House) -> None:
    people = populate(house)
    ada = admin(house, HQ)
    person = people[GUESTS]

    def forget(edge: Edge) -> None:
        edge.db.execute(
            update(users_table)
            .where(users_table.c.id == person.id)
            .values(state="invited", security={"held": {}, "counts": {}})
        )

    house.run(forget)
    for operation in ("password-renewal", "reminder"):
        assert ada.post(f"/admin/users/{person.id}/{operation}").status_code == 409
    ada.post(f"/admin/users/{person.id}/disabled")
    ada.post(f"/admin/users/{person.id}/enabled")
    assert user_row(house, person.email)["state"] == "invited"


def test_a_person_without_any_role_is_still_their_organisations(house: House) -> None:
    people = populate(house)
    ada = admin(house, HQ)
    person = people[GUESTS]

    def drop(edge: Edge) -> None:
        edge.db.execute(delete(memberships).where(memberships.c.user_id == person.id))

    house.run(drop)
    assert ada.get(f"/admin/users/{person.id}").status_code == 200
    assert ada.post(f"/admin/users/{person.id}/disabled").status_code == 303


def test_whatever_is_done_is_audited_with_who_did_it(house: House) -> None:
    people = populate(house)
    ada = admin(house, HQ)
    actor = user_row(house, ADMINS[HQ])["id"]
    for operation in ("reminder", "password-renewal", "disabled", "enabled"):
        assert ada.post(f"/admin/users/{people[GUESTS].id}/{operation}").status_code == 303
    for event in (
        "user.enrol_reminded",
        "user.password_due",
        "user.disabled",
        "user.enabled",
    ):
        [row] = events(house, event)
        assert (row["actor_id"], row["subject_id"]) == (actor, people[GUESTS].id)
    assert len(rows(house, "outbox")) >= 4
