"""An organisation's webhooks: where it wants to be told of events, and the secret they share."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from portal.edge import Edge
from portal.store import sealed
from portal.store.platform_tables import webhooks
from portal.store.sealed import seal_json
from portal.store.tables import users
from portal.values import frozen

SECRET = "webhooks:secret"
_OF_ORGANISATION = (
    select(
        webhooks.c.id,
        webhooks.c.url,
        webhooks.c.events,
        webhooks.c.created_at,
        users.c.name.label("created_by"),
    )
    .join(users, users.c.id == webhooks.c.created_by)
    .where(webhooks.c.organisation_id == bindparam("organisation"), webhooks.c.removed_at.is_(None))
    .order_by(webhooks.c.id)
)


@frozen
class Webhook:
    """An endpoint and the events it is to be told of; `created_by` is a person's name."""

    id: str
    url: str
    events: list[str]
    created_at: datetime
    created_by: str


def of_organisation(edge: Edge, organisation_id: str) -> list[Webhook]:
    rows = edge.db.execute(_OF_ORGANISATION, {"organisation": organisation_id}).mappings()
    return [Webhook(**row) for row in rows]


def add(
    edge: Edge,
    organisation_id: str,
    *,
    url: str,
    events: list[str],
    secret: str,
    created_by: str,
) -> str:
    identity = edge.new_id()
    edge.db.execute(
        insert(webhooks),
        {
            "id": identity,
            "organisation_id": organisation_id,
            "url": url,
            "events": events,
            "secret": seal_json(edge, SECRET, identity, {"secret": secret}),
            "created_by": created_by,
            "created_at": edge.now,
        },
    )
    return identity


def remove(edge: Edge, organisation_id: str, webhook_id: str) -> str | None:
    """Remove a webhook of this organisation and forget its secret; its address, None for none."""
    row = edge.db.execute(
        update(webhooks)
        .where(
            webhooks.c.id == webhook_id,
            webhooks.c.organisation_id == organisation_id,
            webhooks.c.removed_at.is_(None),
        )
        .values(removed_at=edge.now, secret=seal_json(edge, SECRET, webhook_id, {}))
        .returning(webhooks.c.url)
    ).first()
    return row[0] if row else None


def reseal_page(edge: Edge, after: str, size: int) -> sealed.Resealed:
    """Seal a page of secrets with the current key."""
    return sealed.reseal_page(edge, webhooks, "secret", after, size)
