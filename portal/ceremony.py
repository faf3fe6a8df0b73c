"""What a factor is: the protocol, and the values that pass between a factor and the flows.

begin → the person acts → finish. A factor never decides what its proof is good for, never
touches the database and never knows who asks.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Protocol

from portal.rules.terms import Strength, Traits
from portal.values import frozen

Data = dict[str, Any]
"""What a factor stores about an authenticator: JSON, sealed at rest."""


class Purpose(enum.StrEnum):
    """What a ceremony may be finished for; a ceremony of one purpose never serves another."""

    ENROLMENT = "enrolment"
    CHALLENGE = "challenge"
    SIGN_IN = "sign_in"  # A stranger's: no session yet, nobody named.


@frozen
class Subject:
    """Whose account a ceremony is about, as an authenticator app or device may show it.

    `held`: the data of what the person holds of this kind. `handle`: WebAuthn's user handle, random
    bytes. `variant`: which of a kind's forms was asked for. `attested`: policy wants to know the
    make of the authenticator.
    """

    user_id: str
    email: str
    name: str
    issuer: str
    has_second_factor: bool
    held: tuple[Data, ...] = ()
    handle: bytes = b""
    variant: str = ""
    attested: bool = False


@frozen
class Begun:
    """A ceremony's start: `state` stays on the server (sealed), `shown` goes to the page once."""

    state: Data = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)


@frozen
class Ceremony:
    """A ceremony as the server remembers it: bound to one session, one purpose, one expiry.

    A stranger's has no session; it is bound to their browser instead.
    """

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
    EXPIRED = "expired"  # The ceremony is over: too late, answered before, or another browser's.
    UNKNOWN = "unknown"  # No such authenticator here.
    UNVERIFIED = "unverified"  # The device did not check who used it, and it had to.
    ENROLLED = "enrolled"  # This very authenticator is enrolled already.
    UNSUPPORTED = "unsupported"  # A key or algorithm that we cannot verify safely.
    NOT_PERMITTED = "not_permitted"  # Policy does not take an authenticator of this make.
    TOO_WEAK = "too_weak"  # Their own, but not one that this operation takes.
    WITHDRAWN = "withdrawn"  # Enrolled, and its make was found unsafe since.
    SUSPECT = "suspect"  # It may have been copied: its counter fell.


@frozen
class Rejected:
    """The answer does not prove the factor. Nothing is enrolled or accepted.

    `data`: what to store nevertheless, a mark of suspicion; None: nothing. `why`: for the audit
    log alone, in the standard's words.
    """

    reason: Reason
    data: Data | None = None
    why: str = ""


@frozen
class Verified:
    """The answer proves the factor; `data` is what to store, in place of the old.

    `strength`: what this very proof is worth, where that differs from the factor's own. `lookup`:
    by what the authenticator is found without its person; unique everywhere. `traits`: its make.
    """

    data: Data
    strength: Strength | None = None
    lookup: bytes | None = None
    traits: Traits | None = None


class Factor(Protocol):
    """A kind of factor: one folder, one registry line, no migration.

    `slow` says that verifying costs more than a commit (a password hash): flows then verify
    between two transactions, never inside one. `several` says that a person may hold more than
    one; of the other kinds a new one takes the old one's place. `interactive` says that an answer
    belongs to a challenge of ours, which is good once: see `Interactive`.
    """

    kind: str
    strength: Strength
    slow: bool
    several: bool
    interactive: bool

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


class Interactive(Factor, Protocol):
    """A factor whose device answers a challenge of ours: a passkey or security key."""

    def begin_challenge(self, held: Sequence[Data], *, verified: bool, entropy: bytes) -> Begun:
        """Start a challenge. `held`: what may answer; empty: whatever the device finds for us.

        `verified`: the device must check who uses it (PIN, fingerprint, face), so that its proof
        counts as two factors. `shown["options"]` is what the browser is given, as JSON.
        """
        ...

    def make_of(self, data: Data) -> Traits:
        """What is known of an authenticator's make, for policies that restrict it."""
        ...

    def lookup_of(self, answer: str) -> bytes | None:
        """The `lookup` of the authenticator that an answer claims to come from; None: malformed."""
        ...


class Issued(Factor, Protocol):
    """A code that administrators give out for one sign-in: nobody enrols it."""

    def issue(self, entropy: bytes, now: datetime) -> tuple[str, Data]:
        """A new code in clear, for one page, and what is stored of it. Slow, and pure."""
        ...

    def ends_at(self, data: Data) -> datetime:
        """From when the code opens nothing."""
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
