"""Attempt budgets: how many guesses in a row, decided by one statement for all processes.

The rule is `rules.lockout.reserve`; this is the same rule as one INSERT … ON CONFLICT, given the
same limits and pauses, so that fifty processes at once still compare five guesses.
"""

from __future__ import annotations

import functools
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, case, delete, or_, update

from portal.edge import Edge
from portal.store.engine import insert_for
from portal.store.prepared import Prepared
from portal.store.tables import budgets
from portal.values import frozen

STRANGERS = ""
_RESET = Prepared(
    update(budgets)
    .where(budgets.c.key == bindparam("of_key"), budgets.c.lane == bindparam("of_lane"))
    .values(
        failures=0,
        next_at=bindparam("now"),
        refused=0,
        refused_before=0,
        changed_at=bindparam("now"),
    )
)


Pauses = tuple[tuple[int, timedelta], ...]


@frozen
class Counted:
    """A lane after one more attempt was asked for.

    `refused` is 0 when the attempt may be compared; otherwise it says how many were refused since.
    `refused_before`: refusals between the last compared attempt and the one before it.
    """

    failures: int
    next_at: datetime
    refused: int
    refused_before: int


def reserve(edge: Edge, key: bytes, lane: str, *, limit: int, pauses: Pauses) -> Counted:
    """Ask for one attempt: counted as failed before it is compared, or refused.

    `pauses`: (failures after the attempt, pause); the last row holds for every greater count.
    """
    counts = tuple(count for count, _ in pauses)
    (row,) = _statement(edge.db.dialect.name, counts).rows(
        edge.db,
        {
            "key": key,
            "lane": lane,
            "now": edge.now,
            "limit": limit,
            **{f"next_{count}": edge.now + pause for count, pause in pauses},
        },
    )
    return Counted(**row)


@functools.cache
def _statement(dialect: str, counts: tuple[int, ...]) -> Prepared:
    instant = budgets.c.next_at.type
    now = bindparam("now", type_=instant)
    statement = insert_for(dialect)(budgets).values(
        key=bindparam("key"),
        lane=bindparam("lane"),
        failures=1,
        next_at=now,
        refused=0,
        refused_before=0,
        changed_at=now,
    )
    # Below the first pause `next_at` is not asked: it came from another machine's clock, which may
    # be a little ahead of ours.
    allowed = and_(
        budgets.c.failures < bindparam("limit", type_=budgets.c.failures.type),
        or_(budgets.c.failures < min(counts), budgets.c.next_at <= now),
    )
    paused = [
        (budgets.c.failures + 1 >= count, bindparam(f"next_{count}", type_=instant))
        for count in reversed(counts)
    ]
    counted = statement.on_conflict_do_update(
        index_elements=[budgets.c.key, budgets.c.lane],
        set_={
            "failures": case((allowed, budgets.c.failures + 1), else_=budgets.c.failures),
            "next_at": case((allowed, case(*paused, else_=now)), else_=budgets.c.next_at),
            "refused_before": case((allowed, budgets.c.refused), else_=budgets.c.refused_before),
            "refused": case((allowed, 0), else_=budgets.c.refused + 1),
            "changed_at": now,
        },
    ).returning(budgets.c.failures, budgets.c.next_at, budgets.c.refused, budgets.c.refused_before)
    return Prepared(counted)


def reset(edge: Edge, key: bytes, lane: str) -> None:
    """A success: the lane's count falls to zero."""
    _RESET.run(edge.db, {"of_key": key, "of_lane": lane, "now": edge.now})


def reset_strangers(edge: Edge, keys: list[bytes]) -> int:
    """A mailed unlock: the strangers' lanes of these keys start anew."""
    statement = delete(budgets).where(budgets.c.key.in_(keys), budgets.c.lane == STRANGERS)
    return edge.db.execute(statement).rowcount


def reset_all(edge: Edge, keys: list[bytes]) -> int:
    """An operator's decision: every lane of these keys starts anew."""
    return edge.db.execute(delete(budgets).where(budgets.c.key.in_(keys))).rowcount


def purge(edge: Edge, before: datetime) -> int:
    """Forget counts that nobody added to since `before`."""
    return edge.db.execute(delete(budgets).where(budgets.c.changed_at < before)).rowcount
