"""What a list of authentications is worth: level, freshness, acr and lifetimes.

It does not decide what a session may do; `access` compares these answers with requirements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from portal.rules.terms import AAL, Authentication, Category, Resistance, Strength
from portal.values import frozen

# Section 2.1.3, 2.2.3 and 2.3.3 of NIST SP 800-63B-4: overall limit, then idle limit.
# The values are the numbers of the house (docs/operations.md); settings may only shorten them.


@frozen
class Lifetimes:
    """How long a proof lasts, by level: `overall` since it was given, `idle` since last use.

    `shared_desk_idle` holds besides, at every level, for people who share their computers.
    """

    overall: dict[AAL, timedelta]
    idle: dict[AAL, timedelta | None]
    shared_desk_idle: timedelta = timedelta(minutes=5)


LIFETIMES = Lifetimes(
    overall={
        AAL.NONE: timedelta(minutes=10),
        AAL.AAL1: timedelta(days=30),
        AAL.AAL2: timedelta(hours=24),
        AAL.AAL3: timedelta(hours=12),
    },
    idle={
        AAL.NONE: None,
        AAL.AAL1: None,
        AAL.AAL2: timedelta(hours=1),
        AAL.AAL3: timedelta(minutes=15),
    },
)


def level(strengths: Iterable[Strength]) -> AAL:
    """The level that proofs of these strengths reach together (NIST 800-63B-4, 2.1 to 2.3).

    AAL2 is two categories, or one multi-factor authenticator. A possession alone, without the
    password, is AAL1: one factor is one factor. AAL3 is one proof that is everything at once: no
    two weaker ones add up to it.
    """
    reached = AAL.NONE
    knowledge = possession = False
    for strength in strengths:
        if is_hardware(strength):
            return AAL.AAL3
        reached = max(reached, AAL.AAL1)
        knowledge = knowledge or strength.category is Category.KNOWLEDGE
        possession = possession or strength.category is Category.POSSESSION
        if strength.multi_factor or (knowledge and possession):
            reached = AAL.AAL2
    return reached


def is_hardware(strength: Strength) -> bool:
    """Whether a proof of this strength is AAL3 by itself (NIST 800-63B-4, 2.3.1).

    Two factors, resistant to phishing, of a key that attestation, chained to metadata, says cannot
    leave its hardware. A key that calls itself device-bound is AAL2, and a synced one never more.
    """
    return (
        strength.multi_factor
        and strength.phishing_resistant
        and strength.device_bound
        and strength.hardware_protected
    )


def resistance(strengths: Iterable[Strength]) -> Resistance:
    """How well the best of these is kept that no false page can take."""
    found = Resistance.NONE
    for strength in strengths:
        if not strength.phishing_resistant:
            continue
        kept = Resistance.BOUND if strength.device_bound else Resistance.SYNCED
        if strength.device_bound and strength.hardware_protected:
            kept = Resistance.HARDWARE
        found = max(found, kept)
    return found


def session_level(
    authentications: Sequence[Authentication],
    *,
    now: datetime,
    seen_at: datetime,
    lifetimes: Lifetimes = LIFETIMES,
    shared_desk: bool = False,
) -> AAL:
    """The level of a session now: proofs outlive neither their overall nor their idle limit.

    When AAL2 has idled out the level lapses to AAL1 and one new proof restores it
    (NIST 2.2.3: after idling, one factor and the session secret are enough). AAL3 lapses to AAL2,
    and the key alone restores it. At a shared desk nothing is left: whoever sits there now may be
    somebody else. One new proof restores that too.
    """
    if shared_desk and now >= locks_at(seen_at, lifetimes):
        return AAL.NONE
    # After the clock was set back a proof lies in the future: it counts here, and is never fresh.
    within = [proof for proof in authentications if now - proof.at < lifetimes.overall[AAL.AAL1]]
    reached = level(proof.strength for proof in within)
    while reached > AAL.AAL1:
        recent = [proof for proof in within if now - proof.at < lifetimes.overall[reached]]
        idle = lifetimes.idle[reached]
        if level(proof.strength for proof in recent) >= reached and (
            idle is None or now - seen_at < idle
        ):
            return reached
        reached = AAL(reached - 1)
    return reached


def without_hardware(authentications: Sequence[Authentication]) -> tuple[Authentication, ...]:
    """The proofs with none that is worth AAL3: such a one is worth a synced key's instead."""
    return tuple(
        replace(proof, strength=replace(proof.strength, hardware_protected=False))
        if is_hardware(proof.strength)
        else proof
        for proof in authentications
    )


def locks_at(seen_at: datetime, lifetimes: Lifetimes = LIFETIMES) -> datetime:
    """When a session at a shared desk locks, if nobody uses it after `seen_at`."""
    return seen_at + lifetimes.shared_desk_idle


def is_fresh(
    authentications: Iterable[Authentication],
    *,
    wanted: AAL,
    age_max: timedelta,
    now: datetime,
    phishing_resistant: bool = False,
) -> bool:
    """True when the holder proved enough within `age_max` for an operation at `wanted`.

    From AAL2 on the fresh proof must be a possession or a multi-factor authenticator: a password
    typed again says nothing new about who sits at a session that was left open. At AAL3 it is AAL3
    by itself, and where phishing-resistant proofs are asked for it is one. A proof from the future
    is never fresh.
    """
    for proof in authentications:
        if not timedelta(0) <= now - proof.at <= age_max:
            continue
        if refreshes(proof.strength, wanted) and (
            proof.strength.phishing_resistant or not phishing_resistant
        ):
            return True
    return False


def refreshes(strength: Strength, wanted: AAL) -> bool:
    """Whether a proof of this strength says anew who sits at a session of the level `wanted`."""
    if wanted is AAL.AAL3:
        return is_hardware(strength)
    strong = strength.multi_factor or strength.category is Category.POSSESSION
    return wanted <= AAL.AAL1 or strong


def lifetime_end(
    authentications: Sequence[Authentication],
    *,
    issued_at: datetime,
    lifetimes: Lifetimes = LIFETIMES,
) -> datetime:
    """When the session of these proofs ends for good, however busy it is.

    A session ends with the limit of the level that it reached, and AAL3 with the one of AAL2: no
    session needs AAL3 to go on, operations do. After 12 hours it lapses to AAL2 (`session_level`),
    what asks for AAL3 asks for the key again (NIST 2.3.3), and the rest goes on as if a weaker key
    had been used: a stronger one must never cost its holder the session. A pending sign-in (a
    password whose second factor is still asked for) is cut shorter by `access.PENDING_MAX`.
    """
    reached = min(level(proof.strength for proof in authentications), AAL.AAL2)
    latest = max((proof.at for proof in authentications), default=issued_at)
    return latest + lifetimes.overall[reached]


def acr(reached: AAL) -> str:
    """The authentication context class of a level, as tokens and audit rows write it."""
    return f"aal{int(reached)}"
