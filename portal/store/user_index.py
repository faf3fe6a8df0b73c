"""What the list of users is sorted, filtered and searched by: indexes, and the trigram index.

`user_search` repeats of a user what may be searched. It is a table of its own, so that signing in
rewrites no trigrams. SQLite keeps an FTS5 table beside it, PostgreSQL a GIN index on it; both know
the home organisation too, so that a search costs what one's own people cost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    DDL,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    event,
    literal_column,
    select,
    true,
)

from portal.edge import Edge
from portal.store.engine import insert_for
from portal.store.tables import metadata, users
from portal.store.types import Identifier

# The trigram index and, on SQLite, what FTS5 keeps behind it; Alembic does not compare these.
NAME = "user_search_index"
MARK_FIRST, MARK_COUNT = 0x4E00, 0x9FFF - 0x4E00  # One block of letters without case.

user_search = Table(
    "user_search",
    metadata,
    # FTS5 knows its rows by a whole number that never changes.
    Column("number", Integer, primary_key=True),
    Column("user_id", Identifier, ForeignKey("users.id"), nullable=False, unique=True),
    Column("home", String(3), nullable=False),  # `mark` of the home organisation.
    Column("text", Text, nullable=False),  # Name and address without case, one a line.
)

_WRITE = f"INSERT INTO {NAME}(rowid, home, text) VALUES (new.number, new.home, new.text)"  # noqa: S608
_FORGET = (
    f"INSERT INTO {NAME}({NAME}, rowid, home, text) "  # noqa: S608
    "VALUES ('delete', old.number, old.home, old.text)"
)
_FTS5 = (
    f"CREATE VIRTUAL TABLE {NAME} USING fts5"
    "(home, text, content='user_search', content_rowid='number', tokenize='trigram')",
    f"CREATE TRIGGER user_search_added AFTER INSERT ON user_search BEGIN {_WRITE}; END",
    f"CREATE TRIGGER user_search_removed AFTER DELETE ON user_search BEGIN {_FORGET}; END",
    "CREATE TRIGGER user_search_changed AFTER UPDATE ON user_search "
    f"BEGIN {_FORGET}; {_WRITE}; END",
)
_GIN = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    f"CREATE INDEX {NAME} ON user_search USING gin (home, text gin_trgm_ops)",
)
CREATE: dict[str, Sequence[str]] = {"sqlite": _FTS5, "postgresql": _GIN}
# Triggers and PostgreSQL's index go with the table.
DROP: dict[str, Sequence[str]] = {"sqlite": (f"DROP TABLE IF EXISTS {NAME}",), "postgresql": ()}

for _dialect, _statements in CREATE.items():
    for _statement in _statements:
        event.listen(user_search, "after_create", DDL(_statement).execute_if(dialect=_dialect))
for _dialect, _statements in DROP.items():
    for _statement in _statements:
        event.listen(user_search, "before_drop", DDL(_statement).execute_if(dialect=_dialect))

# Sort → columns; each list of users is a range of one index, whatever its length.
SORTS: dict[str, tuple[str, ...]] = {
    "name": ("sort_name",),
    "signed_in": ("signed_in_order",),
    "strongest": ("strongest", "sort_name"),
    "enrol": ("enrol_order", "sort_name"),
}
# Filter → how it can be sorted. Some name few people only: by name is enough.
SORTED: dict[str, tuple[str, ...]] = {
    "": ("name", "signed_in", "strongest", "enrol"),
    "none": ("name", "signed_in"),
    "two_factors": ("name", "signed_in"),
    "locked": ("name",),
    "reset": ("name",),
    "invited": ("name",),
    "disabled": ("name",),
    "resistant": ("name",),
    "not_resistant": ("name",),
    "must_enrol": ("enrol",),
    "stopped": ("enrol",),
    "exempt": ("name",),
    "fine": ("enrol",),
}
FINE = 2**40  # Seconds: when enrolment is due of whom nothing is missing.
# Filters by a date that goes by: each is a range of everybody's own index, from when and to when
# enrolment is due. The moment at hand stands for "now", in seconds.
RANGES: dict[str, tuple[str | int | None, str | int | None]] = {
    "must_enrol": ("now", FINE),
    "stopped": (None, "now"),
    "fine": (FINE, None),
}


def filtered(shown: str, columns: Any) -> list[ColumnElement[bool]]:
    """The condition of a filter, of its partial index too.

    Its values stand in the statement: an index is taken only where its own words are found.
    """
    match shown:
        case "none":
            return [columns.strongest < literal_column("2")]
        case "two_factors":
            return [columns.strongest >= literal_column("2")]
        case "locked":
            return [columns.locked_until.is_not(None)]
        case "reset":
            return [columns.reset_id.is_not(None)]
        case "resistant":
            return [columns.resistance > literal_column("0")]
        case "not_resistant":
            return [columns.resistance == literal_column("0")]
        case "exempt":
            return [columns.exempt_until.is_not(None)]
        case "invited" | "disabled":
            return [columns.state == literal_column(f"'{shown}'")]
    return []


def index_name(sort: str, shown: str, *, home: bool) -> str:
    """The index that a list is a range of."""
    shown = "" if shown in RANGES else shown
    return "_".join(filter(None, ("ix_users_list", "home" if home else "all", sort, shown)))


def _list(sort: str, shown: str, *, home: bool) -> Index:
    names = (*(("home_organisation_id",) if home else ()), *SORTS[sort], "id")
    index = Index(index_name(sort, shown, home=home), *(users.c[name] for name in names))
    if shown:
        condition = and_(true(), *filtered(shown, users.c))

        # When the index is made, and not as `postgresql_where=`: that loads every dialect that it
        # names, in each process that only asks the table.
        @event.listens_for(index, "before_create")
        def narrow(_index: Index, connection: Connection, **_more: Any) -> None:
            index.dialect_options[connection.dialect.name]["where"] = condition

    return index


_LISTS = [
    (shown, sort, _list(sort, shown, home=home))
    for home in (True, False)
    for shown, sorts in SORTED.items()
    if shown not in RANGES
    for sort in sorts
]
LISTS = tuple(index for _, _, index in _LISTS)
FIRST_SORTS = ("name", "signed_in", "strongest")


def lists(*filters: str, sorts: Sequence[str] = FIRST_SORTS) -> tuple[Index, ...]:
    """The indexes of these filters and sorts alone: those that a migration's release brought."""
    return tuple(index for shown, sort, index in _LISTS if shown in filters and sort in sorts)


