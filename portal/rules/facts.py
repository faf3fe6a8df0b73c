"""What a decision may look at: everything about a session and its person, frozen.

It holds values, and what follows from them alone; `access` draws the conclusions. Facts do not
change, so what was worked out of them once is kept with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from portal.rules import assurance, holdings, policy
from portal.rules.assurance import LIFETIMES, Lifetimes
from portal.rules.holdings import Held, Sorted
from portal.rules.policy import Policy
from portal.rules.terms import (
    AAL,
    AccountState,
    Action,
    Authentication,
    Membership,
    Role,
    Target,
)
from portal.values import keeping

Value = TypeVar("Value")


class _Once(Generic[Value]):
    """What is worked out when it is first asked for. `functools` has one that takes a lock."""

    def __init__(self, work: Callable[[Any], Value]) -> None:
        self.work = work
        self.name = ""

    def __set_name__(self, _owner: type, name: str) -> None:
        self.name = name

    def __get__(self, facts: Any, _owner: object = None) -> Value:
        found: Value = self.work(facts)
        facts.__dict__[self.name] = found
        return found


@keeping
class Facts:
    """Everything that a decision may look at, read once per request.

    `copies` holds the kinds of which nothing is left but what is taken for a copy: they open and
    raise nothing, and are still held; so are the `forbidden` ones, which policy lets open the
    enrolment gate alone. `forbidden_ids`: authenticators whose make is forbidden, though others of
    their kind may be fine. `enrollable` holds the kinds that may be enrolled here; `last_kind` the
    one used last.
    `acting` is the organisation that the session acts in, `target` what the action is about, once
    that is known; `granted`: this very action, on this very content, was proved for once.
    `reset`: the factors were reset and something must be enrolled; `ticketed`: this session was
    opened with the mailed link that this needs, or with the invitation of an account to be.
    `password_due`: the password must be renewed first.
    `answers`: decisions that were made from exactly these facts; `access.decide` keeps them.
    """

    now: datetime
    signed_in: bool = False
    state: AccountState = AccountState.ACTIVE
    authentications: tuple[Authentication, ...] = ()
    seen_at: datetime | None = None
    ends_at: datetime | None = None
    enrolled: tuple[Held, ...] = ()
    copies: tuple[Held, ...] = ()
    forbidden: tuple[Held, ...] = ()
    forbidden_ids: frozenset[str] = frozenset()
    enrollable: tuple[Held, ...] = ()
    last_kind: str | None = None
    memberships: tuple[Membership, ...] = ()
    user_id: str = ""
    acting: Membership | None = None
    target: Target | None = None
    granted: bool = False
    reset: bool = False
    ticketed: bool = False
    password_due: bool = False
    policy: Policy = policy.DEFAULT
    lifetimes: Lifetimes = field(default=LIFETIMES)
    answers: dict[Action, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @_Once
    def roles(self) -> frozenset[Role]:
        """Every role in every organisation: sign-in obeys the strictest of all memberships."""
        return frozenset(membership.role for membership in self.memberships)

    @_Once
    def activating(self) -> bool:
        """Whether an invited person came by their invitation, and enrols before they are active."""
        return self.state is AccountState.INVITED and self.ticketed

    @_Once
    def shared_desk(self) -> bool:
        """Whether this browser may stand on a desk that people share: it locks soon.

        So for whoever belongs to any organisation that has such desks, wherever they sit and act:
        a browser does not say which desk it stands on. Nothing may trust it (row L6) either.
        """
        return any(membership.shared_desks for membership in self.memberships)

    @_Once
    def acting_roles(self) -> frozenset[Role]:
        """The roles in the organisation that the session acts in: no other counts for an action."""
        if self.acting is None:
            return frozenset()
        here = self.acting.organisation_id
        return frozenset(each.role for each in self.memberships if each.organisation_id == here)

    @_Once
    def counting(self) -> tuple[Authentication, ...]:
        """The proofs that count: not those by what policy forbids."""
        if not self.forbidden and not self.forbidden_ids:
            return self.authentications
        kinds = {held.kind for held in self.forbidden}
        return tuple(
            proof
            for proof in self.authentications
            if proof.kind not in kinds and proof.authenticator_id not in self.forbidden_ids
        )

    @_Once
    def own(self) -> tuple[Authentication, ...]:
        """Those by what is the person's own: they alone prove something for an operation."""
        return tuple(proof for proof in self.counting if not proof.strength.issued)

    @_Once
    def level(self) -> AAL:
        """The level of the session now."""
        return self._level_at(self.seen_at or self.now)

    @_Once
    def level_when_active(self) -> AAL:
        """The level had the person not been away."""
        return self._level_at(self.now)

    @_Once
    def proves_nobody(self) -> bool:
        """Whether nothing that was proved counts any more, not even for the enrolment gate."""
        if self.level_when_active is not AAL.NONE:
            return False
        return self.counting is self.authentications or self.unforbidden.proves_nobody

    @_Once
    def lasting(self) -> tuple[Authentication, ...]:
        """The proofs as they count from this use of the session on.

        AAL3 that has lapsed is over (NIST 2.3.3): the session goes on below it, and neither its
        next use nor a weaker proof brings AAL3 back.
        """
        if self.level is AAL.AAL3:
            return self.authentications
        return assurance.without_hardware(self.authentications)

    @_Once
    def locked(self) -> bool:
        """Whether nothing is left but to prove oneself again: the desk was left for too long."""
        if self.counting is not self.authentications:
            return self.unforbidden.locked  # What opens the enrolment gate alone locks as well.
        return self.level is AAL.NONE and self.level_when_active is not AAL.NONE

    @_Once
    def unforbidden(self) -> Facts:
        """The same, had policy forbidden nothing: what was proved, whatever it counts for now."""
        if not self.forbidden and not self.forbidden_ids:
            return self
        return replace(self, forbidden=(), forbidden_ids=frozenset())

    @_Once
    def unlapsed(self) -> bool:
        """Whether being away has cost nothing yet, so that using it now brings nothing back."""
        return self.level is self.level_when_active

    @_Once
    def highest_level(self) -> AAL:
        """The highest level that this person can be asked for: a copy reaches none."""
        return policy.highest_level(held.strength for held in self.enrolled)

    @_Once
    def base_level(self) -> AAL:
        """The level that this person's sessions must reach before they may do anything.

        A copy counts here, and what is forbidden: neither must make the password enough by itself.
        """
        held = (*self.enrolled, *self.copies, *self.forbidden)
        return policy.base_level(self.policy, self.roles, (one.strength for one in held))

    @_Once
    def base_resistant(self) -> bool:
        """Whether those sessions must have proved what cannot be typed into a false page."""
        if not self.policy.demands:
            return False
        asked = policy.demand(self.policy, self.roles)
        return asked is not None and asked.phishing_resistant

    @_Once
    def lacking(self) -> str | None:
        """What this person must enrol before anything else, as a reason; None: nothing."""
        held = Sorted(self.enrolled, self.copies, self.forbidden, self.forbidden_ids)
        return holdings.lacking(self.policy, self.roles, held)

    def turns_away(self, authenticator_id: str) -> bool:
        """Whether one opens nothing here: its make is forbidden, and others of theirs would do.

        Where none would, it opens the enrolment gate.
        """
        return authenticator_id in self.forbidden_ids and self.lacking is None

    def _level_at(self, seen_at: datetime) -> AAL:
        return assurance.session_level(
            self.counting,
            now=self.now,
            seen_at=seen_at,
            lifetimes=self.lifetimes,
            shared_desk=self.shared_desk,
        )
