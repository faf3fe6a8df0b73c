"""Publishing what an organisation asks of its people, for itself and for everybody below it.

A version is never overwritten, and going back publishes an old one anew. What holds for each
organisation is worked out here, once, and written beside it in the same transaction: whoever signs
in reads it and works out nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from portal.edge import Edge
from portal.flows.events import Event
from portal.flows.outcomes import Blocked, Gone
from portal.rules import policy
from portal.rules.policy import DEFAULT, Policy, Raised, Restrictions
from portal.rules.terms import AAL, Action
from portal.store import audit, organisations, policies, policy_codec
from portal.store.organisations import Organisation
from portal.store.policies import Node
from portal.store.policy_codec import NotAPolicy

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """A version is in force. `organisations`: how many it holds for, with those below."""

    number: int
    organisations: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """An organisation's own policy, as it was published, and what holds for its people."""

    name: str
    number: int
    own: Document
    effective: Policy


def publish(
    edge: Edge, name: str, document: Document, author_id: str | None = None
) -> Published | Blocked | Gone:
    """Put a policy in the place of an organisation's own."""
    return _change(edge, name, lambda _node: document, author_id)


def restrict(edge: Edge, name: str, restrictions: Restrictions) -> Published | Blocked | Gone:
    """Say which makes of authenticators may be enrolled; the rest of its policy stays."""

    def restricted(node: Node) -> Document:
        return policy_codec.to_json(replace(_own(node), restrictions=restrictions))

    return _change(edge, name, restricted)


def raise_action(edge: Edge, name: str, action: Action, more: Raised) -> Published | Blocked | Gone:
    """Ask more for an action than the table does; the rest of its policy stays.

    With nothing asked for, what the organisation itself had raised is as in the table again.
    """

    def raised(node: Node) -> Document:
        own = _own(node)
        kept = {other: asked for other, asked in own.raised.items() if other is not action}
        return policy_codec.to_json(
            replace(own, raised=kept if more == Raised() else {**kept, action: more})
        )

    return _change(edge, name, raised)


def back(edge: Edge, name: str) -> Published | Blocked | Gone:
    """Publish the version before this one anew; before the first there was none."""

    def before(node: Node) -> Document:
        if node.number == 0:
            raise NotAPolicy("nothing_published")
        return policies.document(edge, node.id, node.number - 1)

    return _change(edge, name, before)


def show(edge: Edge, name: str) -> Sheet | Gone:
    """What an organisation asks by itself, and what holds for its people."""
    found = organisations.by_name(edge, name)
    if found is None:
        return Gone()
    own = next(node for node in policies.tree(edge, found.path) if node.id == found.id)
    effective = policy_codec.effective(policies.effective(edge, found.id))
    return Sheet(
        found.name, own.number, own.document, policy.strictest(filter(None, [DEFAULT, effective]))
    )


def _change(
    edge: Edge, name: str, make: Callable[[Node], Document], author_id: str | None = None
) -> Published | Blocked | Gone:
    """Publish what `make` makes of the newest version, in turn with every other change."""
    root, found = organisations.root(edge), organisations.by_name(edge, name)
    if root is None or found is None:
        return Gone()
    organisations.lock(edge, root.id)
    nodes = policies.tree(edge, found.path)
    try:
        return _publish(edge, found, nodes, make, author_id)
    except NotAPolicy as wrong:
        return Blocked(str(wrong))


def _publish(
    edge: Edge,
    organisation: Organisation,
    nodes: list[Node],
    make: Callable[[Node], Document],
    author_id: str | None,
) -> Published | Blocked:
    newest = next(node for node in nodes if node.id == organisation.id)
    own = policy_codec.from_json(make(newest))
    if why := policy.contradiction(own) or _out_of_reach(edge, own):
        return Blocked(why)
    document = policy_codec.to_json(replace(own, version=""))
    new = replace(newest, number=newest.number + 1, document=document)
    effective = _effective([new if node.id == new.id else node for node in nodes])
    below = nodes[nodes.index(newest) :]
    if why := _unfit_together(below, effective):
        return Blocked(why)
    policies.add(edge, new, author_id)
    policies.set_effective(edge, {node.id: effective[node.id] for node in below})
    audit.add(
        edge,
        Event.POLICY_PUBLISHED,
        actor_id=author_id,
        detail={"organisation": new.id, "number": new.number, "policy": document},
    )
    return Published(new.number, len(below))


def _unfit_together(nodes: list[Node], effective: dict[str, Policy | None]) -> str | None:
    """Why policies that are each sound by themselves are not so together; None when they are.

    What is asked of each organisation must be met by somebody, and be read again by every request.
    """
    for node in nodes:
        asked = effective[node.id]
        if asked is None or (node is not nodes[0] and asked is effective[node.parent_id or ""]):
            continue  # Its parent's, which was looked at.
        if why := policy.contradiction(asked):
            return f"{why}: {node.name}"
        try:
            policy_codec.from_json(policy_codec.to_json(asked))
        except NotAPolicy as wrong:
            return f"{wrong}: {node.name}"
    return None


def _effective(nodes: list[Node]) -> dict[str, Policy | None]:
    """What is asked of each organisation's people; None where nobody above asks for anything.

    `nodes` holds every parent before its children.
    """
    found: dict[str, Policy | None] = {}
    for node in nodes:
        asked = found[node.parent_id] if node.parent_id else None
        own = _own(node)
        if own != policy.NOTHING:
            own = replace(own, version=f"{node.id}/{node.number}")
            asked = policy.merge(asked or DEFAULT, own)
        found[node.id] = asked
    return found


def _own(node: Node) -> Policy:
    """What an organisation asks by itself. Raises NotAPolicy for what another release wrote."""
    try:
        return replace(policy_codec.from_json(node.document), version="")
    except NotAPolicy as wrong:
        raise NotAPolicy(f"{wrong}, in the policy of {node.name}") from wrong


def _out_of_reach(edge: Edge, asked: Policy) -> str | None:
    """A policy that asks for what nobody here could ever enrol would only lock people out."""
    kinds = [
        factor.strength
        for factor in edge.factors.values()
        if policy.counts_as_second_factor(factor.strength)
    ]
    for more in asked.raised.values():
        level, resistant = more.level or AAL.AAL2, more.phishing_resistant
        if not any(policy.may_reach(kind, level, phishing_resistant=resistant) for kind in kinds):
            return "nobody_can_enrol"
    return None
