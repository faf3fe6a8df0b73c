"""Exemptions by two people: asked for, approved, ended early, over at their second."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from portal.flows import exception_decisions
from portal.rules.terms import Role
from tests.support.exceptions import (
    approval,
    approve,
    ask_exemption,
    day,
    row_of,
    state_of,
    stopped,
)
from tests.support.house import BRANCH, GUESTS, PARTNER, House
from tests.support.resets import (
    audited,
    confirm,
    held,
    newcomer,
    prove,
    second_partner_admin,
    second_super_admin,
    somebody,
    subjects,
    user_row,
)
from tests.support.rollouts import roll_out
from tests.support.web import lands_on, rows

NOBODY = str(uuid.UUID(int=7))
GATE = "/login/enrol"
KIND = "exemption"


def test_one_is_exempt_until_a_date_and_the_others_are_not(house: House) -> None:
    dan = stopped(house)
    pam, sol = somebody(house, "pam"), somebody(house, "sol")
    assert lands_on(dan.visitor.get("/")) == GATE
    page = pam.visitor.get(f"/admin/users/{dan.id}/exemption")
    assert "A second factor is missing." in page.text
    exception = ask_exemption(pam.visitor, dan.id)
    assert state_of(house, exception) == "waiting"
    assert lands_on(dan.visitor.get("/")) == GATE, "asking changes nothing"
    assert "Somebody asks to exempt you from a policy" in subjects(house, dan.email)
    assert "An exemption waits for your decision" in subjects(house, sol.email)
    assert "You asked for an exemption: Dan" in subjects(house, pam.email)
    assert approve(sol.visitor, KIND, exception).status_code == 303
    until = row_of(house, exception)["until"]
    assert user_row(house, dan.id)["exempt_until"] == until
    assert dan.visitor.get("/").status_code == 200
    assert "Exemption for Dan: approved" in subjects(house, pam.email)
    assert any(title.startswith("You are exempt until") for title in subjects(house, dan.email))
    assert [row["actor_id"] for row in audited(house, "exemption.approved", dan.id)] == [sol.id]
    deb = newcomer(house, "deb@partner.example", PARTNER, Role.DISPATCHER)
    assert user_row(house, deb.id)["exempt_until"] is None


def test_it_ends_by_itself_at_its_second_and_nothing_need_run(house: House) -> None:
    dan = stopped(house)
    pam, sol = somebody(house, "pam"), somebody(house, "sol")
    exception = ask_exemption(pam.visitor, dan.id, days=0)
    approve(sol.visitor, KIND, exception)
    dan.visitor.post("/logout")  # A session that was stopped lives for minutes.
    dan.visitor.sign_in(dan.email)
    until = row_of(house, exception)["until"]
    house.clock.advance(until - timedelta(seconds=1) - house.clock())
    assert dan.visitor.get("/").status_code == 200
    house.clock.advance(timedelta(seconds=1))
    assert lands_on(dan.visitor.get("/")) == GATE
    sol.visitor.sign_in(sol.email)
    assert "Ended" in sol.visitor.get(f"/admin/exceptions/{exception}").text
    assert house.run(exception_decisions.expire_next)
    assert not house.run(exception_decisions.expire_next)
    assert state_of(house, exception) == "ended"
    assert len(audited(house, "exemption.ended", dan.id)) == 1
    assert "Your exemption has ended" in subjects(house, dan.email)


def test_whoever_may_ends_it_early_and_the_next_click_is_stopped(house: House) -> None:
    dan = stopped(house)
    pam, pia, sol = somebody(house, "pam"), second_partner_admin(house), somebody(house, "sol")
    exception = ask_exemption(pam.visitor, dan.id)
    path = f"/admin/exceptions/{exception}/end"
    assert pia.visitor.post(path).status_code == 409, "it only waits"
    approve(sol.visitor, KIND, exception)
    assert sol.visitor.post(path).status_code == 404, "HQ does not serve these people"
    assert dan.visitor.get("/").status_code == 200
    pia.visitor.sign_in(pia.email)
    pia.visitor.get(f"/admin/exceptions/{exception}")
    assert pia.visitor.post(path, note="He enrols now").status_code == 303
    assert state_of(house, exception) == "ended"
    assert user_row(house, dan.id)["exempt_until"] is None
    assert lands_on(dan.visitor.get("/")) == GATE
    assert pia.visitor.post(path).status_code == 409
    (ended,) = audited(house, "exemption.ended", dan.id)
    assert (ended["actor_id"], ended["reason"]) == (pia.id, "He enrols now")


def test_a_newer_one_takes_the_place_of_the_older(house: House) -> None:
    dan = stopped(house)
    pam, sol = somebody(house, "pam"), somebody(house, "sol")
    first = ask_exemption(pam.visitor, dan.id, days=2)
    approve(sol.visitor, KIND, first)
    second = ask_exemption(pam.visitor, dan.id, days=20)
    approve(sol.visitor, KIND, second)
    assert (state_of(house, first), state_of(house, second)) == ("ended", "approved")
    assert user_row(house, dan.id)["exempt_until"] == row_of(house, second)["until"]


def test_nobody_approves_what_they_asked_for(house: House) -> None:
    dan = somebody(house, "dan")
    sol, sue = somebody(house, "sol"), second_super_admin(house)
    stan = newcomer(house, "sid@hq.example", "Test HQ", Role.DISPATCHER)
    exception = ask_exemption(sol.visitor, stan.id)
    page = sol.visitor.get(f"/admin/exceptions/{exception}")
    assert "Approve the exemption" not in page.text
    assert "You had a part in this already" in page.text
    for htmx in (False, True):
        assert sol.visitor.post(approval(KIND, exception), htmx=htmx).status_code == 403
    assert state_of(house, exception) == "waiting"
    assert dan.visitor.post(approval(KIND, exception)).status_code == 403
    assert approve(sue.visitor, KIND, exception).status_code == 303


def test_nobody_is_exempted_by_themselves_nor_approves_their_own(house: House) -> None:
    sol, sue = somebody(house, "sol"), second_super_admin(house)
    form = {"reason": "Me", "until": day(house, 3)}
    assert sol.visitor.get(f"/admin/users/{sol.id}/exemption").status_code == 403
    assert sol.visitor.post(f"/admin/users/{sol.id}/exemption", form).status_code == 403
    assert rows(house, "exceptions") == []
    assert sue.visitor.get(f"/admin/users/{sol.id}/exemption").status_code == 200


def test_the_built_in_policy_is_never_lifted_and_the_page_says_so(house: House) -> None:
    pam = somebody(house, "pam")
    eve = house.person("eve")
    page = pam.visitor.get(f"/admin/users/{eve.id}/exemption")
    assert "Nobody is exempt from that" in page.text
    assert "An exemption would change nothing" in page.text
    assert 'name="until"' not in page.text
    form = {"reason": "x", "until": day(house, 3)}
    answer = pam.visitor.post(f"/admin/users/{eve.id}/exemption", form)
    assert answer.status_code == 409
    assert "An exemption would change nothing" in answer.text
    assert rows(house, "exceptions") == []


def test_another_tenants_people_are_nobody(house: House) -> None:
    dan = somebody(house, "dan")
    pam, sol = somebody(house, "pam"), somebody(house, "sol")
    bea = newcomer(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    ada = somebody(house, "ada")
    form = {"reason": "x", "until": day(house, 3)}
    for stranger in (bea, ada):
        for user_id in (dan.id, NOBODY):
            path = f"/admin/users/{user_id}/exemption"
            for htmx in (False, True):
                assert stranger.visitor.get(path, htmx=htmx).status_code == 404
                assert stranger.visitor.post(path, form, htmx=htmx).status_code == 404
    exception = ask_exemption(pam.visitor, dan.id)
    for htmx in (False, True):
        assert bea.visitor.get(f"/admin/exceptions/{exception}", htmx=htmx).status_code == 404
        assert "Dan" not in bea.visitor.get("/admin/exceptions", htmx=htmx).text
    for what in ("withdrawal", "end"):
        assert bea.visitor.post(f"/admin/exceptions/{exception}/{what}").status_code == 404
    assert bea.visitor.post(approval(KIND, exception)).status_code == 403
    assert sol.visitor.post(approval("bypass", exception)).status_code == 404, "another kind"
    assert sol.visitor.post(approval(KIND, NOBODY)).status_code == 404
    assert state_of(house, exception) == "waiting"


@pytest.mark.parametrize("ahead", [-1, 31, 400_000])
def test_a_day_that_is_over_or_too_far_ahead_is_refused(house: House, ahead: int) -> None:
    dan, pam = somebody(house, "dan"), somebody(house, "pam")
    form = {"reason": "x", "until": day(house, ahead) if ahead < 400_000 else "9999-12-31"}
    answer = pam.visitor.post(f"/admin/users/{dan.id}/exemption", form)
    assert answer.status_code == 422
    assert 'id="until-error"' in answer.text
    assert rows(house, "exceptions") == []


@pytest.mark.parametrize("form", [{}, {"reason": "x"}, {"reason": "x", "until": "tomorrow"}])
def test_an_unfit_form_asks_for_nothing(house: House, form: dict[str, str]) -> None:
    dan, pam = somebody(house, "dan"), somebody(house, "pam")
    answer = pam.visitor.post(f"/admin/users/{dan.id}/exemption", form)
    assert answer.status_code == 422
    assert rows(house, "exceptions") == []


def test_the_last_day_that_is_offered_is_taken(house: House) -> None:
    dan, pam = somebody(house, "dan"), somebody(house, "pam")
    assert ask_exemption(pam.visitor, dan.id, days=30)


def test_the_proof_shows_whom_why_and_until_when(house: House) -> None:
    dan, pam, sol = somebody(house, "dan"), somebody(house, "pam"), somebody(house, "sol")
    form = {"reason": "He is abroad", "until": day(house, 7)}
    shown = prove(pam.visitor, pam.visitor.post(f"/admin/users/{dan.id}/exemption", form))
    for words in ("dan@partner.example", "He is abroad", "9 Nov 2026, 23:59:59", "Dispatcher"):
        assert words in shown.text
    confirm(pam.visitor, shown)
    (exception,) = (row["id"] for row in rows(house, "exceptions"))
    shown = prove(sol.visitor, sol.visitor.post(approval(KIND, exception)))
    for words in ("dan@partner.example", "He is abroad", "pam@partner.example", "9 Nov 2026"):
        assert words in shown.text


def test_an_exemption_lets_nothing_new_in(house: House) -> None:
    """What it let somebody enrol would be forbidden again on the day on which it ends."""
    tara, ada, sol = house.person("tara"), somebody(house, "ada"), somebody(house, "sol")
    roll_out(house, {"required_roles": ["traveler"], "methods": ["passkey"]}, name=GUESTS, days=0)
    house.clock.advance(timedelta(seconds=1))
    approve(sol.visitor, KIND, ask_exemption(ada.visitor, tara.id))
    visitor = house.visitor()
    visitor.sign_in(tara.email)
    page = visitor.get("/security")
    assert page.status_code == 200, "she is let off"
    assert "/security/authenticators/new/passkey" in page.text
    assert "/security/authenticators/new/totp" not in page.text
    answer = visitor.post("/security/authenticators/new/totp")
    assert answer.status_code == 403
    assert "plan" not in answer.text
    assert held(house, tara.id) == ["password"]
