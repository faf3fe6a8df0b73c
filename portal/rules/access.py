"""May this session do that? The only place that answers.

`ACTIONS` is the table, `decide` reads it. Nothing here writes, and no other module compares a
level, a role or an age. The order of the questions is part of the promise: a session that is half
signed in learns nothing, not even that it would have been refused.

    no session, ended, or account not active ──► SignIn
    cannot reach the base level              ──► Enrol
    below the base level                     ──► StepUp (pending)
    level or freshness missing               ──► StepUp
    otherwise                                ──► Allow
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.rules import assurance, policy
from portal.rules.facts import Facts, Held
from portal.rules.terms import (
    AAL,
    AccountState,
    Action,
)

SECURITY_AGE_MAX = timedelta(minutes=5)
GATE_AGE_MAX = timedelta(minutes=30)  # Long enough to find, install and open an app.
PENDING_MAX = timedelta(minutes=10)


class Level(enum.Enum):
    """Levels that a requirement can name relative to the person."""

    BASE = "base"  # What policy and the person's own factors ask of every session.
    HELD = "held"  # The highest level that the person can reach today.
    ONE_FACTOR = "one_factor"


class Entry(enum.Enum):
    """Which sessions may ask at all."""

    SIGNED_IN = "signed_in"  # At the base level.
    GATE = "gate"  # Also a session that may do nothing but enrol.
    LAPSED = "lapsed"  # Also a finished one that has idled out, or must enrol.
    ANY = "any"  # Also one that is half signed in.


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an action needs. `age_max`: how recent the proof must be; None: any live session."""

    level: Level = Level.BASE
    age_max: timedelta | None = None
    entry: Entry = Entry.SIGNED_IN


ACTIONS: dict[Action, Requirement] = {
    Action.CHALLENGE: Requirement(entry=Entry.ANY),
    Action.SIGN_OUT: Requirement(entry=Entry.ANY),
    Action.HOME: Requirement(),
    Action.STEP_UP: Requirement(entry=Entry.LAPSED),
    Action.ENROL: Requirement(Level.HELD, SECURITY_AGE_MAX, Entry.GATE),
    Action.FINISH_ENROLMENT: Requirement(entry=Entry.GATE),
    Action.VIEW_SECURITY: Requirement(),
    Action.CHANGE_SECURITY: Requirement(Level.HELD, SECURITY_AGE_MAX),
    Action.END_SESSIONS: Requirement(Level.ONE_FACTOR, SECURITY_AGE_MAX),
    Action.VIEW_ACCOUNT: Requirement(),
    Action.CHANGE_PROFILE: Requirement(),
    Action.CHANGE_PASSWORD: Requirement(Level.HELD, SECURITY_AGE_MAX),
    Action.CHANGE_EMAIL: Requirement(Level.HELD, SECURITY_AGE_MAX),
    Action.SWITCH_ORGANISATION: Requirement(),
}


@dataclass(frozen=True, slots=True)
class SignIn:
    """Nobody is signed in here. `why` is for the log, never for the stranger."""

    why: str


@dataclass(frozen=True, slots=True)
class Allow:
    """The action may go on in a session of this level."""

    level: AAL


@dataclass(frozen=True, slots=True)
class StepUp:
    """One more proof is needed; `choices` are the kinds that would be accepted, best first.

    `pending` is a sign-in that was never finished: to everything but its own challenge such a
    session is a stranger. `lapsed` is a finished one that has idled out.
    """

    choices: tuple[str, ...]
    why: str
    pending: bool = False
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Enrol:
    """The person must first enrol one of `choices`, best first; nothing else is open."""

    choices: tuple[str, ...]
    why: str


Decision = SignIn | Allow | StepUp | Enrol


def decide(action: Action, facts: Facts) -> Decision:
    """Whether the session described by `facts` may do `action`, or what it needs first."""
    requirement = ACTIONS[action]
    if refusal := _not_signed_in(facts):
        return refusal
    if requirement.entry is Entry.ANY:
        return Allow(_level_now(facts))
    base = base_level(facts)
    below = _below_base(facts, base)
    if requirement.entry is Entry.LAPSED and not (isinstance(below, StepUp) and below.pending):
        return Allow(_level_now(facts))
    if isinstance(below, Enrol) and requirement.entry is Entry.GATE:
        return _in_gate(requirement, facts)
    if below:
        return below
    return _level_and_freshness(requirement, facts, base)


def base_level(facts: Facts) -> AAL:
    """The level that this person's sessions must reach before they may do anything."""
    held = (authenticator.strength for authenticator in facts.enrolled)
    return policy.base_level(facts.policy, facts.roles, held)


def session_end(facts: Facts) -> datetime:
    """When a session with these facts ends, however busy it is.

    A sign-in that waits for its second factor, or for an enrolment, has minutes; a finished one
    has the lifetime of its level. Re-proving moves the end, browsing does not (NIST 2.2.3).
    """
    match decide(Action.HOME, facts):
        case StepUp(pending=True):
            return _latest_proof(facts) + PENDING_MAX
        case Enrol():
            return _latest_proof(facts) + GATE_AGE_MAX
    return assurance.lifetime_end(
        facts.authentications, issued_at=facts.now, lifetimes=facts.lifetimes
    )


