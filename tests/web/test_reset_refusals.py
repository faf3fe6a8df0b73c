"""What nobody may do about a reset: without a grant, alone, across tenants, above their role."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from portal.flows import hosts
from portal.rules.terms import AccountState, Role
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House, Visitor
from tests.support.resets import (
    ASKED,
    PROOF,
    Somebody,
    approve,
    ask,
    ask_at_desk,
    audited,
    confirm,
    held,
    newcomer,
    prove,
    second_partner_admin,
    second_super_admin,
    somebody,
    state_of,
)
from tests.support.web import lands_on, rows, signed_in_again

NOBODY = str(uuid.UUID(int=7))
DAY = timedelta(hours=24)


def test_without_a_grant_nothing_is_asked_for_or_approved(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    ada.visitor.post(f"/admin/users/{tara.id}/resets", **ASKED)
    assert rows(house, "reset_requests") == []
    reset = ask(ada.visitor, tara.id)
    sol.visitor.post(f"/admin/resets/{reset}/approval")
    assert state_of(house, reset) == "waiting"
    assert held(house, tara.id) == ["password", "totp"]


@pytest.mark.parametrize("changed", ["person", "reason", "factors", "codes", "note"])
def test_a_grant_approves_nothing_but_what_was_shown(house: House, changed: str) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    tom = newcomer(house, "tom@guests.example", GUESTS, Role.TRAVELER)
    if changed == "reason":
        ada.visitor.get("/security")
        shown = prove(ada.visitor, ada.visitor.post(f"/admin/users/{tara.id}/resets", **ASKED))
        other: dict[str, Any] = {**ASKED, "reason": "Something else"}
        answer = ada.visitor.post(f"/admin/users/{tara.id}/resets", **other)
        assert lands_on(answer).startswith("/step-ups/")
        assert confirm(ada.visitor, shown).status_code == 303
        return
    if changed == "codes":
        tara.visitor.make_codes()
    reset, second = ask(ada.visitor, tara.id), ask(ada.visitor, tom.id)
    shown = prove(sol.visitor, sol.visitor.post(f"/admin/resets/{reset}/approval"))
    if changed == "factors":
        tara.visitor.get("/security")
        assert tara.visitor.enrol_app().status_code == 303
    if changed == "codes":
        # Called the same, and yet not what was shown.
        tara.visitor.make_codes()
    target = second if changed == "person" else reset
    note: dict[str, Any] = {"note": "all right"} if changed == "note" else {}
    answer = sol.visitor.post(f"/admin/resets/{target}/approval", **note)
    assert lands_on(answer).startswith("/step-ups/")
    assert state_of(house, target) == "waiting"
    if changed == "factors":
        assert confirm(sol.visitor, shown).status_code == 303
        assert state_of(house, reset) == "waiting", "the page shown before is not enough either"


def test_a_grant_is_good_in_its_session_once_and_for_five_minutes(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    reset = ask(ada.visitor, tara.id)
    path = f"/admin/resets/{reset}/approval"
    prove(sol.visitor, sol.visitor.post(path))
    other = signed_in_again(house, "sol", sol.visitor)
    other.get("/security")
    assert lands_on(other.post(path)).startswith("/step-ups/")
    house.clock.advance(timedelta(minutes=5, seconds=1))
    assert lands_on(sol.visitor.post(path)).startswith("/step-ups/")
    assert state_of(house, reset) == "waiting"
    assert approve(sol.visitor, reset).status_code == 303
    assert sol.visitor.post(path).status_code == 409


def test_nobody_approves_what_they_asked_for(house: House) -> None:
    hanna = newcomer(house, "hanna@hq.example", HQ, Role.DISPATCHER)
    sol, sue = somebody(house, "sol"), second_super_admin(house)
    reset = ask(sol.visitor, hanna.id)
    answer = sol.visitor.post(f"/admin/resets/{reset}/approval")
    assert answer.status_code == 403
    assert "You had a part in this already" in answer.text
    page = sol.visitor.get(f"/admin/resets/{reset}")
    assert "Approve the reset" not in page.text
    assert state_of(house, reset) == "waiting"
    assert approve(sue.visitor, reset).status_code == 303


def test_nobody_approves_or_rejects_their_own_reset(house: House) -> None:
    stan, sue, sol = somebody(house, "stan"), second_super_admin(house), somebody(house, "sol")
    reset = ask_at_desk(stan.visitor, sue.id)
    for what in ("approval", "rejection"):
        answer = sue.visitor.post(f"/admin/resets/{reset}/{what}", note="mine")
        assert answer.status_code == 403
        assert "Nobody does this to their own account" in answer.text
    assert state_of(house, reset) == "waiting"
    assert approve(sol.visitor, reset).status_code == 303


def test_nobody_asks_for_their_own_reset(house: House) -> None:
    for name in ("pam", "ada", "sol"):
        person = somebody(house, name)
        for answer in (
            person.visitor.get(f"/admin/users/{person.id}/resets/new"),
            person.visitor.post(f"/admin/users/{person.id}/resets", **ASKED),
        ):
            assert answer.status_code == 403
            assert "Nobody does this to their own account" in answer.text
    stan = somebody(house, "stan")
    answer = stan.visitor.post(f"/admin/users/{stan.id}/desk-resets", **PROOF)
    assert answer.status_code == 403
    assert rows(house, "reset_requests") == []


def refused_everywhere(visitor: Visitor, user_id: str, status: int) -> None:
    """Page, fragment, post, and post as a fragment."""
    for htmx in (False, True):
        page = visitor.get(f"/admin/users/{user_id}/resets/new", htmx=htmx)
        assert page.status_code == status, page.text
        answer = visitor.post(f"/admin/users/{user_id}/resets", htmx=htmx, **ASKED)
        assert answer.status_code == status, answer.text
        assert not lands_on(answer)


def test_another_organisations_people_are_not_found_by_its_admin(house: House) -> None:
    """D4: by page, by fragment, by guessed id; a child's people too, unless it is managed."""
    pam, ada, sol = (somebody(house, name) for name in ("pam", "ada", "sol"))
    tara = somebody(house, "tara")
    kim = newcomer(house, "kim@branch.example", BRANCH, Role.DISPATCHER)
    dan = somebody(house, "dan")
    for admin, person in (
        (pam, tara.id),  # HQ's guests.
        (pam, kim.id),  # Their own branch, which is not managed by them.
        (ada, dan.id),  # HQ over a partner that is not managed by it.
        (sol, kim.id),
        (pam, NOBODY),
    ):
        refused_everywhere(admin.visitor, person, 404)
    theirs = pam.visitor.get(f"/admin/users/{tara.id}/resets/new")
    nobody = pam.visitor.get(f"/admin/users/{NOBODY}/resets/new")
    assert theirs.text == nobody.text
    assert rows(house, "reset_requests") == []
    ask(pam.visitor, dan.id)
    ask(ada.visitor, tara.id)


