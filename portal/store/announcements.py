"""What people are told of a policy to come, and of anything else: rows, and who has read them.

An announcement of a version is for those whom it would stop, any other for all the people of its
organisation and of those below it. `people` of the second kind are found without a statement:
`organisations.announced_until` says whether there is something to look for.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, func, insert, or_, select, update

from portal.edge import Edge
from portal.store.engine import insert_for
from portal.store.organisations import inside
from portal.store.policy_tables import announcement_readers as readers
from portal.store.policy_tables import announcements
from portal.store.tables import organisations, users
from portal.values import frozen


@frozen
class Announcement:
    """`number`: the version that it is about; None for any other. `ends_at`: nobody is told later.

    `due_at`: when the worker goes through the people; `mailed_after`: how far it has come.
    """

    id: str
    organisation_id: str
    number: int | None
    message: str
    author_id: str | None
    published_at: datetime
    enforced_at: datetime | None
    ends_at: datetime
    withdrawn_at: datetime | None = None
    mailed_after: str | None = None
    due_at: datetime | None = None


@frozen
class Mark:
    """What one person was told already. `reminded`: of which deadlines, how many days before."""

    mailed_at: datetime | None = None
    reminded: tuple[tuple[datetime, int], ...] = ()


@frozen
class Told:
    """An announcement as it stands for one person."""

    announcement: Announcement
    organisation: str
    seen_at: datetime | None
    dismissed_at: datetime | None


@frozen
class Counts:
    """How many people got the mail, saw the announcement on a page, and put it away."""

    mailed: int
    seen: int
    dismissed: int


@frozen
class Reader:
    """A person whom an announcement reached, and how."""

    user_id: str
    name: str
    email: str
    mailed_at: datetime | None
    seen_at: datetime | None
    dismissed_at: datetime | None


_COLUMNS = [announcements.c[name] for name in Announcement.__dataclass_fields__]
_READER = [readers.c[name] for name in ("mailed_at", "seen_at", "dismissed_at")]


def _from_row(row: RowMapping) -> Announcement:
    return Announcement(**{name: row[name] for name in Announcement.__dataclass_fields__})


def add(edge: Edge, announcement: Announcement) -> None:
    values = {name: getattr(announcement, name) for name in Announcement.__dataclass_fields__}
    edge.db.execute(insert(announcements), values)


def find(edge: Edge, announcement_id: str) -> Announcement | None:
    statement = select(*_COLUMNS).where(announcements.c.id == announcement_id)
    row = edge.db.execute(statement).mappings().first()
    return _from_row(row) if row else None


def of_version(edge: Edge, organisation_id: str, number: int) -> Announcement | None:
    """What was announced of a version of an organisation's policy."""
    statement = select(*_COLUMNS).where(
        announcements.c.organisation_id == organisation_id, announcements.c.number == number
    )
    row = edge.db.execute(statement).mappings().first()
    return _from_row(row) if row else None


def below(edge: Edge, path: str, after: str | None, size: int) -> list[tuple[Announcement, str]]:
    """What was announced in an organisation and those under it, newest first, with its name."""
    statement = (
        select(*_COLUMNS, organisations.c.name.label("organisation"))
        .join(organisations, organisations.c.id == announcements.c.organisation_id)
        .where(inside(path))
        .order_by(announcements.c.id.desc())
        .limit(size)
    )
    if after is not None:
        statement = statement.where(announcements.c.id < after)
    rows = edge.db.execute(statement).mappings()
    return [(_from_row(row), row["organisation"]) for row in rows]


def of_organisation(
    edge: Edge, organisation_id: str, after: str | None, size: int
) -> list[Announcement]:
    """What was announced for one organisation itself, newest first."""
    own = announcements.c.organisation_id == organisation_id
    own = own if after is None else and_(own, announcements.c.id < after)
    statement = select(*_COLUMNS).where(own).order_by(announcements.c.id.desc()).limit(size)
    return [_from_row(row) for row in edge.db.execute(statement).mappings()]


def count_own(edge: Edge, organisation_id: str, *, since: datetime) -> int:
    """How many of an organisation's own, beside those of its policy, are told or were since."""
    live = and_(announcements.c.withdrawn_at.is_(None), announcements.c.ends_at > edge.now)
    counted = or_(live, announcements.c.published_at > since)
    own = and_(announcements.c.organisation_id == organisation_id, counted)
    statement = select(func.count()).where(own, announcements.c.number.is_(None))
    return edge.db.execute(statement).scalar_one()


def withdraw(edge: Edge, announcement_id: str) -> bool:
    """Take an announcement back; False when it is over already."""
    return _withdraw(edge, announcements.c.id == announcement_id) == 1


def withdraw_versions(edge: Edge, organisation_id: str) -> int:
    """Take back what was announced of an organisation's policy; how much that was."""
    own = announcements.c.organisation_id == organisation_id
    return _withdraw(edge, and_(own, announcements.c.number.is_not(None)))


def _withdraw(edge: Edge, which: Any) -> int:
    live = and_(announcements.c.withdrawn_at.is_(None), announcements.c.ends_at > edge.now)
    statement = update(announcements).where(which, live)
    return edge.db.execute(statement.values(withdrawn_at=edge.now, due_at=None)).rowcount


