"""What an organisation asks of its people: second factors, makes of authenticators, more proof.

A policy never names a factor; it reads strengths, traits and roles. Policies merge by the strictest
of each field, so that no organisation can take away what stands above it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import replace

from portal.rules.actions import RAISABLE
from portal.rules.assurance import is_hardware, level
from portal.rules.policy_values import Demand, Policy, Raised, Restrictions
from portal.rules.terms import AAL, Category, Role, Strength, Traits

# The values, and what they mean.
__all__ = ("DEFAULT", "Demand", "Policy", "Raised", "Restrictions")
APPROVALS_MAX = 2


DEFAULT = Policy(
    version="built-in-1",
    required_roles=frozenset(
        {
            Role.HQ_ADMIN,
            Role.SUPER_ADMIN,
            Role.SERVICE_DESK,
            Role.FINANCE_CONTROLLER,
            Role.PARTNER_ADMIN,
        }
    ),
)
NOTHING = Policy("", frozenset())


class Stance(enum.IntEnum):
    """Whether a role must hold a second factor; the strictest that anybody says counts."""

    OFF = 0  # Nobody asks its members to enrol one. Who holds one is asked for it all the same.
    OPTIONAL = 1
    REQUIRED = 2


def strictest(policies: Iterable[Policy]) -> Policy:
    """What policies ask together: of each field the strictest."""
    merged, last = NOTHING, None
    for policy in policies:
        if policy is not last:  # The roles in one organisation share its policy.
            merged = merge(merged, policy)
        last = policy
    return merged


def merge(one: Policy, other: Policy) -> Policy:
    """Both policies at once. It does not matter which comes first, nor how often."""
    a, b = one.restrictions, other.restrictions
    raised = {
        action: _both(one.raised.get(action, Raised()), other.raised.get(action, Raised()))
        for action in {*one.raised, *other.raised}
    }
    versions = {*one.version.split("+"), *other.version.split("+")} - {""}
    return Policy(
        version="+".join(sorted(versions)),
        required_roles=one.required_roles | other.required_roles,
        restrictions=Restrictions(
            attested=a.attested or b.attested,
            device_bound=a.device_bound or b.device_bound,
            certification=max(a.certification, b.certification),
            allowed=_common(a.allowed, b.allowed),
            denied=a.denied | b.denied,
        ),
        raised=raised,
        demands={
            role: _stricter(one.demands.get(role), other.demands.get(role))
            for role in {*one.demands, *other.demands}
        },
        optional_roles=one.optional_roles | other.optional_roles,
        off_roles=one.off_roles | other.off_roles,
        methods=_common(one.methods, other.methods),
        reset_approvals=max(one.reset_approvals, other.reset_approvals),
        spares_held=one.spares_held and other.spares_held,
    )


def stance(policy: Policy, roles: Iterable[Role]) -> Stance:
    """What is said of people with these roles; what nobody speaks of is optional."""
    return max((_stance(policy, role) for role in roles), default=Stance.OPTIONAL)


def _stance(policy: Policy, role: Role) -> Stance:
    if role in policy.required_roles or role in policy.demands:
        return Stance.REQUIRED
    off = role in policy.off_roles and role not in policy.optional_roles
    return Stance.OFF if off else Stance.OPTIONAL


def demand(policy: Policy, roles: Iterable[Role]) -> Demand | None:
    """What every session of somebody with these roles must have proved; None: nothing."""
    asked = None
    for role in roles:
        if role in policy.demands:
            asked = _stricter(asked, policy.demands[role])
        elif role in policy.required_roles:
            asked = _stricter(asked, Demand())
    return asked


def without_demands(policy: Policy) -> Policy:
    """For somebody who is exempt: what organisations ask of a sign-in is left to the built-in one.

    What an operation needs stays, and so does what may be enrolled.
    """
    return replace(
        policy,
        required_roles=policy.required_roles & DEFAULT.required_roles,
        demands={},
        methods=None,
        spares_held=True,
    )


def is_lifted(policy: Policy, roles: Iterable[Role]) -> bool:
    """Whether an exemption takes anything off a sign-in of somebody with these roles."""
    own = list(roles)
    return policy.methods is not None or demand(policy, own) != demand(without_demands(policy), own)


def is_allowed(policy: Policy, kind: str, strength: Strength) -> bool:
    """Whether a kind may be used. What stands beside no password is not a policy's to forbid."""
    beside_password = counts_as_second_factor(strength) or strength.look_up_secret
    free = not beside_password or strength.issued  # Two people let them in with it.
    return free or policy.methods is None or kind in policy.methods