def sort_name(name: str) -> str:
    """A name as lists are sorted by it: without case."""
    return name.casefold()[:120]


def mark(organisation_id: str) -> str:
    """Three letters for an organisation: exactly one trigram.

    Two organisations may share one; whoever searches compares the organisation as well.
    """
    digest = hashlib.sha256(organisation_id.encode()).digest()
    numbers = (int.from_bytes(digest[place : place + 4]) for place in (0, 4, 8))
    return "".join(chr(MARK_FIRST + number % MARK_COUNT) for number in numbers)


def write(edge: Edge, user_id: str) -> None:
    """Repeat what may be searched of a user, in the transaction that changed it."""
    wanted = select(users.c.sort_name, users.c.email, users.c.home_organisation_id)
    row = edge.db.execute(wanted.where(users.c.id == user_id)).one()
    values = {"home": mark(row.home_organisation_id), "text": f"{row.sort_name}\n{row.email}"}
    statement = insert_for(edge.db.dialect.name)(user_search).values(user_id=user_id, **values)
    edge.db.execute(
        statement.on_conflict_do_update(index_elements=[user_search.c.user_id], set_=values)
    )


def is_compared(name: str | None, _kind: str, _parents: Any) -> bool:
    """Whether Alembic compares an object of the database: the trigram index it does not know."""
    return not (name or "").startswith(NAME)
