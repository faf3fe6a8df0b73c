"""Challenges for devices: how many one may begin, what they ask for, how long they are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from portal.flows import hosts
from portal.web.limits import network
from tests.support import passkey_pages as pages
from tests.support.clock import Clock, Entropy
from tests.support.house import House, Visitor, build
from tests.support.passkeys import Device, Flaw, security_key, synced_passkey
from tests.support.web import email_of, lands_on, rows, signed_in

UNKNOWN_TASK = "0190a0a0-0000-7000-8000-000000000000"


@pytest.fixture
def braked(database_url: str, clock: Clock, entropy: Entropy) -> Iterator[House]:
    """A house where nobody begins more than two challenges a minute."""
    few = "2 per minute"
    made = build(
        database_url,
        clock,
        entropy,
        passkey_challenges_per_address=few,
        passkey_challenges_per_person=few,
    )
    yield made
    made.close()


def ask(visitor: Visitor, path: str, address: str = "192.0.2.7") -> TestResponse:
    return visitor.client.post(
        path,
        base_url=visitor.house.settings.base_url,
        headers={"X-CSRFToken": visitor.csrf},
        environ_overrides={"REMOTE_ADDR": address},
    )


def is_braked(answer: TestResponse) -> bool:
    if answer.status_code != 429:
        return False
    assert answer.content_type == "application/json"
    assert answer.get_json() == {"wait": int(answer.headers["Retry-After"])}
    assert 1 <= answer.get_json()["wait"] <= 60
    return True


def begun(house: House) -> int:
    return len(rows(house, "ceremonies"))


def half(house: House, name: str, *devices: Device) -> Visitor:
    """A person with these devices, whose second factor is asked for."""
    person = signed_in(house, name)
    for device in devices:
        variant = "passkey" if device.synced else "security_key"
        assert pages.enrol(person, device, variant=variant).status_code == 303
    person.post("/logout")
    person.password(email_of(name))
    person.get("/login/challenge/passkey")
    return person


def test_a_network_begins_only_so_many_challenges(braked: House) -> None:
    stranger = braked.visitor()
    stranger.get("/login")
    asked = [ask(stranger, pages.SIGN_IN_OPTIONS, f"2001:db8:0:1::{n}") for n in range(3)]
    assert [answer.status_code for answer in asked[:2]] == [200, 200]
    assert is_braked(asked[2]), "another address of the same /64"
    assert begun(braked) == 2
    assert ask(stranger, pages.SIGN_IN_OPTIONS, "2001:db8:0:2::1").status_code == 200


def test_a_person_begins_only_so_many_challenges_while_signing_in(braked: House) -> None:
    tara, dan = half(braked, "tara", synced_passkey()), half(braked, "dan", synced_passkey())
    before = begun(braked)
    path = "/webauthn/challenge/options"
    for n in range(2):
        assert ask(tara, path, f"192.0.2.{n}").status_code == 200
    assert is_braked(ask(tara, path, "192.0.2.3")), "from whatever address"
    assert begun(braked) == before + 2
    assert ask(dan, path).status_code == 200, "another person's are counted by themselves"


def test_a_person_begins_only_so_many_challenges_for_a_task(braked: House) -> None:
    tara = signed_in(braked, "tara")
    assert pages.enrol(tara, synced_passkey()).status_code == 303
    braked.clock.advance(timedelta(minutes=6))
    tara.get("/security")
    step_up = lands_on(tara.post("/security/authenticators/new/totp"))
    assert step_up.startswith("/step-ups/")
    tara.get(f"{step_up}/passkey")
    before = begun(braked)
    for _ in range(2):
        assert ask(tara, f"/webauthn{step_up}/options").status_code == 200
    assert is_braked(ask(tara, f"/webauthn{step_up}/options"))
    assert begun(braked) == before + 2
    assert is_braked(ask(tara, f"/webauthn/step-ups/{UNKNOWN_TASK}/options"))


def test_a_task_that_is_none_is_not_found_behind_the_brake(house: House) -> None:
    tara = signed_in(house, "tara")
    assert pages.enrol(tara, synced_passkey()).status_code == 303
    tara.get("/security")
    assert ask(tara, f"/webauthn/step-ups/{UNKNOWN_TASK}/options").status_code == 404


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1:ffff::7", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_an_address_is_counted_with_its_network(address: str, counted_as: str) -> None:
    assert network(address) == counted_as


def test_whoever_was_once_verified_by_every_device_is_so_again(house: House) -> None:
    key = security_key()
    tara = half(house, "tara", key)
    ceremony, options = pages.challenge(tara, "/webauthn/challenge/options")
    assert json.loads(options)["userVerification"] == "required"
    answer = key.get(options, Flaw(cleared=0x04))
    refused = tara.post("/login/challenge/passkey", ceremony=ceremony, answer=answer)
    assert refused.status_code == 422
    assert "did not check that it is you" in refused.text
    assert lands_on(pages.prove(tara, key)) == "/"


def test_where_one_device_cannot_verify_none_has_to(house: House) -> None:
    old, key = security_key(verifies=False), security_key()
    dan = half(house, "dan", key, old)
    _, options = pages.challenge(dan, "/webauthn/challenge/options")
    assert json.loads(options)["userVerification"] == "preferred"
    assert lands_on(pages.prove(dan, old)) == "/"


def test_ceremonies_are_forgotten_a_day_after_they_expired(house: House) -> None:
    stranger = house.visitor()
    stranger.get("/login")
    pages.challenge(stranger)
    house.clock.advance(house.settings.ceremony_lifetime + timedelta(days=1))
    assert house.run(hosts.purge)["ceremonies"] == 0
    house.clock.advance(timedelta(seconds=1))
    assert house.run(hosts.purge)["ceremonies"] == 1
    assert begun(house) == 0
