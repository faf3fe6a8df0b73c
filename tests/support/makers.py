"""Makers of authenticators: their authority, the certificates they put into devices, statements.

Everything here is for tests. The virtual authenticator's key is published with the U2F standard.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

from portal.edge import Edition, Model

HARDWARE = "c0ffee00-0000-4000-8000-000000000001"
SOFTWARE = "c0ffee00-0000-4000-8000-000000000002"
REVOKED = "c0ffee00-0000-4000-8000-000000000003"
UNKNOWN = "c0ffee00-0000-4000-8000-00000000ffff"
VIRTUAL = "01020304-0506-0708-0102-030405060708"  # Chromium's virtual authenticator.
NONE = "00000000-0000-0000-0000-000000000000"

SINCE, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)
AAGUID_EXTENSION = ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
APPLE_NONCE = ObjectIdentifier("1.2.840.113635.100.8.2")
ANDROID_KEY = ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")
TPM_MANUFACTURER, TPM_MODEL, TPM_VERSION = (
    ObjectIdentifier(f"2.23.133.2.{number}") for number in (1, 2, 3)
)
TPM_USAGE = ObjectIdentifier("2.23.133.8.3")
PACKED_SUBJECT = {
    NameOID.COUNTRY_NAME: "AT",
    NameOID.ORGANIZATION_NAME: "Test Keys",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "Authenticator Attestation",
    NameOID.COMMON_NAME: "Batch 1",
}


def key_from(seed: str) -> ec.EllipticCurvePrivateKey:
    """The same P-256 key in every run."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()) >> 1
    return ec.derive_private_key(number, ec.SECP256R1())


def name(parts: dict[ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts.items()])


@dataclass(frozen=True)
class Authority:
    """A name with a key that signs certificates. `path_length`: of its own certificate.

    `silent`: its certificate does not say whether it is an authority.
    """

    key: ec.EllipticCurvePrivateKey
    subject: x509.Name
    path_length: int | None = None
    issuer: Authority | None = None
    authority: bool = True
    silent: bool = False
    since: datetime = SINCE
    until: datetime = UNTIL

    def certificate(self) -> x509.Certificate:
        """Its own certificate; self-signed, if nobody stands above it."""
        above = self.issuer or self
        builder = _builder(self.subject, above.subject, self.key.public_key())
        builder = builder.not_valid_before(self.since).not_valid_after(self.until)
        if not self.silent:
            basic = x509.BasicConstraints(self.authority, self.path_length)
            builder = builder.add_extension(basic, critical=True)
        return builder.sign(above.key, hashes.SHA256(), ecdsa_deterministic=True)

    def der(self) -> bytes:
        return der(self.certificate())


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


ROOT = Authority(key_from("root"), name({NameOID.COMMON_NAME: "Test Keys Root"}))
STRANGE_ROOT = Authority(key_from("strange root"), name({NameOID.COMMON_NAME: "Strange Root"}))


@dataclass(frozen=True)
class Leaf:
    """An attestation certificate, sound unless told otherwise."""

    issuer: Authority = ROOT
    subject: dict[ObjectIdentifier, str] = field(default_factory=lambda: dict(PACKED_SUBJECT))
    aaguid: str | None = HARDWARE
    aaguid_critical: bool = False
    authority: bool = False
    since: datetime = SINCE
    until: datetime = UNTIL
    hashed: hashes.SHA256 | hashes.SHA224 = field(default_factory=hashes.SHA256)
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()

    def sign(self, public: Any) -> bytes:
        """The certificate of a public key, DER."""
        builder = _builder(name(self.subject), self.issuer.subject, public)
        builder = builder.not_valid_before(self.since).not_valid_after(self.until)
        basic = x509.BasicConstraints(self.authority, None)
        builder = builder.add_extension(basic, critical=True)
        if self.aaguid is not None:
            value = b"\x04\x10" + bytes.fromhex(self.aaguid.replace("-", ""))
            named = x509.UnrecognizedExtension(AAGUID_EXTENSION, value)
            builder = builder.add_extension(named, critical=self.aaguid_critical)
        for extension, critical in self.more:
            builder = builder.add_extension(extension, critical=critical)
        return der(builder.sign(self.issuer.key, self.hashed))