def test_admins_are_not_reset_by_admins_but_by_the_service_desk(house: House) -> None:
    """D5: the refusal says where to go."""
    pam, pia, ada = somebody(house, "pam"), second_partner_admin(house), somebody(house, "ada")
    sol, stan = somebody(house, "sol"), somebody(house, "stan")
    for admin, other in ((pam, pia), (ada, sol), (sol, ada), (ada, stan)):
        refused_everywhere(admin.visitor, other.id, 403)
        assert "service desk" in admin.visitor.get(f"/admin/users/{other.id}/resets/new").text
    reset = ask_at_desk(stan.visitor, pia.id)
    shown = sol.visitor.get(f"/admin/resets/{reset}")
    assert "Passport shown in a video call" in shown.text
    assert approve(sol.visitor, reset).status_code == 303
    assert held(house, pia.id) == ["password"]


def test_the_desk_resets_administrators_alone_and_notes_a_proof(house: House) -> None:
    stan, pam, dan = somebody(house, "stan"), somebody(house, "pam"), somebody(house, "dan")
    answer = stan.visitor.post(f"/admin/users/{dan.id}/desk-resets", **PROOF)
    assert answer.status_code == 403
    assert "handles administrators only" in answer.text
    assert stan.visitor.get(f"/admin/users/{dan.id}/resets/new").status_code == 403
    assert stan.visitor.post(f"/admin/users/{dan.id}/resets", **ASKED).status_code == 403
    answer = stan.visitor.post(f"/admin/users/{pam.id}/desk-resets", **ASKED)
    assert answer.status_code == 422
    assert "Which proof of identity" in answer.text
    assert rows(house, "reset_requests") == []
    for admin in (pam, somebody(house, "ada")):
        answer = admin.visitor.post(f"/admin/users/{stan.id}/desk-resets", **PROOF)
        assert answer.status_code == 403


