"""Exemptions that end soon, so that whoever was let off is reminded before policy stops them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update

from portal.edge import Edge
from portal.store.exceptions import EXEMPTION
from portal.store.policy_tables import exceptions
from portal.store.queues import APPROVED
from portal.store.tables import organisations
from portal.values import frozen


@frozen
class Ending:
    """An exemption with its end, since when it has held, and the organisation that asked for it."""

    id: str
    user_id: str
    organisation: str
    until: datetime
    decided_at: datetime


def due(edge: Edge, spans: Sequence[timedelta]) -> Ending | None:
    """The next one whose person is to be reminded, held until the commit.

    `spans`: how long before its end, each once.
    """
    stages = [
        and_(
            exceptions.c.until <= edge.now + span,
            or_(exceptions.c.reminded_days.is_(None), exceptions.c.reminded_days > span.days),
        )
        for span in spans
    ]
    statement = (
        select(
            exceptions.c.id,
            exceptions.c.user_id,
            organisations.c.name,
            exceptions.c.until,
            exceptions.c.decided_at,
        )
        .join(organisations, organisations.c.id == exceptions.c.organisation_id)
        .where(
            exceptions.c.kind == EXEMPTION,
            exceptions.c.state == APPROVED,
            exceptions.c.until > edge.now,
            or_(*stages),
        )
        .order_by(exceptions.c.until)
        .limit(1)
        .with_for_update(of=exceptions, skip_locked=True, key_share=True)
    )
    row = edge.db.execute(statement).first()
    return Ending(*row) if row else None


def note(edge: Edge, exception_id: str, days: int) -> None:
    """Write down that the person was reminded so many days before the end."""
    edge.db.execute(
        update(exceptions).where(exceptions.c.id == exception_id).values(reminded_days=days)
    )
