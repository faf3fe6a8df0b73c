"""Who would have been stopped by a version that is not in force yet: each person once a version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, or_, select, update

from portal.edge import Edge
from portal.rules.terms import AccountState
from portal.store.engine import insert_for
from portal.store.policy_tables import announcement_readers as readers
from portal.store.policy_tables import policy_findings as findings
from portal.store.tables import users
from portal.values import frozen


@frozen
class Counts:
    """How many people a version would have stopped since it is watched; `left`: still would."""

    found: int = 0
    left: int = 0


@frozen
class Line:
    """A person who would have been stopped. The rest: what they were told, and did about it."""

    user_id: str
    name: str
    email: str
    reason: str
    seen_at: datetime
    cleared_at: datetime | None
    exempt_until: datetime | None
    mailed_at: datetime | None
    read_at: datetime | None
    dismissed_at: datetime | None


def add(edge: Edge, organisation_id: str, number: int, user_id: str, reason: str) -> None:
    """Write down that a version would stop somebody; nothing new where that is written."""
    values = {"reason": reason, "cleared_at": None}
    statement = insert_for(edge.db.dialect.name)(findings)
    statement = statement.on_conflict_do_update(
        index_elements=[findings.c.organisation_id, findings.c.number, findings.c.user_id],
        set_=values,
        where=or_(findings.c.cleared_at.is_not(None), findings.c.reason != reason),
    )
    key = {"organisation_id": organisation_id, "number": number, "user_id": user_id}
    edge.db.execute(statement, {**key, **values, "seen_at": edge.now})


def clear(edge: Edge, organisation_id: str, number: int, user_id: str) -> None:
    """A version would stop somebody no more, if ever it would have."""
    edge.db.execute(
        update(findings)
        .where(
            findings.c.organisation_id == organisation_id,
            findings.c.number == number,
            findings.c.user_id == user_id,
            findings.c.cleared_at.is_(None),
        )
        .values(cleared_at=edge.now)
    )


def _stopped(complete_at: datetime) -> Any:
    """The condition that a version will stop a person still: see `rules.stops`."""
    return and_(
        findings.c.cleared_at.is_(None),
        users.c.state == str(AccountState.ACTIVE),
        or_(users.c.exempt_until.is_(None), users.c.exempt_until <= complete_at),
    )


def counts(edge: Edge, organisation_id: str, number: int, complete_at: datetime) -> Counts:
    """How many a version would stop. `complete_at`: when it holds for everybody."""
    statement = (
        select(func.count(), func.count(case((_stopped(complete_at), 1))))
        .select_from(findings.join(users, users.c.id == findings.c.user_id))
        .where(findings.c.organisation_id == organisation_id, findings.c.number == number)
    )
    return Counts(*edge.db.execute(statement).one())


def page(
    edge: Edge,
    version: tuple[str, int],
    announcement_id: str | None,
    after: str | None,
    size: int,
) -> list[Line]:
    """Who would have been stopped by a version of an organisation, by id."""
    organisation_id, number = version
    told = and_(
        readers.c.user_id == findings.c.user_id, readers.c.announcement_id == announcement_id
    )
    statement = (
        select(
            findings.c.user_id,
            users.c.name,
            users.c.email,
            findings.c.reason,
            findings.c.seen_at,
            findings.c.cleared_at,
            users.c.exempt_until,
            readers.c.mailed_at,
            readers.c.seen_at,
            readers.c.dismissed_at,
        )
        .join(users, users.c.id == findings.c.user_id)
        .outerjoin(readers, told)
        .where(findings.c.organisation_id == organisation_id, findings.c.number == number)
        .order_by(findings.c.user_id)
        .limit(size)
    )
    if after is not None:
        statement = statement.where(findings.c.user_id > after)
    return [Line(*row) for row in edge.db.execute(statement)]
