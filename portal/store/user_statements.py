"""The statements behind the list of users, each built once for a shape of list.

Only `user_lists` asks for them; `user_index` describes the indexes that they are ranges of.
"""

from __future__ import annotations

import functools
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    column,
    func,
    not_,
    or_,
    select,
    table,
    true,
    tuple_,
    union_all,
)

from portal.store import members, user_index
from portal.store.tables import users
from portal.store.user_index import SORTS, user_search
from portal.values import frozen

WINDOW = 1000  # Rows of a list that a search reads.
FOUND_MAX = 250  # Rows that it takes from the trigram index.
ANYWHERE_MAX = 1000  # Rows of everybody among which the own ones are looked for.
_COLUMNS = (
    *members.COLUMNS,
    users.c.home_organisation_id,
    users.c.password_due_at,
    users.c.withdrawn_at,
    users.c.sort_name,
    users.c.signed_in_order,
    users.c.enrol_order,
)
# What a list chooses and sorts by.
_LISTED = (
    users.c.id,
    users.c.home_organisation_id,
    users.c.state,
    users.c.strongest,
    users.c.resistance,
    users.c.locked_until,
    users.c.reset_id,
    users.c.exempt_until,
    users.c.sort_name,
    users.c.signed_in_order,
    users.c.enrol_order,
)
_INDEX = table(user_index.NAME, column(user_index.NAME), column("rowid"))

ONE = select(*_COLUMNS).where(users.c.id == bindparam("user"))


@frozen
class Plan:
    """What a statement is built from; its values are bound."""

    home: bool
    shown: str
    sort: str
    descending: bool
    keyed: bool
    dialect: str
    prefix: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return (*SORTS[self.sort], "id")


def _chosen(plan: Plan, source: Any) -> list[ColumnElement[bool]]:
    """Whose home, which of them, and from which key on; by the columns of `source`."""
    conditions: list[ColumnElement[bool]] = []
    if plan.home:
        conditions.append(source.home_organisation_id == bindparam("home"))
    conditions += user_index.filtered(plan.shown, source)
    if plan.shown == "locked":
        conditions.append(source.locked_until > bindparam("now"))
    if plan.shown == "exempt":
        conditions.append(source.exempt_until > bindparam("now"))
    if plan.shown in user_index.RANGES:
        conditions += _due(plan, source)
    if plan.keyed:
        key = tuple_(*(source[name] for name in plan.columns))
        values = (
            bindparam(f"key_{place}", type_=users.c[name].type)
            for place, name in enumerate(plan.columns)
        )
        after = tuple_(*values)
        conditions.append(key < after if plan.descending else key > after)
    if plan.prefix:
        conditions += [source.sort_name >= bindparam("from"), source.sort_name < bindparam("to")]
    return conditions


def _due(plan: Plan, source: Any) -> list[ColumnElement[bool]]:
    """From when and to when enrolment is due; who is exempt has a filter of their own.

    Beside a key there is no second bound on its side: a database might begin at that one instead.
    """
    low, high = user_index.RANGES[plan.shown]
    bounded = plan.keyed and plan.sort == "enrol"
    now = bindparam("now", type_=users.c.exempt_until.type)
    found = [or_(source.exempt_until.is_(None), source.exempt_until <= now)]
    if low is not None and not (bounded and not plan.descending):
        found.append(source.enrol_order >= bindparam("low"))
    if high is not None and not (bounded and plan.descending):
        found.append(source.enrol_order < bindparam("high"))
    return found


def _order(plan: Plan, source: Any, *, reverse: bool = False) -> list[Any]:
    columns = (source.c[name] for name in plan.columns)
    down = plan.descending is not reverse
    return [each.desc() if down else each.asc() for each in columns]


def _ranged(statement: Any, plan: Plan) -> Any:
    """The range of the index that this list is, in its order."""
    index = user_index.index_name(plan.sort, plan.shown, home=plan.home)
    ranged = statement.where(*_chosen(plan, users.c)).order_by(*_order(plan, users))
    # SQLite has no statistics of these rows, and would guess.
    return ranged.with_hint(users, f"INDEXED BY {index}", "sqlite")


