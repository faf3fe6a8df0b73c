"""The password: something the person knows (NIST SP 800-63B-4, 3.1.1.2).

Length and a blocklist decide; there are no composition rules, no hints and no forced changes.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from portal.ceremony import Begun, Ceremony, Data, Reason, Rejected, Subject, Verified
from portal.factors import argon2
from portal.rules.terms import Category, Strength
from portal.settings import PasswordHash

LENGTH_MIN_ALONE = 15
LENGTH_MIN_WITH_SECOND = 8
LENGTH_MAX = 256
GUESSES_MIN = 10**6  # zxcvbn's estimate below which an online attacker would soon be through.
# zxcvbn tries every way to undo look-alike signs: without these two bounds 40 characters made of
# them cost seconds, with the interpreter's lock held. The estimate of the rest only grows.
ESTIMATED_MAX = 40
LOOK_ALIKES = frozenset("@({[<!|$+%")  # Digits look alike too, but cost little.
LOOK_ALIKES_MAX = 4


class Password:
    """Factor `password`. The hash is of the whole password, NFC-normalised."""

    kind = "password"
    strength = Strength(Category.KNOWLEDGE)
    slow = True
    several = False
    interactive = False

    def __init__(self, cost: PasswordHash, breached: Callable[[str], bool]) -> None:
        self.cost = cost
        self.breached = breached

    def begin_enrolment(self, subject: Subject, entropy: bytes) -> Begun:
        """Choosing a password needs a salt and the words that it must not be made of."""
        return Begun(
            state={
                "salt": entropy[: argon2.SALT_BYTES].hex(),
                "personal": [subject.email, subject.name, subject.issuer],
                "length_min": LENGTH_MIN_WITH_SECOND
                if subject.has_second_factor
                else LENGTH_MIN_ALONE,
            }
        )

    def show_enrolment(self, subject: Subject, ceremony: Ceremony) -> Mapping[str, Any]:
        return {"length_min": ceremony.state["length_min"]}

    def finish_enrolment(
        self, ceremony: Ceremony, answer: str, now: datetime
    ) -> Verified | Rejected:
        """Accept a new password, or say what is wrong with it."""
        password = unicodedata.normalize("NFC", answer)
        if refusal := self._unfit(password, ceremony.state):
            return Rejected(refusal)
        salt = bytes.fromhex(ceremony.state["salt"])
        return Verified(
            {
                "hash": argon2.make(password.encode(), salt, self.cost),
                "stands_alone": len(password) >= LENGTH_MIN_ALONE,
                "set_at": now.isoformat(),
            }
        )

    def verify(
        self, stored: Data, ceremony: Ceremony | None, answer: str, now: datetime
    ) -> Verified | Rejected:
        """Compare; a password that could never be set still costs the same to refuse."""
        password = unicodedata.normalize("NFC", answer)
        if argon2.matches(stored["hash"], password.encode(errors="surrogatepass")):
            return Verified(stored)
        return Rejected(Reason.WRONG)

    def decoy(self) -> Data:
        """Stands in for the data of nobody, so that unknown addresses cost the same work."""
        return {"hash": argon2.decoy(self.cost), "stands_alone": True}

    def remake(self, data: Data, password: str, entropy: bytes) -> Data:
        """The same password hashed at today's cost. Its fitness is not asked again."""
        encoded = unicodedata.normalize("NFC", password).encode()
        return {**data, "hash": argon2.make(encoded, entropy[: argon2.SALT_BYTES], self.cost)}

    def outdated(self, data: Data) -> bool:
        return argon2.outdated(data["hash"], self.cost)

    def describe(self, data: Data) -> Mapping[str, Any]:
        """`stands_alone`: long enough without a second factor; `set_at`: when it was chosen."""
        return {"stands_alone": data["stands_alone"], "set_at": data.get("set_at")}

    def _unfit(self, password: str, state: Data) -> Reason | None:
        if len(password) < state["length_min"]:
            return Reason.TOO_SHORT
        if len(password) > LENGTH_MAX:
            return Reason.TOO_LONG
        if any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in password):
            return Reason.MALFORMED
        if _is_personal(password, state["personal"]):
            return Reason.PERSONAL
        if _is_common(password, state["personal"]):
            return Reason.COMMON
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest()
        if self.breached(digest):
            return Reason.BREACHED
        return None


def _is_personal(password: str, personal: list[str]) -> bool:
    """Whether what is left without the person's own words is too little to be a password."""
    left = password.casefold()
    words = {word for phrase in personal for word in _words(phrase)}
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return len(left) < LENGTH_MIN_WITH_SECOND - 2 and len(left) < len(password) / 2


def _words(phrase: str) -> list[str]:
    cut = "".join(character if character.isalnum() else " " for character in phrase.casefold())
    return [word for word in cut.split() if len(word) >= 4]


def _is_common(password: str, personal: list[str]) -> bool:
    # Imported on first use: its word lists cost 70 ms at start and most requests never need them.
    from zxcvbn import zxcvbn

    words = [word for phrase in personal for word in _words(phrase)]
    return bool(zxcvbn(_bounded(password), user_inputs=words)["guesses"] < GUESSES_MIN)


def _bounded(password: str) -> str:
    """What is estimated of a password: its start, with few kinds of look-alike signs."""
    start = password[:ESTIMATED_MAX]
    kinds = [sign for sign in dict.fromkeys(start) if sign in LOOK_ALIKES]
    rest = frozenset(kinds[LOOK_ALIKES_MAX:])
    return "".join("~" if character in rest else character for character in start)
