"""What a list of authentications is worth: level, freshness, acr and lifetimes.

It does not decide what a session may do; `access` compares these answers with requirements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.rules.terms import AAL, Authentication, Category, Strength

# Section 2.1.3, 2.2.3 and 2.3.3 of NIST SP 800-63B-4: overall limit, then idle limit.
# The values are the numbers of the house (docs/operations.md); settings may only shorten them.


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a proof lasts, by level: `overall` since it was given, `idle` since last use."""

    overall: dict[AAL, timedelta]
    idle: dict[AAL, timedelta | None]


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
    password, is AAL1: one factor is one factor. AAL3 needs what no strength here can claim yet:
    attestation that says hardware-protected keys.
    """
    reached = AAL.NONE
    knowledge = possession = False
    for strength in strengths:
        reached = AAL.AAL1
        knowledge = knowledge or strength.category is Category.KNOWLEDGE
        possession = possession or strength.category is Category.POSSESSION
        if strength.multi_factor or (knowledge and possession):
            return AAL.AAL2
    return reached


def session_level(
    authentications: Sequence[Authentication],
    *,
    now: datetime,
    seen_at: datetime,
    lifetimes: Lifetimes = LIFETIMES,
) -> AAL:
    """The level of a session now: proofs outlive neither their overall nor their idle limit.

    When AAL2 has idled out the level lapses to AAL1 and one new proof restores it
    (NIST 2.2.3: after idling, one factor and the session secret are enough).
    """
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


def is_fresh(
    authentications: Iterable[Authentication],
    *,
    wanted: AAL,
    age_max: timedelta,
    now: datetime,
) -> bool:
    """True when the holder proved enough within `age_max` for an operation at `wanted`.

    From AAL2 on the fresh proof must be a possession or a multi-factor authenticator: a password
    typed again says nothing new about who sits at a session that was left open. A proof from the
    future is never fresh.
    """
    for proof in authentications:
        if not timedelta(0) <= now - proof.at <= age_max:
            continue
        strong = proof.strength.multi_factor or proof.strength.category is Category.POSSESSION
        if wanted <= AAL.AAL1 or strong:
            return True
    return False


def lifetime_end(
    authentications: Sequence[Authentication],
    *,
    issued_at: datetime,
    lifetimes: Lifetimes = LIFETIMES,
) -> datetime:
    """When the session of these proofs ends for good, however busy it is.

    A session ends with the limit of the level that it reached. A pending sign-in (a password
    whose second factor is still asked for) is cut shorter by `access.PENDING_MAX`.
    """
    reached = level(proof.strength for proof in authentications)
    latest = max((proof.at for proof in authentications), default=issued_at)
    return latest + lifetimes.overall[reached]


def acr(reached: AAL) -> str:
    """The authentication context class of a level, as tokens and audit rows write it."""
    return f"aal{int(reached)}"
