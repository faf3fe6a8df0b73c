"""Who must enrol by when: what that follows from, read for many at once, and the queue of work.

It writes what the lists of administrators show; nothing decides by it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, delete, insert, select, update

from portal.edge import Edge
from portal.rules.policy_values import Asked
from portal.rules.terms import AccountState, Holdings, Role
from portal.store.organisations import EFFECTIVE_POLICY, inside
from portal.store.policy_codec import effective
from portal.store.policy_tables import compliance_jobs
from portal.store.summaries import summary_from_json
from portal.store.tables import memberships, organisations, users
from portal.store.user_index import FINE
from portal.values import frozen

# As text: what many hold alike is read once.
_PEOPLE = select(
    users.c.id.label("user_id"),
    users.c.state,
    cast(users.c.security, Text).label("held"),
    users.c.created_at,
    users.c.activated_at,
    users.c.exempt_until,
    users.c.enrol_by,
    memberships.c.role,
    memberships.c.organisation_id.label("place"),
).outerjoin(memberships, memberships.c.user_id == users.c.id)
_PEOPLE_WITH_POLICY = _PEOPLE.outerjoin(
    organisations, organisations.c.id == memberships.c.organisation_id
).add_columns(EFFECTIVE_POLICY.label("policy"))


@frozen
class Standing:
    """Somebody's account, what they hold and what is asked of them. `enrol_by`: as written."""

    user_id: str
    state: AccountState
    held: Holdings
    active_since: datetime
    exempt_until: datetime | None
    enrol_by: datetime | None
    roles: frozenset[Role]
    asked: tuple[Asked | None, ...]


@frozen
class Job:
    """People to go through, by id: those of an organisation and of those below it."""

    id: str
    path: str
    after: str | None


def of(edge: Edge, user_id: str) -> Standing | None:
    """One person, as they are in this transaction."""
    rows = edge.db.execute(_PEOPLE_WITH_POLICY.where(users.c.id == user_id)).mappings().all()
    return _standing(rows, {row["place"]: row["policy"] for row in rows}) if rows else None


def page(edge: Edge, path: str, after: str | None, size: int) -> list[Standing]:
    """The next people with a role in an organisation or below it, by id."""
    own = (
        select(memberships.c.user_id)
        .join(organisations, organisations.c.id == memberships.c.organisation_id)
        .where(inside(path))
        .distinct()
        .order_by(memberships.c.user_id)
        .limit(size)
    )
    if after is not None:
        own = own.where(memberships.c.user_id > after)
    return _read(edge, select(own.subquery().c.user_id))


def some(edge: Edge, user_ids: Collection[str]) -> list[Standing]:
    """These people, by id."""
    return _read(edge, list(user_ids))


def hold(edge: Edge, user_ids: Collection[str]) -> list[str]:
    """Those of these people whose rows nobody else holds, now held until the commit, by id."""
    statement = (
        select(users.c.id)
        .where(users.c.id.in_(list(user_ids)))
        .order_by(users.c.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list(edge.db.execute(statement).scalars())


def write(edge: Edge, dates: Mapping[str, datetime | None]) -> None:
    """Write by when people must enrol; most of them by the same date."""
    alike: dict[datetime | None, list[str]] = {}
    for user_id, enrol_by in dates.items():
        alike.setdefault(enrol_by, []).append(user_id)
    for enrol_by, some_ids in alike.items():
        due = FINE if enrol_by is None else int(enrol_by.timestamp())
        values = {"enrol_by": enrol_by, "enrol_order": due}
        edge.db.execute(update(users).where(users.c.id.in_(some_ids)).values(values))


def _read(edge: Edge, chosen: Any) -> list[Standing]:
    rows = (
        edge.db.execute(_PEOPLE.where(users.c.id.in_(chosen)).order_by(users.c.id)).mappings().all()
    )
    places = {row["place"] for row in rows} - {None}
    wanted = select(organisations.c.id, EFFECTIVE_POLICY).where(
        organisations.c.id.in_(sorted(places))
    )
    asked = {row[0]: row[1] for row in edge.db.execute(wanted)}
    by_person: dict[str, list[Any]] = {}
    for row in rows:
        by_person.setdefault(row["user_id"], []).append(row)
    return [_standing(own, asked) for own in by_person.values()]


def _standing(rows: list[Any], asked: Mapping[str | None, str | None]) -> Standing:
    first = rows[0]
    held = [row for row in rows if row["role"] is not None]
    return Standing(
        user_id=first["user_id"],
        state=AccountState(first["state"]),
        held=summary_from_json(first["held"]),
        active_since=first["activated_at"] or first["created_at"],
        exempt_until=first["exempt_until"],
        enrol_by=first["enrol_by"],
        roles=frozenset(Role(row["role"]) for row in held),
        asked=tuple(effective(asked.get(row["place"])) for row in held),
    )


def add_job(edge: Edge, organisation_id: str, due_at: datetime) -> None:
    """Queue work in the transaction that makes it necessary."""
    values = {"id": edge.new_id(), "organisation_id": organisation_id, "due_at": due_at}
    edge.db.execute(insert(compliance_jobs), values)


def next_job(edge: Edge) -> Job | None:
    """The job that has been due for longest; None when there is none."""
    statement = (
        select(compliance_jobs.c.id, organisations.c.path, compliance_jobs.c.after)
        .join(organisations, organisations.c.id == compliance_jobs.c.organisation_id)
        .where(compliance_jobs.c.due_at <= edge.now)
        .order_by(compliance_jobs.c.due_at, compliance_jobs.c.id)
        .limit(1)
    )
    row = edge.db.execute(statement).first()
    return Job(*row) if row else None


def is_at(edge: Edge, job: Job) -> bool:
    """Whether a job is still where it was read, held until the commit."""
    statement = select(compliance_jobs.c.after).where(compliance_jobs.c.id == job.id)
    row = edge.db.execute(statement.with_for_update()).first()
    return row is not None and row.after == job.after


def go_on(edge: Edge, job: Job, after: str | None) -> None:
    """Remember how far a job is."""
    change = update(compliance_jobs).where(compliance_jobs.c.id == job.id)
    edge.db.execute(change.values(after=after))


def end_job(edge: Edge, job: Job) -> None:
    edge.db.execute(delete(compliance_jobs).where(compliance_jobs.c.id == job.id))
