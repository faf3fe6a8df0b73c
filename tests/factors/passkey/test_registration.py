"""Registration, step by step (WebAuthn Level 3, 7.1): each check refuses what it is there for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.ceremony import Purpose, Reason, Rejected, Verified
from tests.factors.passkey.ceremonies import (
    SUBJECT,
    Desk,
    member,
    named,
    passkey,
    refused,
    register,
)
from tests.support import cbor
from tests.support.clock import START
from tests.support.makers import HARDWARE, REVOKED, key_from
from tests.support.passkeys import (
    AT,
    BE,
    BS,
    UP,
    UV,
    Credential,
    Device,
    Flaw,
    b64,
    security_key,
    synced_passkey,
)

WRONG, MALFORMED, UNSUPPORTED = Reason.WRONG, Reason.MALFORMED, Reason.UNSUPPORTED


# 7.1.12 and 7.1.13: the attestation object.


def test_bytes_behind_the_attestation_object_are_rejected() -> None:
    assert register(Flaw(attested=lambda raw: raw + b"\x00")) == (MALFORMED, "trailing bytes")


@pytest.mark.parametrize(
    "attested",
    [
        lambda raw: raw[:-1],
        lambda raw: cbor.encode(7),
        lambda raw: b"\x81" * 5000 + b"\x00",
        lambda raw: b"\x5b" + (2**62).to_bytes(8),
        lambda raw: b"\xbf" + raw[1:] + b"\xff",
        lambda raw: b"\xa4" + raw[1:] + cbor.encode("fmt") + cbor.encode("none"),
        lambda raw: cbor.encode({"fmt": "none", "attStmt": {}, "authData": 1}),
        lambda raw: cbor.encode({"fmt": "none", "attStmt": [], "authData": b""}),
    ],
    ids=[
        "cut short",
        "a number",
        "nested deeply",
        "a giant string",
        "of indefinite length",
        "a member twice",
        "data not bytes",
        "statement not a map",
    ],
)
def test_another_attestation_object_is_rejected(attested: Any) -> None:
    assert register(Flaw(attested=attested))[0] is MALFORMED


# 7.1.14 to 7.1.17: authenticator data.


def test_another_relying_party_is_rejected() -> None:
    assert register(Flaw(rp_id="evil.example")) == (WRONG, "rpIdHash")


def test_a_registration_without_user_presence_is_rejected() -> None:
    assert register(Flaw(cleared=UP)) == (WRONG, "user present")


def test_a_passkey_without_user_verification_is_rejected() -> None:
    assert register(Flaw(cleared=UV)) == (Reason.UNVERIFIED, "user verified")


def test_a_security_key_without_user_verification_is_one_factor() -> None:
    outcome = Desk().register(security_key(verifies=False), variant="security_key")
    assert isinstance(outcome, Verified) and outcome.strength is not None
    assert not outcome.strength.multi_factor
    assert not outcome.data["user_verified"]


def test_backed_up_without_being_eligible_is_rejected() -> None:
    assert register(Flaw(raised=BS)) == (WRONG, "backup flags")


def test_data_without_a_credential_is_rejected() -> None:
    without = Flaw(cleared=AT, data=lambda raw: raw[:37])
    assert register(without)[0] is MALFORMED


def test_bytes_behind_authenticator_data_are_rejected() -> None:
    assert register(Flaw(data=lambda raw: raw + b"\x00"))[0] is MALFORMED


def test_the_flag_of_extensions_without_extensions_is_rejected() -> None:
    assert register(Flaw(raised=0x80))[0] is MALFORMED


def test_an_unasked_extension_passes() -> None:
    extended = Flaw(extensions=cbor.encode({"future": True}))
    assert isinstance(Desk().register(Device(), extended), Verified)


# 7.1.18 and 7.1.19: what policy is told of backups.


def test_policy_is_told_whether_a_credential_is_bound_to_its_device() -> None:
    for device, bound in ((Device(), True), (synced_passkey(), False)):
        outcome = Desk().register(device)
        assert isinstance(outcome, Verified) and outcome.traits and outcome.strength
        assert outcome.traits.device_bound is outcome.strength.device_bound is bound
        assert outcome.data["backup_eligible"] is outcome.data["backed_up"] is not bound


def test_eligible_and_not_yet_backed_up_is_recorded_as_that() -> None:
    outcome = Desk().register(synced_passkey(), Flaw(cleared=BS))
    assert isinstance(outcome, Verified)
    assert (outcome.data["backup_eligible"], outcome.data["backed_up"]) == (True, False)


# 7.1.20: keys.


def test_an_algorithm_that_was_not_offered_is_rejected() -> None:
    desk = Desk()
    ceremony, options = desk.begin()
    ceremony.state["algorithms"] = [-257]
    answer = Device().create(options)
    assert refused(desk.factor.finish_enrolment(ceremony, answer, START)) == (UNSUPPORTED, "alg")


# 7.1.25 to 7.1.29.


@pytest.mark.parametrize("size", [1, 1023])
def test_a_credential_id_of_any_allowed_size_passes(size: int) -> None:
    identity = bytes(size - 1) + b"\x01"
    assert isinstance(Desk().register(Device(), named(identity)), Verified)


def test_a_credential_id_of_1024_bytes_is_rejected() -> None:
    assert register(named(bytes(1024)), None) == (MALFORMED, "rawId size")


def test_an_empty_credential_id_is_rejected() -> None:
    assert register(named(b""))[0] is MALFORMED


def test_an_id_that_differs_from_the_signed_one_is_rejected() -> None:
    other = b64(b"another")
    swapped = Flaw(answer=lambda answer: {**answer, "id": other, "rawId": other})
    assert register(swapped) == (WRONG, "credential id")


def test_an_id_that_differs_from_the_raw_one_is_rejected() -> None:
    assert register(member("id", b64(b"another"))) == (MALFORMED, "id and rawId")


def test_a_credential_that_the_person_holds_already_is_rejected() -> None:
    desk, device = Desk(), Device()
    held = desk.enrol(device)
    ceremony, options = desk.begin(replace(SUBJECT, held=(held,)))
    identity = device.credentials[0].id
    stranger = Device()
    answer = stranger.create(options, named(identity))
    outcome = desk.factor.finish_enrolment(ceremony, answer, START)
    assert refused(outcome) == (Reason.ENROLLED, "excludeCredentials")


def test_the_credential_is_found_by_its_signed_id() -> None:
    device = Device()
    outcome = Desk().register(device)
    assert isinstance(outcome, Verified)
    assert outcome.lookup == device.credentials[0].id


def test_the_record_is_what_the_device_said() -> None:
    device = security_key()
    outcome = Desk().register(device, Flaw(count=7), variant="security_key")
    assert isinstance(outcome, Verified)
    made = device.credentials[0]
    assert outcome.data == {
        "credential_id": b64(made.id),
        "public_key": b64(made.cose()),
        "handle": b64(SUBJECT.handle),
        "algorithm": -7,
        "sign_count": 7,
        "transports": ["nfc", "usb"],
        "backup_eligible": False,
        "backed_up": False,
        "user_verified": True,
        "variant": "security_key",
        "suspect": False,
        "discoverable": True,
        "rp_id": "portal.example",
        "aaguid": HARDWARE,
        "model": HARDWARE,
        "format": "packed",
        "attested": True,
        "certification": 2,
        "hardware": True,
    }


def test_a_model_that_the_metadata_warns_of_is_rejected() -> None:
    for device in (Device(aaguid=REVOKED, attestation="none"), synced_passkey(aaguid=REVOKED)):
        assert refused(Desk().register(device)) == (Reason.NOT_PERMITTED, "revoked")


# The ceremony.


def test_a_ceremony_that_is_over_is_rejected() -> None:
    desk = Desk()
    ceremony, options = desk.begin()
    answer = Device().create(options)
    last = ceremony.expires_at - timedelta(microseconds=1)
    assert isinstance(desk.factor.finish_enrolment(ceremony, answer, last), Verified)
    late = desk.factor.finish_enrolment(ceremony, answer, ceremony.expires_at)
    assert refused(late) == (Reason.EXPIRED, "ceremony")


@pytest.mark.parametrize("purpose", [Purpose.CHALLENGE, Purpose.SIGN_IN])
def test_a_ceremony_of_another_purpose_is_rejected(purpose: Purpose) -> None:
    desk = Desk()
    ceremony, options = desk.begin()
    other = replace(ceremony, purpose=purpose)
    outcome = desk.factor.finish_enrolment(other, Device().create(options), START)
    assert refused(outcome) == (Reason.EXPIRED, "ceremony")


# Origins besides our own.


def test_a_related_origin_passes() -> None:
    desk = Desk(passkey(related=("https://livery.example",)))
    assert isinstance(desk.register(Device(origin="https://livery.example")), Verified)


def test_an_app_of_the_platform_passes() -> None:
    fingerprint = ":".join(f"{number:02X}" for number in range(32))
    desk = Desk(passkey(android={"example.livery": (fingerprint,)}))
    app = f"android:apk-key-hash:{b64(bytes(range(32)))}"
    assert isinstance(desk.register(Device(origin=app)), Verified)


def test_a_key_of_another_signer_cannot_pass_as_self_attested() -> None:
    other = Credential(b"", "", b"", -7, key_from("another"))
    signed = Flaw(statement=lambda one: {**one, "sig": other.sign(b"something else")})
    assert register(signed, Device(attestation="self")) == (WRONG, "signature")


def test_an_eligible_flag_changes_what_a_key_is_worth() -> None:
    outcome = Desk().register(Device(), Flaw(raised=BE))
    assert isinstance(outcome, Verified) and outcome.strength is not None
    assert not outcome.strength.hardware_protected
    assert not outcome.strength.device_bound


def test_what_is_refused_stores_nothing() -> None:
    outcome = Desk().register(Device(), Flaw(cleared=UP))
    assert isinstance(outcome, Rejected)
    assert outcome.data is None