def _builder(subject: x509.Name, issuer: x509.Name, public: Any) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        subject_name=subject, issuer_name=issuer, public_key=public, serial_number=1
    )


@dataclass(frozen=True)
class Maker:
    """What a factory puts into a device: an attestation key, its certificate, and what is above."""

    leaf: Leaf = field(default_factory=Leaf)
    above: tuple[bytes, ...] = ()
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: key_from("batch"))

    def certificates(self) -> list[bytes]:
        return [self.leaf.sign(self.key.public_key()), *self.above]


@dataclass
class Models:
    """A catalogue of a few models. A test may change one: `models[HARDWARE] = …`."""

    models: dict[str, Model] = field(default_factory=lambda: dict(STANDING))

    def model(self, aaguid: str) -> Model | None:
        return self.models.get(aaguid)

    def provider(self, aaguid: str) -> str | None:
        model = self.models.get(aaguid)
        return model.name if model is not None else None

    def icon(self, aaguid: str, *, dark: bool) -> tuple[bytes, str] | None:
        return (b"<svg/>", "image/svg+xml") if aaguid == HARDWARE else None

    def next_update(self) -> date | None:
        return date(2026, 12, 1)

    def edition(self) -> Edition:
        revoked = tuple(model for model in self.models.values() if model.revoked)
        return Edition(1, self.next_update(), len(self.models), revoked)


# The root behind Chromium's virtual authenticator: its leaf is signed by its own key each time.
VIRTUAL_KEY = ec.derive_private_key(
    0xF3FCCC0D00D8031954F90864D43C247F4BF5F0665C6B50CC17749A27D1CF7664, ec.SECP256R1()
)
VIRTUAL_SUBJECT = {
    NameOID.COUNTRY_NAME: "US",
    NameOID.ORGANIZATION_NAME: "Chromium",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "Authenticator Attestation",
    NameOID.COMMON_NAME: "Batch Certificate",
}
VIRTUAL_ROOT = Authority(VIRTUAL_KEY, name(VIRTUAL_SUBJECT))
# A U2F device names no model: its attestation key's identifier does (RFC 5280, 4.2.1.2).
U2F_MODEL = x509.SubjectKeyIdentifier.from_public_key(key_from("batch").public_key()).digest.hex()

_METHODS = ("pin", "fingerprint")
STANDING = {
    HARDWARE: Model(HARDWARE, "Test Key 5", 2, True, False, (ROOT.der(),), _METHODS),
    SOFTWARE: Model(SOFTWARE, "Test Vault", 1, False, False, (ROOT.der(),), ("face",)),
    REVOKED: Model(REVOKED, "Test Key 1", 1, True, True, (ROOT.der(),), ("pin",)),
    VIRTUAL: Model(VIRTUAL, "Virtual", 2, True, False, (VIRTUAL_ROOT.der(),), _METHODS),
    U2F_MODEL: Model("", "Test Key U2F", 1, True, False, (ROOT.der(),)),
}


@dataclass(frozen=True)
class Facts:
    """What an attestation statement is about."""

    data: bytes  # Authenticator data.
    client_hash: bytes
    credential_id: bytes
    point: tuple[bytes, bytes]  # The credential's public key; empty where it is not on a curve.
    sign: Callable[[bytes], bytes]  # By the credential's own key.
    public: Any
    algorithm: int


def statement(form: str, facts: Facts, maker: Maker) -> dict[str, Any]:
    """An attestation statement of a format (WebAuthn Level 3, 8.2 to 8.8)."""
    return STATEMENTS[form](facts, maker)


def _none(facts: Facts, maker: Maker) -> dict[str, Any]:
    return {}


def _self(facts: Facts, maker: Maker) -> dict[str, Any]:
    return {"alg": facts.algorithm, "sig": facts.sign(facts.data + facts.client_hash)}


def _packed(facts: Facts, maker: Maker) -> dict[str, Any]:
    signature = _signed(maker, facts.data + facts.client_hash)
    return {"alg": -7, "sig": signature, "x5c": maker.certificates()}


