"""Authentication, step by step (WebAuthn Level 3, 7.2): each check refuses what it is there for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.ceremony import Data, Purpose, Reason, Rejected, Verified
from portal.rules.terms import Category, Strength
from tests.factors.passkey.ceremonies import (
    LATER,
    Desk,
    passkey,
    refused,
    response,
    use,
)
from tests.support import cbor
from tests.support.makers import HARDWARE, Models
from tests.support.passkeys import (
    BE,
    BS,
    UP,
    UV,
    Credential,
    Device,
    Flaw,
    b64,
    new_key,
    security_key,
    synced_passkey,
)

WRONG, MALFORMED = Reason.WRONG, Reason.MALFORMED
STRANGER = Credential(b"", "", b"", -7, new_key(-7))


# 7.2.5 and 7.2.6: whose credential may answer.


def test_a_credential_that_was_not_allowed_is_rejected() -> None:
    desk, device, other = Desk(), Device(), Device()
    mine, theirs = desk.enrol(device), desk.enrol(other)
    ceremony, options = desk.challenge(mine)
    answer = other.get(options.replace(mine["credential_id"], theirs["credential_id"]))
    outcome = desk.factor.verify(theirs, ceremony, answer, LATER)
    assert refused(outcome) == (Reason.TOO_WEAK, "allowCredentials")


def test_an_answer_of_another_credential_than_the_stored_one_is_rejected() -> None:
    desk, device = Desk(), Device()
    first, second = desk.enrol(device), desk.enrol(device)
    ceremony, options = desk.challenge(first, second)
    outcome = desk.factor.verify(first, ceremony, device.get(options), LATER)
    assert refused(outcome) == (Reason.UNKNOWN, "credential id")


def test_each_of_several_allowed_credentials_may_answer() -> None:
    desk, one, two = Desk(), Device(), security_key()
    held = desk.enrol(one), desk.enrol(two, variant="security_key")
    for device, data in zip((one, two), held, strict=True):
        ceremony, options = desk.challenge(*held)
        assert isinstance(desk.factor.verify(data, ceremony, device.get(options), LATER), Verified)


def test_an_id_that_differs_from_the_raw_one_is_rejected() -> None:
    swapped = Flaw(answer=lambda answer: {**answer, "id": b64(b"another")})
    assert use(swapped) == (MALFORMED, "id and rawId")


def test_another_persons_user_handle_is_rejected() -> None:
    assert use(response("userHandle", b64(bytes(32)))) == (WRONG, "userHandle")


@pytest.mark.parametrize("handle", [None, ""])
def test_no_user_handle_passes_where_the_credential_was_named(handle: Any) -> None:
    desk, device = Desk(), Device()
    data = desk.enrol(device)
    assert isinstance(desk.assert_(data, device, response("userHandle", handle)), Verified)


@pytest.mark.parametrize("handle", [None, ""])
def test_no_user_handle_is_rejected_where_nobody_was_named(handle: Any) -> None:
    outcome = discovered(response("userHandle", handle))
    assert refused(outcome) == (WRONG, "userHandle")


def test_a_foreign_user_handle_is_rejected_where_nobody_was_named() -> None:
    assert refused(discovered(response("userHandle", b64(b"x")))) == (WRONG, "userHandle")


def discovered(flaw: Flaw) -> Verified | Rejected:
    """A sign-in with whatever the device finds; without a flaw it passes."""
    desk, device = Desk(), Device()
    data = desk.enrol(device)
    for broken in (Flaw(), flaw):
        ceremony, options = desk.challenge(verified=True, purpose=Purpose.SIGN_IN)
        answer = device.get(options, broken)
        assert desk.factor.lookup_of(answer) == device.credentials[0].id
        outcome = desk.factor.verify(data, ceremony, answer, LATER)
        assert isinstance(outcome, Verified) or broken is flaw
    return outcome


# 7.2.15 to 7.2.19: authenticator data.


def test_another_relying_party_is_rejected() -> None:
    assert use(Flaw(rp_id="evil.example")) == (WRONG, "rpIdHash")


def test_an_assertion_without_user_presence_is_rejected() -> None:
    assert use(Flaw(cleared=UP)) == (WRONG, "user present")


def test_an_assertion_without_user_verification_is_rejected_where_it_is_required() -> None:
    assert use(Flaw(cleared=UV), verified=True) == (Reason.UNVERIFIED, "user verified")


def test_an_assertion_without_user_verification_is_one_factor() -> None:
    desk, device = Desk(), Device()
    data = desk.enrol(device)
    assert worth(desk.assert_(data, device)).multi_factor
    assert not worth(desk.assert_(data, device, Flaw(cleared=UV))).multi_factor


def test_verification_that_was_never_vouched_for_is_one_factor() -> None:
    # 7.2.24: whoever finds a key that never asked for a PIN may give it one of their own.
    desk, device = Desk(), security_key(verifies=False)
    data = desk.enrol(device, variant="security_key")
    device.verifies = True
    outcome = desk.assert_(data, device, verified=True)
    assert not worth(outcome).multi_factor
    assert isinstance(outcome, Verified)
    assert not outcome.data["user_verified"]


def test_a_proof_is_worth_what_its_device_is() -> None:
    bound = Strength(
        Category.POSSESSION,
        phishing_resistant=True,
        multi_factor=True,
        device_bound=True,
        hardware_protected=True,
    )
    for device, strength in (
        (Device(), bound),
        (Device(attestation="none"), replace(bound, hardware_protected=False)),
        (synced_passkey(), replace(bound, hardware_protected=False, device_bound=False)),
    ):
        desk = Desk()
        assert worth(desk.assert_(desk.enrol(device), device)) == strength


def worth(outcome: Verified | Rejected) -> Strength:
    assert isinstance(outcome, Verified) and outcome.strength is not None, outcome
    return outcome.strength


def test_backed_up_without_being_eligible_is_rejected() -> None:
    assert use(Flaw(raised=BS)) == (WRONG, "backup flags")


def test_backup_eligibility_that_changed_is_rejected() -> None:
    assert use(Flaw(raised=BE)) == (WRONG, "backup eligibility")
    assert use(Flaw(cleared=BE | BS), synced_passkey()) == (WRONG, "backup eligibility")


def test_the_backup_state_may_change_and_is_kept() -> None:
    desk, device = Desk(), synced_passkey()
    data = desk.enrol(device)
    outcome = desk.assert_(data, device, Flaw(cleared=BS))
    assert isinstance(outcome, Verified)
    assert outcome.data == {**data, "backed_up": False}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw + b"\x00",
        lambda raw: raw[:36],
        lambda raw: raw[:32] + bytes([raw[32] | 0x80]) + raw[33:],
        lambda raw: raw[:32] + bytes([raw[32] | 0x40]) + raw[33:] + b"garbage",
        lambda raw: raw[:32] + bytes([raw[32] | 0x40]) + raw[33:],
        lambda raw: raw[:32] + bytes([raw[32] | 0x80]) + raw[33:] + b"\xff",
        lambda raw: raw[:32] + bytes([raw[32] | 0x80]) + raw[33:] + b"\x07",
        lambda raw: raw[:32] + bytes([raw[32] | 0x80]) + raw[33:] + b"\xa0\x00",
    ],
    ids=[
        "trailing bytes",
        "36 bytes",
        "no extensions",
        "attested garbage",
        "attested",
        "no CBOR",
        "no map",
        "a map and more",
    ],
)
def test_authenticator_data_of_another_form_is_rejected(spoil: Any) -> None:
    assert use(Flaw(data=spoil))[0] is MALFORMED


def test_an_unasked_extension_passes() -> None:
    desk, device = Desk(), Device()
    data = desk.enrol(device)
    extended = Flaw(extensions=cbor.encode({"future": True}))
    assert isinstance(desk.assert_(data, device, extended), Verified)


# 7.2.22: the counter.


@pytest.mark.parametrize("count", [5, 4, 0], ids=["equal", "lower", "zero"])
def test_a_counter_that_does_not_rise_is_rejected_and_marked(count: int) -> None:
    desk, device = Desk(), Device()
    data = {**desk.enrol(device), "sign_count": 5}
    outcome = desk.assert_(data, device, Flaw(count=count))
    assert refused(outcome) == (Reason.SUSPECT, "signCount")
    assert isinstance(outcome, Rejected)
    assert outcome.data == {**data, "suspect": True}


def test_a_counter_that_rises_is_kept() -> None:
    desk, device = Desk(), Device()
    data = {**desk.enrol(device), "sign_count": 5}
    outcome = desk.assert_(data, device, Flaw(count=6))
    assert isinstance(outcome, Verified)
    assert outcome.data == {**data, "sign_count": 6}


def test_an_authenticator_that_does_not_count_passes() -> None:
    desk, device = Desk(), synced_passkey()
    data = desk.enrol(device)
    assert isinstance(desk.assert_(data, device), Verified)


def test_a_suspect_authenticator_is_rejected_from_then_on() -> None:
    desk, device = Desk(), Device()
    data: Data = {**desk.enrol(device), "suspect": True}
    outcome = desk.assert_(data, device, Flaw(count=99))
    assert refused(outcome) == (Reason.SUSPECT, "suspect")
    assert isinstance(outcome, Rejected)
    assert outcome.data is None


def test_a_forger_casts_no_suspicion() -> None:
    desk, device = Desk(), Device()
    data = {**desk.enrol(device), "sign_count": 5}
    outcome = desk.assert_(data, device, Flaw(count=1, signer=STRANGER))
    assert refused(outcome) == (WRONG, "signature")
    assert isinstance(outcome, Rejected)
    assert outcome.data is None


# What became known of the model since.


def test_a_model_that_was_revoked_since_is_rejected() -> None:
    catalogue = Models()
    desk, device = Desk(passkey(catalogue=catalogue)), Device()
    data = desk.enrol(device)
    catalogue.models[HARDWARE] = replace(catalogue.models[HARDWARE], revoked=True)
    assert refused(desk.assert_(data, device)) == (Reason.WITHDRAWN, "revoked")


# The ceremony.


def test_an_answer_without_a_ceremony_is_rejected() -> None:
    desk, device = Desk(), Device()
    data = desk.enrol(device)
    _, options = desk.challenge(data)
    outcome = desk.factor.verify(data, None, device.get(options), LATER)
    assert refused(outcome) == (Reason.EXPIRED, "ceremony")


def test_a_ceremony_that_is_over_is_rejected() -> None:
    desk, device = Desk(), synced_passkey()
    data = desk.enrol(device)
    ceremony, options = desk.challenge(data)
    answer = device.get(options)
    last = ceremony.expires_at - timedelta(microseconds=1)
    assert isinstance(desk.factor.verify(data, ceremony, answer, last), Verified)
    late = desk.factor.verify(data, ceremony, answer, ceremony.expires_at)
    assert refused(late) == (Reason.EXPIRED, "ceremony")


def test_a_ceremony_of_an_enrolment_is_rejected() -> None:
    desk, device = Desk(), Device()
    data = desk.enrol(device)
    ceremony, options = desk.challenge(data, purpose=Purpose.ENROLMENT)
    outcome = desk.factor.verify(data, ceremony, device.get(options), LATER)
    assert refused(outcome) == (Reason.EXPIRED, "ceremony")