def _not_signed_in(facts: Facts) -> SignIn | None:
    if not facts.signed_in or not facts.authentications:
        return SignIn("no_session")
    if facts.state is not AccountState.ACTIVE:
        return SignIn(f"account_{facts.state}")
    if facts.ends_at is not None and facts.now >= facts.ends_at:
        return SignIn("session_ended")
    if _level_now(facts) is AAL.NONE:
        return SignIn("proofs_expired")
    return None


def _below_base(facts: Facts, base: AAL) -> StepUp | Enrol | None:
    """What keeps a session from its base level; None when it stands at or above it."""
    strengths = [held.strength for held in facts.enrolled]
    # Asked before the level: the proof of a revoked app, or a backup code, stands in for nothing.
    if base > AAL.AAL1 and (
        policy.highest_level(strengths) < base
        or not any(policy.counts_as_second_factor(strength) for strength in strengths)
    ):
        offers = [one for one in facts.enrollable if policy.counts_as_second_factor(one.strength)]
        return Enrol(_best_first(offers, facts), why="policy_requires_second_factor")
    if _level_now(facts) >= base:
        return None
    if _level_when_active(facts) >= base:
        # It once stood at its level and idled out: any one factor and the cookie restore it.
        return StepUp(_best_first(facts.enrolled, facts), why="idle", lapsed=True)
    return StepUp(_completing(facts, base), why="second_factor", pending=True)


def _in_gate(requirement: Requirement, facts: Facts) -> Allow | StepUp:
    """The enrolment gate: open to whoever gave all they have, not too long ago.

    All, so a backup code too where one is held: a password alone never enrols in place of a factor
    that is lost.
    """
    held = assurance.level(authenticator.strength for authenticator in facts.enrolled)
    if requirement.age_max is None or assurance.is_fresh(
        facts.authentications, wanted=held, age_max=GATE_AGE_MAX, now=facts.now
    ):
        return Allow(_level_now(facts))
    return StepUp(_completing(facts, held), why="enrolment_needs_fresh_proof")


def _level_and_freshness(requirement: Requirement, facts: Facts, base: AAL) -> Allow | StepUp:
    reached = _level_now(facts)
    match requirement.level:
        case Level.BASE:
            wanted = base
        case Level.HELD:
            held = policy.highest_level(authenticator.strength for authenticator in facts.enrolled)
            wanted = max(base, held)
        case Level.ONE_FACTOR:
            wanted = AAL.AAL1
    if reached < wanted:
        return StepUp(_completing(facts, wanted), why="level")
    if requirement.age_max is None:
        return Allow(reached)
    if assurance.is_fresh(
        facts.authentications, wanted=wanted, age_max=requirement.age_max, now=facts.now
    ):
        return Allow(reached)
    return StepUp(_refreshing(facts, wanted), why="freshness")


def _level_now(facts: Facts) -> AAL:
    return assurance.session_level(
        facts.authentications,
        now=facts.now,
        seen_at=facts.seen_at or facts.now,
        lifetimes=facts.lifetimes,
    )


def _level_when_active(facts: Facts) -> AAL:
    """The level had the person not been away."""
    return assurance.session_level(
        facts.authentications, now=facts.now, seen_at=facts.now, lifetimes=facts.lifetimes
    )


def _latest_proof(facts: Facts) -> datetime:
    return max((proof.at for proof in facts.authentications), default=facts.now)


def _completing(facts: Facts, wanted: AAL) -> tuple[str, ...]:
    """The held kinds whose proof, beside the proofs that still count, would reach `wanted`.

    Where no single one would, because the earlier proofs are too old, every kind is a beginning.
    """
    limit = facts.lifetimes.overall[wanted]
    counting = [proof.strength for proof in facts.authentications if facts.now - proof.at < limit]
    completing = [
        held for held in facts.enrolled if assurance.level([*counting, held.strength]) >= wanted
    ]
    return _best_first(completing or facts.enrolled, facts)


def _refreshing(facts: Facts, wanted: AAL) -> tuple[str, ...]:
    """The held kinds whose proof would count as fresh for an operation at `wanted`."""
    if wanted <= AAL.AAL1:
        return _best_first(facts.enrolled, facts)
    strong = [
        held
        for held in facts.enrolled
        if held.strength.look_up_secret or policy.counts_as_second_factor(held.strength)
    ]
    return _best_first(strong, facts)


def _best_first(offers: tuple[Held, ...] | list[Held], facts: Facts) -> tuple[str, ...]:
    """Kinds, the one used last first, then strongest first; look-up secrets always last."""

    def order(offer: Held) -> tuple[bool, bool, tuple[bool, ...], str]:
        last_used = offer.kind == facts.last_kind
        inverse = tuple(not part for part in offer.strength.rank)
        return offer.strength.look_up_secret, not last_used, inverse, offer.kind

    return tuple(dict.fromkeys(offer.kind for offer in sorted(offers, key=order)))
