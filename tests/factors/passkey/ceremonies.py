"""Runs a passkey's ceremonies with a software authenticator, without the portal around them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from portal.ceremony import (
    ENTROPY_BYTES,
    Ceremony,
    Data,
    Purpose,
    Reason,
    Rejected,
    Subject,
    Verified,
)
from portal.factors.passkey import Passkey
from portal.relying_party import RelyingParty
from portal.rules.terms import Traits
from tests.support.clock import START, Entropy
from tests.support.makers import Leaf, Maker, Models
from tests.support.passkeys import SOUND, Device, Flaw, b64

LATER = START + timedelta(minutes=1)
BASE_URL = "https://portal.example"
SUBJECT = Subject(
    user_id="u1",
    email="tara.winter@guests.example",
    name="Tara Winter",
    issuer="Livery Portal",
    has_second_factor=False,
    handle=bytes(range(32)),
    variant="passkey",
    attested=True,
)


def passkey(**more: Any) -> Passkey:
    """The factor; `more`: fields of the relying party, or a catalogue."""
    catalogue = more.pop("catalogue", None) or Models()
    return Passkey(RelyingParty(**more), BASE_URL, "Livery Portal", catalogue)


@dataclass
class Desk:
    """One factor, and the ceremonies that are held at it."""

    factor: Passkey = field(default_factory=passkey)
    entropy: Entropy = field(default_factory=Entropy)

    def begin(self, subject: Subject = SUBJECT) -> tuple[Ceremony, str]:
        """An enrolment, and its options."""
        begun = self.factor.begin_enrolment(subject, self.entropy(ENTROPY_BYTES))
        ceremony = self._ceremony(Purpose.ENROLMENT, begun.state)
        return ceremony, self.factor.show_enrolment(subject, ceremony)["options"]

    def register(
        self, device: Device, flaw: Flaw = SOUND, now: datetime = START, **subject: Any
    ) -> Verified | Rejected:
        ceremony, options = self.begin(replace(SUBJECT, **subject))
        return self.factor.finish_enrolment(ceremony, device.create(options, flaw), now)

    def enrol(self, device: Device, **subject: Any) -> Data:
        """The data of a sound registration."""
        outcome = self.register(device, **subject)
        assert isinstance(outcome, Verified), outcome
        return outcome.data

    def challenge(
        self, *held: Data, verified: bool = False, purpose: Purpose = Purpose.CHALLENGE
    ) -> tuple[Ceremony, str]:
        """A challenge, and its options. Nothing held: whatever the device finds."""
        entropy = self.entropy(ENTROPY_BYTES)
        begun = self.factor.begin_challenge(held, verified=verified, entropy=entropy)
        return self._ceremony(purpose, begun.state), begun.shown["options"]

    def assert_(
        self,
        data: Data,
        device: Device,
        flaw: Flaw = SOUND,
        *,
        verified: bool = False,
        now: datetime = LATER,
    ) -> Verified | Rejected:
        """The device answers a challenge that the authenticator of `data` may answer."""
        ceremony, options = self.challenge(data, verified=verified)
        return self.factor.verify(data, ceremony, device.get(options, flaw), now)

    def _ceremony(self, purpose: Purpose, state: Data) -> Ceremony:
        # Through JSON, as the store keeps it.
        kept = json.loads(json.dumps(state))
        return Ceremony("c1", "passkey", purpose, "s1", kept, START + timedelta(minutes=5))


def refused(outcome: Verified | Rejected) -> tuple[Reason, str]:
    """Why an answer was rejected: the reason, and the standard's word."""
    assert isinstance(outcome, Rejected), outcome
    return outcome.reason, outcome.why


def register(flaw: Flaw, device: Device | None = None, **subject: Any) -> tuple[Reason, str]:
    """Why a registration with one flaw is rejected; the same without it passes."""
    device = device or Device()
    outcome = Desk().register(device, flaw, **subject)
    assert isinstance(Desk().register(replace(device, credentials=[]), **subject), Verified)
    return refused(outcome)


def use(flaw: Flaw, device: Device | None = None, **more: Any) -> tuple[Reason, str]:
    """Why an assertion with one flaw is rejected; the same without it passes."""
    desk, device = Desk(), device or Device()
    data = desk.enrol(device)
    outcome = desk.assert_(data, device, flaw, **more)
    assert isinstance(desk.assert_(data, device, **more), Verified)
    return refused(outcome)


def member(name: str, value: Any) -> Flaw:
    """A member of the answer is another."""
    return Flaw(answer=lambda answer: {**answer, name: value})


def response(name: str, value: Any) -> Flaw:
    """A member of the answer's response is another."""

    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, "response": {**answer["response"], name: value}}

    return Flaw(answer=spoil)


def named(identity: bytes) -> Flaw:
    """A device that chose this id, in every place."""
    text = b64(identity)
    return Flaw(credential_id=identity, answer=lambda answer: {**answer, "id": text, "rawId": text})


def traits(device: Device, desk: Desk | None = None, now: datetime = START) -> Traits:
    outcome = (desk or Desk()).register(device, now=now, variant=variant_of(device))
    assert isinstance(outcome, Verified), outcome
    assert outcome.traits is not None
    assert outcome.traits.attested is outcome.data["attested"]
    return outcome.traits


def variant_of(device: Device) -> str:
    """U2F devices verify nobody, so that they are asked for as security keys."""
    return "security_key" if device.attestation == "fido-u2f" else "passkey"


def made(**leaf: Any) -> Maker:
    """A maker whose certificate differs in one thing."""
    return Maker(Leaf(**leaf))


def attested(maker: Maker, **device: Any) -> bool:
    return traits(Device(maker=maker, **device)).attested
