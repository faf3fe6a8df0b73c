"""Passkeys through the pages: alone, as a second factor, for a step-up; and what is refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from portal.flows import hosts
from portal.rules.terms import AccountState
from tests.support import passkey_pages as pages
from tests.support.crowd import events
from tests.support.house import House
from tests.support.passkey_pages import with_passkey
from tests.support.passkeys import Flaw, b64, synced_passkey
from tests.support.web import Work, cookie, email_of, lands_on, rows

BOGUS = Flaw(answer=lambda said: {**said, "response": {**said["response"], "signature": "AAAA"}})


def sessions(house: House) -> int:
    return sum(row["revoked_at"] is None for row in rows(house, "sessions"))


def test_a_passkey_signs_in_alone_wholly_and_in_few_steps(house: House) -> None:
    _, device = with_passkey(house)
    visitor = house.visitor()
    with Work(house) as first:
        visitor.get("/login")
        ceremony, options = pages.challenge(visitor)
    answer = device.get(options)
    with Work(house) as second:
        signed = visitor.post("/login/passkey", ceremony=ceremony, answer=answer)
    assert lands_on(signed) == "/"
    assert visitor.get("/security").status_code == 200
    assert first.commits + second.commits <= 2
    assert second.hashes == first.hashes == 0
    assert json.loads(options)["allowCredentials"] == []
    assert json.loads(options)["userVerification"] == "required"
    assert [row["detail"]["factor"] for row in events(house, "sign_in.completed")][-1] == "passkey"


def test_a_known_browser_signs_in_with_at_most_ten_statements(house: House) -> None:
    visitor, device = with_passkey(house)
    visitor.post("/logout")
    assert lands_on(pages.sign_in(visitor, device)) == "/"
    visitor.get("/")
    visitor.post("/logout")
    visitor.get("/login")
    with Work(house) as work:
        ceremony, options = pages.challenge(visitor)
        answer = device.get(options)
        visitor.post("/login/passkey", ceremony=ceremony, answer=answer)
    assert len(work.statements) <= 10, work.statements
    assert work.commits == 2


def test_where_one_was_heading_is_kept(house: House) -> None:
    _, device = with_passkey(house)
    visitor = house.visitor()
    assert (
        lands_on(pages.sign_in(visitor, device, next="/security/sessions")) == "/security/sessions"
    )
    other = house.visitor()
    assert lands_on(pages.sign_in(other, device, next="https://evil.example/")) == "/"


def test_an_answer_is_good_once(house: House) -> None:
    _, device = with_passkey(house)
    visitor = house.visitor()
    visitor.get("/login")
    ceremony, options = pages.challenge(visitor)
    answer = device.get(options)
    assert visitor.post("/login/passkey", ceremony=ceremony, answer=answer).status_code == 303
    again = house.visitor()
    again.get("/login")
    refused = again.post("/login/passkey", ceremony=ceremony, answer=answer)
    assert refused.status_code == 422
    assert "took too long, or was answered before" in refused.text


def test_a_wrong_answer_spends_its_challenge_too(house: House) -> None:
    _, device = with_passkey(house)
    visitor = house.visitor()
    visitor.get("/login")
    ceremony, options = pages.challenge(visitor)
    wrong, right = device.get(options, BOGUS), device.get(options)
    for answer in (wrong, right):
        response = visitor.post("/login/passkey", ceremony=ceremony, answer=answer)
        assert response.status_code == 422
    assert cookie(visitor, "session") is None


def test_a_challenge_belongs_to_the_browser_that_asked_for_it(house: House) -> None:
    _, device = with_passkey(house)
    mallory, victim = house.visitor(), house.visitor()
    mallory.get("/login")
    victim.get("/login")
    ceremony, options = pages.challenge(mallory)
    refused = victim.post("/login/passkey", ceremony=ceremony, answer=device.get(options))
    assert refused.status_code == 422
    assert cookie(victim, "session") is None


def test_a_challenge_ends_after_five_minutes(house: House) -> None:
    _, device = with_passkey(house)
    visitor = house.visitor()
    visitor.get("/login")
    ceremony, options = pages.challenge(visitor)
    house.clock.advance(timedelta(minutes=5))
    refused = visitor.post("/login/passkey", ceremony=ceremony, answer=device.get(options))
    assert refused.status_code == 422


@pytest.mark.parametrize(
    "flaw",
    [
        pytest.param(BOGUS, id="bogus signature"),
        pytest.param(Flaw(cleared=0x04), id="nobody verified"),
        pytest.param(Flaw(client={"crossOrigin": True}), id="in a foreign frame"),
        pytest.param(Flaw(client={"origin": "https://evil.example"}), id="another origin"),
        pytest.param(Flaw(answer=lambda said: "no JSON at all"), id="no JSON"),
        pytest.param(
            Flaw(
                answer=lambda s: {**s, "response": {**s["response"], "userHandle": b64(b"x" * 32)}}
            ),
            id="another's handle",
        ),
        pytest.param(
            Flaw(answer=lambda s: {**s, "response": {**s["response"], "userHandle": None}}),
            id="no handle",
        ),
    ],
)
def test_an_answer_that_is_not_right_opens_nothing(house: House, flaw: Flaw) -> None:
    _, device = with_passkey(house)
    before = sessions(house)
    visitor = house.visitor()
    refused = pages.sign_in(visitor, device, flaw)
    assert refused.status_code == 422
    assert sessions(house) == before
    assert cookie(visitor, "session") is None
    assert events(house, "sign_in.refused")
    assert lands_on(pages.sign_in(visitor, device)) == "/", "the next right one works"


def test_an_unknown_passkey_is_told_to_the_browser_and_a_known_one_never(house: House) -> None:
    _, device = with_passkey(house)
    stranger = synced_passkey()
    stranger.credentials = [
        type(one)(b"k" * 32, one.rp_id, one.handle, one.algorithm, one.key)
        for one in device.credentials
    ]
    refused = pages.sign_in(house.visitor(), stranger)
    assert "signalUnknownCredential" in refused.text
    assert b64(b"k" * 32) in refused.text
    for flaw in (BOGUS, Flaw(cleared=0x04)):
        assert "signalUnknownCredential" not in pages.sign_in(house.visitor(), device, flaw).text


def test_a_disabled_person_gets_the_words_of_an_unknown_passkey(house: House) -> None:
    _, device = with_passkey(house)
    house.run(hosts.set_state, email_of("tara"), AccountState.DISABLED)
    refused = pages.sign_in(house.visitor(), device)
    assert refused.status_code == 422
    assert "does not open an account here" in refused.text
    assert "signalUnknownCredential" not in refused.text


def test_it_is_a_second_factor_after_the_password(house: House) -> None:
    visitor, device = with_passkey(house)
    visitor.post("/logout")
    visitor.password(email_of("tara"))
    assert lands_on(pages.prove(visitor, device)) == "/"
    assert visitor.get("/security").status_code == 200


def test_anothers_device_proves_nothing_here(house: House) -> None:
    _, hers = with_passkey(house, "tara")
    dan, his = with_passkey(house, "dan")
    dan.post("/logout")
    dan.password(email_of("dan"))
    shown = dan.get("/login/challenge/passkey")
    found = pages.FROM.search(shown.text)
    assert found
    ceremony, options = pages.challenge(dan, found.group(1))
    asked = json.loads(options)
    asked["allowCredentials"] = [{"type": "public-key", "id": b64(hers.credentials[0].id)}]
    refused = dan.post(
        "/login/challenge/passkey", ceremony=ceremony, answer=hers.get(json.dumps(asked))
    )
    assert refused.status_code == 422
    assert events(house, "challenge.failed")[-1]["reason"] == "unknown"
    assert lands_on(pages.prove(dan, his)) == "/"


def test_a_challenge_for_signing_in_serves_no_step_up_and_the_reverse(house: House) -> None:
    visitor, device = with_passkey(house)
    house.clock.advance(timedelta(minutes=6))
    visitor.get("/security")
    waiting = visitor.post("/security/authenticators/new/totp")
    step_up = waiting.headers["Location"]
    shown = visitor.get(f"{step_up}/passkey")
    found = pages.FROM.search(shown.text)
    assert found
    ceremony, options = pages.challenge(visitor, found.group(1))
    answer = device.get(options)
    other = visitor.post("/security/authenticators/new/passkey").headers["Location"]
    for path in (f"{other}/passkey", "/login/challenge/passkey"):
        response = visitor.post(path, ceremony=ceremony, answer=answer)
        assert response.status_code != 200
        assert lands_on(response) not in {"/security/authenticators/new/totp"}
    ceremony, options = pages.challenge(visitor, found.group(1))
    done = visitor.post(f"{step_up}/passkey", ceremony=ceremony, answer=device.get(options))
    assert done.status_code == 303


def test_no_page_or_log_row_holds_a_challenge_or_key(house: House) -> None:
    _, device = with_passkey(house)
    pages.sign_in(house.visitor(), device)
    public = b64(device.credentials[0].cose())
    stored = str(rows(house, "audit_events")) + str(rows(house, "ceremonies"))
    assert public not in stored
