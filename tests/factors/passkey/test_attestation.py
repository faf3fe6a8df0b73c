"""Attestation: which statements hold, and what an attested authenticator is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.x509.oid import NameOID

from portal.ceremony import Reason, Rejected, Verified
from portal.rules.terms import Traits
from tests.factors.passkey.ceremonies import (
    Desk,
    attested,
    made,
    passkey,
    refused,
    traits,
    variant_of,
)
from tests.support.makers import (
    HARDWARE,
    NONE,
    PACKED_SUBJECT,
    SOFTWARE,
    STRANGE_ROOT,
    U2F_MODEL,
    VIRTUAL,
    VIRTUAL_KEY,
    VIRTUAL_ROOT,
    VIRTUAL_SUBJECT,
    Leaf,
    Maker,
    Models,
    key_from,
)
from tests.support.passkeys import Device, Flaw, synced_passkey

FULL = ("packed", "tpm", "apple", "android-key", "fido-u2f")


# Formats.


@pytest.mark.parametrize("form", FULL)
def test_each_format_with_a_chain_to_the_models_root_is_attested(form: str) -> None:
    found = traits(Device(attestation=form))
    assert found.attested
    assert found.certification == (1 if form == "fido-u2f" else 2)
    assert found.device_bound


@pytest.mark.parametrize("form", ["none", "self"])
def test_a_statement_without_a_chain_is_not_attested(form: str) -> None:
    found = traits(Device(attestation=form))
    assert found == Traits(model=HARDWARE, device_bound=True)


def test_an_authenticator_without_a_name_has_no_model() -> None:
    assert traits(Device(attestation="none", aaguid=NONE)).model == ""


@pytest.mark.parametrize("form", ["android-safetynet", "compound", "None", "PACKED", ""])
def test_another_format_is_refused(form: str) -> None:
    outcome = Desk().register(Device(attestation="none"), Flaw(format=form))
    assert refused(outcome) == (Reason.UNSUPPORTED, "fmt")


@pytest.mark.parametrize("member", [{"sig": b"x"}, {"future": 1}])
def test_a_none_statement_with_content_is_refused(member: dict[str, Any]) -> None:
    outcome = Desk().register(Device(attestation="none"), Flaw(statement=lambda _: member))
    assert refused(outcome) == (Reason.WRONG, "attStmt of none")


def without(member: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda statement: {key: value for key, value in statement.items() if key != member}


@pytest.mark.parametrize(
    ("form", "member"),
    [
        ("packed", "sig"),
        ("packed", "alg"),
        ("self", "sig"),
        ("self", "alg"),
        ("fido-u2f", "sig"),
        ("fido-u2f", "x5c"),
        ("apple", "x5c"),
        ("android-key", "sig"),
        ("android-key", "x5c"),
        ("tpm", "sig"),
        ("tpm", "x5c"),
        ("tpm", "ver"),
        ("tpm", "certInfo"),
        ("tpm", "pubArea"),
    ],
)
def test_a_statement_that_lacks_a_member_is_refused(form: str, member: str) -> None:
    outcome = Desk().register(Device(attestation=form), Flaw(statement=without(member)))
    assert isinstance(outcome, Rejected)


@pytest.mark.parametrize("form", ["packed", "self", "fido-u2f", "android-key", "tpm"])
def test_a_statement_signed_by_another_key_is_refused(form: str) -> None:
    other = Desk()
    foreign = Device(attestation=form)
    _, options = other.begin()
    taken: dict[str, Any] = {}
    foreign.create(options, Flaw(statement=lambda one: taken.setdefault("whole", one)))
    spoilt = Flaw(statement=lambda one: {**one, "sig": taken["whole"]["sig"]})
    device = Device(attestation=form)
    outcome = Desk().register(device, spoilt, variant=variant_of(device))
    assert refused(outcome) == (Reason.WRONG, "signature")


@pytest.mark.parametrize("x5c", [7, b"x", [7], [[]], {"a": b""}, [b""] * 9], ids=repr)
def test_certificates_of_another_form_are_refused(x5c: Any) -> None:
    outcome = Desk().register(Device(), Flaw(statement=lambda one: {**one, "x5c": x5c}))
    assert refused(outcome) == (Reason.MALFORMED, "x5c")


@pytest.mark.parametrize("x5c", [[b""], [b"\x30\x00"], [b"\xff" * 3000]], ids=repr)
def test_certificates_that_cannot_be_read_are_refused(x5c: Any) -> None:
    outcome = Desk().register(Device(), Flaw(statement=lambda one: {**one, "x5c": x5c}))
    assert isinstance(outcome, Rejected)


# The rules for certificates (8.2.1, 8.3.1).


@pytest.mark.parametrize(
    "subject",
    [
        {NameOID.ORGANIZATIONAL_UNIT_NAME: "Authenticator attestation"},
        {NameOID.ORGANIZATIONAL_UNIT_NAME: None},
        {NameOID.COUNTRY_NAME: None},
        {NameOID.COUNTRY_NAME: "at"},
        {NameOID.ORGANIZATION_NAME: None},
        {NameOID.COMMON_NAME: None},
    ],
    ids=str,
)
def test_a_certificate_of_another_subject_is_refused(subject: dict[Any, Any]) -> None:
    parts = {oid: value for oid, value in (PACKED_SUBJECT | subject).items() if value}
    outcome = Desk().register(Device(maker=made(subject=parts)))
    assert refused(outcome) == (Reason.WRONG, "attestation certificate subject")


def test_an_authoritys_certificate_is_refused_as_an_attestation_certificate() -> None:
    outcome = Desk().register(Device(maker=made(authority=True)))
    assert refused(outcome) == (Reason.WRONG, "attestation certificate CA")


@pytest.mark.parametrize("form", ["packed", "tpm"])
def test_a_certificate_of_another_model_is_refused(form: str) -> None:
    device = Device(attestation=form, maker=made(aaguid=SOFTWARE))
    assert refused(Desk().register(device)) == (Reason.WRONG, "id-fido-gen-ce-aaguid")


def test_an_aaguid_extension_marked_critical_is_refused() -> None:
    outcome = Desk().register(Device(maker=made(aaguid_critical=True)))
    assert isinstance(outcome, Rejected)


def test_a_certificate_that_names_no_model_passes() -> None:
    assert attested(made(aaguid=None))


# What it is worth.


def test_attested_hardware_that_is_bound_counts_as_protected() -> None:
    for device, protected in (
        (Device(), True),
        (Device(attestation="none"), False),
        (Device(maker=Maker(Leaf(issuer=STRANGE_ROOT))), False),
        (Device(aaguid=SOFTWARE, maker=made(aaguid=SOFTWARE)), False),
        (synced_passkey(attestation="packed"), False),
    ):
        outcome = Desk().register(device)
        assert isinstance(outcome, Verified) and outcome.strength is not None
        assert outcome.strength.hardware_protected is outcome.data["hardware"] is protected


def test_a_u2f_device_is_known_by_its_attestation_key() -> None:
    outcome = Desk().register(Device(attestation="fido-u2f"), variant="security_key")
    assert isinstance(outcome, Verified) and outcome.strength is not None
    assert (outcome.data["aaguid"], outcome.data["model"]) == ("", U2F_MODEL)
    # It signs no word of having verified anybody, whatever the flag says.
    assert not outcome.data["user_verified"]
    assert not outcome.strength.multi_factor
    required = Desk().register(Device(attestation="fido-u2f"), variant="passkey")
    assert refused(required) == (Reason.UNVERIFIED, "user verified")
    stranger = Maker(key=key_from("another batch"))
    assert not attested(stranger, attestation="fido-u2f")


def test_a_u2f_device_that_was_revoked_is_refused() -> None:
    catalogue = Models()
    catalogue.models[U2F_MODEL] = replace(catalogue.models[U2F_MODEL], revoked=True)
    desk = Desk(passkey(catalogue=catalogue))
    outcome = desk.register(Device(attestation="fido-u2f"), variant="security_key")
    assert refused(outcome) == (Reason.NOT_PERMITTED, "revoked")


def test_chromiums_virtual_authenticator_is_attested() -> None:
    # Its certificate is signed by its own key, anew each time, and names no model.
    leaf = Leaf(issuer=VIRTUAL_ROOT, subject=VIRTUAL_SUBJECT, aaguid=None)
    assert attested(Maker(leaf, key=VIRTUAL_KEY), aaguid=VIRTUAL)
