"""What was typed is never lost: to a step-up, a cancelled one, a stale token, the gate."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from portal.flows import hosts
from portal.flows.interruptions import KEPT_FIELDS
from portal.rules.terms import Action, Role
from portal.web import details
from tests.support.apps import App
from tests.support.house import BRANCH, KEY, PARTNER, PASSWORD, House
from tests.support.web import lands_on, rows, signed_in

MOVED = "tara@moved.example"
PROFILE: dict[str, Any] = {"name": "Daniel Moreau", "locale": "en", "time_zone": "UTC"}
HERE: dict[str, Any] = {"Sec-Fetch-Site": "same-origin"}


def test_cancelling_leads_back_to_the_filled_form(house: House) -> None:
    tara = signed_in(house, "tara", **HERE)
    tara.headers["Referer"] = f"{house.settings.base_url}/account"
    step_up = lands_on(tara.post("/account", csrf="from long ago", **PROFILE))
    cancel = f"/account?kept={step_up.rpartition('/')[2]}"
    assert f'href="{cancel}"' in tara.get(step_up).text
    assert f'value="{PROFILE["name"]}"' in tara.get(cancel).text
    assert PROFILE["name"] not in tara.get("/account").text


def test_cancelling_never_leads_to_a_page_that_asks_for_the_same_proof(house: House) -> None:
    tara = signed_in(house, "tara")
    house.clock.advance(timedelta(minutes=6))
    tara.headers["Referer"] = f"{house.settings.base_url}/account/email"
    step_up = lands_on(tara.post("/account/email", email=MOVED))
    page = tara.get(f"{step_up}/totp")
    assert 'href="/account"' in page.text
    assert "kept=" not in page.text


def test_a_kept_form_shows_to_nobody_else(house: House) -> None:
    tara = signed_in(house, "tara")
    house.clock.advance(timedelta(minutes=6))
    step_up = lands_on(tara.post("/account/email", email=MOVED))
    pam = signed_in(house, "pam")
    page = pam.get(f"/account/email?kept={step_up.rpartition('/')[2]}")
    assert page.status_code == 200
    assert MOVED not in page.text


def test_a_form_with_a_stale_token_comes_back_for_one_click(house: House) -> None:
    tara = signed_in(house, "tara", **HERE)
    answer = tara.post("/account/email", csrf="from long ago", email=MOVED)
    step_up = lands_on(answer)
    assert step_up.startswith("/step-ups/")
    assert rows(house, "links") == [], "nothing is done without the click"
    shown = tara.get(step_up)
    assert f'value="{MOVED}"' in shown.text
    assert tara.post("/account/email", email=MOVED).status_code == 303
    assert rows(house, "links")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}],
    ids=["silence", "cross-site", "another origin"],
)
def test_a_stale_token_from_elsewhere_is_refused_and_keeps_nothing(
    house: House, headers: dict[str, str]
) -> None:
    tara = signed_in(house, "tara")
    tara.headers.update(headers)
    answer = tara.post("/account/email", csrf="from long ago", email=MOVED)
    assert answer.status_code == 403
    assert "too old" in answer.text
    assert rows(house, "step_ups") == []


def test_a_stale_token_of_a_form_with_secrets_keeps_nothing(house: House) -> None:
    tara = signed_in(house, "tara", **HERE)
    answer = tara.post("/account/password", csrf="old", current=PASSWORD, new=PASSWORD + " two")
    assert answer.status_code == 403
    assert rows(house, "step_ups") == []


def test_a_form_posted_into_the_enrolment_gate_waits_behind_it(house: House) -> None:
    """A role that must enrol came while the form was open."""
    dan = signed_in(house, "dan", app=False)
    dan.get("/account")
    house.run(hosts.grant, "dan@partner.example", PARTNER, Role.FINANCE_CONTROLLER)
    answer = dan.post("/account", **PROFILE)
    assert lands_on(answer) == "/login/enrol"
    gate = dan.get(answer.headers["Location"])
    begin = re.search(r'action="(/security/authenticators/new/totp[^"]*)"', gate.text)
    assert begin
    page = dan.follow(dan.post(unescape(begin.group(1))))
    key, action = KEY.search(page.text), re.search(r'action="(/security/[^"]+)"', page.text)
    assert key
    assert action
    app = App(key.group(1).replace(" ", ""))
    codes = dan.follow(dan.post(unescape(action.group(1)), code=app.code(house.clock())))
    waiting = re.search(r'href="(/step-ups/[^"]+)"', codes.text)
    assert waiting, "backup codes may be left for later"
    shown = dan.get(waiting.group(1))
    assert f'value="{PROFILE["name"]}"' in shown.text
    assert dan.post("/account", **PROFILE).status_code == 303
    assert PROFILE["name"] in dan.get("/account").text


def test_a_waiting_form_outlives_a_slow_enrolment(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    dan.get("/account")
    house.run(hosts.grant, "dan@partner.example", PARTNER, Role.FINANCE_CONTROLLER)
    dan.post("/account", **PROFILE)
    (task,) = rows(house, "step_ups")
    assert task["expires_at"] - task["created_at"] == timedelta(minutes=30)


def test_a_form_cancelled_twice_shows_what_was_typed_last(house: House) -> None:
    tara = signed_in(house, "tara", **HERE)
    page = "/account"
    for typed in ("First Name", "Second Name"):
        tara.headers["Referer"] = f"{house.settings.base_url}{page}"
        step_up = lands_on(tara.post("/account", {**PROFILE, "name": typed}, csrf="old"))
        found = re.search(r'href="(/account\?kept=[^"]+)"', tara.get(step_up).text)
        assert found
        page = unescape(found.group(1))
    shown = tara.get(page).text
    assert "Second Name" in shown
    assert "First Name" not in shown


def test_a_kept_form_fills_no_other_form(house: House) -> None:
    tara = signed_in(house, "tara")
    house.clock.advance(timedelta(minutes=6))
    step_up = lands_on(tara.post("/account/email", email=MOVED))
    tara.prove(path=f"{step_up}/totp")
    shown = tara.get(f"/account?kept={step_up.rpartition('/')[2]}").text
    assert MOVED not in shown


def test_a_task_of_a_role_waits_for_the_organisation_that_it_was_begun_in(house: House) -> None:
    pam = signed_in(house, "pam", **HERE)
    house.run(hosts.grant, "pam@partner.example", BRANCH, Role.PARTNER_ADMIN)
    waiting = lands_on(pam.post("/partner/billing", csrf="old", company="Test Cars"))
    assert pam.get(waiting).status_code == 200
    branch = next(row["id"] for row in rows(house, "organisations") if row["name"] == BRANCH)
    pam.post("/acting-organisation", organisation=branch)
    assert pam.get(waiting).status_code == 404


def test_a_look_at_a_page_comes_back_as_a_look(house: House) -> None:
    tara = signed_in(house, "tara")
    house.clock.advance(timedelta(minutes=6))
    tara.client.head("/account/email", base_url=house.settings.base_url)
    (task,) = rows(house, "step_ups")
    assert task["method"] == "GET"


def test_every_kept_field_has_words_for_whoever_confirms_it() -> None:
    # A draft of a policy is told in sentences, on the page that it comes back to.
    told = {
        action: fields
        for action, fields in KEPT_FIELDS.items()
        if action is not Action.DRAFT_POLICY
    }
    kept = {name for fields in told.values() for name in fields}
    ticks = {name for _, fields in details.TICKS for name in fields}
    assert kept <= set(details.FIELDS) | ticks | details.SILENT
