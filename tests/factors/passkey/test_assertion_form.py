"""An assertion's client data, signature and form (WebAuthn Level 3, 7.2.7 to 7.2.21)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.ceremony import Reason, Verified
from tests.factors.passkey.ceremonies import (
    LATER,
    Desk,
    refused,
    response,
    use,
)
from tests.support.passkeys import (
    REMOVED,
    Credential,
    Device,
    Flaw,
    b64,
    new_key,
    unb64,
)

WRONG, MALFORMED = Reason.WRONG, Reason.MALFORMED
STRANGER = Credential(b"", "", b"", -7, new_key(-7))


# 7.2.7 to 7.2.14: client data.


def test_client_data_is_read_strictly() -> None:
    assert use(Flaw(client_bytes=lambda raw: raw + b"\xff")) == (MALFORMED, "UTF-8")
    assert use(Flaw(client_bytes=lambda raw: b"[" + raw + b"]")) == (MALFORMED, "JSON object")
    doubled = Flaw(client_bytes=lambda raw: raw[:-1] + b',"type":"webauthn.get"}')
    assert use(doubled) == (MALFORMED, "member named twice")
    nested = Flaw(client_bytes=lambda raw: raw[:-1] + b',"x":' + b"[" * 2000 + b"]" * 2000 + b"}")
    assert use(nested)[0] is MALFORMED


def test_a_byte_order_mark_and_unknown_members_pass() -> None:
    desk, device = Desk(), Device()
    data = desk.enrol(device)
    marked = Flaw(client={"future": 1}, client_bytes=lambda raw: b"\xef\xbb\xbf" + raw)
    assert isinstance(desk.assert_(data, device, marked), Verified)


@pytest.mark.parametrize("kind", ["webauthn.create", "payment.get", None, REMOVED])
def test_another_type_is_rejected(kind: Any) -> None:
    assert use(Flaw(client={"type": kind})) == (WRONG, "type")


@pytest.mark.parametrize("challenge", [b64(bytes(32)), "", 7, REMOVED])
def test_another_challenge_is_rejected(challenge: Any) -> None:
    assert use(Flaw(client={"challenge": challenge})) == (WRONG, "challenge")


def test_a_padded_challenge_is_rejected() -> None:
    padded = Flaw(client_bytes=lambda raw: raw.replace(b'","origin"', b'=","origin"'))
    assert use(padded) == (WRONG, "challenge")


@pytest.mark.parametrize(
    "origin",
    [
        "http://portal.example",
        "https://portal.example:8443",
        "https://login.portal.example",
        "https://portal.example.evil.example",
        "null",
        ["https://portal.example"],
        REMOVED,
    ],
)
def test_another_origin_is_rejected(origin: Any) -> None:
    assert use(Flaw(client={"origin": origin})) == (WRONG, "origin")


def test_an_answer_from_a_frame_is_rejected() -> None:
    assert use(Flaw(client={"crossOrigin": True})) == (WRONG, "crossOrigin")
    assert use(Flaw(client={"topOrigin": "https://portal.example"})) == (WRONG, "topOrigin")


# 7.2.20 and 7.2.21: the signature.


def test_a_signature_by_another_key_is_rejected() -> None:
    assert use(Flaw(signer=STRANGER)) == (WRONG, "signature")


def raw_pair(signature: bytes) -> bytes:
    """r and s side by side, as other standards write them."""
    length = signature[3]
    r, s = signature[4 : 4 + length], signature[6 + length :]
    return b"".join(int.from_bytes(number).to_bytes(32) for number in (r, s))


@pytest.mark.parametrize(
    "change", [lambda raw: raw[:-1], lambda raw: raw + b"\x00", raw_pair, lambda raw: b"\x00"]
)
def test_a_signature_of_another_form_is_rejected(change: Any) -> None:
    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        signature = unb64(answer["response"]["signature"])
        answer["response"]["signature"] = b64(change(signature))
        return answer

    assert use(Flaw(answer=spoil)) == (WRONG, "signature")


def test_no_signature_is_rejected() -> None:
    assert use(response("signature", ""))[0] is MALFORMED


def test_data_altered_after_signing_is_rejected() -> None:
    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        data = unb64(answer["response"]["authenticatorData"])
        answer["response"]["authenticatorData"] = b64(data[:36] + bytes([data[36] + 1]))
        return answer

    assert use(Flaw(answer=spoil)) == (WRONG, "signature")


def test_client_data_altered_after_signing_is_rejected() -> None:
    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        client = json.loads(unb64(answer["response"]["clientDataJSON"]))
        changed = json.dumps({**client, "more": 1}).encode()
        answer["response"]["clientDataJSON"] = b64(changed)
        return answer

    assert use(Flaw(answer=spoil)) == (WRONG, "signature")


# The form of the whole.


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("clientDataJSON", 4 * 1024),
        ("authenticatorData", 8 * 1024),
        ("signature", 8 * 1024),
        ("userHandle", 64),
    ],
)
def test_a_member_that_is_too_long_is_rejected(name: str, size: int) -> None:
    assert use(response(name, b64(bytes(size + 1)))) == (MALFORMED, f"{name} size")


@pytest.mark.parametrize("value", [7, [], {}, "A", "AA==", "A+/A", "AB", " AAAA", "\u00e9"])
@pytest.mark.parametrize("name", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
def test_a_member_that_is_not_base64url_is_rejected(name: str, value: Any) -> None:
    assert use(response(name, value))[0] is MALFORMED


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", '{"rawId": 7}', "[" * 40_000, "\ud800", "9" * 10_000, "{" * 70_000],
)
def test_what_is_no_answer_belongs_to_nobody(answer: str) -> None:
    desk, device = Desk(), Device()
    data = desk.enrol(device)
    ceremony, _ = desk.challenge(data)
    assert desk.factor.lookup_of(answer) is None
    assert refused(desk.factor.verify(data, ceremony, answer, LATER))[0] is MALFORMED


@pytest.mark.parametrize("more", ["!", "=", " ", "\n", "+/", "!!!!", "====", "+/+/"])
def test_an_id_has_one_spelling(more: str) -> None:
    desk, device = Desk(), Device()
    data = desk.enrol(device)
    _, options = desk.challenge(data)
    spelt = data["credential_id"][:4] + more + data["credential_id"][4:]
    other = Flaw(answer=lambda answer: {**answer, "id": spelt, "rawId": spelt})
    assert desk.factor.lookup_of(device.get(options)) == device.credentials[0].id
    assert desk.factor.lookup_of(device.get(options, other)) is None
