"""What a decision may look at: everything about a session and its person, frozen.

It holds values only; `access` draws the conclusions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from portal.rules import policy
from portal.rules.assurance import LIFETIMES, Lifetimes
from portal.rules.policy import Policy
from portal.rules.terms import AccountState, Authentication, Membership, Role, Strength


@dataclass(frozen=True, slots=True)
class Held:
    """A kind of factor that the person holds (or may enrol), and what it is worth."""

    kind: str
    strength: Strength


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a decision may look at, read once per request.

    `enrollable` holds the kinds that the portal can enrol; `last_kind` the one used last.
    """

    now: datetime
    signed_in: bool = False
    state: AccountState = AccountState.ACTIVE
    authentications: tuple[Authentication, ...] = ()
    seen_at: datetime | None = None
    ends_at: datetime | None = None
    enrolled: tuple[Held, ...] = ()
    enrollable: tuple[Held, ...] = ()
    last_kind: str | None = None
    memberships: tuple[Membership, ...] = ()
    policy: Policy = policy.DEFAULT
    lifetimes: Lifetimes = field(default=LIFETIMES)

    @property
    def roles(self) -> frozenset[Role]:
        """Every role in every organisation: sign-in obeys the strictest of all memberships."""
        return frozenset(membership.role for membership in self.memberships)
