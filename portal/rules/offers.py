"""Which of the factors that a person holds would do, best first.

It does not decide whether one is needed: `access` does, and asks here what to offer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from portal.rules import assurance, policy
from portal.rules.facts import Facts
from portal.rules.holdings import Held
from portal.rules.terms import AAL


def enrolling(
    facts: Facts, wanted: AAL = AAL.AAL2, *, phishing_resistant: bool = False
) -> tuple[str, ...]:
    """The kinds that may be enrolled to carry a sign-in beside the password, and reach `wanted`."""
    counting = (
        one
        for one in facts.enrollable
        if policy.counts_as_second_factor(one.strength)
        and policy.may_reach(one.strength, wanted, phishing_resistant=phishing_resistant)
    )
    return best_first(counting, facts)


def completing(
    facts: Facts, wanted: AAL, *, phishing_resistant: bool = False, or_code: bool = False
) -> tuple[str, ...]:
    """The held kinds whose proof, beside the proofs that still count, would reach `wanted`.

    Where no single one would, because the earlier proofs are too old, every kind is a beginning.
    Where nothing is left but a copy it is asked for, and refused: no weaker proof takes its place.
    AAL3 is reached by one proof alone; `or_code`: a code kept for a bad day stands in for it.
    """
    if wanted is AAL.AAL3:
        return best_first(_hardware(facts, or_code=or_code), facts)
    limit = facts.lifetimes.overall[wanted]
    counting = [proof.strength for proof in facts.counting if facts.now - proof.at < limit]

    def enough(kinds: Iterable[Held]) -> list[Held]:
        return [one for one in kinds if assurance.level([*counting, one.strength]) >= wanted]

    found = enough(facts.enrolled) or enough(facts.copies)
    resistant = [held for held in found if held.strength.phishing_resistant]
    best = resistant if phishing_resistant and resistant else found
    return best_first(best or facts.enrolled, facts)


def refreshing(
    facts: Facts, wanted: AAL, *, phishing_resistant: bool = False, or_code: bool = False
) -> tuple[str, ...]:
    """The held kinds whose proof would count as fresh for an operation at `wanted`.

    A code that was given out is kept for the sign-in: it proves nothing for an operation.
    """
    facts = replace(
        facts, enrolled=tuple(held for held in facts.enrolled if not held.strength.issued)
    )
    if wanted is AAL.AAL3:
        return best_first(_hardware(facts, or_code=or_code), facts)
    if phishing_resistant:
        resistant = (
            held
            for held in facts.enrolled
            if held.strength.phishing_resistant or (or_code and held.strength.look_up_secret)
        )
        return best_first(resistant, facts)
    strong = [held for held in facts.enrolled if assurance.refreshes(held.strength, wanted)]
    return best_first(strong, facts)


def resisting(facts: Facts) -> tuple[str, ...]:
    """The held kinds that cannot be typed into a false page."""
    return best_first((held for held in facts.enrolled if held.strength.phishing_resistant), facts)


def granting(facts: Facts, *, hardware: bool, phishing_resistant: bool) -> tuple[str, ...]:
    """The held kinds whose proof gives a grant: no codes kept for a bad day."""
    strong = (
        held
        for held in facts.enrolled
        if policy.counts_as_second_factor(held.strength)
        and policy.accepts(held.strength, hardware=hardware, phishing_resistant=phishing_resistant)
    )
    return best_first(strong, facts)


def _hardware(facts: Facts, *, or_code: bool) -> list[Held]:
    # A code that was given out would be spent here for nothing: it never stands in.
    return [
        held
        for held in facts.enrolled
        if assurance.is_hardware(held.strength)
        or (or_code and held.strength.look_up_secret and not held.strength.issued)
    ]


def best_first(offers: Iterable[Held], facts: Facts) -> tuple[str, ...]:
    """Kinds, the one used last first, then strongest first; look-up secrets always last."""

    def order(offer: Held) -> tuple[bool, bool, tuple[bool, ...], str]:
        last_used = offer.kind == facts.last_kind
        inverse = tuple(not part for part in offer.strength.rank)
        return offer.strength.look_up_secret, not last_used, inverse, offer.kind

    return tuple(dict.fromkeys(offer.kind for offer in sorted(offers, key=order)))
