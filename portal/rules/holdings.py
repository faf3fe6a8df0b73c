"""What a person holds, sorted by what their organisations' policies make of it.

What is held and may not be used any more opens the enrolment gate and nothing else. It goes on
counting as held: forbidding somebody's app must not make their password enough by itself.
"""

from __future__ import annotations

from portal.rules import policy as policies
from portal.rules.policy import Policy
from portal.rules.terms import AAL, Holdings, Role, Strength
from portal.values import frozen


@frozen
class Held:
    """A kind of factor that the person holds (or may enrol), and what it is worth."""

    kind: str
    strength: Strength


@frozen
class Sorted:
    """Holdings under a policy: what may be used, what is a copy, what may be used no more.

    `forbidden_ids`: authenticators of forbidden makes, some of whose kind may be fine.
    """

    enrolled: tuple[Held, ...]
    copies: tuple[Held, ...] = ()
    forbidden: tuple[Held, ...] = ()
    forbidden_ids: frozenset[str] = frozenset()


def under(policy: Policy, holdings: Holdings) -> Sorted:
    """What a policy makes of what somebody holds."""
    unfit = _unfit(policy, holdings)
    enrolled, copies, forbidden = [], [], []
    for kind, strength in holdings.held.items():
        left = _left(kind, strength, holdings, unfit) if unfit else strength
        if kind in holdings.copies:
            copies.append(Held(kind, strength))
        elif left is None or not policies.is_allowed(policy, kind, strength):
            forbidden.append(Held(kind, strength))
        else:
            enrolled.append(Held(kind, left))
    return Sorted(tuple(enrolled), tuple(copies), tuple(forbidden), unfit)


def lacking(policy: Policy, roles: frozenset[Role], held: Sorted) -> str | None:
    """What somebody must enrol before anything else, as a reason; None: nothing."""
    everything = [one.strength for one in (*held.enrolled, *held.copies, *held.forbidden)]
    base = policies.base_level(policy, roles, everything)
    if base is AAL.AAL1:
        return None
    asked = policies.demand(policy, roles)
    # A copy opens nothing, yet the password alone must not enrol in its place.
    usable = [one.strength for one in (*held.enrolled, *held.copies)]
    resists = any(strength.phishing_resistant for strength in usable)
    second = any(policies.counts_as_second_factor(strength) for strength in usable)
    if not second or policies.highest_level(usable) < min(base, AAL.AAL2):
        return "method_forbidden" if held.forbidden else "policy_requires_second_factor"
    if policies.highest_level(usable) < base:
        return "policy_requires_hardware"
    if asked is not None and asked.phishing_resistant and not resists:
        return "policy_requires_phishing_resistant"
    return None


def _unfit(policy: Policy, holdings: Holdings) -> frozenset[str]:
    if policy.spares_held:
        return frozenset()
    return frozenset(
        identity
        for identity, make in holdings.makes.items()
        if not make.traits.revoked  # Its factor refuses it by itself, and says so.
        and policies.refusal(policy.restrictions, make.traits) is not None
    )


def _left(
    kind: str, strength: Strength, holdings: Holdings, unfit: frozenset[str]
) -> Strength | None:
    """The best strength of a kind without the forbidden makes; None when none is left."""
    known = {identity: make for identity, make in holdings.makes.items() if make.kind == kind}
    if not known:
        return strength
    # Whatever is held beside these is taken for a copy.
    fit = [make.strength for identity, make in known.items() if identity not in unfit]
    return max(fit, key=lambda one: one.rank, default=None)
