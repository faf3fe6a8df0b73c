"""Runs a factor's ceremonies without the portal around them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from portal.ceremony import (
    ENTROPY_BYTES,
    Ceremony,
    Factor,
    Interactive,
    Purpose,
    Subject,
    Verified,
)
from tests.support.clock import START, Entropy
from tests.support.devices import DEVICES, Device

SUBJECT = Subject(
    user_id="u1",
    email="tara.winter@guests.example",
    name="Tara Winter",
    issuer="Livery Portal",
    has_second_factor=False,
    handle=bytes(range(32)),
)


@dataclass
class Enrolment:
    """A begun enrolment with the device that has learnt what was shown."""

    factor: Factor
    device: Device
    ceremony: Ceremony
    shown: dict[str, Any]


def begin(factor: Factor, *, seed: str = "enrolment", subject: Subject = SUBJECT) -> Enrolment:
    """The page is open and the device has learnt from it."""
    begun = factor.begin_enrolment(subject, Entropy(seed)(ENTROPY_BYTES))
    ceremony = Ceremony(
        id="c1",
        kind=factor.kind,
        purpose=Purpose.ENROLMENT,
        session_id="s1",
        state=begun.state,
        expires_at=START + timedelta(minutes=30),
    )
    shown = {**(begun.shown or factor.show_enrolment(subject, ceremony))}
    device: Device = DEVICES[factor.kind]()
    device.learn(shown)
    return Enrolment(factor, device, ceremony, shown)


def enrol(factor: Factor, now: datetime = START, *, seed: str = "enrolment") -> tuple[Any, Device]:
    """An authenticator's data, and the device that belongs to it."""
    begun = begin(factor, seed=seed)
    outcome = factor.finish_enrolment(begun.ceremony, begun.device.answer(now), now)
    assert isinstance(outcome, Verified), outcome
    return outcome.data, begun.device


def challenge(factor: Factor, data: Any, device: Device, *, seed: str = "use") -> Ceremony | None:
    """A challenge that the device has been shown; None for a factor that knows of none."""
    if not factor.interactive:
        return None
    asking = cast(Interactive, factor)
    begun = asking.begin_challenge([data], verified=True, entropy=Entropy(seed)(ENTROPY_BYTES))
    device.learn(begun.shown)
    expires_at = START + timedelta(minutes=30)
    return Ceremony("c2", factor.kind, Purpose.CHALLENGE, "s1", begun.state, expires_at)
