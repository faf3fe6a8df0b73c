"""A user's page: who sees whose, what it tells, and by whom something may be done there."""

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
    OPERATIONS,
    OTHER,
    admin,
    events,
    page_of,
    populate,
    staff,
    user_row,
)
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, PASSWORD, House
from tests.support.resets import subjects
from tests.support.web import lands_on, rows, signed_in

# Who may look at whom, and who may act: a parent looks down, and acts where it manages.
SEEN = {
    HQ: {HQ, GUESTS, PARTNER, BRANCH, OTHER},
    PARTNER: {PARTNER, BRANCH},
    BRANCH: {BRANCH},
    OTHER: {OTHER},
}
SERVED = {HQ: {HQ, GUESTS}, PARTNER: {PARTNER}, BRANCH: {BRANCH}, OTHER: {OTHER}}


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
        assert subjects(house, person.email) == []
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
