"""Data of the platform on its way in: whole files and requests, or nothing of them.

Each kind is taken record by record by the flow that owns it; here it is only decided that all of
a batch stays or none. The same record twice is one row: those flows see to that too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NoReturn

from portal.edge import Edge
from portal.flows import payee_intake, payouts, settlements, wallet_intake
from portal.flows.events import Event
from portal.flows.outcomes import Blocked, Gone, Taken
from portal.store import api_tokens, audit, organisations, savepoint
from portal.store.api_tokens import Machine
from portal.store.organisations import Organisation
from portal.values import frozen

Take = Callable[[Edge, Organisation, dict[str, Any]], str | Taken | None]
KINDS: dict[str, Take] = {
    "settlements": settlements.take,
    "payees": payee_intake.take,
    "payouts": payouts.take,
    "cards": wallet_intake.take_card,
    "passengers": wallet_intake.take_passenger,
}
# Kind → the fields of a record, all of them texts, and those of them that may be missing.
FIELDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "settlements": (settlements.RECORD, frozenset()),
    "payees": (payee_intake.RECORD, frozenset()),
    "payouts": (payouts.RECORD, frozenset()),
    "cards": (wallet_intake.CARD_FIELDS, frozenset()),
    "passengers": (wallet_intake.PASSENGER_FIELDS, wallet_intake.PASSENGER_OPTIONAL),
}
# Who hears of what is new, where that is somebody's money; once a batch.
NEWS: dict[str, Callable[[Edge, Organisation, Sequence[str]], None]] = {
    "payees": payee_intake.tell_brought_in,
    "payouts": payouts.tell_brought_in,
}
WHOLE_MAX = 2**63 - 1  # What a database holds as a whole number.
DEPTH_MAX = 4
# The reasons that are no sentences yet: names of fields, and these.
REASONS = {
    "record": "the fields are not exactly those of this kind",
    "other_content": "reference: another record has it, with other content",
    "finished_at": "finished_at: a time with its zone, like 2026-10-03T14:05:00+02:00, is needed",
    "currency": "currency: an ISO 4217 code like EUR is needed",
    "gross": 'gross: an amount like "123.40", with the digits of its currency, is needed',
    "fee": 'fee: an amount like "12.30", with the digits of its currency, is needed',
}


@frozen
class Line:
    """A record and where it stood: the line of a file or the place in a list, from 1."""

    number: int
    record: Any


@frozen
class Unreadable:
    """Stands where a record should: the line is no JSON."""


@frozen
class Refusal:
    """Why one record was not taken; the reason never repeats what was in it."""

    number: int
    reason: str


@frozen
class Imported:
    """All of it is there now, or was there already."""

    records: int


@frozen
class NotTaken:
    """Nothing of it is there."""

    refusals: list[Refusal]


def parse(text: bytes) -> Any:
    """The value that UTF-8 JSON stands for (RFC 8259); `Unreadable` for anything else."""
    try:
        return json.loads(text.decode(), parse_constant=_refuse, object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        return Unreadable()


def _refuse(_text: str) -> NoReturn:
    raise ValueError("no JSON number")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names come once: of two, readers would see different ones."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name comes twice")
    return dict(pairs)


def lines_of(file: Iterable[bytes]) -> list[Line]:
    """The records of a JSON Lines file; empty lines are counted and left out."""
    return [Line(number, parse(text)) for number, text in enumerate(file, start=1) if text.strip()]


def by_host(
    edge: Edge, organisation: str, kind: str, lines: Sequence[Line]
) -> Imported | NotTaken | Blocked:
    """What an operator brings in by command."""
    found = organisations.by_name(edge, organisation)
    if found is None:
        return Blocked("no_such_organisation")
    return bring_in(edge, found, kind, lines)


def by_machine(
    edge: Edge, machine: Machine, kind: str, lines: Sequence[Line]
) -> Imported | NotTaken | Gone:
    """What a machine sends, into its own organisation; Gone when its token ended meanwhile."""
    if not api_tokens.use(edge, machine.id):
        return Gone()
    found = organisations.by_id(edge, machine.organisation_id)
    assert found is not None
    return bring_in(edge, found, kind, lines, api_token=machine.id)


def bring_in(
    edge: Edge, organisation: Organisation, kind: str, lines: Sequence[Line], **who: str
) -> Imported | NotTaken:
    """Take every record or none; either is audited. `who`: more to know the sender by."""
    # One batch of an organisation after another, so that two never wait for each other's rows.
    organisations.lock(edge, organisation.id)
    new: list[str] = []
    take = partial(_take_all, edge, organisation, KINDS[kind], lines, new)
    refusals = savepoint.keep_if(edge, take, lambda found: not found)
    detail = {"kind": kind, "organisation": organisation.id, "records": len(lines), **who}
    if refusals:
        detail["refused"] = len(refusals)
        audit.add(edge, Event.IMPORT_REFUSED, detail=detail)
        return NotTaken(refusals)
    audit.add(edge, Event.IMPORTED, detail=detail)
    if new and kind in NEWS:
        NEWS[kind](edge, organisation, new)
    return Imported(len(lines))


def _take_all(
    edge: Edge, organisation: Organisation, take: Take, lines: Sequence[Line], new: list[str]
) -> list[Refusal]:
    """Take each record; why some cannot be. The ids of what is told of are added to `new`."""
    refusals = []
    for line in lines:
        record = line.record
        match _unfit(record) or take(edge, organisation, record):
            case Taken(identity):
                new.append(identity)
            case str(reason):
                refusals.append(Refusal(line.number, _in_words(reason)))
    return refusals


def _unfit(record: Any) -> str | None:
    """What no kind can take; None when the record may be looked at closer."""
    match record:
        case Unreadable():
            return "not a line of JSON"
        case dict():
            return None if _is_storable(record) else "a value that cannot be stored"
    return "an object with fields is needed"


def _is_storable(value: Any, depth: int = 0) -> bool:
    """Whether both databases can hold a value: no NUL, no half characters, no fractions."""
    match value:
        case str():
            return "\x00" not in value and not any("\ud800" <= one <= "\udfff" for one in value)
        case bool() | None:
            return True
        case int():
            return abs(value) <= WHOLE_MAX
        case dict() if depth < DEPTH_MAX:
            parts = [*value.keys(), *value.values()]
            return all(_is_storable(part, depth + 1) for part in parts)
        case list() if depth < DEPTH_MAX:
            return all(_is_storable(part, depth + 1) for part in value)
    return False


def _in_words(reason: str) -> str:
    """A reason as a sentence: some flows name only the field that does not fit."""
    if reason in REASONS:
        return REASONS[reason]
    return f"{reason}: does not fit" if reason.isidentifier() else reason
