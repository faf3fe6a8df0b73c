"""Exports: files that were given out, kept as they were, and who fetched them when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, func, insert, select, update

from portal.edge import Edge
from portal.store.platform_tables import export_fetches, exports
from portal.store.tables import users
from portal.values import frozen


@frozen
class Export:
    """A file that was made. `totals`: currency → net in minor units; `hash`: SHA-256 of the file.

    It is open to the session `session_id` alone, until `open_until`.
    """

    id: str
    organisation_id: str
    period: str
    currency: str
    rows: int
    totals: dict[str, int]
    hash: bytes
    receipt: str
    made_by: str
    made_by_name: str
    session_id: str
    open_until: datetime
    created_at: datetime


@frozen
class Fetched:
    """How often somebody fetched a file, and when last."""

    export_id: str
    name: str
    times: int
    last_at: datetime


# Never the content: a list of files would bring all of them along.
_COLUMNS = [
    users.c.name.label(name) if name == "made_by_name" else exports.c[name]
    for name in Export.__dataclass_fields__
]
_OWN = (
    select(*_COLUMNS)
    .join(users, users.c.id == exports.c.made_by)
    .where(exports.c.organisation_id == bindparam("organisation"))
)
_ONE = _OWN.where(exports.c.id == bindparam("export"))
_HELD = _ONE.with_for_update(of=exports)
_PAGE = _OWN.order_by(exports.c.id.desc()).limit(bindparam("size"))
_PAGE_BEFORE = _PAGE.where(exports.c.id < bindparam("before"))
_FETCHED = (
    select(
        export_fetches.c.export_id,
        users.c.name,
        func.count().label("times"),
        func.max(export_fetches.c.at).label("last_at"),
    )
    .join(users, users.c.id == export_fetches.c.fetched_by)
    .where(export_fetches.c.export_id.in_(bindparam("exports", expanding=True)))
    .group_by(export_fetches.c.export_id, export_fetches.c.fetched_by, users.c.name)
    .order_by(func.max(export_fetches.c.at).desc())
)


def _from_row(row: RowMapping) -> Export:
    values = dict(row)
    values["hash"] = bytes(row["hash"])  # PostgreSQL's driver may lend a view of it.
    return Export(**values)


def add(edge: Edge, export: Export, content: bytes) -> None:
    """Keep a file. Its receipt is unique in the house."""
    values = {
        name: getattr(export, name) for name in Export.__dataclass_fields__ if name in exports.c
    }
    edge.db.execute(insert(exports), {**values, "content": content})


def find(edge: Edge, organisation_id: str, export_id: str, *, hold: bool = False) -> Export | None:
    """A partner's export; `hold`: nobody else changes it before the commit."""
    wanted = {"organisation": organisation_id, "export": export_id}
    row = edge.db.execute(_HELD if hold else _ONE, wanted).mappings().first()
    return _from_row(row) if row else None


def content_of(edge: Edge, export_id: str) -> bytes:
    """The file, byte by byte as it was made."""
    statement = select(exports.c.content).where(exports.c.id == export_id)
    return bytes(edge.db.execute(statement).scalar_one())


def page(edge: Edge, organisation_id: str, *, before: str | None, size: int) -> list[Export]:
    """A page of a partner's exports, newest first; `before` is the last id seen."""
    wanted = {"organisation": organisation_id, "before": before, "size": size}
    rows = edge.db.execute(_PAGE_BEFORE if before else _PAGE, wanted).mappings()
    return [_from_row(row) for row in rows]


def open_for(edge: Edge, export_id: str, session_id: str, until: datetime) -> None:
    """Open a file to one session; it closes for any other."""
    edge.db.execute(
        update(exports)
        .where(exports.c.id == export_id)
        .values(session_id=session_id, open_until=until)
    )


def note_fetch(edge: Edge, export_id: str, user_id: str) -> None:
    edge.db.execute(
        insert(export_fetches),
        {"id": edge.new_id(), "export_id": export_id, "fetched_by": user_id, "at": edge.now},
    )


def fetched(edge: Edge, export_ids: Sequence[str]) -> list[Fetched]:
    """Who fetched these files, one line a person and file, the last fetch first."""
    if not export_ids:
        return []
    return [Fetched(**row) for row in edge.db.execute(_FETCHED, {"exports": export_ids}).mappings()]
