"""What an organisation has bought: which kinds of factors its people may enrol.

A table of data. Losing a plan takes nothing away from anybody: what is enrolled goes on, and where
a policy asks for what the plan lacks it may be enrolled all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from portal.rules import policy as policies
from portal.rules.actions import ACTIONS
from portal.rules.holdings import Held
from portal.rules.policy import Policy
from portal.rules.terms import AAL, Membership, Role
from portal.values import frozen


@frozen
class Plan:
    """`methods`: the kinds of factors that may be enrolled under it; None for every kind.

    What steers people, policies and their roll-out, is in every plan and so in none of these.
    """

    name: str
    methods: frozenset[str] | None


PROFESSIONAL, ENTERPRISE = "professional", "enterprise"
PLANS = {
    PROFESSIONAL: Plan(PROFESSIONAL, frozenset({"password", "totp", "sms", "backup_codes"})),
    ENTERPRISE: Plan(ENTERPRISE, None),
}
# Bought one by one: what each adds to a plan.
ADD_ONS = {"passkeys": frozenset({"passkey"})}


def field_of(add_on: str) -> str:
    """The field of a form that buys an add-on: a tick is a field of its own."""
    return f"with_{add_on}"


def includes(plan: str, add_ons: Iterable[str], kind: str) -> bool:
    """Whether an organisation with this plan may offer a kind. An unknown plan is the smallest."""
    methods = PLANS.get(plan, PLANS[PROFESSIONAL]).methods
    return (
        methods is None or kind in methods or any(kind in ADD_ONS.get(one, ()) for one in add_ons)
    )


def sources(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What would bring a kind: the plans that include it, and the add-ons."""
    having = tuple(plan for plan in PLANS if includes(plan, (), kind))
    return having, tuple(one for one, kinds in ADD_ONS.items() if kind in kinds)


def enrollable(
    kinds: tuple[Held, ...],
    memberships: Iterable[Membership],
    policy: Policy,
    later: Callable[[], Policy] | None = None,
) -> tuple[Held, ...]:
    """The kinds that somebody may enrol: allowed, and bought by any organisation of theirs.

    Whoever belongs to none, a guest whose last organisation ended, may enrol what policy allows.
    `later`: what will be asked once everything that is published holds; asked only where a plan
    is not whole. Whoever is told of it may enrol it before.
    """
    own = tuple(memberships)
    if policy.methods is None and all(_has_everything(one.plan) for one in own):
        return kinds
    bought = {(one.plan, one.add_ons) for one in own}
    allowed = tuple(one for one in kinds if policies.is_allowed(policy, one.kind, one.strength))
    if not bought:
        return allowed
    roles = frozenset(one.role for one in own)
    paid = {
        one.kind
        for one in allowed
        if any(includes(plan, add_ons, one.kind) for plan, add_ons in bought)
    }
    for asked in (policy, later() if later else policy):
        paid |= unpaid_but_asked(allowed, paid, asked, roles)
    return tuple(one for one in allowed if one.kind in paid)


def unpaid_but_asked(
    allowed: Iterable[Held], paid: Iterable[str], policy: Policy, roles: frozenset[Role]
) -> set[str]:
    """The kinds that nobody bought, and that people with these roles may enrol all the same.

    Nothing else that they may enrol could do what is asked of them: refusing it would lock out.
    """
    bought = frozenset(paid)
    second = [one for one in allowed if policies.counts_as_second_factor(one.strength)]
    found: set[str] = set()
    for level, resistant in _asked(policy, roles):
        able = {
            one.kind
            for one in second
            if policies.may_reach(one.strength, level, phishing_resistant=resistant)
        }
        if not able & bought:
            found |= able
    return found


def _asked(policy: Policy, roles: frozenset[Role]) -> set[tuple[AAL, bool]]:
    """What people with these roles must be able to prove: two factors, and what policy asks.

    Operations ask for two factors of everybody, whatever policy says of a sign-in.
    """
    asked = {(AAL.AAL2, False)}
    if (more := policies.demand(policy, roles)) is not None:
        asked.add((more.level, more.phishing_resistant))
    for action, raised in policy.raised.items():
        needed = ACTIONS[action].roles
        if needed is None or needed & roles:
            asked.add((raised.level or AAL.AAL2, raised.phishing_resistant))
    return asked


def _has_everything(plan: str) -> bool:
    return plan in PLANS and PLANS[plan].methods is None
