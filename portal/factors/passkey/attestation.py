"""What an attestation says, and whether a root of the FIDO metadata stands behind it.

The library checks a statement's signature. Here: its outer form, the rules for certificates
(WebAuthn Level 3, 8.2.1 and 8.3.1), and the chain to a model's roots at the time that the caller
gives. An attestation nobody vouches for is no error: it only counts for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from portal.ceremony import Reason
from portal.factors.passkey.cbor import only_map
from portal.factors.passkey.encoding import Refusal
from portal.values import frozen

# "android-safetynet" is over, and "compound" is not verified by the library.
FORMATS = frozenset({"none", "packed", "tpm", "android-key", "apple", "fido-u2f"})
CERTIFICATES_MAX = 8
AAGUID_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
SOUND_HASHES = frozenset({"sha256", "sha384", "sha512"})
# What an extension marked critical may be: everything that is looked at here.
UNDERSTOOD = frozenset(
    {
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.SubjectAlternativeName.oid,  # A TPM's has its subject there (8.3.1).
    }
)


@frozen
class Statement:
    """An attestation's outer form. `certificates`: the attestation's own first; often none.

    `aaguid`: 16 bytes that the authenticator calls its model; all zero where it names none.
    `model`: by what the metadata knows it; "" for one without a name.
    """

    format: str
    certificates: tuple[bytes, ...]
    aaguid: bytes
    model: str


def read(attestation_object: bytes) -> Statement:
    """The statement of an attestation object, nothing behind it. Raises Refusal."""
    outer = only_map(attestation_object)
    form, statement, data = outer.get("fmt"), outer.get("attStmt"), outer.get("authData")
    if not isinstance(form, str) or form not in FORMATS:
        raise Refusal(Reason.UNSUPPORTED, "fmt")
    if not isinstance(statement, dict) or not isinstance(data, bytes):
        raise Refusal(Reason.MALFORMED, "attestationObject")
    if form == "none" and statement:
        raise Refusal(Reason.WRONG, "attStmt of none")
    certificates = statement.get("x5c", [])
    if not isinstance(certificates, list) or len(certificates) > CERTIFICATES_MAX:
        raise Refusal(Reason.MALFORMED, "x5c")
    if not all(isinstance(certificate, bytes) for certificate in certificates):
        raise Refusal(Reason.MALFORMED, "x5c")
    aaguid = data[37:53]  # In authenticator data (6.1) it follows hash, flags and counter.
    model = str(UUID(bytes=aaguid)) if any(aaguid) else ""
    if form == "fido-u2f":
        # A U2F device has no AAGUID: its attestation key's identifier stands for that.
        model = key_identifier(certificates[0])
    return Statement(form, tuple(certificates), aaguid, model)


def key_identifier(certificate: bytes) -> str:
    """By what the metadata knows a U2F model (RFC 5280, 4.2.1.2, method 1)."""
    public = x509.load_der_x509_certificate(certificate).public_key()
    return x509.SubjectKeyIdentifier.from_public_key(public).digest.hex()


def check_certificate(statement: Statement) -> None:
    """The rules for the attestation certificate. Raises Refusal.

    Without the comparison of AAGUIDs one genuine model could pass itself off as another.
    """
    if not statement.certificates or statement.format not in {"packed", "tpm"}:
        return
    certificate = x509.load_der_x509_certificate(statement.certificates[0])
    extensions = certificate.extensions
    if statement.format == "packed":
        _check_packed(certificate)
    try:
        named = extensions.get_extension_for_oid(AAGUID_EXTENSION)
    except x509.ExtensionNotFound:
        return
    value = named.value
    assert isinstance(value, x509.UnrecognizedExtension)
    # An OCTET STRING of 16 bytes inside the extension's own.
    if named.critical or value.value != b"\x04\x10" + statement.aaguid:
        raise Refusal(Reason.WRONG, "id-fido-gen-ce-aaguid")


def is_vouched_for(certificates: Sequence[bytes], roots: Sequence[bytes], now: datetime) -> bool:
    """Whether the certificates lead to one of `roots` (RFC 5280, 6.1), all valid at `now`.

    A root is a name and a key that are trusted, as the metadata lists them: an authority of any
    age, or an attestation certificate itself.
    """
    anchors = [anchor for anchor in map(_load, roots) if anchor is not None]
    chain = [_load(certificate) for certificate in certificates]
    for depth, certificate in enumerate(chain):
        if certificate is None or not _fits(certificate, now, depth):
            return False
        if any(_anchored(certificate, anchor, now, depth) for anchor in anchors):
            return True
        issuer = chain[depth + 1] if depth + 1 < len(chain) else None
        if issuer is None or not _issued(certificate, issuer):
            return False
    return False


def _check_packed(certificate: x509.Certificate) -> None:
    """WebAuthn Level 3, 8.2.1."""
    units = _subject(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)
    if certificate.version is not x509.Version.v3 or units != ["Authenticator Attestation"]:
        raise Refusal(Reason.WRONG, "attestation certificate subject")
    country = _subject(certificate, NameOID.COUNTRY_NAME)
    if len(country) != 1 or not re.fullmatch(r"[A-Z]{2}", country[0]):
        raise Refusal(Reason.WRONG, "attestation certificate subject")
    for needed in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        if not any(_subject(certificate, needed)):
            raise Refusal(Reason.WRONG, "attestation certificate subject")
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    if basic.value.ca:
        raise Refusal(Reason.WRONG, "attestation certificate CA")


def _subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(part.value) for part in certificate.subject.get_attributes_for_oid(oid)]


def _load(encoded: bytes) -> x509.Certificate | None:
    """None for what cannot be read: then it vouches for nothing."""
    try:
        certificate = x509.load_der_x509_certificate(encoded)
        _ = certificate.extensions  # Read late by the library; here is where that may fail.
    except Exception:
        return None
    return certificate


def _fits(certificate: x509.Certificate, now: datetime, depth: int) -> bool:
    """Whether a certificate may stand at its place in the chain; 0 is the attestation's own."""
    critical = {extension.oid for extension in certificate.extensions if extension.critical}
    if not _in_time(certificate, now) or not critical <= UNDERSTOOD:
        return False
    return depth == 0 or (_basic(certificate) is not None and _may_issue(certificate, depth))


def _may_issue(certificate: x509.Certificate, depth: int) -> bool:
    """Whether it may sign what stands below it. An old anchor may be silent about that."""
    basic = _basic(certificate)
    if basic is not None:
        if not basic.ca:
            return False
        # How many authorities may stand between it and the attestation's own certificate.
        if basic.path_length is not None and depth - 1 > basic.path_length:
            return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.key_cert_sign


def _anchored(
    certificate: x509.Certificate, anchor: x509.Certificate, now: datetime, depth: int
) -> bool:
    if certificate == anchor:
        return True
    in_force = _in_time(anchor, now) and _may_issue(anchor, depth + 1)
    return in_force and _issued(certificate, anchor)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether `issuer` signed it, by a hash that nobody can find collisions in."""
    try:
        hashed = certificate.signature_hash_algorithm
        if hashed is not None and hashed.name not in SOUND_HASHES:
            return False
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _basic(certificate: x509.Certificate) -> x509.BasicConstraints | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None


def _in_time(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
