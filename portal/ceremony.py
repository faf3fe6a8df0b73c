"""What a factor is: the protocol, and the values that pass between a factor and the flows.

begin → the person acts → finish. A factor never decides what its proof is good for, never
touches the database and never knows who asks.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from portal.rules.terms import Strength

Data = dict[str, Any]
"""What a factor stores about an authenticator: JSON, sealed at rest."""


class Purpose(enum.StrEnum):
    """What a ceremony may be finished for; a ceremony of one purpose never serves another."""

    ENROLMENT = "enrolment"
    CHALLENGE = "challenge"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose account a ceremony is about, as an authenticator app or device may show it."""

    user_id: str
    email: str
    name: str
    issuer: str
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """A ceremony's start: `state` stays on the server (sealed), `shown` goes to the page once."""

    state: Data = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ceremony:
    """A ceremony as the server remembers it: bound to one session, one purpose, one expiry."""

    id: str
    kind: str
    purpose: Purpose
    session_id: str
    state: Data
    expires_at: datetime


class Reason(enum.StrEnum):
    """Why an honest answer can be rejected. Pages word it in `web/messages.py`."""

    WRONG = "wrong"
    MALFORMED = "malformed"
    USED = "used"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    PERSONAL = "personal"
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The answer does not prove the factor. Nothing was changed."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer proves the factor; `data` is what to store, in place of the old."""

    data: Data


class Factor(Protocol):
    """A kind of factor: one folder, one registry line, no migration.

    `slow` says that verifying costs more than a commit (a password hash): flows then verify
    between two transactions, never inside one. `several` says that a person may hold more than
    one; of the other kinds a new one takes the old one's place.
    """

    kind: str
    strength: Strength
    slow: bool
    several: bool

    def begin_enrolment(self, subject: Subject, entropy: bytes) -> Begun:
        """Start enrolling. `entropy` is `ENTROPY_BYTES` fresh random bytes, the only source."""
        ...

    def show_enrolment(self, subject: Subject, ceremony: Ceremony) -> Mapping[str, Any]:
        """What the enrolment page may show again of a running ceremony."""
        ...

    def finish_enrolment(
        self, ceremony: Ceremony, answer: str, now: datetime
    ) -> Verified | Rejected:
        """Check the first answer; `Verified.data` is the new authenticator's data."""
        ...

    def verify(
        self, stored: Data, ceremony: Ceremony | None, answer: str, now: datetime
    ) -> Verified | Rejected:
        """Check an answer against one authenticator. Pure: the same input, the same output."""
        ...

    def describe(self, data: Data) -> Mapping[str, Any]:
        """What its row may show of an authenticator; never a secret."""
        ...


class Memorised(Factor, Protocol):
    """A factor that the person knows, compared with a slow hash: the password."""

    def decoy(self) -> Data:
        """Stands in for the data of nobody, so that unknown addresses cost the same work."""
        ...

    def outdated(self, data: Data) -> bool:
        """Whether the hash was made at another cost than today's."""
        ...

    def remake(self, data: Data, password: str, entropy: bytes) -> Data:
        """The same password hashed at today's cost. Its fitness is not asked again."""
        ...


ENTROPY_BYTES = 288
