"""The people of a measurement: portal, floor and load client derive the same ones from numbers."""

from __future__ import annotations

import hashlib
import hmac
import struct
import time

COUNT = 500
PASSWORD = "seven quiet lanterns on the pier"
PERIOD = 30


def email(number: int) -> str:
    return f"driver{number:04d}@guests.example"


def address(number: int) -> str:
    """A network address of one's own: the brake on sign-ins is per address."""
    return f"10.7.{number >> 8 & 255}.{number & 255}"


def key(number: int, which: int = 0) -> bytes:
    """The key of a person's authenticator app, 20 bytes."""
    return hashlib.sha1(f"livery bench {number} {which}".encode(), usedforsecurity=False).digest()


def browser_token(number: int) -> str:
    """The token of the browser that a person has signed in from before."""
    return hashlib.sha256(f"livery bench browser {number}".encode()).hexdigest()[:43]


def code_at(secret: bytes, step: int) -> str:
    """The code of a step (RFC 4226, section 5.3), six digits."""
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    offset = digest[19] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 10**6:06d}"


def code(number: int, *, steps: int = 0) -> str:
    """What a person's app shows now, or some steps away from now."""
    return code_at(key(number), int(time.time()) // PERIOD + steps)


def wrong_code(number: int) -> str:
    """A code of the right form that is none of the steps around now."""
    near = {code(number, steps=steps) for steps in (-2, -1, 0, 1, 2)}
    return next(
        text
        for text in ("000000", "111111", "222222", "333333", "444444", "555555")
        if text not in near
    )


def room_in(seconds: float) -> float:
    """How long to wait, if this period ends within `seconds`, until the next one has begun."""
    left = PERIOD - time.time() % PERIOD
    return left + 0.05 if left < seconds else 0.0


def wait_for_room(seconds: float) -> None:
    """Wait for the next period if this one ends within `seconds`: codes must not go stale."""
    time.sleep(room_in(seconds))
