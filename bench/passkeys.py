"""What checking a passkey's answer costs beside its bare signature, from a software device."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.targets import Portal
from portal.ceremony import ENTROPY_BYTES, Ceremony, Purpose, Subject, Verified
from tests.support.passkeys import Device

ROUNDS = 7


def assertion_ratios(portal: Portal) -> list[float]:
    """Checking a passkey's answer, divided by checking its bare signature; several rounds."""
    device = Device(counts=False)
    factor: Any = portal.runner.factors["passkey"]
    device.origin = portal.runner.settings.base_url
    subject = Subject("u", "u@bench.example", "U", "Bench", True, handle=bytes(32))
    begun = factor.begin_enrolment(subject, os.urandom(ENTROPY_BYTES))
    now = datetime.now(UTC)
    later = now + timedelta(minutes=5)
    made = Ceremony("c", "passkey", Purpose.ENROLMENT, "s", begun.state, later)
    options = factor.show_enrolment(subject, made)["options"]
    enrolled = factor.finish_enrolment(made, device.create(options), now)
    assert isinstance(enrolled, Verified), enrolled
    asked = factor.begin_challenge([enrolled.data], verified=True, entropy=os.urandom(32))
    ceremony = Ceremony("d", "passkey", Purpose.CHALLENGE, "s", asked.state, later)
    answer = device.get(asked.shown["options"])
    (credential,) = device.credentials
    message, public = b"m" * 69, credential.key.public_key()
    signature = credential.sign(message)

    def bare() -> None:
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))

    def whole() -> None:
        assert isinstance(factor.verify(enrolled.data, ceremony, answer, now), Verified)

    return [_each_us(whole) / _each_us(bare) for _ in range(ROUNDS)]


def _each_us(work: Callable[[], None], times: int = 300) -> float:
    begun = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begun) / times * 1e6