def _stricter(one: Demand | None, other: Demand | None) -> Demand:
    a, b = one or Demand(), other or Demand()
    return Demand(max(a.level, b.level), a.phishing_resistant or b.phishing_resistant)


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _both(one: Raised, other: Raised) -> Raised:
    ages = [each.age_max for each in (one, other) if each.age_max is not None]
    levels = [each.level for each in (one, other) if each.level is not None]
    return Raised(
        level=max(levels, default=None),
        phishing_resistant=one.phishing_resistant or other.phishing_resistant,
        age_max=min(ages, default=None),
    )


def asks_attestation(policy: Policy) -> bool:
    """Whether an authenticator is asked to prove its make: AAL3 and restrictions go by it."""
    levels = [more.level for more in (*policy.raised.values(), *policy.demands.values())]
    return AAL.AAL3 in levels or _needs_attestation(policy.restrictions)


def _needs_attestation(asked: Restrictions) -> bool:
    """Without it a model is hearsay, and so is what is known of the model."""
    return asked.attested or asked.certification > 0 or asked.allowed is not None


def refusal(restrictions: Restrictions, traits: Traits | None) -> str | None:
    """Why an authenticator of this make may not be enrolled; None when it may.

    A model that the metadata warns of never may. What has no make at all, an app that shows codes,
    is not restricted here.
    """
    if traits is None:
        return None
    if traits.revoked:
        return "revoked"
    if _needs_attestation(restrictions) and not traits.attested:
        return "attestation"
    if restrictions.device_bound and not traits.device_bound:
        return "synced"
    if traits.certification < restrictions.certification:
        return "certification"
    if restrictions.allowed is not None and traits.model not in restrictions.allowed:
        return "model"
    # Denied also on its own word: who says "I am that one" is taken at it.
    return "model" if traits.model in restrictions.denied else None


def contradiction(policy: Policy) -> str | None:
    """Why nobody could live with this policy; None when somebody can."""
    asked = policy.restrictions
    if asked.allowed is not None and not asked.allowed - asked.denied:
        return "nothing_allowed"
    if policy.methods is not None and not policy.methods:
        return "no_method"
    if not policy.raised.keys() <= RAISABLE:
        return "not_raisable"
    return None


def counts_as_second_factor(strength: Strength) -> bool:
    """True for what can carry a sign-in by itself beside the password.

    Look-up secrets do not: they are kept for the day on which the real one is lost, so a person
    who has only those left is a person who must enrol.
    """
    return not strength.look_up_secret and (
        strength.multi_factor or strength.category is Category.POSSESSION
    )


def may_reach(strength: Strength, wanted: AAL, *, phishing_resistant: bool) -> bool:
    """Whether an authenticator of a kind of this worth may do where `wanted` is asked for.

    What AAL3 needs beyond resistance and two factors is the make's: known once it is enrolled.
    """
    if wanted is AAL.AAL3:
        return strength.phishing_resistant and strength.multi_factor
    return strength.phishing_resistant or not phishing_resistant


def accepts(strength: Strength, *, hardware: bool, phishing_resistant: bool) -> bool:
    """Whether a proof of this strength is as strong as asked for, whatever its kind is worth."""
    if hardware and not is_hardware(strength):
        return False
    return strength.phishing_resistant or not phishing_resistant


def base_level(policy: Policy, roles: Iterable[Role], held: Iterable[Strength]) -> AAL:
    """The level that every session of this person must reach before it may do anything.

    What policy asks for in any role, and AAL2 for whoever holds a second factor: switching a policy
    off never takes protection away from people who set it up.
    """
    own = list(roles)
    if policy.demands and (asked := demand(policy, own)) is not None:
        return asked.level
    if any(role in policy.required_roles for role in own):
        return AAL.AAL2
    if any(counts_as_second_factor(strength) for strength in held):
        return AAL.AAL2
    return AAL.AAL1


def highest_level(held: Iterable[Strength]) -> AAL:
    """The highest level that this person can be asked for.

    Look-up secrets do not raise it: who has lost the second factor and has only codes left could
    otherwise change nothing any more once the codes are spent.
    """
    return level(strength for strength in held if not strength.look_up_secret)
