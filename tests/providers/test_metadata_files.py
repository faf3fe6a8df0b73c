"""Files of metadata that an operator names: what of an entry counts, and what is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from portal.edge import Model
from portal.providers.metadata import Metadata, UnreadableMetadata
from portal.settings import DEVELOPMENT_MODELS
from tests.support.house import CATALOGUE

YUBIKEY = "ee882879-721c-4913-9775-3dfcce97072a"
WINDOWS_HELLO = "08987058-cadc-4b81-b6e1-30de50dcbe96"
VIRTUAL = "01020304-0506-0708-0102-030405060708"
NOBODY = "7b5a1d0e-0000-4000-8000-000000000001"
ZERO = "00000000-0000-0000-0000-000000000000"

Written = Callable[..., str]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a file of metadata with one entry; what is named takes the place of the ordinary."""

    def write(name: str = "models.json", **entry: Any) -> str:
        whole: dict[str, Any] = {"aaguid": NOBODY, "metadataStatement": {"description": "Ours"}}
        content = {"no": 7, "nextUpdate": "2027-01-31", "entries": [whole | entry]}
        path = tmp_path / name
        path.write_text(json.dumps(content))
        return str(path)

    return write


def model_of(path: str) -> Model:
    found = Metadata(path).model(NOBODY)
    assert found is not None
    return found


def report(status: str, day: str | None = "2026-01-01") -> dict[str, str]:
    return {"status": status} | ({"effectiveDate": day} if day else {})


def test_the_zero_aaguid_is_nobody_even_where_a_file_names_it(written: Written) -> None:
    assert Metadata(own=written(aaguid=ZERO)).model(ZERO) is None


@pytest.mark.parametrize(
    ("reports", "level"),
    [
        ([], 0),
        ([report("NOT_FIDO_CERTIFIED")], 0),
        ([report("FIDO_CERTIFIED")], 1),
        ([report("FIDO_CERTIFIED_L1plus")], 1),
        ([report("FIDO_CERTIFIED_L3plus")], 3),
        ([report("FIDO_CERTIFIED_L2"), report("FIDO_CERTIFIED_L1", "2026-02-01")], 2),
        ([report("FIDO_CERTIFIED_L2"), report("NOT_FIDO_CERTIFIED", "2025-01-01")], 2),
        ([report("FIDO_CERTIFIED_L2"), report("NOT_FIDO_CERTIFIED", "2026-02-01")], 0),
        ([report("FIDO_CERTIFIED_L2"), report("REVOKED", "2026-02-01")], 0),
        ([report("FIDO_CERTIFIED_L9")], 0),
        ([{}], 0),
    ],
)
def test_the_level_is_the_highest_that_still_holds(
    written: Written, reports: list[dict[str, str]], level: int
) -> None:
    assert model_of(written(statusReports=reports)).certification == level


@pytest.mark.parametrize(
    "warning",
    [
        "REVOKED",
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
    ],
)
def test_a_warning_stands_until_a_later_certification(written: Written, warning: str) -> None:
    def revoked(*reports: dict[str, str]) -> bool:
        return model_of(written(statusReports=list(reports))).revoked

    certified = report("FIDO_CERTIFIED_L1", "2025-01-01")
    again = report("FIDO_CERTIFIED_L1", "2026-06-01")
    assert revoked(report(warning))
    assert revoked(report(warning), certified)
    assert revoked(certified, report(warning), report("UPDATE_AVAILABLE", "2026-02-01"))
    assert revoked(report(warning), report("NOT_FIDO_CERTIFIED", "2026-02-01"))
    assert revoked(report(warning), report("FIDO_CERTIFIED_L1"))  # Of the same day.
    assert revoked(again, report(warning, None))
    assert not revoked(again, report(warning))
    assert not revoked(report("UPDATE_AVAILABLE"), certified)


@pytest.mark.parametrize(
    ("protection", "hardware"),
    [
        (["hardware"], True),
        (["hardware", "tee"], True),
        (["hardware", "secure_element", "remote_handle"], True),
        (["software"], False),
        (["software", "hardware"], False),
        (["secure_element"], False),
        ([], False),
    ],
)
def test_hardware_is_what_says_so_and_says_nothing_of_software(
    written: Written, protection: list[str], hardware: bool
) -> None:
    statement = {"keyProtection": protection}
    assert model_of(written(metadataStatement=statement)).hardware_protected is hardware


def test_an_entry_may_say_next_to_nothing(written: Written) -> None:
    path = written(metadataStatement={})
    assert model_of(path) == Model(aaguid=NOBODY, name="")
    assert Metadata(path).next_update() == date(2027, 1, 31)


def test_a_root_may_be_folded_or_in_pem(written: Written) -> None:
    der = bytes(range(90))
    text = base64.encodebytes(der).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"
    statement = {"attestationRootCertificates": [text, pem]}
    assert model_of(written(metadataStatement=statement)).roots == (der, der)


def test_a_named_file_takes_the_place_of_the_packages(written: Written) -> None:
    newer = Metadata(written())
    assert newer.model(YUBIKEY) is None
    assert newer.edition().number == 7


def test_a_u2f_key_counts_once_and_only_by_its_keys(written: Written) -> None:
    keys = ["0" * 40, "A" * 40]
    reports = [report("REVOKED")]
    catalogue = Metadata(
        written(aaguid="", attestationCertificateKeyIdentifiers=keys, statusReports=reports)
    )
    found = catalogue.model(keys[0])
    assert found is not None
    assert found.revoked
    assert catalogue.model("a" * 40) == found
    assert (catalogue.edition().models, catalogue.edition().revoked) == (0, ())


def test_own_models_stand_beside_the_others_and_go_first(written: Written) -> None:
    mine = {"description": "Not a YubiKey", "keyProtection": ["software"]}
    catalogue = Metadata(own=written(aaguid=YUBIKEY.upper(), metadataStatement=mine))
    own, other = catalogue.model(YUBIKEY), catalogue.model(WINDOWS_HELLO)
    assert own is not None
    assert own.name == "Not a YubiKey"
    assert other is not None
    assert catalogue.edition().number == CATALOGUE.edition().number


def test_the_development_models_make_a_virtual_authenticator_hardware() -> None:
    model = Metadata(own=DEVELOPMENT_MODELS).model(VIRTUAL)
    assert model is not None
    assert (model.certification, model.hardware_protected, model.revoked) == (2, True, False)
    root = x509.load_der_x509_certificate(model.roots[0])
    root.verify_directly_issued_by(root)
    assert Metadata().model(VIRTUAL) is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no JSON",
        "[]",
        "{}",
        '{"entries": []}',
        '{"entries": {}}',
        '{"entries": ["x"]}',
        '{"no": "x", "entries": [{"aaguid": "a"}]}',
        '{"nextUpdate": "soon", "entries": [{"aaguid": "a"}]}',
        '{"entries": [{"aaguid": "a", "metadataStatement": '
        '{"attestationRootCertificates": ["AAAA*AAAA"]}}]}',
    ],
)
def test_a_file_that_holds_no_metadata_is_refused_at_once(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content)
    for arguments in ({"path": str(path)}, {"own": str(path)}):
        with pytest.raises(UnreadableMetadata) as refused:
            Metadata(**arguments)
        assert refused.value.path == str(path)
    with pytest.raises(UnreadableMetadata):
        Metadata(str(tmp_path / "missing.json"))
