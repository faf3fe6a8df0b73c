"""Whether a policy would lock out those who could undo it: its author, or everybody who may.

Being stopped until one enrols is what policies are for. Locked out is who could enrol nothing that
would do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from portal.edge import Edge
from portal.flows import visits
from portal.flows.outcomes import Blocked
from portal.flows.policy_plans import Dates, prepare
from portal.flows.session import Visit
from portal.rules import access, rollout
from portal.rules import policy as policies
from portal.rules.actions import ACTIONS
from portal.rules.facts import Facts
from portal.rules.policy_values import Asked
from portal.rules.terms import Action, Membership
from portal.store import organisations, users
from portal.store.organisations import Organisation
from portal.store.policies import Node
from portal.store.policy_codec import NotAPolicy
from portal.store.users import User

# Who may undo it, as the table says it.
KEEPERS = sorted(ACTIONS[Action.PUBLISH_POLICY].roles or ())
NAMES_MAX = 5
# What undoing takes: the page on which the button stands, and the button.
TO_UNDO = (Action.VIEW_POLICY, Action.PUBLISH_POLICY)


def why(
    edge: Edge,
    visit: Visit,
    organisation: Organisation,
    nodes: list[Node],
    document: dict[str, Any],
    dates: Dates | None,
) -> str | None:
    """Why a policy may not be published by this person; None: publishing says what else is wrong.

    A reason about people ends with their names. `nodes`: held, so that nothing is published
    between this answer and what it is asked for.
    """
    try:
        plan = prepare(edge, organisation, nodes, document, visit.user.id, dates)
    except NotAPolicy:
        return None
    if isinstance(plan, Blocked):
        return None
    return reason(edge, visit, organisation, plan.asked)


def reason(
    edge: Edge, visit: Visit | None, organisation: Organisation, asked: Mapping[str, Asked | None]
) -> str | None:
    """Why that may not be asked, with names; None when its author and somebody here could undo it.

    The author first: somebody of the parent's, say, who publishes for its people. Without one, a
    machine only looks.
    """
    names = _locked_out(edge, visit, organisation, asked)
    return f"self_locking: {', '.join(names[:NAMES_MAX])}" if names else None


def _locked_out(
    edge: Edge, visit: Visit | None, organisation: Organisation, asked: Mapping[str, Asked | None]
) -> list[str]:
    if visit is not None:
        own = visit.live.memberships
        if _is_stuck(edge, visit.user, _under(own, asked)):
            return [visit.user.name]
        if any(one.organisation_id == organisation.id and one.role in KEEPERS for one in own):
            return []  # Its author is of its own people, and could undo it.
    keepers = _keepers(edge, organisation)
    if keepers and all(
        _is_stuck(edge, one, _under(organisations.memberships_of(edge, one.id), asked))
        for one in keepers
    ):
        return [one.name for one in keepers]
    return []


def _keepers(edge: Edge, organisation: Organisation) -> list[User]:
    """The organisation's own people who may change what it asks; its parent's need not be there."""
    found: dict[str, User] = {}
    for role in KEEPERS:
        found |= {one.id: one for one in users.in_role(edge, organisation.id, role)}
    return list(found.values())


def _under(
    memberships: Iterable[Membership], asked: Mapping[str, Asked | None]
) -> tuple[Membership, ...]:
    """Roles as they will be under what is not published yet."""
    return tuple(
        replace(one, asked=asked.get(one.organisation_id, one.asked)) for one in memberships
    )


def _is_stuck(edge: Edge, user: User, memberships: tuple[Membership, ...]) -> bool:
    """Whether there comes a moment at which policy stops a person who can enrol nothing for it."""
    moments = {edge.now, *rollout.moments((one.asked for one in memberships), edge.now)}
    if user.exempt_until is not None and user.exempt_until > edge.now:
        moments.add(user.exempt_until)
    return any(_is_stuck_at(edge, user, memberships, moment) for moment in sorted(moments))


def _is_stuck_at(
    edge: Edge, user: User, memberships: tuple[Membership, ...], moment: datetime
) -> bool:
    facts = visits.standing_at(edge, user, memberships, moment)
    if facts.lacking is not None and not access.missing(facts):
        return True
    return not all(_could(action, facts) for action in TO_UNDO)


def _could(action: Action, facts: Facts) -> bool:
    """Whether they hold, or could enrol, what an action itself will take."""
    asked = access.required(action, facts)
    return any(
        policies.counts_as_second_factor(one.strength)
        and policies.may_reach(
            one.strength, asked.least, phishing_resistant=asked.phishing_resistant
        )
        for one in (*facts.enrolled, *facts.enrollable)
    )
