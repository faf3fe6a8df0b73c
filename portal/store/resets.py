"""Reset requests: who asked for whose factors to be reset, why, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Row, RowMapping, Select, and_, insert, or_, select, update
from sqlalchemy.sql import ColumnElement

from portal.edge import Edge
from portal.store.administration_tables import reset_requests
from portal.store.tables import organisations, users

WAITING, APPROVED, REJECTED = "waiting", "approved", "rejected"
WITHDRAWN, EXPIRED = "withdrawn", "expired"
STATES = (WAITING, APPROVED, REJECTED, WITHDRAWN, EXPIRED)


@dataclass(frozen=True, slots=True)
class ResetRequest:
    """One request. `proof` is the service desk's note of the caller's identity, for its own cases.

    `decided_by` is None while it waits, when it ran out, and when the portal itself closed it:
    then `note` says why, as a key of `flows.reset_decisions.CLOSED_FOR`.
    """

    id: str
    user_id: str
    organisation_id: str
    requested_by: str
    reason: str
    verification: str
    proof: str
    state: str
    created_at: datetime
    expires_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str = ""

    def as_of(self, now: datetime) -> ResetRequest:
        """The request as it stands: time alone ends one that waited too long."""
        if self.state == WAITING and self.expires_at <= now:
            return replace(self, state=EXPIRED)
        return self


@dataclass(frozen=True, slots=True)
class Described:
    """A request with the names of everybody in it, and where its subject is at home."""

    request: ResetRequest
    user_name: str
    user_email: str
    requester_name: str
    decider_name: str | None
    organisation_name: str
    path: str
    managed_by_parent: bool


_COLUMNS = [reset_requests.c[name] for name in ResetRequest.__dataclass_fields__]
_requester, _decider = users.alias("requester"), users.alias("decider")
_DESCRIBED = (
    select(
        *_COLUMNS,
        users.c.name.label("user_name"),
        users.c.email.label("user_email"),
        _requester.c.name.label("requester_name"),
        _decider.c.name.label("decider_name"),
        organisations.c.name.label("organisation_name"),
        organisations.c.path,
        organisations.c.managed_by_parent,
    )
    .join(users, users.c.id == reset_requests.c.user_id)
    .join(organisations, organisations.c.id == reset_requests.c.organisation_id)
    .join(_requester, _requester.c.id == reset_requests.c.requested_by)
    .outerjoin(_decider, _decider.c.id == reset_requests.c.decided_by)
)


def _from_row(row: RowMapping) -> ResetRequest:
    return ResetRequest(**{name: row[name] for name in ResetRequest.__dataclass_fields__})


def _described(edge: Edge, row: RowMapping) -> Described:
    names = list(Described.__dataclass_fields__)[1:]
    return Described(_from_row(row).as_of(edge.now), **{name: row[name] for name in names})


def add(edge: Edge, request: ResetRequest) -> None:
    """Store a request and name it in its subject's row, which the caller holds."""
    values = {name: getattr(request, name) for name in ResetRequest.__dataclass_fields__}
    edge.db.execute(insert(reset_requests), values)
    edge.db.execute(update(users).where(users.c.id == request.user_id).values(reset_id=request.id))


def find(edge: Edge, request_id: str) -> ResetRequest | None:
    statement = select(*_COLUMNS).where(reset_requests.c.id == request_id)
    row = edge.db.execute(statement).mappings().first()
    return _from_row(row).as_of(edge.now) if row else None


def described(edge: Edge, request_id: str) -> Described | None:
    row = edge.db.execute(_DESCRIBED.where(reset_requests.c.id == request_id)).mappings().first()
    return _described(edge, row) if row else None


def waiting_for(edge: Edge, user_ids: list[str]) -> dict[str, ResetRequest]:
    """The undecided request of each of these people; one that ran out says so."""
    statement = select(*_COLUMNS).where(
        reset_requests.c.user_id.in_(user_ids), reset_requests.c.state == WAITING
    )
    found = (_from_row(row).as_of(edge.now) for row in edge.db.execute(statement).mappings())
    return {request.user_id: request for request in found}


def decide(
    edge: Edge, request: ResetRequest, state: str, *, by: str | None, note: str = ""
) -> bool:
    """Decide a waiting request; of any number of deciders one gets True."""
    on_time = (
        reset_requests.c.expires_at <= edge.now
        if state == EXPIRED
        else reset_requests.c.expires_at > edge.now
    )
    decided = update(reset_requests).where(
        reset_requests.c.id == request.id, reset_requests.c.state == WAITING, on_time
    )
    values = {"state": state, "decided_by": by, "decided_at": edge.now, "note": note}
    if edge.db.execute(decided.values(**values)).rowcount != 1:
        return False
    mine = and_(users.c.id == request.user_id, users.c.reset_id == request.id)
    edge.db.execute(update(users).where(mine).values(reset_id=None))
    return True


def overdue(edge: Edge) -> ResetRequest | None:
    """A request that waited too long and was not noted as expired yet."""
    late = and_(reset_requests.c.state == WAITING, reset_requests.c.expires_at <= edge.now)
    row = edge.db.execute(select(*_COLUMNS).where(late).limit(1)).mappings().first()
    return _from_row(row).as_of(edge.now) if row else None


def page(edge: Edge, state: str, *, under: str, after: str | None, size: int) -> list[Described]:
    """Requests of a state in a part of the tree: those that wait oldest first, others newest.

    `under` is the path of the part's top; `after` the last id of the page before.
    """
    statement = _under(_DESCRIBED.where(_in_state(edge, state)), under)
    key = reset_requests.c.id
    if state == WAITING:
        statement = statement.order_by(key)
        statement = statement.where(key > after) if after else statement
    else:
        statement = statement.order_by(key.desc())
        statement = statement.where(key < after) if after else statement
    rows = edge.db.execute(statement.limit(size)).mappings()
    return [_described(edge, row) for row in rows]


def _in_state(edge: Edge, state: str) -> ColumnElement[bool]:
    column, late = reset_requests.c.state, reset_requests.c.expires_at <= edge.now
    if state == WAITING:
        return and_(column == WAITING, ~late)
    if state == EXPIRED:
        return or_(column == EXPIRED, and_(column == WAITING, late))
    return column == state


def _under(statement: Select[Row], path: str) -> Select[Row]:
    """A subtree is one range of paths; the whole tree needs no condition at all."""
    if path.count("/") <= 2:
        return statement
    end = path[:-1] + chr(ord("/") + 1)
    return statement.where(organisations.c.path >= path, organisations.c.path < end)
