"""What a browser is asked for: the options of a registration and of an authentication.

Plain JSON in the form of WebAuthn Level 3, 5.1.8 and 5.1.9 (`parse…OptionsFromJSON`). It decides
which authenticators are asked, never whether an answer is good: `verification` does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from portal.ceremony import Data, Subject
from portal.factors.passkey.encoding import encode
from portal.relying_party import RelyingParty, domain
from portal.values import frozen

CHALLENGE_BYTES = 32
# How long a browser's dialog stays open; the ceremony that it belongs to ends on the server.
TIMEOUT_MILLISECONDS = 300_000

# COSE algorithms, most wanted first. Offered is exactly what is verified: the library would
# register keys of ES384 and Ed448 and then never be able to check their signatures.
EDDSA, ES256, RS256 = -8, -7, -257
ML_DSA_44, ML_DSA_65, ML_DSA_87 = -48, -49, -50
CLASSIC = (EDDSA, ES256, RS256)
POST_QUANTUM = (ML_DSA_44, ML_DSA_65, ML_DSA_87)

SECURITY_KEY = "security_key"
PASSKEY = "passkey"
THIS_DEVICE = "this_device"
TRANSPORTS = ("ble", "hybrid", "internal", "nfc", "smart-card", "usb")
# By these alone an authenticator is carried from computer to computer: a security key.
ROAMING = frozenset({"ble", "nfc", "smart-card", "usb"})


@frozen
class Variant:
    """One of the forms in which a credential can be asked for.

    `passkey`: whatever this person has, this device or their phone; no attachment is asked, so
    that a computer without a reader of its own can use the phone. `this_device`: the same made by
    a prompt of ours, which must not lead to a phone or key. `security_key`: a key that is plugged
    in or held near, of any age, therefore with little required.
    """

    selection: Mapping[str, Any]
    hints: tuple[str, ...]
    verified: bool  # The authenticator must check who uses it.
    attested: bool  # Its make is asked for even where no policy wants it.


_DISCOVERABLE = {
    "residentKey": "required",
    "requireResidentKey": True,
    "userVerification": "required",
}
VARIANTS = {
    PASSKEY: Variant(_DISCOVERABLE, ("client-device", "hybrid"), verified=True, attested=False),
    THIS_DEVICE: Variant(
        {**_DISCOVERABLE, "authenticatorAttachment": "platform"},
        ("client-device",),
        verified=True,
        attested=False,
    ),
    # A key that can keep credentials may sign in alone later; an old one is a second factor.
    SECURITY_KEY: Variant(
        {
            "residentKey": "preferred",
            "requireResidentKey": False,
            "userVerification": "preferred",
            "authenticatorAttachment": "cross-platform",
        },
        ("security-key",),
        verified=False,
        attested=True,
    ),
}


@frozen
class Party:
    """Us as a relying party: who credentials are made for and whose pages may use them."""

    id: str
    name: str
    origins: frozenset[str]
    algorithms: tuple[int, ...]


def party(relying_party: RelyingParty, base_url: str, product_name: str) -> Party:
    """Who we are by the settings: our origin, related ones, and the platform's Android apps."""
    origins = {origin(base_url), *map(origin, relying_party.related)}
    for fingerprints in relying_party.android.values():
        origins |= {android_origin(fingerprint) for fingerprint in fingerprints}
    return Party(
        id=domain(relying_party, base_url),
        name=product_name,
        origins=frozenset(origins),
        algorithms=(*POST_QUANTUM, *CLASSIC) if relying_party.post_quantum else CLASSIC,
    )


def origin(address: str) -> str:
    """An address's origin as browsers write it (RFC 6454, 6.2): no default port, lower case."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    default = {"https": 443, "http": 80}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, default) else ""
    return f"{parts.scheme}://{host}{port}"


def android_origin(fingerprint: str) -> str:
    """What Android writes as an app's origin: its signing certificate's SHA-256."""
    return f"android:apk-key-hash:{encode(bytes.fromhex(fingerprint.replace(':', '')))}"


def registration_state(party: Party, subject: Subject, entropy: bytes) -> Data:
    """What the server remembers of a registration."""
    name = subject.variant if subject.variant in VARIANTS else PASSKEY
    return {
        "challenge": encode(entropy[:CHALLENGE_BYTES]),
        "variant": name,
        "handle": encode(subject.handle),
        "verified": VARIANTS[name].verified,
        "algorithms": list(party.algorithms),
        "held": [data["credential_id"] for data in subject.held],
    }


def registration(party: Party, subject: Subject, state: Data) -> str:
    """PublicKeyCredentialCreationOptionsJSON of a running registration."""
    variant = VARIANTS[state["variant"]]
    attested = variant.attested or subject.attested
    return json.dumps(
        {
            "rp": {"id": party.id, "name": party.name},
            "user": {
                "id": state["handle"],
                "name": subject.email,
                "displayName": subject.name or subject.email,
            },
            "challenge": state["challenge"],
            "pubKeyCredParams": [
                {"type": "public-key", "alg": algorithm} for algorithm in state["algorithms"]
            ],
            "timeout": TIMEOUT_MILLISECONDS,
            "excludeCredentials": [descriptor(data) for data in subject.held],
            "authenticatorSelection": dict(variant.selection),
            "hints": list(variant.hints),
            "attestation": "direct" if attested else "none",
            # Tells whether the credential can be found without its id.
            "extensions": {"credProps": True},
        }
    )


def authentication_state(held: Sequence[Data], verified: bool, entropy: bytes) -> Data:
    """What the server remembers of an authentication. Nothing allowed: whatever is found."""
    return {
        "challenge": encode(entropy[:CHALLENGE_BYTES]),
        "allowed": [data["credential_id"] for data in held],
        "verified": verified,
    }


def authentication(party: Party, held: Sequence[Data], state: Data) -> str:
    """PublicKeyCredentialRequestOptionsJSON of a begun authentication."""
    keys_only = bool(held) and all(data["variant"] == SECURITY_KEY for data in held)
    return json.dumps(
        {
            "challenge": state["challenge"],
            "timeout": TIMEOUT_MILLISECONDS,
            "rpId": party.id,
            "allowCredentials": [descriptor(data) for data in held],
            # Not "discouraged": a proof that came with verification is worth more later.
            "userVerification": "required" if state["verified"] else "preferred",
            "hints": ["security-key"] if keys_only else [],
        }
    )


def descriptor(data: Data) -> dict[str, Any]:
    """One credential as the browser is told of it, and how to reach it."""
    return {
        "type": "public-key",
        "id": data["credential_id"],
        "transports": list(data["transports"]),
    }
