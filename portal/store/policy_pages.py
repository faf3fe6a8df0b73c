"""What pages of policy show: the organisations above, versions with who published them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from portal.edge import Edge
from portal.store.policies import NODES, Node, node_of
from portal.store.policy_tables import policies
from portal.store.tables import organisations, users
from portal.values import frozen


@frozen
class Entry:
    """A published version with its author's name, which a host command has none of."""

    number: int
    document: dict[str, Any]
    author: str
    published_at: datetime
    monitored_at: datetime | None
    enforced_at: datetime | None
    grace_s: int
    message: str


_ENTRIES = (
    select(
        policies.c.number,
        policies.c.document,
        func.coalesce(users.c.name, "").label("author"),
        policies.c.published_at,
        policies.c.monitored_at,
        policies.c.enforced_at,
        policies.c.grace_s,
        policies.c.message,
    )
    .outerjoin(users, users.c.id == policies.c.author_id)
    .order_by(policies.c.number.desc())
)


def chain(edge: Edge, path: str) -> list[Node]:
    """An organisation after those above it, from the root down."""
    condition = organisations.c.id.in_(path.strip("/").split("/"))
    rows = edge.db.execute(NODES.where(condition).order_by(func.length(organisations.c.path)))
    return [node_of(row) for row in rows]


def entries(edge: Edge, organisation_id: str, below: int, size: int) -> list[Entry]:
    """The newest versions of an organisation's own policy before a number, newest first."""
    statement = _ENTRIES.where(
        policies.c.organisation_id == organisation_id, policies.c.number < below
    )
    return [Entry(*row) for row in edge.db.execute(statement.limit(size))]


def chosen(edge: Edge, organisation_id: str, numbers: set[int]) -> dict[int, Entry]:
    """Some versions of an organisation's own policy, by number."""
    statement = _ENTRIES.where(
        policies.c.organisation_id == organisation_id, policies.c.number.in_(numbers)
    )
    return {row.number: Entry(*row) for row in edge.db.execute(statement)}