def _u2f(facts: Facts, maker: Maker) -> dict[str, Any]:
    public = b"\x04" + b"".join(facts.point)
    message = b"\x00" + facts.data[:32] + facts.client_hash + facts.credential_id + public
    return {"sig": _signed(maker, message), "x5c": maker.certificates()[:1]}


def _apple(facts: Facts, maker: Maker) -> dict[str, Any]:
    nonce = hashlib.sha256(facts.data + facts.client_hash).digest()
    extension = x509.UnrecognizedExtension(APPLE_NONCE, b"0$\xa1\x22\x04\x20" + nonce)
    leaf = Leaf(maker.leaf.issuer, aaguid=None, more=((extension, False),))
    return {"x5c": [leaf.sign(facts.public), *maker.above]}


def _android(facts: Facts, maker: Maker) -> dict[str, Any]:
    enforced = _tlv(b"\xa1", _tlv(b"\x31", b"\x02\x01\x02")) + b"\xbf\x85\x3e\x03\x02\x01\x00"
    description = b"\x02\x01\x03\x0a\x01\x01\x02\x01\x04\x0a\x01\x01"
    description += _tlv(b"\x04", facts.client_hash) + _tlv(b"\x04", b"") + _tlv(b"\x30", b"")
    value = _tlv(b"\x30", description + _tlv(b"\x30", enforced))
    extension = x509.UnrecognizedExtension(ANDROID_KEY, value)
    leaf = Leaf(maker.leaf.issuer, aaguid=None, more=((extension, False),))
    return {
        "alg": facts.algorithm,
        "sig": facts.sign(facts.data + facts.client_hash),
        "x5c": [leaf.sign(facts.public), maker.leaf.issuer.der()],
    }


def _tpm(facts: Facts, maker: Maker) -> dict[str, Any]:
    x, y = facts.point
    # TPMT_PUBLIC: ECC, SHA-256, attributes, no policy, NULL, NULL, P-256, NULL, the point.
    area = bytes.fromhex("0023000b00060072" + "0000" + "0010" + "0010" + "0003" + "0010")
    area += _sized(x) + _sized(y)
    digest = hashlib.sha256(facts.data + facts.client_hash).digest()
    named = b"\x00\x0b" + hashlib.sha256(area).digest()
    # TPMS_ATTEST: magic, certify, signer, extra data, clock, firmware, name, qualified name.
    info = b"\xffTCG\x80\x17" + _sized(b"") + _sized(digest) + bytes(25) + _sized(named)
    info += _sized(named)
    return {
        "ver": "2.0",
        "alg": -7,
        "x5c": [tpm_leaf(maker.leaf).sign(maker.key.public_key()), *maker.above],
        "sig": _signed(maker, info),
        "certInfo": info,
        "pubArea": area,
    }


def tpm_leaf(leaf: Leaf) -> Leaf:
    """The same certificate as a TPM's attestation identity key has one (8.3.1)."""
    about = name({TPM_MANUFACTURER: "id:414D4400", TPM_MODEL: "test", TPM_VERSION: "id:1"})
    return Leaf(
        issuer=leaf.issuer,
        subject={},
        aaguid=leaf.aaguid,
        more=(
            (x509.SubjectAlternativeName([x509.DirectoryName(about)]), True),
            (x509.ExtendedKeyUsage([TPM_USAGE]), False),
        ),
    )


def _signed(maker: Maker, message: bytes) -> bytes:
    return maker.key.sign(message, ec.ECDSA(hashes.SHA256()))


def _sized(value: bytes) -> bytes:
    return len(value).to_bytes(2) + value


def _tlv(tag: bytes, value: bytes) -> bytes:
    assert len(value) < 128
    return tag + bytes([len(value)]) + value


STATEMENTS: dict[str, Callable[[Facts, Maker], dict[str, Any]]] = {
    "none": _none,
    "self": _self,
    "packed": _packed,
    "fido-u2f": _u2f,
    "apple": _apple,
    "android-key": _android,
    "tpm": _tpm,
}
