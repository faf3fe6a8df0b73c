"""Exports of settlements: a file that is shown, proved for, kept, and given out.

    content ──► make: a grant for exactly this ──► open to that session for minutes ──► fetch
                release: another grant         ──► open again, the same bytes

A file is never computed twice: what was made is kept, and only that is given out.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from portal.edge import Edge
from portal.flows import permission, session, settlements
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Gone
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.flows.settlements import Ride, acting_of
from portal.rules import spreadsheet
from portal.rules.access import Allow, decide
from portal.rules.money import Money
from portal.rules.terms import Action, Target
from portal.store import audit, exports
from portal.store.exports import Export, Fetched
from portal.values import frozen

PAGE = 20
RECEIPT_BYTES = 5  # 40 bits a day: eight characters that can be read out.
HEADER = (
    "reference",
    "finished_at",
    "period",
    "description",
    "driver",
    "currency",
    "gross",
    "fee",
    "net",
)


@frozen
class Content:
    """What an export would hold now. `totals`: the net of each currency; `digest`: SHA-256."""

    period: str
    currency: str
    rows: int
    totals: list[Money]
    file: bytes
    digest: bytes


@frozen
class TooMany:
    """More rides than a file may hold."""

    rows: int


def content(edge: Edge, visit: Visit, period: str, currency: str) -> Content | TooMany | None:
    """The file of a month as it is now, in one currency or in all; None without a ride.

    Rides are counted before any is read, and go by one at a time: only the file is in memory.
    """
    zone = ZoneInfo(acting_of(visit).time_zone)
    expected = settlements.count(edge, visit, period, currency)
    if expected > edge.settings.export_rows_max:
        return TooMany(expected)
    nets: dict[str, int] = {}
    rows = 0

    def passing() -> Iterator[tuple[spreadsheet.Cell, ...]]:
        nonlocal rows
        for ride in settlements.rides(edge, visit, period, currency):
            rows += 1
            nets[ride.net.currency] = nets.get(ride.net.currency, 0) + ride.net.minor
            yield _cells(ride, zone)

    file = spreadsheet.encode(HEADER, passing())
    if rows == 0:
        return None
    digest = hashlib.sha256(file).digest()
    sums = [Money(minor, code) for code, minor in sorted(nets.items())]
    return Content(period, currency, rows, sums, file, digest)


def _cells(ride: Ride, zone: ZoneInfo) -> tuple[spreadsheet.Cell, ...]:
    return (
        ride.reference,
        ride.finished_at.astimezone(zone).isoformat(timespec="seconds"),
        ride.period,
        ride.description,
        ride.driver,
        ride.net.currency,
        ride.gross,
        ride.fee,
        ride.net,
    )


def make(edge: Edge, visit: Visit, made: Content) -> str | Unsettled:
    """Keep a file and open it to this session; its id. `made` was read in this transaction."""
    acting = acting_of(visit)
    subject = Subject(
        Target(path=acting.path),
        # Names are not unique: the grant is for this very partner.
        object_id=acting.organisation_id,
        shown=(
            ("partner", acting.organisation_name),
            ("period", made.period),
            ("currency", made.currency),
            ("rows", made.rows),
            ("total", [total.to_json() for total in made.totals]),
            ("hash", made.digest.hex()),
        ),
    )
    verdict = permission.settle(edge, visit, Action.EXPORT_SETTLEMENTS, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    export = Export(
        id=edge.new_id(),
        organisation_id=acting.organisation_id,
        period=made.period,
        currency=made.currency,
        rows=made.rows,
        totals={total.currency: total.minor for total in made.totals},
        hash=made.digest,
        receipt=_receipt(edge, acting.time_zone),
        made_by=visit.user.id,
        made_by_name=visit.user.name,
        session_id=visit.session.id,
        open_until=edge.now + edge.settings.step_up_lifetime,
        created_at=edge.now,
    )
    exports.add(edge, export, made.file)
    _note(edge, visit, Event.EXPORT_MADE, export)
    _tell(edge, visit, export, again=False)
    return export.id


def _receipt(edge: Edge, time_zone: str) -> str:
    """A number to quote, "EX-20261122-7K3QZM4P": the partner's day, and chance."""
    day = edge.now.astimezone(ZoneInfo(time_zone)).strftime("%Y%m%d")
    return f"EX-{day}-{base64.b32encode(edge.entropy(RECEIPT_BYTES)).decode()}"


