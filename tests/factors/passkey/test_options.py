"""What browsers are asked for (WebAuthn Level 3, 5.4 and 5.5), and what a row says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from portal.factors.passkey.options import android_origin, origin, party
from portal.relying_party import RelyingParty
from tests.factors.passkey.ceremonies import SUBJECT, Desk, passkey
from tests.support.clock import Entropy
from tests.support.makers import HARDWARE, SOFTWARE
from tests.support.passkeys import (
    AlreadyRegistered,
    Device,
    b64,
    security_key,
    synced_passkey,
    unb64,
)


def asked(desk: Desk | None = None, **subject: Any) -> dict[str, Any]:
    _, options = (desk or Desk()).begin(replace(SUBJECT, **subject))
    return json.loads(options)


def test_a_passkey_is_asked_for() -> None:
    assert asked(attested=False) == {
        "rp": {"id": "portal.example", "name": "Livery Portal"},
        "user": {
            "id": b64(bytes(range(32))),
            "name": "tara.winter@guests.example",
            "displayName": "Tara Winter",
        },
        "challenge": b64(Entropy()(288)[:32]),
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in (-8, -7, -257)],
        "timeout": 300_000,
        "excludeCredentials": [],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "hints": ["client-device", "hybrid"],
        "attestation": "none",
        "extensions": {"credProps": True},
    }


def test_a_passkey_on_this_device_is_asked_for() -> None:
    options = asked(variant="this_device", attested=False)
    assert options["authenticatorSelection"]["authenticatorAttachment"] == "platform"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["hints"] == ["client-device"]
    assert options["attestation"] == "none"


def test_a_security_key_is_asked_for() -> None:
    options = asked(variant="security_key", attested=False)
    assert options["authenticatorSelection"] == {
        "residentKey": "preferred",
        "requireResidentKey": False,
        "userVerification": "preferred",
        "authenticatorAttachment": "cross-platform",
    }
    assert options["hints"] == ["security-key"]
    assert options["attestation"] == "direct"


@pytest.mark.parametrize("variant", ["", "unknown", "../security_key"])
def test_another_variant_is_a_passkey(variant: str) -> None:
    assert asked(variant=variant) == asked()


def test_the_make_is_asked_for_where_policy_wants_it() -> None:
    assert asked(attested=True)["attestation"] == "direct"


def test_post_quantum_algorithms_come_first_where_they_are_wanted() -> None:
    options = asked(Desk(passkey(post_quantum=True)))
    wanted = [one["alg"] for one in options["pubKeyCredParams"]]
    assert wanted == [-48, -49, -50, -8, -7, -257]


def test_what_is_held_is_excluded() -> None:
    desk, device = Desk(), security_key()
    held = desk.enrol(device)
    _, options = desk.begin(replace(SUBJECT, held=(held,)))
    assert json.loads(options)["excludeCredentials"] == [
        {"type": "public-key", "id": held["credential_id"], "transports": ["nfc", "usb"]}
    ]
    with pytest.raises(AlreadyRegistered):
        device.create(options)


def test_nobody_without_a_name_is_shown_without_one() -> None:
    assert asked(name="")["user"]["displayName"] == "tara.winter@guests.example"


def test_each_ceremony_has_a_challenge_of_its_own() -> None:
    desk = Desk()
    data = desk.enrol(synced_passkey())
    challenges = {asked(desk)["challenge"] for _ in range(3)}
    challenges |= {json.loads(desk.challenge(data)[1])["challenge"] for _ in range(3)}
    assert len(challenges) == 6
    assert {len(unb64(one)) for one in challenges} == {32}


def test_a_challenge_names_what_may_answer() -> None:
    desk = Desk()
    held = desk.enrol(security_key(), variant="security_key"), desk.enrol(Device())
    options = json.loads(desk.challenge(*held, verified=True)[1])
    assert options == {
        "challenge": options["challenge"],
        "timeout": 300_000,
        "rpId": "portal.example",
        "allowCredentials": [
            {"type": "public-key", "id": held[0]["credential_id"], "transports": ["nfc", "usb"]},
            {"type": "public-key", "id": held[1]["credential_id"], "transports": ["internal"]},
        ],
        "userVerification": "required",
        "hints": [],
    }


def test_a_challenge_to_security_keys_alone_says_so() -> None:
    desk = Desk()
    held = desk.enrol(security_key(), variant="security_key")
    options = json.loads(desk.challenge(held)[1])
    assert options["hints"] == ["security-key"]
    assert options["userVerification"] == "preferred"


def test_a_challenge_to_nobody_lets_the_device_find_somebody() -> None:
    options = json.loads(Desk().challenge(verified=True)[1])
    assert options["allowCredentials"] == []
    assert options["hints"] == []


def test_the_variant_is_shown_with_its_options() -> None:
    desk = Desk()
    for variant in ("passkey", "security_key"):
        subject = replace(SUBJECT, variant=variant)
        ceremony, options = desk.begin(subject)
        shown = desk.factor.show_enrolment(subject, ceremony)
        assert shown == {"options": options, "variant": variant}


# Who we are.


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("https://Portal.Example", "https://portal.example"),
        ("https://portal.example:443/", "https://portal.example"),
        ("https://portal.example:8443", "https://portal.example:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost:80", "http://localhost"),
    ],
)
def test_origins_are_written_as_browsers_write_them(address: str, written: str) -> None:
    assert origin(address) == written


def test_we_are_who_the_settings_say() -> None:
    told = RelyingParty(
        id="example", related=("https://other.example",), android={"a": ("00:FF" * 1,)}
    )
    found = party(told, "https://portal.example:8443", "Cars")
    assert (found.id, found.name) == ("example", "Cars")
    assert found.origins == {
        "https://portal.example:8443",
        "https://other.example",
        "android:apk-key-hash:AP8",
    }
    assert party(RelyingParty(), "http://localhost:8000", "Cars").id == "localhost"
    assert android_origin("00:ff") == "android:apk-key-hash:AP8"


# What a row says.


def test_a_row_says_whose_it_is_and_how_it_verifies() -> None:
    desk = Desk()
    assert desk.factor.describe(desk.enrol(Device())) == {
        "provider": "Test Key 5",
        "icon": HARDWARE,
        "synced": False,
        "verifies_by": ["pin", "fingerprint"],
        "security_key": False,
        "suspect": False,
        "revoked": False,
        "resistant": True,
    }


def test_a_row_of_a_synced_passkey_says_so() -> None:
    desk = Desk()
    said = desk.factor.describe(desk.enrol(synced_passkey(aaguid=SOFTWARE)))
    assert said["synced"]
    assert (said["provider"], said["icon"]) == ("Test Vault", "")


def test_a_row_of_nobodys_make_says_nothing_of_it() -> None:
    desk = Desk()
    device = security_key(attestation="none", aaguid="00000000-0000-0000-0000-000000000000")
    said = desk.factor.describe({**desk.enrol(device, variant="security_key"), "suspect": True})
    assert (said["provider"], said["icon"], said["verifies_by"]) == ("", "", [])
    assert said["security_key"]
    assert said["suspect"]
