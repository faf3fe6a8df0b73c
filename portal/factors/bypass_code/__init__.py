"""Bypass code: a look-up secret that two administrators give out for one sign-in (row D6).

16 characters of 5 bits, hashed with argon2id; good once, and for an hour. Whoever it is for can
neither enrol it nor keep it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from portal.ceremony import Begun, Ceremony, Data, Reason, Rejected, Subject, Verified
from portal.factors import argon2, spoken
from portal.rules.terms import Category, Strength
from portal.settings import PasswordHash

SECRET_BYTES = 10
LENGTH = SECRET_BYTES * 8 // 5


class BypassCode:
    """Factor `bypass_code`. Data: hash, expires_at and used_at (or null)."""

    kind = "bypass_code"
    strength = Strength(Category.POSSESSION, look_up_secret=True, issued=True)
    slow = True
    several = False
    interactive = False

    def __init__(self, cost: PasswordHash, lifetime: timedelta) -> None:
        self.cost = cost
        self.lifetime = lifetime

    def issue(self, entropy: bytes, now: datetime) -> tuple[str, Data]:
        begun = self._make(entropy)
        return begun.shown["code"], self._data(begun.state, now)

    def begin_enrolment(self, subject: Subject, entropy: bytes) -> Begun:
        """A code, in clear only in `shown`; the state keeps its hash."""
        return self._make(entropy)

    def show_enrolment(self, subject: Subject, ceremony: Ceremony) -> Mapping[str, Any]:
        """Nothing: a code is shown once, by the answer that made it."""
        return {}

    def finish_enrolment(
        self, ceremony: Ceremony, answer: str, now: datetime
    ) -> Verified | Rejected:
        """The code typed back shows that it was heard. It is not spent."""
        return self._compare(ceremony.state, answer) or Verified(self._data(ceremony.state, now))

    def verify(
        self, stored: Data, ceremony: Ceremony | None, answer: str, now: datetime
    ) -> Verified | Rejected:
        if rejected := self._compare(stored, answer):
            return rejected
        if stored["used_at"]:
            return Rejected(Reason.USED)
        if now >= self.ends_at(stored):
            return Rejected(Reason.EXPIRED)
        return Verified({**stored, "used_at": now.isoformat()})

    def describe(self, data: Data) -> Mapping[str, Any]:
        return {"expires_at": data["expires_at"]}

    def ends_at(self, data: Data) -> datetime:
        return datetime.fromisoformat(data["expires_at"])

    def _make(self, entropy: bytes) -> Begun:
        secret = spoken.encode(entropy[:SECRET_BYTES])
        salt = entropy[SECRET_BYTES : SECRET_BYTES + argon2.SALT_BYTES]
        return Begun(
            state={"hash": argon2.make(secret.encode(), salt, self.cost)},
            shown={"code": spoken.grouped(secret)},
        )

    def _data(self, state: Data, now: datetime) -> Data:
        ends_at = now + self.lifetime
        return {"hash": state["hash"], "expires_at": ends_at.isoformat(), "used_at": None}

    def _compare(self, data: Data, answer: str) -> Rejected | None:
        """Why the code is not this one; one hash is computed whatever was typed."""
        typed = spoken.canonical(answer, LENGTH)
        right = argon2.matches(data["hash"], (typed or "").encode())
        if typed is None:
            return Rejected(Reason.MALFORMED)
        return None if right else Rejected(Reason.WRONG)
