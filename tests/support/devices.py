"""A software device for each kind of factor: what a person holds in their hand, or in mind.

Each computes its answers by itself, never with the library that the portal checks them with.
"""

from __future__ import annotations

import base64
import hmac
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tests.support.passkeys import Device as Authenticator
from tests.support.passkeys import Flaw, synced_passkey


def one_time_code(key: bytes, counter: int, *, digits: int = 6, algorithm: str = "SHA1") -> str:
    """HOTP of a counter (RFC 4226, 5.3), written from the RFC."""
    digest = hmac.digest(key, struct.pack(">Q", counter), algorithm.lower())
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


class Device(Protocol):
    """Answers the challenges of one factor."""

    kind: str
    one_time: bool  # A right answer is right only once.

    def learn(self, shown: Mapping[str, Any]) -> None:
        """Take in what the enrolment page shows, as a camera or a pen would."""
        ...

    def answer(self, now: datetime) -> str:
        """A right answer; the next one, where each is good once."""
        ...

    def wrong(self, now: datetime) -> str:
        """A well-formed answer that is not the right one."""
        ...


@dataclass
class AuthenticatorApp:
    """Computes time-based codes (RFC 6238) from the key that was typed in."""

    kind: str = "totp"
    one_time: bool = True
    algorithm: str = "SHA1"
    key: bytes = b""
    digits: int = 6
    period: int = 30

    def learn(self, shown: Mapping[str, Any]) -> None:
        text = shown["secret"].replace(" ", "")
        self.key = base64.b32decode(text + "=" * (-len(text) % 8))
        self.digits, self.period = shown["digits"], shown["period"]

    def answer(self, now: datetime, *, steps: int = 0) -> str:
        counter = int(now.timestamp()) // self.period + steps
        return one_time_code(self.key, counter, digits=self.digits, algorithm=self.algorithm)

    def wrong(self, now: datetime) -> str:
        near = {self.answer(now, steps=steps) for steps in (-1, 0, 1)}
        guesses = (f"{number:0{self.digits}d}" for number in range(4))
        return next(guess for guess in guesses if guess not in near)


@dataclass
class SheetOfCodes:
    """The paper with the backup codes; crosses them out from the top."""

    kind: str = "backup_codes"
    one_time: bool = True
    codes: list[str] = field(default_factory=list)
    unused: Iterator[str] = field(default_factory=lambda: iter(()))

    def learn(self, shown: Mapping[str, Any]) -> None:
        self.codes = list(shown["codes"])
        self.unused = iter(self.codes)

    def answer(self, now: datetime) -> str:
        return next(self.unused)

    def wrong(self, now: datetime) -> str:
        last = self.codes[-1]
        return last[:-1] + ("0" if last[-1] != "0" else "1")


@dataclass
class Caller:
    """Somebody on the telephone, who wrote down the code that was read to them."""

    kind: str = "bypass_code"
    one_time: bool = True
    code: str = ""

    def learn(self, shown: Mapping[str, Any]) -> None:
        self.code = shown["code"]

    def answer(self, now: datetime) -> str:
        return self.code

    def wrong(self, now: datetime) -> str:
        return self.code[:-1] + ("0" if self.code[-1] != "0" else "1")


@dataclass
class Memory:
    """A head that keeps a password."""

    kind: str = "password"
    one_time: bool = False
    password: str = "nine copper kettles sing at dawn"

    def learn(self, shown: Mapping[str, Any]) -> None:
        """A password comes from the person; the page shows nothing to learn."""

    def answer(self, now: datetime) -> str:
        return self.password

    def wrong(self, now: datetime) -> str:
        return self.password + "?"


@dataclass
class Phone:
    """A phone with a passkey, and the browser that asks it; it answers what it was shown last."""

    kind: str = "passkey"
    one_time: bool = False  # Its challenge is good once; that is for a ceremony to keep.
    authenticator: Authenticator = field(default_factory=synced_passkey)
    options: str = ""

    def learn(self, shown: Mapping[str, Any]) -> None:
        self.options = shown["options"]

    def answer(self, now: datetime) -> str:
        return self._say(Flaw())

    def wrong(self, now: datetime) -> str:
        return self._say(Flaw(rp_id="evil.example"))

    def _say(self, flaw: Flaw) -> str:
        registers = "user" in json.loads(self.options)
        ask = self.authenticator.create if registers else self.authenticator.get
        return ask(self.options, flaw)


DEVICES = {
    device.kind: device for device in (AuthenticatorApp, SheetOfCodes, Caller, Memory, Phone)
}