def find(edge: Edge, visit: Visit, export_id: str, *, hold: bool = False) -> Export | Gone:
    """An export of the partner that the session acts for; any other does not exist."""
    organisation = acting_of(visit).organisation_id
    return exports.find(edge, organisation, export_id, hold=hold) or Gone()


def release(edge: Edge, visit: Visit, export: Export) -> Unsettled | None:
    """Open a kept file once more, to this session alone. `export` is held by this transaction."""
    acting = acting_of(visit)
    subject = Subject(
        Target(path=acting.path),
        object_id=export.id,
        shown=(
            ("partner", acting.organisation_name),
            ("receipt", export.receipt),
            ("period", export.period),
            ("currency", export.currency),
            ("rows", export.rows),
            ("total", [total.to_json() for total in totals_of(export)]),
            ("hash", export.hash.hex()),
        ),
    )
    verdict = permission.settle(edge, visit, Action.EXPORT_SETTLEMENTS, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    until = edge.now + edge.settings.step_up_lifetime
    exports.open_for(edge, export.id, visit.session.id, until)
    _note(edge, visit, Event.EXPORT_RELEASED, export)
    _tell(edge, visit, export, again=True)
    return None


def fetch(edge: Edge, visit: Visit, export_id: str) -> bytes | None:
    """The file, noted as fetched; None where it is not open to this session now.

    Any number of times while it is open: a connection may drop.
    """
    # The gate's own read is over: what it found is asked again, and held until the commit.
    now = session.again(edge, visit)
    export = find(edge, now, export_id) if now is not None else Gone()
    if now is None or isinstance(export, Gone) or not is_open(edge, now, export):
        _note_closed(edge, export_id)
        return None
    exports.note_fetch(edge, export.id, now.user.id)
    _note(edge, now, Event.EXPORT_FETCHED, export)
    return exports.content_of(edge, export.id)


def is_open(edge: Edge, visit: Visit, export: Export) -> bool:
    """Whether this session may fetch a file now: its own window, and still the role."""
    return (
        export.session_id == visit.session.id
        and edge.now < export.open_until
        and isinstance(decide(Action.VIEW_SETTLEMENTS, visit.facts), Allow)
        and may_release(visit)
    )


def may_release(visit: Visit) -> bool:
    """Whether to offer opening a file again."""
    return permission.may(visit, Action.EXPORT_SETTLEMENTS, Target(path=acting_of(visit).path))


def page(
    edge: Edge, visit: Visit, *, before: str | None = None, size: int = PAGE
) -> tuple[list[tuple[Export, list[Fetched]]], str | None]:
    """A page of the partner's exports, each with who fetched it; and where the next one starts."""
    organisation = acting_of(visit).organisation_id
    found = exports.page(edge, organisation, before=before, size=size + 1)
    shown = found[:size]
    following = shown[-1].id if len(found) > size else None
    fetched: dict[str, list[Fetched]] = {export.id: [] for export in shown}
    for line in exports.fetched(edge, list(fetched)):
        fetched[line.export_id].append(line)
    return [(export, fetched[export.id]) for export in shown], following


def fetches(edge: Edge, export: Export) -> list[Fetched]:
    return exports.fetched(edge, [export.id])


def totals_of(export: Export) -> list[Money]:
    """The net of each currency, by its code."""
    return [Money(minor, currency) for currency, minor in sorted(export.totals.items())]


def _note(edge: Edge, visit: Visit, event: Event, export: Export) -> None:
    audit.add(
        edge,
        event,
        subject_id=visit.user.id,
        detail={
            "export": export.id,
            "receipt": export.receipt,
            "hash": export.hash.hex(),
            "period": export.period,
            "currency": export.currency,
            "rows": export.rows,
            "totals": export.totals,
        },
    )


def _note_closed(edge: Edge, export_id: str) -> None:
    audit.add(
        edge,
        Event.ACTION_REFUSED,
        reason="export_closed",
        detail={"action": str(Action.EXPORT_SETTLEMENTS), "object": export_id},
    )


def _tell(edge: Edge, visit: Visit, export: Export, *, again: bool) -> None:
    partner = acting_of(visit).organisation_name
    values = {"partner": partner, "period": export.period, "receipt": export.receipt}
    tell(edge, Notice.EXPORT_MADE, visit.user, again=again, **values)
