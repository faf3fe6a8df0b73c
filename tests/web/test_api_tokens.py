"""Tokens of machines: one organisation, some scopes, some days, and no page of people."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.flows import api_tokens, intake, machines
from portal.flows.intake import Imported
from portal.flows.outcomes import Blocked
from portal.flows.scopes import IMPORTS
from portal.web.gate import action_of
from portal.web.machines import Entry
from tests.support.house import GUESTS, PARTNER, House
from tests.support.intake import CARD, PASSENGER, lines
from tests.support.machines import RIDE, flask, is_problem, records, send, token_for
from tests.support.web import dump, rows, signed_in


def test_without_a_good_token_nothing_is_learnt_and_nothing_comes_in(house: House) -> None:
    good = token_for(house, "settlements")
    for token in (None, "", "x", good[:-1], good.upper(), good + "x", "é", f"{good} {good}"):
        answer = send(house, "settlements", records(RIDE), token)
        problem = is_problem(answer, 401)
        challenge = answer.headers["WWW-Authenticate"]
        assert challenge.startswith("Bearer realm=")
        assert ('error="invalid_token"' in challenge) == (token is not None)
        assert PARTNER not in str(problem)
    basic = send(house, "settlements", records(RIDE), None, headers={"Authorization": "Basic eDp5"})
    is_problem(basic, 401)
    assert rows(house, "settlements") == []


def test_a_token_ends_on_its_day_to_the_second(house: House) -> None:
    token = token_for(house, "settlements", days=30)
    house.clock.advance(timedelta(days=30) - timedelta(seconds=1))
    assert send(house, "settlements", records(RIDE), token).status_code == 200
    house.clock.advance(timedelta(seconds=1))
    is_problem(send(house, "settlements", records(RIDE), token), 401)


def test_a_revoked_token_is_dead_at_once_and_its_data_stays(house: House) -> None:
    house.organise()
    arguments = ("nightly", "--organisation", PARTNER)
    made = flask(house, "token", "create", *arguments, "--scope", "import:settlements")
    token = made.output.split()[0]
    assert send(house, "settlements", records(RIDE), token).status_code == 200
    flask(house, "token", "revoke", *arguments)
    is_problem(send(house, "settlements", records(RIDE), token), 401)
    assert len(rows(house, "settlements")) == 1
    assert "refused" in flask(house, "token", "revoke", *arguments, code=1).output


def test_a_token_that_ends_between_entrance_and_work_brings_nothing_in(house: House) -> None:
    token = token_for(house, "settlements")
    machine = house.run(machines.enter, token)
    house.run(machines.revoke, "machine 0", organisation=PARTNER)
    outcome = house.run(intake.by_machine, machine, "settlements", lines(RIDE))
    assert not isinstance(outcome, Imported)
    assert rows(house, "settlements") == []


def test_after_a_restore_no_token_is_good(house: House) -> None:
    token = token_for(house, "settlements")
    flask(house, "restored", "--yes")
    is_problem(send(house, "settlements", records(RIDE), token), 401)


def test_a_token_opens_its_scopes_only(house: House) -> None:
    token = token_for(house, "settlements")
    for kind in ("payees", "payouts", "cards", "passengers"):
        answer = send(house, kind, records(RIDE), token)
        problem = is_problem(answer, 403)
        assert problem["scope"] == f"import:{kind}"
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    is_problem(send(house, "secrets", records(RIDE), token), 404)


def test_a_token_writes_into_its_own_organisation_only(house: House) -> None:
    house.person("tara")
    partner = token_for(house, "settlements", "cards", "passengers")
    assert send(house, "settlements", records(RIDE), partner).status_code == 200
    named = {"organisation": GUESTS, **records(RIDE)}
    is_problem(send(house, "settlements", named, partner), 422)
    owner = house.run(lambda edge: intake.organisations.by_name(edge, PARTNER))
    assert {row["organisation_id"] for row in rows(house, "settlements")} == {owner.id}
    # A traveler of another organisation is as unknown as somebody who does not exist.
    reasons = set()
    for email in (CARD["email"], "nobody@guests.example", "no address"):
        for kind, record in (("cards", CARD), ("passengers", PASSENGER)):
            answer = send(house, kind, records({**record, "email": email}), partner)
            reasons |= {error["reason"] for error in is_problem(answer, 422)["errors"]}
    assert len(reasons) == 1
    assert rows(house, "cards") == rows(house, "passengers") == []


def test_no_cookie_opens_the_api_and_none_is_set(house: House) -> None:
    sol = signed_in(house, "sol")
    token = token_for(house, "settlements")
    sol.get("/security")
    for htmx in (False, True):
        answer = sol.post("/api/v1/imports/settlements", htmx=htmx)
        is_problem(answer, 401)
        assert "Set-Cookie" not in answer.headers
    answer = sol.client.post(
        "/api/v1/imports/settlements",
        base_url=house.settings.base_url,
        json=records(RIDE),
        headers={"Authorization": f"Bearer {token}", "Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 200
    (event,) = [row for row in rows(house, "audit_events") if row["event"] == "import.completed"]
    assert event["actor_id"] is None
    assert event["session_id"] is None
    assert event["detail"]["api_token"] == rows(house, "api_tokens")[0]["id"]


def test_machines_and_nobody_else_enter_under_api(house: House) -> None:
    for rule in house.app.url_map.iter_rules():
        entry = action_of(house.app, rule.endpoint)
        assert isinstance(entry, Entry) == rule.rule.startswith("/api/"), rule.rule


def test_a_token_opens_no_page_of_people(house: House) -> None:
    token = token_for(house, "settlements")
    client = house.app.test_client()
    for path in ("/", "/partner/settlements", "/security"):
        answer = client.get(
            path,
            base_url=house.settings.base_url,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login")


def test_a_token_lies_nowhere_in_clear_and_uses_are_noted(house: House) -> None:
    token = token_for(house, "settlements")
    (row,) = rows(house, "api_tokens")
    assert row["used_at"] is None
    send(house, "settlements", records(RIDE), token)
    assert rows(house, "api_tokens")[0]["used_at"] is not None
    assert token not in str(dump(house))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"--organisation": "Nowhere"}, 1),
        ({"--scope": "import:everything"}, 2),
        ({"--days": "0"}, 1),
        ({"--days": "367"}, 1),
    ],
)
def test_a_token_that_cannot_be_is_refused(
    house: House, changed: dict[str, str], code: int
) -> None:
    house.organise()
    options = {"--organisation": PARTNER, "--scope": "import:cards", "--days": "1", **changed}
    words = [word for pair in options.items() for word in pair]
    flask(house, "token", "create", "nightly", *words, code=code)
    assert rows(house, "api_tokens") == []


def test_the_flow_itself_gives_no_more_than_administrators_may(house: House) -> None:
    for scopes in (IMPORTS[:1], ["members:read", IMPORTS[0]], []):
        outcome = house.run(api_tokens.make, None, "mine", scopes, 30)
        assert outcome == Blocked("no_such_scope")


def test_a_name_is_one_live_token_of_the_organisation(house: House) -> None:
    house.organise()
    options = ("--organisation", PARTNER, "--scope", "import:cards")
    flask(house, "token", "create", "nightly", *options)
    assert "name_taken" in flask(house, "token", "create", "nightly", *options, code=1).output
    elsewhere = ("--organisation", GUESTS, "--scope", "import:cards")
    flask(house, "token", "create", "nightly", *elsewhere)
    house.clock.advance(timedelta(days=90))
    flask(house, "token", "create", "nightly", *options)
