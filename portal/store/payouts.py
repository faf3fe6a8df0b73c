"""Payouts, and who approved them.

Every statement that decides compares the version and the state that were read, so that of two
decisions one happens.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, exists, func, insert, select, update

from portal.edge import Edge
from portal.rules.money import Money
from portal.store.engine import insert_for
from portal.store.platform_tables import payees, payout_approvals, payouts
from portal.store.tables import organisations, users
from portal.values import frozen

_preparers, _deciders = users.alias("preparers"), users.alias("deciders")


@frozen
class Payout:
    """Money for a payee. `prepared_by`: None when the platform sent it.

    `approvals_given` counts the rows, whether or not what they were given for still holds.
    """

    id: str
    organisation_id: str
    organisation_name: str
    path: str
    payee_id: str
    payee_name: str
    reference: str
    currency: str
    amount: int
    state: str
    prepared_by: str | None
    prepared_by_name: str | None
    approvals_needed: int
    approvals_given: int
    version: int
    note: str
    decided_by: str | None
    decided_by_name: str | None
    decided_at: datetime | None
    created_at: datetime

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


@frozen
class Approval:
    """One person's approval of what `binding` stands for."""

    approved_by: str
    name: str
    binding: bytes
    at: datetime


_JOINED = {
    "organisation_name": organisations.c.name,
    "path": organisations.c.path,
    "payee_name": payees.c.name,
    "prepared_by_name": _preparers.c.name,
    "decided_by_name": _deciders.c.name,
    "approvals_given": select(func.count())
    .where(payout_approvals.c.payout_id == payouts.c.id)
    .scalar_subquery(),
}
_PAYOUTS = (
    select(
        *(
            _JOINED[name].label(name) if name in _JOINED else payouts.c[name]
            for name in Payout.__dataclass_fields__
        )
    )
    .join(organisations, organisations.c.id == payouts.c.organisation_id)
    .join(payees, payees.c.id == payouts.c.payee_id)
    .outerjoin(_preparers, _preparers.c.id == payouts.c.prepared_by)
    .outerjoin(_deciders, _deciders.c.id == payouts.c.decided_by)
)
_PAGE = _PAYOUTS.order_by(payouts.c.id.desc()).limit(bindparam("size"))
_FIND = _PAYOUTS.where(payouts.c.id == bindparam("payout"))
_HOLD = select(payouts.c.id).where(payouts.c.id == bindparam("payout")).with_for_update()
_TOTALS = (
    select(payouts.c.currency, func.sum(payouts.c.amount))
    .where(payouts.c.state == "waiting")
    .group_by(payouts.c.currency)
    .order_by(payouts.c.currency)
)
_APPROVALS = (
    select(
        payout_approvals.c.approved_by,
        users.c.name,
        payout_approvals.c.binding,
        payout_approvals.c.at,
    )
    .join(users, users.c.id == payout_approvals.c.approved_by)
    .where(payout_approvals.c.payout_id == bindparam("payout"))
    .order_by(payout_approvals.c.at, payout_approvals.c.approved_by)
)


def _from_row(row: RowMapping) -> Payout:
    return Payout(**row)


def page(edge: Edge, states: Iterable[str], *, before: str | None, size: int) -> list[Payout]:
    """Payouts in these states, newest first."""
    statement = _PAGE.where(payouts.c.state.in_(list(states)))
    if before:
        statement = statement.where(payouts.c.id < before)
    return [_from_row(row) for row in edge.db.execute(statement, {"size": size}).mappings()]


def waiting_totals(edge: Edge) -> list[Money]:
    """What waits for a decision, by currency."""
    return [Money(int(minor), currency) for currency, minor in edge.db.execute(_TOTALS)]


def find(edge: Edge, payout_id: str) -> Payout | None:
    row = edge.db.execute(_FIND, {"payout": payout_id}).mappings().first()
    return _from_row(row) if row else None


def hold(edge: Edge, payout_id: str) -> Payout | None:
    """Read a payout and hold it, so that it is decided by one person at a time."""
    # Two statements: one alone would read the approvals as they were before it waited.
    edge.db.execute(_HOLD, {"payout": payout_id})
    return find(edge, payout_id)


def by_reference(edge: Edge, organisation_id: str, reference: str) -> str | None:
    """The id of an organisation's payout with this reference."""
    statement = select(payouts.c.id).where(
        payouts.c.organisation_id == organisation_id, payouts.c.reference == reference
    )
    return edge.db.execute(statement).scalar()


def approvals(edge: Edge, payout_id: str) -> list[Approval]:
    return [Approval(*row) for row in edge.db.execute(_APPROVALS, {"payout": payout_id})]


def approved_of(edge: Edge, payee_id: str) -> list[Payout]:
    """The waiting payouts to a payee that somebody has approved."""
    some = exists().where(payout_approvals.c.payout_id == payouts.c.id)
    statement = _PAYOUTS.where(
        payouts.c.payee_id == payee_id, payouts.c.state == "waiting", some
    ).order_by(payouts.c.id)
    return [_from_row(row) for row in edge.db.execute(statement).mappings()]


def add(edge: Edge, values: dict[str, Any]) -> str | None:
    """Insert a payout; its id, None when the organisation has one with that reference."""
    row = {"id": edge.new_id(), "state": "waiting", "created_at": edge.now, **values}
    statement = insert_for(edge.db.dialect.name)(payouts).on_conflict_do_nothing(
        index_elements=[payouts.c.organisation_id, payouts.c.reference]
    )
    return edge.db.execute(statement.returning(payouts.c.id), row).scalar()


def correct(edge: Edge, payout: Payout, **values: Any) -> bool:
    """Give a waiting payout another content; what was approved of it is void."""
    edge.db.execute(delete(payout_approvals).where(payout_approvals.c.payout_id == payout.id))
    return _move(edge, payout, version=payout.version + 1, **values)


def decide(edge: Edge, payout: Payout, state: str, **values: Any) -> bool:
    """End a waiting payout; False when it was decided or corrected since it was read."""
    return _move(edge, payout, state=state, decided_at=edge.now, **values)


def _move(edge: Edge, payout: Payout, **values: Any) -> bool:
    result = edge.db.execute(
        update(payouts)
        .where(
            payouts.c.id == payout.id,
            payouts.c.state == "waiting",
            payouts.c.version == payout.version,
        )
        .values(**values)
    )
    return result.rowcount == 1


def approve(
    edge: Edge, payout: Payout, user_id: str, binding: bytes, counting: Iterable[Approval]
) -> None:
    """Note an approval beside those that count; all others of this payout are void and go."""
    people = [approval.approved_by for approval in counting]
    edge.db.execute(
        delete(payout_approvals).where(
            payout_approvals.c.payout_id == payout.id,
            payout_approvals.c.approved_by.not_in(people),
        )
    )
    values = {"payout_id": payout.id, "approved_by": user_id, "binding": binding, "at": edge.now}
    edge.db.execute(insert(payout_approvals), values)


def void_approvals_of(edge: Edge, payee_id: str) -> None:
    """Forget approvals of waiting payouts to a payee whose account became another."""
    waiting = select(payouts.c.id).where(
        payouts.c.payee_id == payee_id, payouts.c.state == "waiting"
    )
    edge.db.execute(delete(payout_approvals).where(payout_approvals.c.payout_id.in_(waiting)))
