"""Publishing what an organisation asks of its people, for itself and for everybody below it.

A version is never overwritten, and going back publishes an old one anew. What holds for each
organisation, and from when, is worked out here, once, and written beside it in the same
transaction: whoever signs in reads it and compares it with the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from portal.edge import Edge
from portal.flows import announcements, compliance
from portal.flows.events import Event
from portal.flows.outcomes import Blocked, Gone
from portal.flows.policy_plans import Dates, Document, Plan, hold, newest, own_node, prepare
from portal.rules import rollout
from portal.rules.policy import Policy, Raised, Restrictions
from portal.rules.terms import Action
from portal.store import audit, organisations, policies, policy_codec
from portal.store.organisations import Organisation
from portal.store.policies import Node
from portal.store.policy_codec import NotAPolicy
from portal.values import frozen


@frozen
class Published:
    """A version is published. `organisations`: how many it is for, with those below."""

    number: int
    organisations: int


@frozen
class Sheet:
    """An organisation's own policy, as it was published, and what holds for its people."""

    name: str
    number: int
    own: Document
    effective: Policy


def publish(
    edge: Edge, name: str, document: Document, author_id: str | None = None
) -> Published | Blocked | Gone:
    """Put a policy in the place of an organisation's own, at once."""
    return _change(edge, name, lambda _node: document, author_id)


def publish_for(
    edge: Edge,
    organisation: Organisation,
    document: Document,
    author_id: str,
    dates: Dates | None = None,
) -> Published | Blocked:
    """Put a policy in the place of an organisation's own; with `dates`, step by step."""
    nodes = hold(edge, organisation)
    try:
        plan = prepare(edge, organisation, nodes, document, author_id, dates)
    except NotAPolicy as wrong:
        return Blocked(str(wrong))
    return plan if isinstance(plan, Blocked) else _write(edge, organisation, plan)


def back_for(edge: Edge, organisation: Organisation, author_id: str) -> Published | Blocked:
    """Publish the version before this one anew, at once; what was on its way is given up."""
    nodes = hold(edge, organisation)
    try:
        document = _before(edge, own_node(nodes, organisation))
        plan = prepare(edge, organisation, nodes, document, author_id)
    except NotAPolicy as wrong:
        return Blocked(str(wrong))
    return plan if isinstance(plan, Blocked) else _write(edge, organisation, plan)


def before(
    edge: Edge, organisation: Organisation, nodes: list[Node]
) -> tuple[int, Document | None]:
    """The number of the newest version, and what going back from it would publish anew."""
    node = own_node(nodes, organisation)
    try:
        return node.number, _before(edge, node)
    except NotAPolicy:
        return node.number, None


def restrict(edge: Edge, name: str, restrictions: Restrictions) -> Published | Blocked | Gone:
    """Say which makes of authenticators may be enrolled; the rest of its policy stays."""

    def restricted(node: Node) -> Document:
        return policy_codec.to_json(replace(newest(edge, node), restrictions=restrictions))

    return _change(edge, name, restricted)


def raise_action(edge: Edge, name: str, action: Action, more: Raised) -> Published | Blocked | Gone:
    """Ask more for an action than the table does; the rest of its policy stays.

    With nothing asked for, what the organisation itself had raised is as in the table again.
    """

    def raised(node: Node) -> Document:
        own = newest(edge, node)
        kept = {other: asked for other, asked in own.raised.items() if other is not action}
        return policy_codec.to_json(
            replace(own, raised=kept if more == Raised() else {**kept, action: more})
        )

    return _change(edge, name, raised)


def back(edge: Edge, name: str) -> Published | Blocked | Gone:
    """Publish the version before this one anew; before the first there was none."""

    return _change(edge, name, lambda node: _before(edge, node))


def _before(edge: Edge, node: Node) -> Document:
    if node.number == 0:
        raise NotAPolicy("nothing_published")
    found = policies.version(edge, node.id, node.number - 1)
    return found.document if found else {}


def show(edge: Edge, name: str) -> Sheet | Gone:
    """What an organisation asks by itself, and what holds for its people."""
    found = organisations.by_name(edge, name)
    if found is None:
        return Gone()
    own = own_node(policies.tree(edge, found.path), found)
    effective = policy_codec.effective(policies.effective(edge, found.id))
    newest = policies.version(edge, found.id, own.number)
    asked = rollout.together([effective], edge.now, rollout.ALWAYS)
    return Sheet(found.name, own.number, newest.document if newest else {}, asked)


def _change(
    edge: Edge, name: str, make: Callable[[Node], Document], author_id: str | None = None
) -> Published | Blocked | Gone:
    """Publish what `make` makes of the newest version, in turn with every other change."""
    found = organisations.by_name(edge, name)
    if found is None:
        return Gone()
    nodes = hold(edge, found)
    try:
        plan = prepare(edge, found, nodes, make(own_node(nodes, found)), author_id)
    except NotAPolicy as wrong:
        return Blocked(str(wrong))
    return plan if isinstance(plan, Blocked) else _write(edge, found, plan)


def _write(edge: Edge, organisation: Organisation, plan: Plan) -> Published:
    line = policy_codec.line_to_json(plan.line)
    policies.add(edge, organisation.id, plan.version, line)
    policies.set_effective(edge, plan.asked)
    version = plan.version
    compliance.after_publishing(edge, organisation.id, version)
    announcements.of_version(edge, organisation, version)
    audit.add(
        edge,
        Event.POLICY_PUBLISHED,
        actor_id=version.author_id,
        detail={
            "organisation": organisation.id,
            "number": version.number,
            "policy": version.document,
            "enforced_at": version.enforced_at.isoformat() if version.enforced_at else None,
            "grace_s": version.grace_s,
        },
    )
    return Published(version.number, len(plan.below))
