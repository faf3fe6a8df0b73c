"""What publishing a policy would do, worked out without doing it: for publishing and for previews.

Here it is said why a policy cannot be published; `policies` writes what can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from portal.edge import Edge
from portal.flows.outcomes import Blocked
from portal.rules import plans, policy, rollout
from portal.rules.policy import Policy
from portal.rules.policy_values import Asked, Line, Step
from portal.rules.terms import AAL
from portal.store import organisations, policies, policy_codec
from portal.store.organisations import Organisation
from portal.store.policies import Node, Version
from portal.store.policy_codec import NotAPolicy
from portal.values import frozen

Document = dict[str, Any]
Bought = Callable[[str], bool]
AHEAD_MAX = timedelta(days=366)  # Further off nobody plans, and a mistyped year would.


@frozen
class Dates:
    """When a policy is to hold: see `rules.rollout`. `message`: to the people affected."""

    monitored_at: datetime
    enforced_at: datetime
    grace: timedelta = timedelta(0)
    message: str = ""


@frozen
class Plan:
    """A publishing that may happen, and what each organisation will ask then.

    `below`: its organisation, and those under it.
    """

    version: Version
    line: Line
    below: list[Node]
    asked: dict[str, Asked | None]


def hold(edge: Edge, organisation: Organisation) -> list[Node]:
    """An organisation with those above and below it, in turn with every other publishing."""
    root = organisations.root(edge)
    assert root is not None
    organisations.lock(edge, root.id)
    return policies.tree(edge, organisation.path)


def prepare(
    edge: Edge,
    organisation: Organisation,
    nodes: list[Node],
    document: Document,
    author_id: str | None = None,
    dates: Dates | None = None,
) -> Plan | Blocked:
    """What publishing a document would do, without doing it. Raises NotAPolicy.

    `nodes`: from `hold`, or from `policies.tree` for a preview.
    """
    node = own_node(nodes, organisation)
    own = replace(policy_codec.from_json(document), version="")
    why = policy.contradiction(own) or _out_of_reach(edge, own, _bought(edge, organisation))
    if why := why or (_untimely(edge, dates) if dates else None):
        return Blocked(why)
    version = _version(edge, node.number + 1, own, author_id, dates)
    line = _line_after(edge, node, own, version)
    below = nodes[nodes.index(node) :]
    asked = _effective(edge, nodes, {node.id: line})
    if why := _unfit_together(edge, below, asked):
        return Blocked(why)
    return Plan(version, line, below, {one.id: asked[one.id] for one in below})


def line_of(edge: Edge, node: Node) -> Line:
    """What an organisation asks by itself from now on. Raises NotAPolicy: another release's."""
    try:
        if node.number != node.line_number:
            # Published by the release before, which writes no line: it held at once.
            found = policies.version(edge, node.id, node.number)
            assert found is not None
            return Line(_named(node, node.number, policy_codec.from_json(found.document)))
        if node.line is None:
            return Line(policy.NOTHING)
        return rollout.settled(policy_codec.line_from_json(node.line), edge.now)
    except NotAPolicy as wrong:
        raise NotAPolicy(f"{wrong}, in the policy of {node.name}") from wrong


def _named(node: Node, number: int, own: Policy) -> Policy:
    """A policy that says whose version it is. One that asks for nothing has no part in anything."""
    own = replace(own, version="")
    return own if own == policy.NOTHING else replace(own, version=f"{node.id}/{number}")


def own_node(nodes: list[Node], organisation: Organisation) -> Node:
    return next(node for node in nodes if node.id == organisation.id)


def _version(
    edge: Edge, number: int, own: Policy, author_id: str | None, dates: Dates | None
) -> Version:
    document = policy_codec.to_json(own)
    if dates is None:
        return Version(number, document, author_id, edge.now)
    return Version(
        number,
        document,
        author_id,
        edge.now,
        monitored_at=_whole(dates.monitored_at),
        enforced_at=_whole(dates.enforced_at),
        grace_s=int(dates.grace.total_seconds()),
        message=dates.message,
    )


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def _line_after(edge: Edge, node: Node, own: Policy, version: Version) -> Line:
    """What an organisation asks by itself once a version is published."""
    own = _named(node, version.number, own)
    if version.enforced_at is None or version.monitored_at is None:
        return Line(own)
    step = Step(
        own,
        # Up, so that whoever was there when it was announced has the grace.
        announced_at=_whole(version.published_at + timedelta(seconds=1) - timedelta.resolution),
        monitored_at=version.monitored_at,
        enforced_at=version.enforced_at,
        grace=timedelta(seconds=version.grace_s),
    )
    before = line_of(edge, node)
    return Line(before.base, (*before.steps, step))


