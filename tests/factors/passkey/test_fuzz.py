"""Answers that were tampered with at random: each is rejected, and none is an exception.

The keys are new in every run; what is changed where is the same.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import replace
from typing import Any

import pytest

from portal.ceremony import Rejected, Verified
from tests.factors.passkey.ceremonies import LATER, SUBJECT, Desk
from tests.support.clock import START
from tests.support.makers import STATEMENTS
from tests.support.passkeys import Device, b64, unb64

ROUNDS = 10_000  # A ceremony; they take a few seconds.
ENCODED = ("attestationObject", "clientDataJSON", "authenticatorData", "signature", "userHandle")
ODD = (None, True, 0, -1, 1.5, "", "A", "=", [], {}, [[]], {"": ""}, "\u0000", "\ud800", 2**64)
SPLICES = (b"", b"\x00", b"\xff" * 9, b"\xa1\x01", b"\x5f", b"\xc2\x41\x01", b"\xd8\x23\x61(", b'"')


class Tamperer:
    """Changes an answer in one to three places, by bytes, by members or by text."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)

    def spoil(self, answer: str) -> str:
        whole = json.loads(answer)
        # Browsers repeat these beside what is signed; changing them changes nothing.
        for name in ("authenticatorAttachment", "clientExtensionResults"):
            whole.pop(name)
        if "attestationObject" in whole["response"]:
            whole["response"].pop("authenticatorData")
            whole["response"].pop("publicKeyAlgorithm")
            whole["response"].pop("transports")
        for _ in range(self.chance.randint(1, 3)):
            change = self.chance.choice((self._bytes, self._bytes, self._bytes, self._member))
            change(whole)
        text = json.dumps(whole)
        return self._text(text) if self.chance.random() < 0.1 else text

    def _bytes(self, whole: dict[str, Any]) -> None:
        response = whole.get("response")
        if not isinstance(response, dict):
            return
        names = [name for name in ENCODED if isinstance(response.get(name), str)]
        if not names:
            return
        name = self.chance.choice(names)
        try:
            raw = bytearray(unb64(response[name]))
        except ValueError:
            return
        at = self.chance.randrange(len(raw) + 1)
        match self.chance.randrange(4):
            case 0 if at < len(raw):
                raw[at] ^= 1 << self.chance.randrange(8)
            case 1 if at < len(raw):
                raw[at] = self.chance.randrange(256)
            case 2:
                del raw[at : at + self.chance.randint(1, 40)]
            case _:
                raw[at:at] = self.chance.choice(SPLICES)
        response[name] = b64(bytes(raw))

    def _member(self, whole: dict[str, Any]) -> None:
        response = whole.get("response")
        inside = response if isinstance(response, dict) and self.chance.random() < 0.7 else whole
        if not inside:
            return
        name = self.chance.choice(sorted(inside))
        if self.chance.random() < 0.3:
            del inside[name]
        else:
            inside[name] = self.chance.choice(ODD)

    def _text(self, text: str) -> str:
        at = self.chance.randrange(len(text))
        other = self.chance.choice(('"', "{", "}", ",", "\\", "\x00", "[" * 50, "9" * 5000))
        return text[:at] + other + text[at + self.chance.randint(0, 2) :]


@pytest.mark.parametrize("form", STATEMENTS)
def test_no_registration_that_was_tampered_with_raises_or_is_vouched_for(form: str) -> None:
    desk, variant = Desk(), "security_key" if form == "fido-u2f" else "passkey"
    ceremony, options = desk.begin(replace(SUBJECT, variant=variant))
    answer = Device(attestation=form).create(options)
    tamperer, started, rounds = Tamperer(form), time.process_time(), ROUNDS // len(STATEMENTS) + 1
    for _ in range(rounds):
        spoilt = tamperer.spoil(answer)
        outcome = desk.factor.finish_enrolment(ceremony, spoilt, START)
        assert isinstance(outcome, Rejected) or believed(outcome) or same(answer, spoilt), spoilt
        assert desk.factor.lookup_of(spoilt) or isinstance(outcome, Rejected)
    assert in_time(started, rounds)


def test_no_assertion_that_was_tampered_with_raises_or_passes() -> None:
    desk, device = Desk(), Device()
    data = desk.enrol(device)
    ceremony, options = desk.challenge(data)
    answer = device.get(options)
    tamperer, started = Tamperer("assertion"), time.process_time()
    for _ in range(ROUNDS):
        spoilt = tamperer.spoil(answer)
        outcome = desk.factor.verify(data, ceremony, spoilt, LATER)
        assert isinstance(outcome, Rejected) or same(answer, spoilt), spoilt
        assert outcome.data is None or isinstance(outcome, Verified)
        assert desk.factor.lookup_of(spoilt) or isinstance(outcome, Rejected)
    assert in_time(started, ROUNDS)


def believed(outcome: Verified) -> bool:
    """Whether it passed as what nobody vouches for: then it is only what a device says of itself.

    U2F signs neither flags nor counter, so that it may pass, and never as having verified anybody.
    """
    assert outcome.strength is not None
    of_u2f = outcome.data["format"] == "fido-u2f" and not outcome.strength.multi_factor
    return not outcome.data["attested"] or of_u2f


def same(answer: str, spoilt: str) -> bool:
    """Whether nothing that is signed was changed: only a user handle was left out."""
    before, after = json.loads(answer), json.loads(spoilt)
    signed = ("attestationObject", "clientDataJSON", "authenticatorData", "signature")
    kept = {name: after["response"].get(name) for name in signed}
    known = {name: before["response"].get(name) for name in signed}
    if kept["attestationObject"] is not None:
        del kept["authenticatorData"], known["authenticatorData"]  # Repeated for scripts alone.
    return kept == known and after["rawId"] == before["rawId"]


def in_time(started: float, rounds: int) -> bool:
    """A second for each hundred at most, or an attacker would buy our time with their own."""
    return time.process_time() - started < rounds / 100 + 1