def announce_until(edge: Edge, path: str) -> None:
    """Say of each organisation of a subtree until when something is announced to its people.

    Written anew from what is announced now, in it and above it.
    """
    rows = edge.db.execute(
        select(organisations.c.id, organisations.c.path).where(inside(path))
    ).all()
    above = path.strip("/").split("/")
    ends = dict(
        edge.db.execute(
            select(announcements.c.organisation_id, func.max(announcements.c.ends_at))
            .join(organisations, organisations.c.id == announcements.c.organisation_id)
            .where(
                or_(organisations.c.id.in_(above), inside(path)),
                announcements.c.number.is_(None),
                announcements.c.withdrawn_at.is_(None),
                announcements.c.ends_at > edge.now,
            )
            .group_by(announcements.c.organisation_id)
        ).all()
    )
    alike: dict[datetime | None, list[str]] = {}
    for identity, own in rows:
        found = [ends[one] for one in own.strip("/").split("/") if one in ends]
        alike.setdefault(max(found, default=None), []).append(identity)
    for until, identities in alike.items():
        for start in range(0, len(identities), 500):
            edge.db.execute(
                update(organisations)
                .where(organisations.c.id.in_(identities[start : start + 500]))
                .values(announced_until=until)
            )


def due(edge: Edge) -> Announcement | None:
    """The next announcement whose people are to be gone through, held until the commit."""
    statement = (
        select(*_COLUMNS)
        .where(announcements.c.due_at <= edge.now, announcements.c.withdrawn_at.is_(None))
        .order_by(announcements.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )
    row = edge.db.execute(statement).mappings().first()
    return _from_row(row) if row else None


def set_place(
    edge: Edge, announcement_id: str, *, mailed_after: str | None, due_at: datetime | None
) -> None:
    """How far the worker has come, and when it goes on."""
    edge.db.execute(
        update(announcements)
        .where(announcements.c.id == announcement_id)
        .values(mailed_after=mailed_after, due_at=due_at)
    )


def marks(edge: Edge, announcement_id: str, user_ids: Collection[str]) -> dict[str, Mark]:
    """What these people were told: of this announcement, and of a deadline by whichever."""
    statement = select(readers).where(
        readers.c.user_id.in_(list(user_ids)),
        or_(readers.c.announcement_id == announcement_id, readers.c.reminded_of.is_not(None)),
    )
    found: dict[str, Mark] = {}
    for row in edge.db.execute(statement).mappings():
        old = found.get(row["user_id"], Mark())
        reminded = old.reminded
        if row["reminded_of"] is not None:
            reminded = (*reminded, (row["reminded_of"], row["reminded_days"]))
        own = row["announcement_id"] == announcement_id
        found[row["user_id"]] = Mark(row["mailed_at"] if own else old.mailed_at, reminded)
    return found


def note(edge: Edge, announcement_id: str, user_id: str, **values: Any) -> None:
    """Write down what happened between an announcement and a person."""
    statement = insert_for(edge.db.dialect.name)(readers)
    statement = statement.on_conflict_do_update(
        index_elements=[readers.c.announcement_id, readers.c.user_id], set_=values
    )
    edge.db.execute(statement, {"announcement_id": announcement_id, "user_id": user_id, **values})


def standing(edge: Edge, organisation_ids: Collection[str], user_id: str) -> list[Told]:
    """What holds now for one person of these organisations, newest first."""
    statement = (
        select(*_COLUMNS, organisations.c.name.label("organisation"), *_READER)
        .join(organisations, organisations.c.id == announcements.c.organisation_id)
        .outerjoin(
            readers,
            and_(readers.c.announcement_id == announcements.c.id, readers.c.user_id == user_id),
        )
        .where(
            announcements.c.organisation_id.in_(list(organisation_ids)),
            announcements.c.withdrawn_at.is_(None),
            announcements.c.ends_at > edge.now,
        )
        .order_by(announcements.c.id.desc())
    )
    return [
        Told(_from_row(row), row["organisation"], row["seen_at"], row["dismissed_at"])
        for row in edge.db.execute(statement).mappings()
    ]


def counts(edge: Edge, announcement_id: str) -> Counts:
    statement = select(
        func.count(readers.c.mailed_at),
        func.count(readers.c.seen_at),
        func.count(readers.c.dismissed_at),
    ).where(readers.c.announcement_id == announcement_id)
    return Counts(*edge.db.execute(statement).one())


def people(edge: Edge, announcement_id: str, after: str | None, size: int) -> list[Reader]:
    """Whom an announcement reached, by id, so that a page goes on where the last one ended."""
    statement = (
        select(readers.c.user_id, users.c.name, users.c.email, *_READER)
        .join(users, users.c.id == readers.c.user_id)
        .where(readers.c.announcement_id == announcement_id)
        .order_by(readers.c.user_id)
        .limit(size)
    )
    if after is not None:
        statement = statement.where(readers.c.user_id > after)
    return [Reader(*row) for row in edge.db.execute(statement)]
