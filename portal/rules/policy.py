"""What an organisation asks of its people: who must hold a second factor.

A policy never names a factor; it reads strengths and roles. It holds a field only once the
field has an effect.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.rules.assurance import level
from portal.rules.terms import AAL, Category, Role, Strength


@dataclass(frozen=True, slots=True)
class Policy:
    """`required_roles`: their members may do nothing but enrol until they hold two factors."""

    version: str
    required_roles: frozenset[Role]


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


def counts_as_second_factor(strength: Strength) -> bool:
    """True for what can carry a sign-in by itself beside the password.

    Look-up secrets do not: they are kept for the day on which the real one is lost, so a person
    who has only those left is a person who must enrol.
    """
    return not strength.look_up_secret and (
        strength.multi_factor or strength.category is Category.POSSESSION
    )


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
