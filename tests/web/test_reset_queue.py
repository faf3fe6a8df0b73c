"""The pages of resets: who sees and withdraws what, unfit forms, lists of people."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from portal.rules.terms import Role
from portal.web import queue_views
from portal.web.reset_words import STATES
from tests.support.house import BRANCH, GUESTS, PARTNER, House
from tests.support.resets import (
    ASKED,
    approve,
    ask,
    ask_at_desk,
    confirm,
    newcomer,
    prove,
    second_partner_admin,
    somebody,
    state_of,
    subjects,
)
from tests.support.web import Work, lands_on, rows

NOBODY = str(uuid.UUID(int=7))
DAY = timedelta(hours=24)


def test_who_asked_or_could_ask_withdraws_and_nobody_else(house: House) -> None:
    dan, pam, pia, ada = (
        somebody(house, "dan"),
        somebody(house, "pam"),
        second_partner_admin(house),
        somebody(house, "ada"),
    )
    reset = ask(pam.visitor, dan.id)
    path = f"/admin/resets/{reset}/withdrawal"
    assert ada.visitor.post(path).status_code == 404
    assert dan.visitor.post(path).status_code == 403
    assert state_of(house, reset) == "waiting"
    assert pia.visitor.post(path, note="He found it").status_code == 303
    assert state_of(house, reset) == "withdrawn"
    assert pam.visitor.post(path).status_code == 409
    second = ask(pam.visitor, dan.id)
    assert pam.visitor.post(f"/admin/resets/{second}/withdrawal").status_code == 303


def test_a_desk_case_is_withdrawn_by_the_desk(house: House) -> None:
    pam, pia, stan, ada = (
        somebody(house, "pam"),
        second_partner_admin(house),
        somebody(house, "stan"),
        somebody(house, "ada"),
    )
    reset = ask_at_desk(stan.visitor, pia.id)
    path = f"/admin/resets/{reset}/withdrawal"
    assert pam.visitor.post(path).status_code == 404
    assert ada.visitor.post(path).status_code in {403, 404}
    assert state_of(house, reset) == "waiting"
    assert stan.visitor.post(path).status_code == 303
    assert state_of(house, reset) == "withdrawn"


def test_a_request_shows_to_the_organisation_and_those_above_it(house: House) -> None:
    dan, pam, ada = somebody(house, "dan"), somebody(house, "pam"), somebody(house, "ada")
    tara = somebody(house, "tara")
    theirs, ours = ask(ada.visitor, tara.id), ask(pam.visitor, dan.id)
    for htmx in (False, True):
        queue = pam.visitor.get("/admin/resets", htmx=htmx)
        assert "Dan" in queue.text
        assert "tara@guests.example" not in queue.text
        assert pam.visitor.get(f"/admin/resets/{theirs}", htmx=htmx).status_code == 404
        assert pam.visitor.get(f"/admin/resets/{NOBODY}", htmx=htmx).status_code == 404
        assert ada.visitor.get(f"/admin/resets/{ours}", htmx=htmx).status_code == 200
    branch = newcomer(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    assert branch.visitor.get(f"/admin/resets/{ours}").status_code == 404
    assert "Dan" not in branch.visitor.get("/admin/resets").text
    for what in ("approval", "rejection", "withdrawal"):
        answer = branch.visitor.post(f"/admin/resets/{ours}/{what}", note="x")
        assert answer.status_code in {403, 404}
    assert state_of(house, ours) == "waiting"


def test_the_queue_goes_by_state_and_by_key(house: House) -> None:
    ada, sol = somebody(house, "ada"), somebody(house, "sol")
    people = [
        newcomer(house, f"t{number}@guests.example", GUESTS, Role.TRAVELER) for number in range(2)
    ]
    first, second = (ask(ada.visitor, person.id) for person in people)
    sol.visitor.post(f"/admin/resets/{first}/rejection", note="no")
    waiting = sol.visitor.get("/admin/resets")
    assert "t1@guests.example" in waiting.text
    assert "t0@guests.example" not in waiting.text
    rejected = sol.visitor.get("/admin/resets?state=rejected")
    assert "t0@guests.example" in rejected.text
    assert "t1@guests.example" not in sol.visitor.get(f"/admin/resets?after={second}").text
    assert sol.visitor.get("/admin/resets?state=nonsense").status_code == 404
    assert sol.visitor.get("/admin/resets?after=nonsense").status_code == 200


def test_the_pages_beside_one_are_of_the_same_state(house: House) -> None:
    address = f"/admin/resets?state=rejected&after={NOBODY}"
    with house.app.test_request_context(address, base_url=house.settings.base_url):
        links = queue_views.links(queue_views.asked(STATES), NOBODY, STATES)
    assert links["next_url"] == address
    assert links["first_url"] == "/admin/resets?state=rejected"


def test_the_queue_takes_four_statements_at_most(house: House) -> None:
    ada, sol, tara = somebody(house, "ada"), somebody(house, "sol"), somebody(house, "tara")
    ask(ada.visitor, tara.id)
    sol.visitor.get("/admin/resets")
    with Work(house) as work:
        assert tara.email in sol.visitor.get("/admin/resets").text
    assert len(work.statements) <= 4, work.statements


def test_cancelling_the_proof_leads_back_to_the_filled_panel(house: House) -> None:
    tara, ada = somebody(house, "tara"), somebody(house, "ada")
    ada.visitor.headers["Referer"] = f"{house.settings.base_url}/admin/users"
    step_up = lands_on(ada.visitor.post(f"/admin/users/{tara.id}/resets", **ASKED))
    cancel = f"/admin/users/{tara.id}/resets/new?kept={step_up.rpartition('/')[2]}"
    assert f'href="{cancel}"' in ada.visitor.get(step_up).text
    page = ada.visitor.get(cancel)
    assert "Her phone fell into the lake" in page.text
    assert 'value="call_back" checked' in page.text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"reason": "x"},
        {"verification": "in_person"},
        {**ASKED, "verification": "by feeling"},
        {**ASKED, "reason": "x" * 501},
        {**ASKED, "reason": ["a", "b"]},
    ],
)
def test_an_unfit_form_asks_for_nothing(house: House, form: dict[str, Any]) -> None:
    tara, ada = somebody(house, "tara"), somebody(house, "ada")
    answer = ada.visitor.post(f"/admin/users/{tara.id}/resets", **form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert rows(house, "reset_requests") == []


def test_who_holds_nothing_is_told_so(house: House) -> None:
    ada = somebody(house, "ada")
    tara = house.person("tara")
    page = ada.visitor.get(f"/admin/users/{tara.id}/resets/new")
    assert "there is nothing to reset" in page.text
    assert ada.visitor.post(f"/admin/users/{tara.id}/resets", **ASKED).status_code == 409


def test_the_panel_comes_as_a_fragment_for_a_row(house: House) -> None:
    tara, ada = somebody(house, "tara"), somebody(house, "ada")
    fragment = ada.visitor.get(f"/admin/users/{tara.id}/resets/new", htmx=True)
    assert fragment.text.lstrip().startswith('<section id="reset-panel"')
    assert "<html" not in fragment.text


def test_a_list_is_looked_at_and_asked_for_with_one_grant(house: House) -> None:
    pam, pia, sol = somebody(house, "pam"), second_partner_admin(house), somebody(house, "sol")
    dan = somebody(house, "dan")
    deb = newcomer(house, "deb@partner.example", PARTNER, Role.DISPATCHER)
    tara = somebody(house, "tara")
    preview = pam.visitor.post(
        "/admin/resets/bulk/new", user=[dan.id, deb.id, pia.id, tara.id, NOBODY]
    )
    assert preview.status_code == 200
    assert "2 people lose all this" in preview.text
    assert "service desk" in preview.text
    assert "tara@guests.example" not in preview.text
    assert "2 more" in preview.text
    form: dict[str, Any] = {"users": f"{dan.id},{deb.id}", **ASKED}
    shown = prove(pam.visitor, pam.visitor.post("/admin/resets/bulk", **form))
    assert "dan@partner.example" in shown.text
    assert "deb@partner.example" in shown.text
    fewer: dict[str, Any] = {**form, "users": dan.id}
    assert lands_on(pam.visitor.post("/admin/resets/bulk", **fewer)).startswith("/step-ups/")
    assert rows(house, "reset_requests") == []
    assert lands_on(confirm(pam.visitor, shown)) == "/admin/resets"
    requests = rows(house, "reset_requests")
    assert {row["user_id"] for row in requests} == {dan.id, deb.id}
    assert "2 resets wait for your decision" in subjects(house, sol.email)
    assert approve(sol.visitor, requests[0]["id"]).status_code == 303
    assert [row["state"] for row in rows(house, "reset_requests")].count("waiting") == 1


def test_a_list_with_a_foreign_or_unfit_person_asks_for_nothing(house: House) -> None:
    pam, pia, dan, tara = (
        somebody(house, "pam"),
        second_partner_admin(house),
        somebody(house, "dan"),
        somebody(house, "tara"),
    )
    for other in (pia.id, tara.id, NOBODY):
        form: dict[str, Any] = {"users": f"{dan.id},{other}", **ASKED}
        answer = pam.visitor.post("/admin/resets/bulk", **form)
        assert answer.status_code == 409
        assert "Not everybody on this list can be reset" in answer.text
        assert "tara@guests.example" not in answer.text
    for users in ("", "nonsense", ",".join(str(uuid.UUID(int=n)) for n in range(51))):
        answer = pam.visitor.post("/admin/resets/bulk", users=users, **ASKED)
        assert answer.status_code in {409, 422}
    assert rows(house, "reset_requests") == []