@functools.cache
def plain(plan: Plan) -> Any:
    return _ranged(select(*_COLUMNS), plan).limit(bindparam("size"))


@functools.cache
def window(plan: Plan) -> Any:
    """What matches in the next rows of the list, how many those were, and the last one's key."""
    names = dict.fromkeys((*plan.columns, "sort_name", "email"))
    seen = _ranged(select(*(users.c[name] for name in names)), plan).limit(WINDOW).cte("seen")
    like = bindparam("like")
    matching = or_(seen.c.sort_name.like(like, escape="\\"), seen.c.email.like(like, escape="\\"))
    hits = select(seen.c.id).where(matching).order_by(*_order(plan, seen)).limit(bindparam("size"))
    rows = _rows(hits.subquery("hits"))
    count = select(func.count().label("seen")).select_from(seen).subquery("bounds")
    end = select(*(seen.c[name].label(f"end_{name}") for name in plan.columns))
    end_row = end.order_by(*_order(plan, seen, reverse=True)).limit(1).subquery("end_row")
    joined = count.outerjoin(end_row, true()).outerjoin(rows, true())
    return select(count, end_row, rows).select_from(joined).order_by(*_order(plan, rows))


def _by_fts5() -> Any:
    """FTS5 gives rows as it finds them, so that its limit bounds the work."""
    matching = _INDEX.c[user_index.NAME].op("MATCH")(bindparam("match"))
    numbers = select(_INDEX.c.rowid).where(matching).limit(FOUND_MAX + 1)
    return select(user_search.c.user_id).where(user_search.c.number.in_(numbers))


def _by_gin(plan: Plan) -> Any:
    """GIN finds all of a row's terms first: the home is asked of the rows of a rare text instead.

    Only where those are many, and few of them at home, is the home looked up as well.
    """
    like = user_search.c.text.like(bindparam("like"), escape="\\")
    if not plan.home:
        return select(user_search.c.user_id).where(like).limit(FOUND_MAX + 1)
    mark = bindparam("mark")
    anywhere = select(user_search.c.user_id, user_search.c.home).where(like)
    first = anywhere.limit(ANYWHERE_MAX + 1).cte("first_found")
    own = select(first.c.user_id).where(first.c.home == mark)
    is_cut = _count(first) > ANYWHERE_MAX
    is_thin = and_(is_cut, _count(own.subquery("own")) <= FOUND_MAX)
    at_home = select(user_search.c.user_id).where(user_search.c.home == mark, like)
    both = union_all(own.where(not_(is_thin)), at_home.where(is_thin))
    return select(both.subquery("both").c.user_id).limit(FOUND_MAX + 1)


def _count(source: Any) -> Any:
    return select(func.count()).select_from(source).scalar_subquery()


@functools.cache
def indexed(plan: Plan) -> Any:
    """What the trigram index finds of this list, and how many it found before the list's terms."""
    found = (_by_fts5() if plan.dialect == "sqlite" else _by_gin(plan)).cte("found")
    count = select(func.count().label("found")).select_from(found).subquery("bounds")
    # The limit, which never bites, keeps the planner from beginning with the whole organisation.
    people = select(*_LISTED).join(found, found.c.user_id == users.c.id).limit(FOUND_MAX + 1)
    each = people.subquery("each")
    hits = select(each.c.id).where(*_chosen(plan, each.c)).order_by(*_order(plan, each))
    rows = _rows(hits.limit(bindparam("size")).subquery("hits"))
    joined = count.outerjoin(rows, true())
    return select(count, rows).select_from(joined).order_by(*_order(plan, rows))


def _rows(hits: Any) -> Any:
    return select(*_COLUMNS).join(hits, hits.c.id == users.c.id).subquery("rows")
