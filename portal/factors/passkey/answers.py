"""Reads what a browser sends back: strictly, within sizes, before anything is trusted.

It checks form and the client data (WebAuthn Level 3, 7.1.5 to 7.1.11 and 7.2.7 to 7.2.14). No
signature is checked here; `verification` does that.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from portal.ceremony import Reason
from portal.factors.passkey.encoding import Refusal, decode
from portal.factors.passkey.options import TRANSPORTS
from portal.values import frozen

# Far above what any authenticator sends; a post-quantum signature takes 4.6 KB of it.
ANSWER_MAX = 64 * 1024
CREDENTIAL_ID_MAX = 1023  # WebAuthn Level 3, 7.1.25.
CLIENT_DATA_MAX = 4 * 1024
AUTHENTICATOR_DATA_MAX = 8 * 1024
SIGNATURE_MAX = 8 * 1024
HANDLE_MAX = 64  # WebAuthn Level 3, 5.4.3.


@frozen
class Registration:
    """RegistrationResponseJSON, decoded. `discoverable`: None where the browser does not say."""

    id: str
    raw_id: bytes
    client_data: bytes
    attestation_object: bytes
    transports: tuple[str, ...]
    discoverable: bool | None


@frozen
class Assertion:
    """AuthenticationResponseJSON, decoded. `handle`: None where none was sent."""

    id: str
    raw_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    handle: bytes | None


def registration(answer: str) -> Registration:
    """The answer to a registration. Raises Refusal."""
    whole, response = _parts(answer)
    return Registration(
        id=whole["id"],
        raw_id=_bytes(whole, "rawId", CREDENTIAL_ID_MAX),
        client_data=_bytes(response, "clientDataJSON", CLIENT_DATA_MAX),
        attestation_object=_bytes(response, "attestationObject", ANSWER_MAX),
        transports=_transports(response.get("transports")),
        discoverable=_discoverable(whole.get("clientExtensionResults")),
    )


def assertion(answer: str) -> Assertion:
    """The answer to an authentication. Raises Refusal."""
    whole, response = _parts(answer)
    handle = response.get("userHandle")
    return Assertion(
        id=whole["id"],
        raw_id=_bytes(whole, "rawId", CREDENTIAL_ID_MAX),
        client_data=_bytes(response, "clientDataJSON", CLIENT_DATA_MAX),
        authenticator_data=_bytes(response, "authenticatorData", AUTHENTICATOR_DATA_MAX),
        signature=_bytes(response, "signature", SIGNATURE_MAX),
        # Browsers leave it out; older ones wrote nothing in it.
        handle=_bytes(response, "userHandle", HANDLE_MAX) if handle not in (None, "") else None,
    )


def credential_id(answer: str) -> bytes:
    """The credential that an answer claims to come from. Raises Refusal."""
    whole, _ = _parts(answer)
    return _bytes(whole, "rawId", CREDENTIAL_ID_MAX)


def check_client_data(raw: bytes, *, kind: str, challenge: str, origins: Collection[str]) -> None:
    """What the browser says of the page that asked. Raises Refusal.

    The challenge is compared as it is written: the standard compares strings, so that no second
    spelling of the same bytes passes.
    """
    # The standard decodes with "UTF-8 decode", which strips one byte order mark.
    client = _object(_text(raw.removeprefix(b"\xef\xbb\xbf")))
    if client.get("type") != kind:
        raise Refusal(Reason.WRONG, "type")
    if client.get("challenge") != challenge:
        raise Refusal(Reason.WRONG, "challenge")
    site = client.get("origin")
    if not isinstance(site, str) or site not in origins:
        raise Refusal(Reason.WRONG, "origin")
    # No page of ours is ever shown in another's frame, so an answer from one is not for us.
    if client.get("crossOrigin", False) is not False:
        raise Refusal(Reason.WRONG, "crossOrigin")
    if "topOrigin" in client:
        raise Refusal(Reason.WRONG, "topOrigin")


def _parts(answer: str) -> tuple[dict[str, Any], dict[str, Any]]:
    if len(answer) > ANSWER_MAX:
        raise Refusal(Reason.MALFORMED, "size")
    whole = _object(answer)
    response = whole.get("response")
    if not isinstance(response, dict) or not isinstance(whole.get("id"), str):
        raise Refusal(Reason.MALFORMED, "members")
    if whole.get("type") != "public-key":
        raise Refusal(Reason.MALFORMED, "credential type")
    if whole["id"] != whole.get("rawId"):
        raise Refusal(Reason.MALFORMED, "id and rawId")
    return whole, response


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(Reason.MALFORMED, "UTF-8") from error


def _object(text: str) -> dict[str, Any]:
    """A JSON object in which no member is named twice: two readers could choose differently."""
    try:
        value = _STRICT.decode(text)
    except (ValueError, RecursionError) as error:
        raise Refusal(Reason.MALFORMED, "JSON") from error
    if not isinstance(value, dict):
        raise Refusal(Reason.MALFORMED, "JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Refusal(Reason.MALFORMED, "member named twice")
    return value


# Made once: it costs as much as reading a short text with it.
_STRICT = json.JSONDecoder(object_pairs_hook=_once)


def _bytes(members: Mapping[str, Any], name: str, size_max: int) -> bytes:
    text = members.get(name)
    if not isinstance(text, str):
        raise Refusal(Reason.MALFORMED, name)
    try:
        value = decode(text)
    except ValueError as error:
        raise Refusal(Reason.MALFORMED, f"{name} base64url") from error
    if not 0 < len(value) <= size_max:
        raise Refusal(Reason.MALFORMED, f"{name} size")
    return value


def _transports(value: Any) -> tuple[str, ...]:
    """Known transports alone, in one order: they go back to browsers as they are."""
    if not isinstance(value, list):
        return ()
    return tuple(name for name in TRANSPORTS if name in value)


def _discoverable(results: Any) -> bool | None:
    properties = results.get("credProps") if isinstance(results, dict) else None
    found = properties.get("rk") if isinstance(properties, dict) else None
    return found if isinstance(found, bool) else None
