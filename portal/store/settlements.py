"""Settlements: the rides that partners are paid for, by month and currency. Rows never change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import RowMapping, Select, bindparam, func, select

from portal.edge import Edge
from portal.store.engine import insert_for
from portal.store.platform_tables import settlements
from portal.values import frozen

AT_ONCE = 1000  # Rows that are on their way from the database together.


@frozen
class Settlement:
    """A ride. `period` is the month in the partner's time zone; money in minor units."""

    id: str
    organisation_id: str
    reference: str
    finished_at: datetime
    period: str
    description: str
    driver: str
    currency: str
    gross: int
    fee: int
    net: int


@frozen
class Sum:
    """What a month adds up to in one currency, in minor units."""

    currency: str
    rows: int
    gross: int
    fee: int
    net: int


_COLUMNS = [settlements.c[name] for name in Settlement.__dataclass_fields__]
_OWN = settlements.c.organisation_id == bindparam("organisation")
_OF_PERIOD = select(*_COLUMNS).where(_OWN, settlements.c.period == bindparam("period"))
_IN_CURRENCY = settlements.c.currency == bindparam("currency")
_PAGE = _OF_PERIOD.order_by(settlements.c.id.desc()).limit(bindparam("size"))
_BEFORE = settlements.c.id < bindparam("before")
_WHOLE = _OF_PERIOD.order_by(settlements.c.finished_at, settlements.c.id)
_SUMS = (
    select(
        settlements.c.currency,
        func.count().label("rows"),
        func.sum(settlements.c.gross).label("gross"),
        func.sum(settlements.c.fee).label("fee"),
        func.sum(settlements.c.net).label("net"),
    )
    .where(_OWN, settlements.c.period == bindparam("period"))
    .group_by(settlements.c.currency)
    .order_by(settlements.c.currency)
)
_BY_REFERENCE = select(*_COLUMNS).where(_OWN, settlements.c.reference == bindparam("reference"))


def _periods() -> Select[tuple[str]]:
    """Every month that has rows, newest first: one step down the index for each of them.

    DISTINCT would read every row of the partner.
    """
    newest = select(func.max(settlements.c.period).label("period")).where(_OWN)
    months = newest.cte("months", recursive=True)
    next_one = (
        select(func.max(settlements.c.period))
        .where(_OWN, settlements.c.period < months.c.period)
        .scalar_subquery()
    )
    months = months.union_all(select(next_one).where(months.c.period.is_not(None)))
    return select(months.c.period).where(months.c.period.is_not(None)).limit(bindparam("size"))


_PERIODS = _periods()


def _from_row(row: RowMapping) -> Settlement:
    return Settlement(**row)


def add(edge: Edge, settlement: Settlement) -> bool:
    """Take a ride in; False when the partner has one with its reference."""
    statement = insert_for(edge.db.dialect.name)(settlements).on_conflict_do_nothing(
        index_elements=[settlements.c.organisation_id, settlements.c.reference]
    )
    values = {**asdict(settlement), "created_at": edge.now}
    return edge.db.execute(statement.returning(settlements.c.id), values).first() is not None


def by_reference(edge: Edge, organisation_id: str, reference: str) -> Settlement | None:
    wanted = {"organisation": organisation_id, "reference": reference}
    row = edge.db.execute(_BY_REFERENCE, wanted).mappings().first()
    return _from_row(row) if row else None


def periods(edge: Edge, organisation_id: str, *, size: int) -> list[str]:
    """The months in which the partner has rides, newest first."""
    wanted = {"organisation": organisation_id, "size": size}
    return list(edge.db.execute(_PERIODS, wanted).scalars())


def sums(edge: Edge, organisation_id: str, period: str) -> list[Sum]:
    """What a month adds up to, one line a currency."""
    wanted = {"organisation": organisation_id, "period": period}
    return [
        # PostgreSQL adds 64-bit numbers up as exact decimals.
        Sum(row.currency, row.rows, int(row.gross), int(row.fee), int(row.net))
        for row in edge.db.execute(_SUMS, wanted)
    ]


def page(
    edge: Edge, organisation_id: str, period: str, currency: str, *, before: str | None, size: int
) -> list[Settlement]:
    """A page of a month's rides, the last that came in first; `before` is the last id seen."""
    statement = _PAGE
    if currency:
        statement = statement.where(_IN_CURRENCY)
    if before:
        statement = statement.where(_BEFORE)
    wanted = {"organisation": organisation_id, "period": period, "size": size}
    rows = edge.db.execute(statement, {**wanted, "currency": currency, "before": before})
    return [_from_row(row) for row in rows.mappings()]


def of_period(edge: Edge, organisation_id: str, period: str, currency: str) -> Iterator[Settlement]:
    """All of a month's rides in the order in which they ended; in every currency if it is empty."""
    statement = _WHOLE.where(_IN_CURRENCY) if currency else _WHOLE
    wanted = {"organisation": organisation_id, "period": period, "currency": currency}
    # Neither driver nor database gathers them: a month may have a hundred thousand.
    streamed = {"yield_per": AT_ONCE}
    for row in edge.db.execute(statement, wanted, execution_options=streamed).mappings():
        yield _from_row(row)
