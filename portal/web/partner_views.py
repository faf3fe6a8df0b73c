"""A partner's pages in words: months, amounts as the reader writes them, who fetched what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g, url_for

from portal.flows import exports, settlements
from portal.values import frozen
from portal.web import details, moments
from portal.web.words import gettext, language, number

HASH_SHOWN = 12  # Hexadecimal digits that tell files apart at a glance; the receipt has them all.


@frozen
class Choice:
    """A line of a list to choose from."""

    value: str
    label: str
    chosen: bool


@frozen
class TotalLine:
    """What a month adds up to in one currency."""

    currency: str
    rows: int
    gross: str
    fee: str
    net: str


@frozen
class RideLine:
    """A ride. `finished_at` is in the partner's zone, so that it lies in the month it stands in."""

    reference: str
    finished_at: str
    finished_iso: str
    description: str
    driver: str
    gross: str
    fee: str
    net: str


@frozen
class MonthView:
    """A month of settlements. `empty`: why there is nothing to see, in words."""

    period: str
    currency: str
    title: str
    time_zone: str
    running: bool
    periods: list[Choice]
    currencies: list[Choice]
    totals: list[TotalLine]
    rides: list[RideLine]
    rows: int
    empty: str | None
    exportable: bool
    too_many: str | None


def month(found: settlements.Month, paging: bool) -> MonthView:
    """`paging`: the page starts somewhere in the middle."""
    rows = sum(total.rows for total in found.totals)
    periods = sorted({*found.periods, found.period}, reverse=True)
    currencies = sorted({*found.currencies, found.currency} - {""})
    return MonthView(
        period=found.period,
        currency=found.currency,
        title=moments.month(found.period),
        time_zone=found.time_zone.replace("_", " "),
        running=found.running,
        periods=[Choice(each, moments.month(each), each == found.period) for each in periods],
        currencies=[
            Choice("", gettext("All currencies"), found.currency == ""),
            *(Choice(each, each, each == found.currency) for each in currencies),
        ],
        totals=[_total(total) for total in found.totals],
        rides=_rides(found),
        rows=rows,
        empty=_empty(found, paging),
        exportable=found.exportable,
        too_many=too_many(rows) if rows > g.edge.settings.export_rows_max else None,
    )


def too_many(rows: int) -> str:
    """Why so many rides are in no file, and what to do."""
    settings = g.edge.settings
    return gettext(
        "These are %(rows)s rides, and a file holds %(most)s at most. Choose a shorter period: "
        "another month, or one currency of this one. For a larger file write to %(contact)s.",
        rows=number(rows),
        most=number(settings.export_rows_max),
        contact=settings.support_contact,
    )


def _total(total: settlements.Total) -> TotalLine:
    amounts = (details.money(amount) for amount in (total.gross, total.fee, total.net))
    return TotalLine(total.net.currency, total.rows, *amounts)


def _rides(found: settlements.Month) -> list[RideLine]:
    zone, locale = ZoneInfo(found.time_zone), language().code
    return [
        RideLine(
            reference=ride.reference,
            finished_at=moments.moment(ride.finished_at, zone, locale, "short"),
            finished_iso=ride.finished_at.isoformat(),
            description=ride.description,
            driver=ride.driver,
            gross=details.money(ride.gross),
            fee=details.money(ride.fee),
            net=details.money(ride.net),
        )
        for ride in found.rides
    ]


def _empty(found: settlements.Month, paging: bool) -> str | None:
    if found.rides:
        return None
    if not found.periods:
        return gettext("Nothing was settled yet. Rides appear here once they are settled.")
    if paging and found.totals:
        return gettext("There are no more rides in this month.")
    if found.currency and found.currencies:
        return gettext(
            "Nothing was settled in %(currency)s in %(month)s. Choose another currency.",
            currency=found.currency,
            month=moments.month(found.period),
        )
    return gettext(
        "Nothing was settled in %(month)s. Choose another month.", month=moments.month(found.period)
    )


@frozen
class FetchLine:
    """Who fetched a file: how often, and when last."""

    name: str
    times: int
    last_at: datetime


@frozen
class ExportLine:
    """An export. `hash` is whole, `hash_shown` its beginning."""

    receipt: str
    url: str
    month: str
    currency: str
    rows: int
    totals: list[str]
    made_by: str
    created_at: datetime
    hash: str
    hash_shown: str
    fetches: list[FetchLine]


def line(export: exports.Export, fetched: Sequence[exports.Fetched]) -> ExportLine:
    digest = export.hash.hex()
    return ExportLine(
        receipt=export.receipt,
        url=url_for("partner.show_export", export_id=export.id),
        month=moments.month(export.period),
        currency=export.currency or gettext("All currencies"),
        rows=export.rows,
        totals=[details.money(total) for total in exports.totals_of(export)],
        made_by=export.made_by_name,
        created_at=export.created_at,
        hash=digest,
        hash_shown=digest[:HASH_SHOWN],
        fetches=[FetchLine(each.name, each.times, each.last_at) for each in fetched],
    )
