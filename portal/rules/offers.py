"""Which of the factors that a person holds would do, best first.

It does not decide whether one is needed: `access` does, and asks here what to offer.
"""

from __future__ import annotations

from collections.abc import Iterable

from portal.rules import assurance, policy
from portal.rules.facts import Facts, Held
from portal.rules.terms import AAL


def enrolling(facts: Facts) -> tuple[str, ...]:
    """The kinds that may be enrolled to carry a sign-in beside the password."""
    counting = (one for one in facts.enrollable if policy.counts_as_second_factor(one.strength))
    return best_first(counting, facts)


def completing(facts: Facts, wanted: AAL) -> tuple[str, ...]:
    """The held kinds whose proof, beside the proofs that still count, would reach `wanted`.

    Where no single one would, because the earlier proofs are too old, every kind is a beginning.
    """
    limit = facts.lifetimes.overall[wanted]
    counting = [proof.strength for proof in facts.authentications if facts.now - proof.at < limit]
    found = [
        held for held in facts.enrolled if assurance.level([*counting, held.strength]) >= wanted
    ]
    return best_first(found or facts.enrolled, facts)


def refreshing(facts: Facts, wanted: AAL) -> tuple[str, ...]:
    """The held kinds whose proof would count as fresh for an operation at `wanted`."""
    if wanted <= AAL.AAL1:
        return best_first(facts.enrolled, facts)
    strong = [
        held
        for held in facts.enrolled
        if held.strength.look_up_secret or policy.counts_as_second_factor(held.strength)
    ]
    return best_first(strong, facts)


def granting(facts: Facts) -> tuple[str, ...]:
    """The held kinds whose proof gives a grant: no codes kept for a bad day.

    Whoever holds a phishing-resistant factor uses it here: the others could be typed into a false
    page while the true one waits.
    """
    strong = [held for held in facts.enrolled if policy.counts_as_second_factor(held.strength)]
    resistant = [held for held in strong if held.strength.phishing_resistant]
    return best_first(resistant or strong, facts)


def best_first(offers: Iterable[Held], facts: Facts) -> tuple[str, ...]:
    """Kinds, the one used last first, then strongest first; look-up secrets always last."""

    def order(offer: Held) -> tuple[bool, bool, tuple[bool, ...], str]:
        last_used = offer.kind == facts.last_kind
        inverse = tuple(not part for part in offer.strength.rank)
        return offer.strength.look_up_secret, not last_used, inverse, offer.kind

    return tuple(dict.fromkeys(offer.kind for offer in sorted(offers, key=order)))
