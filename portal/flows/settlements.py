"""Settlements: taking rides in exactly, and showing a partner a month of them.

Months are the partner's: they begin and end in the time zone of its organisation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.edge import Edge
from portal.flows import permission
from portal.flows.session import Visit
from portal.rules.money import CURRENCIES, Money, parse
from portal.rules.terms import Action, Membership, Target
from portal.store import settlements
from portal.store.organisations import Organisation
from portal.store.settlements import Settlement
from portal.values import frozen

PAGE = 50
PERIODS_MAX = 120  # Ten years of months to choose from.
PERIOD = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])", re.ASCII)
# What a record must say, and how long it may be.
TEXTS = {"reference": 64, "description": 200, "driver": 120}
RECORD = frozenset({*TEXTS, "finished_at", "currency", "gross", "fee"})
CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})  # Controls, half characters, ends of lines.
YEARS = range(2000, 2100)


def take(edge: Edge, organisation: Organisation, record: dict[str, Any]) -> str | None:
    """Take one ride in. None: it is there now, or was there already with the same content.

    `record` holds texts: reference, finished_at (ISO 8601 with a zone), description, driver,
    currency (ISO 4217), gross and fee ("123.40", exact). Anything else is refused and nothing is
    written; the reason is "record", the name of the field that does not fit, or "other_content"
    where the reference is taken by another ride.
    """
    ride = _read(edge, organisation, record)
    if isinstance(ride, str):
        return ride
    if settlements.add(edge, ride):
        return None
    known = settlements.by_reference(edge, organisation.id, ride.reference)
    assert known is not None
    # The month is no part of the content: a partner that moves keeps the months it has.
    same = replace(known, id=ride.id, period=ride.period) == ride
    return None if same else "other_content"


def _read(edge: Edge, organisation: Organisation, record: dict[str, Any]) -> Settlement | str:
    """The ride that a record tells of, or what is wrong with it."""
    if not isinstance(record, dict) or set(record) != RECORD:
        return "record"
    if not all(isinstance(value, str) for value in record.values()):
        return next(name for name, value in record.items() if not isinstance(value, str))
    for name, longest in TEXTS.items():
        text = record[name]
        if not text.strip() or len(text) > longest or _has_controls(text):
            return name
    if record["reference"] != record["reference"].strip():
        return "reference"
    finished_at = _instant(record["finished_at"])
    if finished_at is None:
        return "finished_at"
    currency = record["currency"]
    if currency not in CURRENCIES:
        return "currency"
    gross, fee = parse(record["gross"], currency), parse(record["fee"], currency)
    if gross is None or fee is None:
        return "gross" if gross is None else "fee"
    return Settlement(
        id=edge.new_id(),
        organisation_id=organisation.id,
        reference=record["reference"],
        finished_at=finished_at,
        period=period_of(finished_at, organisation.time_zone),
        description=record["description"],
        driver=record["driver"],
        currency=currency,
        gross=gross.minor,
        fee=fee.minor,
        net=gross.minor - fee.minor,
    )


def _has_controls(text: str) -> bool:
    """Whether a text holds what no line of text does; any script's letters and spaces are fine."""
    return any(unicodedata.category(character) in CONTROLS for character in text)


def _instant(text: str) -> datetime | None:
    """An instant with its zone, in years that have months of ours."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None and instant.year in YEARS else None


def period_of(instant: datetime, time_zone: str) -> str:
    """The month of an instant in a time zone, "2026-10"."""
    there = instant.astimezone(ZoneInfo(time_zone))
    return f"{there.year:04d}-{there.month:02d}"


@frozen
class Ride:
    """A ride and what is paid for it; `period` is the partner's month that it counts in."""

    reference: str
    finished_at: datetime
    period: str
    description: str
    driver: str
    gross: Money
    fee: Money
    net: Money


@frozen
class Total:
    """What a month adds up to in one currency."""

    rows: int
    gross: Money
    fee: Money
    net: Money


@frozen
class Month:
    """A month of the acting partner as the page shows it.

    `periods`: every month with rides; `running`: more may follow in this one; `totals` and `rides`
    are of the chosen currency; `following`: the id that the next page starts before, None at the
    end; `exportable`: the person may ask for the file.
    """

    period: str
    currency: str
    time_zone: str
    periods: list[str]
    currencies: list[str]
    running: bool
    totals: list[Total]
    rides: list[Ride]
    following: str | None
    exportable: bool


def look(
    edge: Edge,
    visit: Visit,
    period: str = "",
    currency: str = "",
    *,
    before: str | None = None,
    size: int = PAGE,
) -> Month:
    """A page of a month; the newest that has rides where none is named."""
    acting = acting_of(visit)
    organisation = acting.organisation_id
    periods = settlements.periods(edge, organisation, size=PERIODS_MAX)
    now = period_of(edge.now, acting.time_zone)
    period = period or (periods[0] if periods else now)
    sums = settlements.sums(edge, organisation, period)
    found = settlements.page(edge, organisation, period, currency, before=before, size=size + 1)
    return Month(
        period=period,
        currency=currency,
        time_zone=acting.time_zone,
        periods=periods,
        currencies=[line.currency for line in sums],
        running=period == now,
        totals=[_total(line) for line in sums if currency in ("", line.currency)],
        rides=[_ride(row) for row in found[:size]],
        following=found[size - 1].id if len(found) > size else None,
        exportable=permission.may(visit, Action.EXPORT_SETTLEMENTS, Target(path=acting.path)),
    )


def acting_of(visit: Visit) -> Membership:
    """The partner that the session acts for: whoever has no organisation has no role either."""
    assert visit.acting is not None
    return visit.acting


def count(edge: Edge, visit: Visit, period: str, currency: str) -> int:
    """How many rides a month has; in every currency if it is empty."""
    sums = settlements.sums(edge, acting_of(visit).organisation_id, period)
    return sum(line.rows for line in sums if currency in ("", line.currency))


def rides(edge: Edge, visit: Visit, period: str, currency: str) -> Iterator[Ride]:
    """All rides of a month in the order in which they ended; in every currency if it is empty."""
    organisation = acting_of(visit).organisation_id
    return map(_ride, settlements.of_period(edge, organisation, period, currency))


def _ride(row: Settlement) -> Ride:
    gross, fee, net = (Money(minor, row.currency) for minor in (row.gross, row.fee, row.net))
    return Ride(
        row.reference,
        row.finished_at,
        row.period,
        row.description,
        row.driver,
        gross,
        fee,
        net,
    )


def _total(line: settlements.Sum) -> Total:
    gross, fee, net = (Money(minor, line.currency) for minor in (line.gross, line.fee, line.net))
    return Total(line.rows, gross, fee, net)
