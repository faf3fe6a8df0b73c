"""What an organisation asks of its people: second factors, makes of authenticators, more proof.

A policy never names a factor; it reads strengths, traits and roles. Policies merge by the strictest
of each field, so that no organisation can take away what stands above it.
"""

from __future__ import annotations

from collections.abc import Iterable

from portal.rules.actions import RAISABLE
from portal.rules.assurance import is_hardware, level
from portal.rules.policy_values import Policy, Raised, Restrictions
from portal.rules.terms import AAL, Category, Membership, Role, Strength, Traits

__all__ = ("DEFAULT", "Policy", "Raised", "Restrictions")  # The values, and what they mean.


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


def of_member(memberships: Iterable[Membership]) -> Policy:
    """What is asked of a person: sign-in obeys the strictest of all memberships."""
    own = [membership.policy for membership in memberships if membership.policy is not None]
    # The built-in one again: what is stored may be of a release that asked less.
    return strictest([DEFAULT, *own]) if own else DEFAULT


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
    )


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
    hardware = any(more.level is AAL.AAL3 for more in policy.raised.values())
    return hardware or _needs_attestation(policy.restrictions)


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

    AAL2 where policy asks for it in any role, and for whoever holds a second factor: switching a
    policy off never takes protection away from people who set it up.
    """
    if any(role in policy.required_roles for role in roles):
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