def _untimely(edge: Edge, dates: Dates) -> str | None:
    """Why nobody could be told in time, or would still know; None when the dates are in order."""
    if not edge.now - timedelta(minutes=1) <= dates.monitored_at <= dates.enforced_at:
        return "dates_out_of_order"
    if dates.grace < timedelta(0) or dates.enforced_at + dates.grace > edge.now + AHEAD_MAX:
        return "dates_too_far"
    return None


def _unmet(edge: Edge, asked: Policy) -> str | None:
    """Why nobody could meet what is asked of an organisation's people together."""
    return policy.contradiction(asked) or _out_of_reach(edge, asked)


def _unfit_together(edge: Edge, nodes: list[Node], asked: dict[str, Asked | None]) -> str | None:
    """Why policies that are each sound by themselves are not so together; None when they are.

    What is asked of each organisation must be met by somebody at any time, and be read again by
    every request.
    """
    for node in nodes:
        own = asked[node.id]
        if own is None or (node is not nodes[0] and own is asked[node.parent_id or ""]):
            continue  # Its parent's, which was looked at.
        unmet = (_unmet(edge, one) for one in rollout.every(own, edge.now))
        if why := next(filter(None, unmet), None):
            return f"{why}: {node.name}"
        try:
            # Its lines can be read, for they were; lists that are merged grow.
            policy_codec.from_json(policy_codec.to_json(own.policy))
        except NotAPolicy as wrong:
            return f"{wrong}: {node.name}"
    return None


def _effective(edge: Edge, nodes: list[Node], instead: dict[str, Line]) -> dict[str, Asked | None]:
    """What is asked of each organisation's people; None where nobody above asks for anything.

    `nodes` holds every parent before its children; `instead`: lines that are not stored yet.
    """
    found: dict[str, Asked | None] = {}
    for node in nodes:
        above = found[node.parent_id] if node.parent_id else None
        found[node.id] = rollout.below(above, instead.get(node.id) or line_of(edge, node))
    return found


def newest(edge: Edge, node: Node) -> Policy:
    """What an organisation's newest version asks. Raises NotAPolicy for another release's.

    And while one is on its way: changed and published at once, it would hold at once.
    """
    line = line_of(edge, node)
    if line.steps:
        raise NotAPolicy("on_its_way")
    return replace(line.base, version="")


def _bought(edge: Edge, organisation: Organisation) -> Bought:
    """Whether an organisation's plan has a kind."""
    plan, add_ons = organisations.plan_of(edge, organisation.id)
    return lambda kind: plans.includes(plan, add_ons, kind)


def _out_of_reach(edge: Edge, asked: Policy, bought: Bought | None = None) -> str | None:
    """A policy that asks for what nobody here could ever enrol would only lock people out.

    `bought`: the plan of an organisation that is to ask for it by itself. What is asked from above
    may be enrolled whatever the plan.
    """
    if asked.methods is not None and not asked.methods <= edge.factors.keys():
        return "no_such_method"
    kinds = [
        (kind, factor.strength)
        for kind, factor in edge.factors.items()
        if policy.counts_as_second_factor(factor.strength)
        and policy.is_allowed(asked, kind, factor.strength)
    ]
    wanted = [(more.level, more.phishing_resistant) for more in asked.demands.values()]
    for more in asked.raised.values():
        wanted.append((more.level or AAL.AAL2, more.phishing_resistant))
    if not kinds:
        return "no_second_factor"
    for level, resistant in wanted:
        able = [
            kind
            for kind, strength in kinds
            if policy.may_reach(strength, level, phishing_resistant=resistant)
        ]
        if not able:
            return "nobody_can_enrol"
        if bought and not any(map(bought, able)):
            return "not_in_plan"
    return None
