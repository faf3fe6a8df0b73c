"""Requests that one person makes and another decides: what resets and exceptions have in common.

Each kind has a table of its own; the statements about waiting, deciding and running out are here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Row, RowMapping, Select, Table, and_, or_, select, update
from sqlalchemy.sql import ColumnElement

from portal.edge import Edge
from portal.store.tables import organisations, users
from portal.values import keeping

WAITING, APPROVED, REJECTED = "waiting", "approved", "rejected"
WITHDRAWN, EXPIRED, ENDED = "withdrawn", "expired", "ended"
R = TypeVar("R")


@keeping
class Described(Generic[R]):
    """A request with the names of everybody in it, and where its subject is at home."""

    request: R
    user_name: str
    user_email: str
    requester_name: str
    first_approver_name: str | None
    decider_name: str | None
    organisation_name: str
    path: str
    managed_by_parent: bool


@keeping
class Queue(Generic[R]):
    """The requests of a table. `lapses`: what a state is when its `expires_at` is over.

    `record`: the dataclass of a row, its fields named as the columns.
    """

    table: Table
    record: Callable[..., R]
    lapses: Mapping[str, str]

    @property
    def columns(self) -> list[Any]:
        return [self.table.c[name] for name in self._names]

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(vars(self.record)["__dataclass_fields__"])

    def find(self, edge: Edge, condition: ColumnElement[bool]) -> list[R]:
        """Requests as they stand now."""
        rows = edge.db.execute(select(*self.columns).where(condition)).mappings()
        return [self._from_row(row, edge.now) for row in rows]

    def _from_row(self, row: RowMapping, now: datetime) -> R:
        """The request of a row as it stands: time alone ends one that waited too long."""
        values = {name: row[name] for name in self._names}
        lapsed = self.lapses.get(values["state"])
        if lapsed is not None and values["expires_at"] <= now:
            values["state"] = lapsed
        return self.record(**values)

    def move(
        self,
        edge: Edge,
        request_id: str,
        change: tuple[str, str],
        *,
        late: bool = False,
        **values: Any,
    ) -> bool:
        """Change a state; of any number of changers one gets True. `late`: its time is over."""
        before, after = change
        is_over = self.table.c.expires_at <= edge.now
        found = and_(
            self.table.c.id == request_id,
            self.table.c.state == before,
            is_over if late else ~is_over,
        )
        moved = update(self.table).where(found).values(state=after, **values)
        return edge.db.execute(moved).rowcount == 1

    def approve_first(self, edge: Edge, request_id: str, by: str) -> bool:
        """Note the first of two approvals; the request goes on waiting."""
        change = (WAITING, WAITING)
        return self.move(edge, request_id, change, first_approved_by=by)

    def overdue(self, edge: Edge) -> R | None:
        """A request whose time is over, and of which nobody has noted that yet."""
        late = and_(self.table.c.state.in_(list(self.lapses)), self.table.c.expires_at <= edge.now)
        row = edge.db.execute(select(*self.columns).where(late).limit(1)).mappings().first()
        return self._from_row(row, edge.now) if row else None

    def described(self, edge: Edge, request_id: str) -> Described[R] | None:
        statement = self._describing().where(self.table.c.id == request_id)
        row = edge.db.execute(statement).mappings().first()
        return self._named(row, edge.now) if row else None

    def page(
        self, edge: Edge, state: str, *, under: str, after: str | None, size: int
    ) -> list[Described[R]]:
        """Requests of a state in a part of the tree: those that wait oldest first, others newest.

        `under` is the path of the part's top; `after` the last id of the page before.
        """
        statement = _under(self._describing().where(self._in_state(edge, state)), under)
        key = self.table.c.id
        if state == WAITING:
            statement = statement.order_by(key)
            statement = statement.where(key > after) if after else statement
        else:
            statement = statement.order_by(key.desc())
            statement = statement.where(key < after) if after else statement
        rows = edge.db.execute(statement.limit(size)).mappings()
        return [self._named(row, edge.now) for row in rows]

    def of_organisation(
        self, edge: Edge, organisation_id: str, state: str, *, after: str | None, size: int
    ) -> list[Described[R]]:
        """Requests of a state in one organisation, whoever stands under it; newest first."""
        key, home = self.table.c.id, self.table.c.organisation_id
        statement = self._describing().where(home == organisation_id, self._in_state(edge, state))
        statement = statement.where(key < after) if after else statement
        rows = edge.db.execute(statement.order_by(key.desc()).limit(size)).mappings()
        return [self._named(row, edge.now) for row in rows]

    def _named(self, row: RowMapping, now: datetime) -> Described[R]:
        names = list(Described.__dataclass_fields__)[1:]
        return Described(self._from_row(row, now), **{name: row[name] for name in names})

    def _in_state(self, edge: Edge, state: str) -> ColumnElement[bool]:
        column, late = self.table.c.state, self.table.c.expires_at <= edge.now
        lapsed = [before for before, after in self.lapses.items() if after == state]
        if state in self.lapses:
            return and_(column == state, ~late)
        return or_(column == state, and_(column.in_(lapsed), late)) if lapsed else column == state

    def _describing(self) -> Select[Any]:
        requester, first, decider = (
            users.alias(name) for name in ("requester", "first", "decider")
        )
        table = self.table
        return (
            select(
                *self.columns,
                users.c.name.label("user_name"),
                users.c.email.label("user_email"),
                requester.c.name.label("requester_name"),
                first.c.name.label("first_approver_name"),
                decider.c.name.label("decider_name"),
                organisations.c.name.label("organisation_name"),
                organisations.c.path,
                organisations.c.managed_by_parent,
            )
            .join(users, users.c.id == table.c.user_id)
            .join(organisations, organisations.c.id == table.c.organisation_id)
            .join(requester, requester.c.id == table.c.requested_by)
            .outerjoin(first, first.c.id == table.c.first_approved_by)
            .outerjoin(decider, decider.c.id == table.c.decided_by)
        )


def _under(statement: Select[Row], path: str) -> Select[Row]:
    """A subtree is one range of paths; the whole tree needs no condition at all."""
    if path.count("/") <= 2:
        return statement
    end = path[:-1] + chr(ord("/") + 1)
    return statement.where(organisations.c.path >= path, organisations.c.path < end)
