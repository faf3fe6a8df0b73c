"""A software authenticator with the browser in front of it: real registrations and assertions.

`Device` keeps the rules that browsers and authenticators keep; a `Flaw` breaks one field of its
answer, signed or not, and leaves all the others as they are.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa

from tests.support import cbor, makers
from tests.support.makers import HARDWARE, NONE, Facts, Maker

ES256, EDDSA, RS256 = -7, -8, -257
ML_DSA = {-48: mldsa.MLDSA44PrivateKey, -49: mldsa.MLDSA65PrivateKey, -50: mldsa.MLDSA87PrivateKey}
UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
REMOVED = object()


class NotAllowed(Exception):
    """The browser would say NotAllowedError: nothing fits, or nobody could be verified."""


class AlreadyRegistered(Exception):
    """The browser would say InvalidStateError: the exclude list names a credential of ours."""


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Flaw:
    """What is wrong with one answer. What is signed is signed after it was spoilt."""

    client: Mapping[str, Any] = field(default_factory=dict)  # Members set, or REMOVED.
    client_bytes: Callable[[bytes], bytes] = lambda raw: raw
    rp_id: str | None = None
    raised: int = 0  # Flags.
    cleared: int = 0
    count: int | None = None
    credential_id: bytes | None = None  # In authenticator data alone.
    public_key: bytes | None = None  # COSE.
    data: Callable[[bytes], bytes] = lambda raw: raw
    extensions: bytes = b""
    format: str | None = None
    statement: Callable[[dict[str, Any]], dict[str, Any]] = lambda statement: statement
    attested: Callable[[bytes], bytes] = lambda raw: raw  # The attestation object.
    signer: Credential | None = None
    answer: Callable[[dict[str, Any]], Any] = lambda answer: answer  # After signing.


SOUND = Flaw()


@dataclass
class Credential:
    """A key pair in a device, for one account at one relying party."""

    id: bytes
    rp_id: str
    handle: bytes
    algorithm: int
    key: Any
    count: int = 0
    discoverable: bool = True

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(message)

    def point(self) -> tuple[bytes, bytes]:
        if not isinstance(self.key, ec.EllipticCurvePrivateKey):
            return b"", b""
        numbers = self.key.public_key().public_numbers()
        return numbers.x.to_bytes(32), numbers.y.to_bytes(32)

    def cose(self) -> bytes:
        """The public key as a COSE_Key (RFC 9053)."""
        public = self.key.public_key()
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            x, y = self.point()
            return cbor.encode({1: 2, 3: ES256, -1: 1, -2: x, -3: y})
        if isinstance(self.key, rsa.RSAPrivateKey):
            numbers = public.public_numbers()
            modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)
            return cbor.encode({1: 3, 3: RS256, -1: modulus, -2: b"\x01\x00\x01"})
        raw = public.public_bytes_raw()
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return cbor.encode({1: 1, 3: EDDSA, -1: 6, -2: raw})
        return cbor.encode({1: 7, 3: self.algorithm, -1: raw})


@functools.cache
def _rsa(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)  # One for all: it takes long to find.


def new_key(algorithm: int) -> Any:
    if algorithm == ES256:
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == RS256:
        return _rsa()
    return ML_DSA[algorithm].generate()


@dataclass
class Device:
    """An authenticator, and the browser that it is used with, on a page at `origin`.

    `attestation`: the format that it answers with where one is asked for. `synced`: its keys are
    copied to the person's other devices. `counts`: it has a signature counter.
    """

    origin: str = "https://portal.example"
    aaguid: str = HARDWARE
    algorithm: int = ES256
    attestation: str = "packed"
    maker: Maker = field(default_factory=Maker)
    verifies: bool = True
    synced: bool = False
    counts: bool = True
    keeps: bool = True  # Credentials can be found without their ids.
    transports: tuple[str, ...] = ("internal",)
    credentials: list[Credential] = field(default_factory=list)

    def create(self, options: str, flaw: Flaw = SOUND) -> str:
        """What `navigator.credentials.create()` gives, as JSON text."""
        asked = json.loads(options)
        offered = [one["alg"] for one in asked["pubKeyCredParams"]]
        if self.algorithm not in offered:
            raise NotAllowed
        excluded = {one["id"] for one in asked["excludeCredentials"]}
        if any(b64(one.id) in excluded for one in self.credentials):
            raise AlreadyRegistered
        selection = asked["authenticatorSelection"]
        verified = self._verify(selection["userVerification"])
        made = Credential(
            id=hashlib.sha256(f"{self.aaguid} {asked['challenge']}".encode()).digest(),
            rp_id=asked["rp"]["id"],
            handle=unb64(asked["user"]["id"]),
            algorithm=self.algorithm,
            key=new_key(self.algorithm),
            discoverable=self.keeps and selection["residentKey"] != "discouraged",
        )
        self.credentials.append(made)
        return self._register(made, asked, verified, flaw)

    def get(self, options: str, flaw: Flaw = SOUND) -> str:
        """What `navigator.credentials.get()` gives, as JSON text."""
        asked = json.loads(options)
        allowed = {one["id"] for one in asked["allowCredentials"]}
        found = [
            one
            for one in self.credentials
            if one.rp_id == asked["rpId"]
            and (b64(one.id) in allowed if allowed else one.discoverable)
        ]
        if not found:
            raise NotAllowed
        used = found[-1]
        used.count += 1 if self.counts else 0
        client = self._client("webauthn.get", asked["challenge"], flaw)
        flags = UP | (UV if self._verify(asked["userVerification"]) else 0) | self._backup()
        data = flaw.data(self._data(used, flags, flaw))
        signature = (flaw.signer or used).sign(data + hashlib.sha256(client).digest())
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(signature),
        }
        if used.discoverable:
            response["userHandle"] = b64(used.handle)
        return self._say(used, response, {}, flaw)

    def _register(
        self, made: Credential, asked: Mapping[str, Any], verified: bool, flaw: Flaw
    ) -> str:
        form = self.attestation if asked["attestation"] != "none" else "none"
        client = self._client("webauthn.create", asked["challenge"], flaw)
        flags = UP | AT | (UV if verified else 0) | self._backup()
        aaguid = NONE if form == "fido-u2f" else self.aaguid
        identity = made.id if flaw.credential_id is None else flaw.credential_id
        attested = bytes.fromhex(aaguid.replace("-", "")) + len(identity).to_bytes(2)
        attested += identity + (made.cose() if flaw.public_key is None else flaw.public_key)
        data = flaw.data(self._data(made, flags, flaw, attested))
        facts = Facts(
            data=data,
            client_hash=hashlib.sha256(client).digest(),
            credential_id=identity,
            point=made.point(),
            sign=(flaw.signer or made).sign,
            public=made.key.public_key(),
            algorithm=made.algorithm,
        )
        statement = flaw.statement(makers.statement(form, facts, self.maker))
        written = "packed" if form == "self" else form
        written = written if flaw.format is None else flaw.format
        outer = cbor.encode({"fmt": written, "attStmt": statement, "authData": data})
        response = {
            "clientDataJSON": b64(client),
            "attestationObject": b64(flaw.attested(outer)),
            "transports": list(self.transports),
            "authenticatorData": b64(data),
            "publicKeyAlgorithm": made.algorithm,
        }
        return self._say(made, response, {"credProps": {"rk": made.discoverable}}, flaw)

    def _verify(self, wanted: str) -> bool:
        if wanted == "required" and not self.verifies:
            raise NotAllowed
        return self.verifies and wanted != "discouraged"

    def _backup(self) -> int:
        return BE | BS if self.synced else 0

    def _client(self, kind: str, challenge: str, flaw: Flaw) -> bytes:
        client = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        client |= flaw.client
        kept = {name: value for name, value in client.items() if value is not REMOVED}
        return flaw.client_bytes(json.dumps(kept, separators=(",", ":")).encode())

    def _data(self, used: Credential, flags: int, flaw: Flaw, attested: bytes = b"") -> bytes:
        """Authenticator data (6.1)."""
        flags = (flags | flaw.raised | (ED if flaw.extensions else 0)) & ~flaw.cleared
        count = used.count if flaw.count is None else flaw.count
        site = hashlib.sha256((flaw.rp_id or used.rp_id).encode()).digest()
        return site + bytes([flags]) + count.to_bytes(4) + attested + flaw.extensions

    def _say(
        self,
        used: Credential,
        response: Mapping[str, Any],
        results: Mapping[str, Any],
        flaw: Flaw,
    ) -> str:
        inside = "internal" in self.transports
        said = {
            "id": b64(used.id),
            "rawId": b64(used.id),
            "type": "public-key",
            "response": dict(response),
            "authenticatorAttachment": "platform" if inside else "cross-platform",
            "clientExtensionResults": dict(results),
        }
        spoilt = flaw.answer(said)
        return spoilt if isinstance(spoilt, str) else json.dumps(spoilt)


def security_key(**more: Any) -> Device:
    """A key that is plugged in: bound to itself, and verifies by a PIN."""
    return replace(Device(transports=("nfc", "usb")), **more)


def synced_passkey(**more: Any) -> Device:
    """What a password manager keeps: on all the person's devices, without counter or make."""
    return replace(Device(synced=True, counts=False, attestation="none"), **more)
