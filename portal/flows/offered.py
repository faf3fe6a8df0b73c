"""What a person may enrol here and now, and why not.

Plans and policy are asked of the facts; nothing is begun here.
"""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import visits
from portal.flows.session import Visit
from portal.rules import policy
from portal.rules.access import Enrol, decide
from portal.rules.terms import Action

HELD_MAX = 10  # Authenticators of one kind; more is a mistake or an attack.


def offers(edge: Edge, visit: Visit) -> list[str]:
    """The kinds that this person may enrol now, best first, look-up secrets last.

    Those come only beside a second factor: codes for the day it is lost. Nobody is offered more
    than `HELD_MAX` of a kind.
    """
    decision = decide(Action.HOME, visit.facts)
    if isinstance(decision, Enrol):
        return list(decision.choices)
    has_second = any(policy.counts_as_second_factor(held.strength) for held in visit.facts.enrolled)
    counts = visit.user.summary.counts
    kinds = []
    for one in visit.facts.enrollable:
        if policy.counts_as_second_factor(one.strength):
            if counts.get(one.kind, 0) < (HELD_MAX if edge.factors[one.kind].several else 1):
                kinds.append(one.kind)
        elif one.strength.look_up_secret and has_second:
            kinds.append(one.kind)
    return kinds


def refusal(edge: Edge, visit: Visit, kind: str) -> str | None:
    """Why a kind may not be enrolled by this person, however often they ask; None when it may.

    What is unknown, or only has no room at the moment, has no such reason.
    """
    factor = edge.factors.get(kind)
    if factor is None or factor.strength.issued:
        return None
    if any(one.kind == kind for one in visit.facts.enrollable):
        return None
    asked = visits.permitting(visit.user, visit.live.memberships, edge.now, visit.facts.policy)
    allowed = policy.is_allowed(asked, kind, factor.strength)
    return "not_in_plan" if allowed else "method_forbidden"


def unpaid(edge: Edge, visit: Visit) -> list[str]:
    """The kinds of second factors that only the plan keeps from this person."""
    return [kind for kind in edge.factors if refusal(edge, visit, kind) == "not_in_plan"]
