"""Versions of organisations' policies, and what they ask together of each organisation's people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, and_, bindparam, func, insert, null, or_, select, update

from portal.edge import Edge
from portal.rules.policy_values import Policy
from portal.store.administration_tables import policies
from portal.store.organisations import EFFECTIVE_POLICY, inside
from portal.store.policy_codec import to_json
from portal.store.tables import organisations

_NEWER = policies.alias()
_NEWEST = (
    select(func.max(_NEWER.c.number))
    .where(_NEWER.c.organisation_id == organisations.c.id)
    .correlate(organisations)
    .scalar_subquery()
)
_NODES = select(
    organisations.c.id,
    organisations.c.parent_id,
    organisations.c.name,
    policies.c.number,
    policies.c.document,
).select_from(
    organisations.outerjoin(
        policies,
        and_(policies.c.organisation_id == organisations.c.id, policies.c.number == _NEWEST),
    )
)


@dataclass(frozen=True, slots=True)
class Node:
    """An organisation with the newest version of its own policy; number 0 for none."""

    id: str
    parent_id: str | None
    name: str
    number: int
    document: dict[str, Any]


def tree(edge: Edge, path: str) -> list[Node]:
    """An organisation, those above it and those below it, each after its parent."""
    above = path.strip("/").split("/")
    condition = or_(organisations.c.id.in_(above), inside(path))
    rows = edge.db.execute(_NODES.where(condition).order_by(func.length(organisations.c.path)))
    return [
        Node(identity, parent_id, name, number or 0, document or {})
        for identity, parent_id, name, number, document in rows
    ]


def document(edge: Edge, organisation_id: str, number: int) -> dict[str, Any]:
    """A version of an organisation's own policy; the one before the first says nothing."""
    statement = select(policies.c.document).where(
        policies.c.organisation_id == organisation_id, policies.c.number == number
    )
    return edge.db.execute(statement).scalar() or {}


def add(edge: Edge, node: Node, author_id: str | None) -> None:
    edge.db.execute(
        insert(policies),
        {
            "id": edge.new_id(),
            "organisation_id": node.id,
            "number": node.number,
            "document": node.document,
            "author_id": author_id,
            "published_at": edge.now,
        },
    )


def effective(edge: Edge, organisation_id: str) -> str | None:
    """The text of an organisation's effective policy."""
    statement = select(EFFECTIVE_POLICY).where(organisations.c.id == organisation_id)
    return edge.db.execute(statement).scalar()


def set_effective(edge: Edge, asked: Mapping[str, Policy | None]) -> None:
    """Write what each organisation asks of its people; None for the built-in policy."""
    own = [
        {"organisation": identity, "policy": to_json(policy)}
        for identity, policy in asked.items()
        if policy is not None
    ]
    if own:
        edge.db.execute(
            update(organisations)
            .where(organisations.c.id == bindparam("organisation"))
            .values(effective_policy=bindparam("policy", type_=JSON())),
            own,
        )
    built_in = [{"organisation": name} for name, policy in asked.items() if policy is None]
    if built_in:
        edge.db.execute(
            update(organisations)
            .where(organisations.c.id == bindparam("organisation"))
            .values(effective_policy=null()),
            built_in,
        )
