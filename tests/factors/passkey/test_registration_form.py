"""A registration's client data and form (WebAuthn Level 3, 7.1.5 to 7.1.11), read strictly."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.ceremony import Reason, Verified
from tests.factors.passkey.ceremonies import (
    Desk,
    member,
    register,
    response,
)
from tests.support.passkeys import (
    REMOVED,
    Device,
    Flaw,
    b64,
)

WRONG, MALFORMED, UNSUPPORTED = Reason.WRONG, Reason.MALFORMED, Reason.UNSUPPORTED


# 7.1.5 and 7.1.6: the client data is read strictly.


def test_client_data_that_is_not_utf_8_is_rejected() -> None:
    assert register(Flaw(client_bytes=lambda raw: raw + b"\xff")) == (MALFORMED, "UTF-8")


def test_client_data_that_is_not_json_is_rejected() -> None:
    assert register(Flaw(client_bytes=lambda raw: raw[:-1])) == (MALFORMED, "JSON")


def test_client_data_that_is_an_array_is_rejected() -> None:
    wrapped = Flaw(client_bytes=lambda raw: b"[" + raw + b"]")
    assert register(wrapped) == (MALFORMED, "JSON object")


def test_client_data_that_is_deeply_nested_is_rejected() -> None:
    nested = Flaw(client_bytes=lambda raw: raw[:-1] + b',"x":' + b"[" * 2000 + b"]" * 2000 + b"}")
    assert register(nested)[0] is MALFORMED


def test_client_data_that_names_a_member_twice_is_rejected() -> None:
    doubled = Flaw(client_bytes=lambda raw: raw[:-1] + b',"origin":"https://portal.example"}')
    assert register(doubled) == (MALFORMED, "member named twice")


def test_a_byte_order_mark_before_client_data_passes() -> None:
    marked = Flaw(client_bytes=lambda raw: b"\xef\xbb\xbf" + raw)
    assert isinstance(Desk().register(Device(), marked), Verified)


def test_unknown_members_of_client_data_pass() -> None:
    assert isinstance(Desk().register(Device(), Flaw(client={"future": [1]})), Verified)


# 7.1.7 to 7.1.11.


@pytest.mark.parametrize("kind", ["webauthn.get", "payment.get", "", 1, None, REMOVED])
def test_another_type_is_rejected(kind: Any) -> None:
    assert register(Flaw(client={"type": kind})) == (WRONG, "type")


@pytest.mark.parametrize("challenge", [b64(bytes(32)), "", 7, None, REMOVED, "\u00e9"])
def test_another_challenge_is_rejected(challenge: Any) -> None:
    assert register(Flaw(client={"challenge": challenge})) == (WRONG, "challenge")


def test_a_padded_challenge_is_rejected() -> None:
    padded = Flaw(client_bytes=lambda raw: raw.replace(b'","origin"', b'=","origin"'))
    assert register(padded) == (WRONG, "challenge")


@pytest.mark.parametrize(
    "origin",
    [
        "http://portal.example",
        "https://portal.example:8443",
        "https://login.portal.example",
        "https://portal.example.evil.example",
        "https://portal.example/",
        "HTTPS://PORTAL.EXAMPLE",
        "null",
        "",
        ["https://portal.example"],
        None,
        REMOVED,
        "android:apk-key-hash:AAAA",
    ],
)
def test_another_origin_is_rejected(origin: Any) -> None:
    assert register(Flaw(client={"origin": origin})) == (WRONG, "origin")


@pytest.mark.parametrize("crossed", [True, 1, "false", None])
def test_an_answer_from_a_frame_is_rejected(crossed: Any) -> None:
    assert register(Flaw(client={"crossOrigin": crossed})) == (WRONG, "crossOrigin")


@pytest.mark.parametrize("top", ["https://portal.example", "", None])
def test_an_answer_that_names_a_top_origin_is_rejected(top: Any) -> None:
    assert register(Flaw(client={"topOrigin": top})) == (WRONG, "topOrigin")


def test_an_answer_that_says_nothing_of_frames_passes() -> None:
    assert isinstance(Desk().register(Device(), Flaw(client={"crossOrigin": REMOVED})), Verified)


# The form of the whole.


def test_an_answer_beyond_64_kilobytes_is_rejected() -> None:
    assert register(member("padding", "x" * 64 * 1024)) == (MALFORMED, "size")


def test_client_data_beyond_4_kilobytes_is_rejected() -> None:
    assert register(Flaw(client={"x": "x" * 4096})) == (MALFORMED, "clientDataJSON size")


def test_a_member_named_twice_is_rejected() -> None:
    doubled = Flaw(answer=lambda answer: json.dumps(answer)[:-1] + ', "type": "public-key"}')
    assert register(doubled) == (MALFORMED, "member named twice")


@pytest.mark.parametrize(
    "value", [None, 7, [], {}, "", "AA==", "A", "A+/A", "AB", " AAAA", "\u00e9"]
)
@pytest.mark.parametrize("name", ["clientDataJSON", "attestationObject"])
def test_a_member_that_is_not_base64url_is_rejected(name: str, value: Any) -> None:
    assert register(response(name, value))[0] is MALFORMED


@pytest.mark.parametrize("value", [None, 7, [], "public_key", "Public-Key"])
def test_another_kind_of_credential_is_rejected(value: Any) -> None:
    assert register(member("type", value)) == (MALFORMED, "credential type")


@pytest.mark.parametrize("value", [None, 7, [], "text"])
def test_an_answer_without_a_response_is_rejected(value: Any) -> None:
    assert register(member("response", value)) == (MALFORMED, "members")


@pytest.mark.parametrize("value", [None, 7, "usb", [[], {}, 7, "usb\n"], {"usb": 1}])
def test_transports_that_nobody_knows_are_left_out(value: Any) -> None:
    outcome = Desk().register(Device(), response("transports", value))
    assert isinstance(outcome, Verified)
    assert outcome.data["transports"] == []


@pytest.mark.parametrize("value", [None, 7, {}, {"credProps": 1}, {"credProps": {"rk": "yes"}}])
def test_what_the_browser_does_not_say_of_discovery_is_unknown(value: Any) -> None:
    outcome = Desk().register(Device(), member("clientExtensionResults", value))
    assert isinstance(outcome, Verified)
    assert outcome.data["discoverable"] is None


@pytest.mark.parametrize(
    ("asked", "transports", "variant"),
    [
        ("passkey", ("internal",), "passkey"),
        ("passkey", ("hybrid", "internal"), "passkey"),
        ("passkey", ("usb",), "security_key"),
        ("passkey", (), "passkey"),
        ("this_device", ("internal",), "passkey"),
        ("this_device", (), "passkey"),
        ("security_key", ("nfc", "usb"), "security_key"),
        ("security_key", ("hybrid",), "passkey"),
        ("security_key", (), "security_key"),
    ],
)
def test_a_variant_is_what_it_turned_out_to_be(
    asked: str, transports: tuple[str, ...], variant: str
) -> None:
    outcome = Desk().register(Device(transports=transports), variant=asked)
    assert isinstance(outcome, Verified)
    assert outcome.data["variant"] == variant
