"""Backup codes: ten look-up secrets for the day the phone is lost (NIST SP 800-63B-4, 3.1.2).

A code is a selector (says which one, no secret) and 80 random bits, hashed with argon2id. One
hash is computed per attempt, whatever was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.ceremony import Begun, Ceremony, Data, Reason, Rejected, Subject, Verified
from portal.factors import argon2, spoken
from portal.factors.spoken import ALPHABET
from portal.rules.terms import Category, Strength
from portal.settings import PasswordHash

CODES = 10
SECRET_BYTES = 10
PIECE_BYTES = 2 + SECRET_BYTES + argon2.SALT_BYTES
LENGTH = 4 + 16


class BackupCodes:
    """Factor `backup_codes`. Data: codes, each with selector, hash and used_at (or null)."""

    kind = "backup_codes"
    strength = Strength(Category.POSSESSION, look_up_secret=True)
    slow = True
    several = False
    interactive = False

    def __init__(self, cost: PasswordHash) -> None:
        self.cost = cost

    def begin_enrolment(self, subject: Subject, entropy: bytes) -> Begun:
        """Ten codes, in clear only in `shown`; the state keeps their hashes."""
        codes, hashes = [], []
        for position in range(CODES):
            piece = entropy[position * PIECE_BYTES : (position + 1) * PIECE_BYTES]
            # The position is part of the selector, so ten selectors never collide.
            selector = ALPHABET[position] + spoken.encode(piece[:2])
            secret = spoken.encode(piece[2 : 2 + SECRET_BYTES])
            salt = piece[2 + SECRET_BYTES :]
            codes.append(spoken.grouped(selector + secret))
            hashes.append(
                {
                    "selector": selector,
                    "hash": argon2.make(secret.encode(), salt, self.cost),
                    "used_at": None,
                }
            )
        return Begun(state={"codes": hashes}, shown={"codes": codes})

    def show_enrolment(self, subject: Subject, ceremony: Ceremony) -> Mapping[str, Any]:
        """Nothing: codes are shown once, by the answer that made them."""
        return {}

    def finish_enrolment(
        self, ceremony: Ceremony, answer: str, now: datetime
    ) -> Verified | Rejected:
        """One code of the new set, typed back, shows that it was kept. It is not spent."""
        checked = self._find(ceremony.state, answer)
        if isinstance(checked, Rejected):
            return checked
        return Verified(dict(ceremony.state))

    def verify(
        self, stored: Data, ceremony: Ceremony | None, answer: str, now: datetime
    ) -> Verified | Rejected:
        checked = self._find(stored, answer)
        if isinstance(checked, Rejected):
            return checked
        codes = [dict(code) for code in stored["codes"]]
        if codes[checked]["used_at"]:
            return Rejected(Reason.USED)
        codes[checked]["used_at"] = now.isoformat()
        return Verified({**stored, "codes": codes})

    def describe(self, data: Data) -> Mapping[str, Any]:
        """How many are left, of how many."""
        codes = data.get("codes", [])
        return {"left": sum(not code["used_at"] for code in codes), "total": len(codes)}

    def _find(self, data: Data, answer: str) -> int | Rejected:
        """The position of the code that was typed; one hash is computed in every case."""
        typed = canonical(answer)
        selector, secret = (typed[:4], typed[4:]) if typed else ("", "")
        position = next(
            (i for i, code in enumerate(data["codes"]) if code["selector"] == selector), None
        )
        known = data["codes"][position]["hash"] if position is not None else argon2.decoy(self.cost)
        right = argon2.matches(known, secret.encode())
        if typed is None:
            return Rejected(Reason.MALFORMED)
        if position is None or not right:
            return Rejected(Reason.WRONG)
        return position


def canonical(answer: str) -> str | None:
    """The typed code, selector and secret; None if misshapen."""
    return spoken.canonical(answer, LENGTH)