def test_a_role_lost_a_second_ago_asks_for_and_approves_nothing(house: House) -> None:
    tara, ada, sol, sue = (
        somebody(house, "tara"),
        somebody(house, "ada"),
        somebody(house, "sol"),
        second_super_admin(house),
    )
    reset = ask(ada.visitor, tara.id)
    shown = prove(sol.visitor, sol.visitor.post(f"/admin/resets/{reset}/approval"))
    demote(house, sol)
    assert confirm(sol.visitor, shown).status_code == 403
    assert state_of(house, reset) == "waiting"
    tom = newcomer(house, "tom@guests.example", GUESTS, Role.TRAVELER)
    shown = prove(ada.visitor, ada.visitor.post(f"/admin/users/{tom.id}/resets", **ASKED))
    demote(house, ada)
    assert confirm(ada.visitor, shown).status_code == 403
    assert len(rows(house, "reset_requests")) == 1
    answer = sue.visitor.post(f"/admin/resets/{reset}/approval")
    assert answer.status_code == 409
    assert "may not ask for it any more" in answer.text
    assert state_of(house, reset) == "rejected"
    assert [row["reason"] for row in audited(house, "reset.refused", tara.id)] == ["requester"]
    assert held(house, tara.id) == ["password", "totp"]


def demote(house: House, person: Somebody) -> None:
    """Take every role away, as another administrator's transaction would."""
    transaction = house.runner.database.open(writing=True)
    transaction.connection.exec_driver_sql(f"DELETE FROM memberships WHERE user_id = '{person.id}'")
    transaction.commit()


def test_whoever_became_an_administrator_meanwhile_goes_to_the_desk(house: House) -> None:
    dan, pam, sol, stan = (somebody(house, name) for name in ("dan", "pam", "sol", "stan"))
    reset = ask(pam.visitor, dan.id)
    shown = prove(sol.visitor, sol.visitor.post(f"/admin/resets/{reset}/approval"))
    house.run(hosts.grant, dan.email, PARTNER, Role.PARTNER_ADMIN)
    answer = confirm(sol.visitor, shown)
    assert answer.status_code == 409
    assert "service desk" in answer.text
    assert state_of(house, reset) == "rejected"
    assert held(house, dan.id) == ["password", "totp"]
    assert dan.visitor.get("/").status_code == 200
    closed = sol.visitor.get(f"/admin/resets/{reset}").text
    assert "Closed by the portal" in closed and "<dt>Note</dt>" not in closed
    again = ask_at_desk(stan.visitor, dan.id)
    assert approve(sol.visitor, again).status_code == 303


def test_a_disabled_requester_or_subject_stops_it(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    reset = ask(ada.visitor, tara.id)
    house.run(hosts.set_state, tara.email, AccountState.DISABLED)
    assert sol.visitor.post(f"/admin/resets/{reset}/approval").status_code == 409
    assert state_of(house, reset) == "waiting"
    house.run(hosts.set_state, tara.email, AccountState.ACTIVE)
    house.run(hosts.set_state, ada.email, AccountState.DISABLED)
    assert sol.visitor.post(f"/admin/resets/{reset}/approval").status_code == 409
    assert state_of(house, reset) == "rejected"
