"""Versions of organisations' policies, and what they ask together of each organisation's people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, null, or_, select, update

from portal.edge import Edge
from portal.rules.policy_values import Asked
from portal.store.organisations import EFFECTIVE_POLICY, inside
from portal.store.policy_codec import asked_to_json
from portal.store.policy_tables import policies
from portal.store.tables import organisations
from portal.values import frozen

IDS_MAX = 500  # Of one statement: every database takes so many values.
_NEWER = policies.alias()
_NEWEST = (
    select(func.max(_NEWER.c.number))
    .where(_NEWER.c.organisation_id == organisations.c.id)
    .correlate(organisations)
    .scalar_subquery()
)
NODES = select(
    organisations.c.id,
    organisations.c.parent_id,
    organisations.c.name,
    func.coalesce(_NEWEST, 0).label("number"),
    organisations.c.policy_line,
)


@frozen
class Node:
    """An organisation with what its own policy asks, as JSON; `number` of its newest version.

    `line_number`: the version that `line` was written for.
    """

    id: str
    parent_id: str | None
    name: str
    number: int
    line: dict[str, Any] | None
    line_number: int = 0


@frozen
class Version:
    """A published version of an organisation's own policy. Without dates: at once in force."""

    number: int
    document: dict[str, Any]
    author_id: str | None
    published_at: datetime
    monitored_at: datetime | None = None
    enforced_at: datetime | None = None
    grace_s: int = 0
    message: str = ""


_VERSION = [policies.c[name] for name in Version.__dataclass_fields__]


def tree(edge: Edge, path: str) -> list[Node]:
    """An organisation, those above it and those below it, each after its parent."""
    above = path.strip("/").split("/")
    condition = or_(organisations.c.id.in_(above), inside(path))
    rows = edge.db.execute(NODES.where(condition).order_by(func.length(organisations.c.path)))
    return [node_of(row) for row in rows]


def node_of(row: Any) -> Node:
    """A node from a row of `NODES`."""
    line = dict(row.policy_line or {})
    number = line.pop("number", 0)
    return Node(row.id, row.parent_id, row.name, row.number, line or None, number)


def versions(edge: Edge, organisation_id: str, size: int) -> list[Version]:
    """The newest versions of an organisation's own policy, newest first."""
    statement = (
        select(*_VERSION)
        .where(policies.c.organisation_id == organisation_id)
        .order_by(policies.c.number.desc())
        .limit(size)
    )
    return [Version(*row) for row in edge.db.execute(statement)]


def version(edge: Edge, organisation_id: str, number: int) -> Version | None:
    statement = select(*_VERSION).where(
        policies.c.organisation_id == organisation_id, policies.c.number == number
    )
    row = edge.db.execute(statement).first()
    return Version(*row) if row else None


def add(edge: Edge, organisation_id: str, version: Version, line: dict[str, Any]) -> None:
    """Keep a version, and what its organisation asks by itself from now on."""
    values = {name: getattr(version, name) for name in Version.__dataclass_fields__}
    edge.db.execute(
        insert(policies), {"id": edge.new_id(), "organisation_id": organisation_id, **values}
    )
    change = update(organisations).where(organisations.c.id == organisation_id)
    edge.db.execute(change.values(policy_line={**line, "number": version.number}))


def effective(edge: Edge, organisation_id: str) -> str | None:
    """The text of an organisation's effective policy."""
    statement = select(EFFECTIVE_POLICY).where(organisations.c.id == organisation_id)
    return edge.db.execute(statement).scalar()


def set_effective(edge: Edge, asked: Mapping[str, Asked | None]) -> None:
    """Write what each organisation asks of its people; None for the built-in policy."""
    # Most of a subtree asks the same: one statement for each answer, not for each organisation;
    # and where each has an answer of its own, one that is sent for all of them.
    written = {id(one): one and asked_to_json(one) for one in asked.values()}
    alike: dict[str, tuple[Any, list[str]]] = {}
    texts = {key: json.dumps(value) for key, value in written.items()}
    for identity, one in asked.items():
        value = null() if one is None else written[id(one)]
        alike.setdefault(texts[id(one)], (value, []))[1].append(identity)
    alone = [(own[0], value) for value, own in alike.values() if len(own) == 1]
    if alone:
        change = update(organisations).where(organisations.c.id == bindparam("of_id"))
        edge.db.execute(
            change.values(effective_policy=bindparam("asked")),
            [{"of_id": identity, "asked": value} for identity, value in alone],
        )
    for value, identities in alike.values():
        if len(identities) == 1:
            continue
        for start in range(0, len(identities), IDS_MAX):
            some = identities[start : start + IDS_MAX]
            edge.db.execute(
                update(organisations)
                .where(organisations.c.id.in_(some))
                .values(effective_policy=value)
            )
