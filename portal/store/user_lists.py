"""Pages of the list of users: each a range of one index, however many users there are.

A search of three characters or more looks in two places, each of which has an end: a window of the
list itself, which finds at once what many have in common, then the trigram index, which finds what
few have. What is too common for the one is soon found by the other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from portal.edge import Edge
from portal.store import members, user_index, user_statements
from portal.store.members import Member
from portal.store.user_index import FINE, RANGES, SORTS
from portal.store.user_statements import FOUND_MAX, WINDOW, Plan
from portal.values import frozen

TRIGRAM = 3
LAST_CHARACTER = "\U0010ffff"
Key = tuple[str | int, ...]


@frozen
class Wanted:
    """Which list: of whom, which of them, in which order, from where on.

    `home`: an organisation's own people; None: everybody. `key`: what the row before the page is
    sorted by, and its id. `backwards`: the page before the key. `search` is without case.
    """

    home: str | None
    shown: str = ""
    sort: str = "name"
    descending: bool = False
    search: str = ""
    key: Key | None = None
    backwards: bool = False


@frozen
class Line(Member):
    """A user as the list shows them. `key`: what the row is sorted by, and its id."""

    home_organisation_id: str
    password_due_at: datetime | None
    withdrawn_at: datetime | None
    key: Key


@frozen
class Found:
    """Lines in the order of the search through the list.

    `end`: where a search of the list goes on, if it did not come to the end; `some`: more people
    match than are looked at, so these are only some of them.
    """

    lines: list[Line]
    end: Key | None = None
    some: bool = False


def page(edge: Edge, wanted: Wanted, size: int) -> Found:
    """The next `size` users of a list, or those that a search finds in it."""
    wanted = _from_bound(edge, wanted)
    if len(wanted.search) < TRIGRAM:
        plan = _plan(edge, wanted, prefix=bool(wanted.search))
        rows = edge.db.execute(user_statements.plain(plan), _values(edge, wanted, size)).mappings()
        return Found([_line(row, wanted) for row in rows])
    seen = walk(edge, wanted, size)
    if len(seen.lines) == size or seen.end is None:
        return seen
    return _look_up(edge, wanted, size)


def one(edge: Edge, user_id: str) -> Line | None:
    """A single user, as the list would show them."""
    row = edge.db.execute(user_statements.ONE, {"user": user_id}).mappings().first()
    return _line(row, Wanted(None)) if row else None


def walk(edge: Edge, wanted: Wanted, size: int) -> Found:
    """Search the next rows of a list itself: at most `size` that match, and where to go on."""
    wanted = _from_bound(edge, wanted)
    statement = user_statements.window(_plan(edge, wanted))
    rows = edge.db.execute(statement, _values(edge, wanted, size)).mappings().all()
    lines = [_line(row, wanted) for row in rows if row["id"] is not None]
    if len(lines) == size:
        return Found(lines, lines[-1].key)
    if rows[0]["seen"] < WINDOW:
        return Found(lines)
    return Found(lines, tuple(rows[0][f"end_{name}"] for name in (*SORTS[wanted.sort], "id")))


def _look_up(edge: Edge, wanted: Wanted, size: int) -> Found:
    """Ask the trigram index, which is asked for so many and no more."""
    rows = edge.db.execute(
        user_statements.indexed(_plan(edge, wanted)), _values(edge, wanted, size)
    ).mappings()
    found = rows.all()
    lines = [_line(row, wanted) for row in found if row["id"] is not None]
    return Found(lines, some=found[0]["found"] > FOUND_MAX)


def bounds(edge: Edge, wanted: Wanted) -> tuple[int, int]:
    """From when, and before when, enrolment is due in this list."""
    soon = int(edge.now.timestamp()) + 1
    low, high = (soon if one == "now" else one for one in RANGES.get(wanted.shown, (None, None)))
    return int(low or 0), int(high or FINE + 1)


def _from_bound(edge: Edge, wanted: Wanted) -> Wanted:
    """Without a key from before a list that goes by date: it begins at its beginning."""
    if wanted.key is None or wanted.shown not in RANGES or wanted.sort != "enrol":
        return wanted
    low, high = bounds(edge, wanted)
    due = int(wanted.key[0])
    outside = due >= high if wanted.descending is not wanted.backwards else due < low
    return replace(wanted, key=None) if outside else wanted


def _plan(edge: Edge, wanted: Wanted, *, prefix: bool = False) -> Plan:
    return Plan(
        home=wanted.home is not None,
        shown=wanted.shown,
        sort=wanted.sort,
        descending=wanted.descending is not wanted.backwards,
        keyed=wanted.key is not None,
        dialect=edge.db.dialect.name,
        prefix=prefix,
    )


def _values(edge: Edge, wanted: Wanted, size: int) -> dict[str, Any]:
    """Everything that a statement may bind."""
    escaped = wanted.search.translate({ord(letter): f"\\{letter}" for letter in "\\%_"})
    phrase = wanted.search.replace('"', '""')
    scope = f'home : "{user_index.mark(wanted.home)}" AND ' if wanted.home else ""
    low, high = bounds(edge, wanted)
    return {
        "home": wanted.home,
        "low": low,
        "high": high,
        "mark": user_index.mark(wanted.home or ""),
        "now": edge.now,
        "size": size,
        "like": f"%{escaped}%",
        "match": f'{scope}text : "{phrase}"',
        "from": wanted.search,
        "to": wanted.search + LAST_CHARACTER,
        **{f"key_{place}": value for place, value in enumerate(wanted.key or ())},
    }


def _line(row: RowMapping, wanted: Wanted) -> Line:
    return Line(
        **members.values(row),
        home_organisation_id=row["home_organisation_id"],
        password_due_at=row["password_due_at"],
        withdrawn_at=row["withdrawn_at"],
        key=tuple(row[name] for name in (*SORTS[wanted.sort], "id")),
    )
