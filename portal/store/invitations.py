"""Open invitations: mailed links that nobody has used, found by the organisation that invites.

A link's data is sealed; what narrows the search down is the invited account, or that a role here
was asked for. Whether that role still waits makes no difference: a line that went with it would say
who has an account elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select

from portal.edge import Edge
from portal.rules.terms import AccountState, Role
from portal.store.administration_tables import membership_requests as requests
from portal.store.links import PLACE, LinkKind
from portal.store.sealed import open_json
from portal.store.tables import links, users
from portal.values import frozen


@frozen
class Open:
    """An invitation as its list shows it; the same for a new account and for one that exists."""

    id: str
    email: str
    roles: tuple[Role, ...]
    organisation_id: str
    sent_at: datetime
    expires_at: datetime


def page(
    edge: Edge, organisation_ids: Collection[str], *, before: str | None, size: int, kept: timedelta
) -> tuple[list[Open], str | None]:
    """Open invitations into these organisations, newest first, and where the next page begins.

    Expired ones stay in the list for `kept`, so that they can be sent again.
    """
    own = list(organisation_ids)
    asked = exists().where(requests.c.user_id == users.c.id, requests.c.organisation_id.in_(own))
    invited = and_(
        users.c.home_organisation_id.in_(own), users.c.state == str(AccountState.INVITED)
    )
    statement = (
        select(links.c.id, links.c.data, links.c.created_at, links.c.expires_at)
        .join(users, users.c.id == links.c.user_id)
        .where(
            links.c.kind == str(LinkKind.INVITATION),
            links.c.used_at.is_(None),
            links.c.expires_at > edge.now - kept,
            or_(invited, asked),
        )
    )
    if before is not None:
        statement = statement.where(links.c.id < before)
    rows = edge.db.execute(statement.order_by(links.c.id.desc()).limit(size + 1)).mappings().all()
    found = []
    for row in rows[:size]:
        data = open_json(edge, PLACE, row["id"], row["data"])
        # Somebody who is invited here may hold an invitation to elsewhere too.
        if data["organisation"] in own:
            roles = tuple(Role(role) for role in data["offered"])
            found.append(
                Open(
                    row["id"],
                    data["email"],
                    roles,
                    data["organisation"],
                    row["created_at"],
                    row["expires_at"],
                )
            )
    return found, rows[size - 1]["id"] if len(rows) > size else None


def open_of(edge: Edge, user_id: str, organisation_id: str) -> list[str]:
    """The ids of a person's unused invitations into an organisation."""
    statement = select(links.c.id, links.c.data).where(
        links.c.user_id == user_id,
        links.c.kind == str(LinkKind.INVITATION),
        links.c.used_at.is_(None),
    )
    return [
        identity
        for identity, data in edge.db.execute(statement)
        if open_json(edge, PLACE, identity, data)["organisation"] == organisation_id
    ]
