"""An export that asks for AAL3: only a key that is attested as hardware gives its grant."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from werkzeug.test import TestResponse

from portal.flows import policies
from portal.rules.policy import Raised
from portal.rules.terms import AAL, Action
from tests.support.house import PARTNER, House, Visitor
from tests.support.makers import Models
from tests.support.partners import ask, confirm, controller, files_of
from tests.support.passkeys import Device, b64, security_key, synced_passkey
from tests.support.web import lands_on, rows

OPTIONS = re.compile(r'data-options="([^"]+)"')
FORM = re.compile(r'<form[^>]* action="(/security/authenticators/new/passkey/[^"]+)"')


@pytest.fixture
def piet(house: House) -> Visitor:
    """A controller with an app, in a house that knows the makers of the tests' devices."""
    house.runner.factors["passkey"].catalogue = Models()
    return controller(house)


def raise_(house: House, level: AAL | None = None, *, phishing_resistant: bool = False) -> None:
    more = Raised(level, phishing_resistant)
    house.run(policies.raise_action, PARTNER, Action.EXPORT_SETTLEMENTS, more)


def enrol(visitor: Visitor, device: Device, variant: str = "passkey") -> Device:
    """Enrol a device from the security page, proving what that asks for first."""
    visitor.get("/security")
    path = f"/security/authenticators/new/passkey?variant={variant}"
    page = visitor.follow(visitor.post(path))
    options, action = OPTIONS.search(page.text), FORM.search(page.text)
    assert options, (page.request.path, page.text)
    assert action
    answer = device.create(unescape(options.group(1)))
    done = visitor.post(unescape(action.group(1)), answer=answer)
    assert done.status_code == 303, done.text
    visitor.get("/security")
    return device


def options_of(visitor: Visitor, step_up: str) -> dict:
    page = visitor.get(f"{step_up}/passkey")
    assert page.status_code == 200, page.status
    headers = {"X-CSRFToken": visitor.csrf, "Origin": visitor.house.settings.base_url}
    answer = visitor.client.post(
        f"/webauthn{step_up}/options", base_url=visitor.house.settings.base_url, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def prove(visitor: Visitor, step_up: str, device: Device, begun: dict) -> TestResponse:
    answer = device.get(json.dumps(begun["options"]))
    form = {"ceremony": begun["ceremony"], "answer": answer}
    return visitor.post(f"{step_up}/passkey", form)


def grants(house: House) -> int:
    return sum(row["granted_at"] is not None for row in rows(house, "step_ups"))


def test_a_synced_passkey_leads_to_enrol_a_key_and_the_key_gives_the_grant(
    house: House, piet: Visitor
) -> None:
    enrol(piet, synced_passkey())
    raise_(house, AAL.AAL3)
    asked = ask(piet)
    assert lands_on(asked) == "/login/enrol"
    assert "asks for a certified key here" in piet.get(asked.headers["Location"]).text
    key = enrol(piet, security_key(), "security_key")
    step_up = lands_on(ask(piet))
    assert step_up.startswith("/step-ups/")
    page = piet.get(step_up)
    assert "A synced passkey is not enough here" in page.text
    assert "/totp" not in page.text, "nothing weaker is offered"
    begun = options_of(piet, step_up)
    assert [one["id"] for one in begun["options"]["allowCredentials"]] == [
        b64(key.credentials[0].id)
    ]
    assert prove(piet, step_up, key, begun).status_code == 303
    assert grants(house) == 1
    assert lands_on(confirm(piet, step_up)).startswith("/partner/exports/")
    assert files_of(house) == 1


def test_a_policy_that_is_raised_while_the_dialog_is_open_is_obeyed(
    house: House, piet: Visitor
) -> None:
    synced = enrol(piet, synced_passkey())
    key = enrol(piet, security_key(), "security_key")
    step_up = lands_on(ask(piet))
    begun = options_of(piet, step_up)
    raise_(house, AAL.AAL3)
    assert prove(piet, step_up, synced, begun).status_code == 303
    assert grants(house) == 0, "a proof, and no grant"
    assert "A synced passkey is not enough here" in piet.get(step_up).text
    assert prove(piet, step_up, key, options_of(piet, step_up)).status_code == 303
    assert grants(house) == 1


def test_a_grant_that_waits_is_none_once_more_is_asked(house: House, piet: Visitor) -> None:
    synced = enrol(piet, synced_passkey())
    key = enrol(piet, security_key(), "security_key")
    # The key's proof of its enrolment is too old to have given this grant.
    house.clock.advance(house.settings.step_up_lifetime * 2)
    step_up = lands_on(ask(piet))
    assert prove(piet, step_up, synced, options_of(piet, step_up)).status_code == 303
    assert grants(house) == 1
    form = {"period": "2026-10", "currency": "EUR"}
    raise_(house, AAL.AAL3)
    again = lands_on(piet.post("/partner/exports", form))
    assert again.startswith("/step-ups/")
    assert files_of(house) == 0
    assert prove(piet, again, key, options_of(piet, again)).status_code == 303
    assert lands_on(confirm(piet, again)).startswith("/partner/exports/")


def test_where_it_must_be_phishing_resistant_a_code_is_not_offered(
    house: House, piet: Visitor
) -> None:
    raise_(house, phishing_resistant=True)
    assert lands_on(ask(piet)) == "/login/enrol"
    synced = enrol(piet, synced_passkey())
    step_up = lands_on(ask(piet))
    assert piet.get(f"{step_up}/totp").status_code == 404
    assert prove(piet, step_up, synced, options_of(piet, step_up)).status_code == 303
    assert lands_on(confirm(piet, step_up)).startswith("/partner/exports/")


def test_a_key_of_ones_own_that_was_not_asked_for_is_called_too_weak(
    house: House, piet: Visitor
) -> None:
    synced = enrol(piet, synced_passkey())
    enrol(piet, security_key(), "security_key")
    raise_(house, AAL.AAL3)
    step_up = lands_on(ask(piet))
    begun = options_of(piet, step_up)
    allowed = {"type": "public-key", "id": b64(synced.credentials[0].id)}
    begun["options"]["allowCredentials"] = [allowed]
    refused = prove(piet, step_up, synced, begun)
    assert refused.status_code == 422
    assert "not strong enough for what you are doing" in refused.text
    assert grants(house) == 0


def test_the_ceremony_of_an_enrolment_answers_no_challenge(house: House, piet: Visitor) -> None:
    synced = enrol(piet, synced_passkey())
    house.clock.advance(house.settings.step_up_lifetime * 2)
    step_up = lands_on(ask(piet))
    begun = options_of(piet, step_up)
    assert prove(piet, step_up, synced, begun).status_code == 303
    assert lands_on(confirm(piet, step_up)).startswith("/partner/exports/")
    piet.get("/security")
    page = piet.follow(piet.post("/security/authenticators/new/passkey?variant=passkey"))
    action = FORM.search(page.text)
    assert action
    house.clock.advance(house.settings.step_up_lifetime)
    step_up = lands_on(ask(piet))
    begun = options_of(piet, step_up)
    begun["ceremony"] = re.split(r"[/?]", unescape(action.group(1)))[-1]
    open_ones = [row["id"] for row in rows(house, "ceremonies") if row["used_at"] is None]
    assert begun["ceremony"] in open_ones
    refused = prove(piet, step_up, synced, begun)
    assert refused.status_code == 422
    assert "took too long" in refused.text
    assert begun["ceremony"] in [
        row["id"] for row in rows(house, "ceremonies") if row["used_at"] is None
    ]
