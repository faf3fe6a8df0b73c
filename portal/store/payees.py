"""Payees and the changes of their bank accounts. Accounts lie sealed, bound to their row.

A payee has at most one open change: waiting for a second person, or approved and waiting for its
time. Whether a time has passed is the flow's question.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, bindparam, insert, or_, select, update

from portal.edge import Edge
from portal.rules.bank import Account
from portal.store import sealed
from portal.store.platform_tables import payee_changes, payees
from portal.store.sealed import open_json, seal_json
from portal.store.tables import organisations, users
from portal.values import frozen

PLACE = "payees:account"
CHANGE_PLACE = "payee_changes:account"
OPEN = ("waiting", "approved")
_requesters, _deciders = users.alias("requesters"), users.alias("deciders")


@frozen
class Change:
    """A change of an account. `account` is sealed; `account_shown` its last four."""

    id: str
    account: bytes
    account_shown: str
    state: str
    requested_by: str
    requested_by_name: str
    decided_by: str | None
    decided_by_name: str | None
    decided_at: datetime | None
    effective_at: datetime | None
    note: str
    created_at: datetime


@frozen
class Payee:
    """Who is paid, of which organisation. `open`: the change that is not over yet, if any."""

    id: str
    organisation_id: str
    organisation_name: str
    path: str
    name: str
    currency: str
    account: bytes | None
    account_shown: str
    version: int
    created_at: datetime
    open: Change | None = None


_CHANGE_COLUMNS = [
    *(
        payee_changes.c[name].label(f"c_{name}")
        for name in Change.__dataclass_fields__
        if not name.endswith("_name")
    ),
    _requesters.c.name.label("c_requested_by_name"),
    _deciders.c.name.label("c_decided_by_name"),
]
_PAYEES = (
    select(
        *(
            payees.c[name]
            for name in Payee.__dataclass_fields__
            if name not in {"organisation_name", "path", "open"}
        ),
        organisations.c.name.label("organisation_name"),
        organisations.c.path,
        *_CHANGE_COLUMNS,
    )
    .join(organisations, organisations.c.id == payees.c.organisation_id)
    .outerjoin(
        payee_changes,
        and_(payee_changes.c.payee_id == payees.c.id, payee_changes.c.state.in_(OPEN)),
    )
    .outerjoin(_requesters, _requesters.c.id == payee_changes.c.requested_by)
    .outerjoin(_deciders, _deciders.c.id == payee_changes.c.decided_by)
)
_PAGE = (
    _PAYEES.where(payees.c.organisation_id == bindparam("organisation"))
    .where(payees.c.id > bindparam("after"))
    .order_by(payees.c.id)
    .limit(bindparam("size"))
)
_FIND = _PAYEES.where(payees.c.id == bindparam("payee"))
_HOLD = select(payees.c.id).where(payees.c.id == bindparam("payee")).with_for_update()
_CHANGES = (
    select(*_CHANGE_COLUMNS)
    .select_from(payee_changes)
    .join(_requesters, _requesters.c.id == payee_changes.c.requested_by)
    .outerjoin(_deciders, _deciders.c.id == payee_changes.c.decided_by)
    .where(payee_changes.c.payee_id == bindparam("payee"))
    .order_by(payee_changes.c.id.desc())
    .limit(bindparam("size"))
)
_DUE = (
    select(payee_changes.c.payee_id)
    .where(payee_changes.c.state == "approved", payee_changes.c.effective_at <= bindparam("now"))
    .order_by(payee_changes.c.effective_at)
    .limit(1)
)


def _change_from_row(row: RowMapping) -> Change:
    return Change(**{name: row[f"c_{name}"] for name in Change.__dataclass_fields__})


def _from_row(row: RowMapping) -> Payee:
    values = {name: row[name] for name in Payee.__dataclass_fields__ if name != "open"}
    return Payee(**values, open=_change_from_row(row) if row["c_id"] is not None else None)


def page(edge: Edge, organisation_id: str, *, after: str, size: int) -> list[Payee]:
    """An organisation's payees by id, after one."""
    wanted = {"organisation": organisation_id, "after": after, "size": size}
    return [_from_row(row) for row in edge.db.execute(_PAGE, wanted).mappings()]


def find(edge: Edge, payee_id: str) -> Payee | None:
    row = edge.db.execute(_FIND, {"payee": payee_id}).mappings().first()
    return _from_row(row) if row else None


def hold(edge: Edge, payee_id: str) -> Payee | None:
    """Read a payee and hold it: whatever changes where it is paid to happens in turn."""
    # Two statements: one alone would read the change as it was before it waited for the lock.
    edge.db.execute(_HOLD, {"payee": payee_id})
    return find(edge, payee_id)


def by_name(edge: Edge, organisation_id: str, name: str) -> Payee | None:
    """The payee of an organisation with exactly this name."""
    statement = _PAYEES.where(payees.c.organisation_id == organisation_id, payees.c.name == name)
    row = edge.db.execute(statement.limit(1)).mappings().first()
    return _from_row(row) if row else None


def of_partners(edge: Edge, beginning: str, size: int) -> list[Payee]:
    """Payees by organisation and name, where either begins like this, or both in this order."""
    statement = _PAYEES.order_by(organisations.c.name, payees.c.name, payees.c.id).limit(size)
    if beginning:
        # Both together, so that any payee is found whatever many others are called.
        both = organisations.c.name + " " + payees.c.name
        statement = statement.where(
            or_(
                both.istartswith(beginning, autoescape=True),
                payees.c.name.istartswith(beginning, autoescape=True),
            )
        )
    return [_from_row(row) for row in edge.db.execute(statement).mappings()]


def changes(edge: Edge, payee_id: str, *, before: str | None, size: int) -> list[Change]:
    """What happened to a payee's account, newest first."""
    statement = _CHANGES.where(payee_changes.c.id < before) if before else _CHANGES
    rows = edge.db.execute(statement, {"payee": payee_id, "size": size}).mappings()
    return [_change_from_row(row) for row in rows]


def has_change(edge: Edge, payee_id: str, change_id: str) -> bool:
    statement = select(payee_changes.c.id).where(
        payee_changes.c.id == change_id, payee_changes.c.payee_id == payee_id
    )
    return edge.db.execute(statement).first() is not None


def next_due(edge: Edge) -> str | None:
    """The payee whose approved change has waited longest past its time; None when none has."""
    return edge.db.execute(_DUE, {"now": edge.now}).scalar()


def add(edge: Edge, organisation_id: str, name: str, currency: str) -> str:
    """Insert a payee that has no account yet; its id."""
    payee_id = edge.new_id()
    values = {
        "id": payee_id,
        "organisation_id": organisation_id,
        "name": name,
        "currency": currency,
        "account_shown": "",
        "created_at": edge.now,
    }
    edge.db.execute(insert(payees), values)
    return payee_id


def set_account(edge: Edge, payee_id: str, account: Account) -> None:
    """Make an account the one that is paid to; every earlier version of the payee is over."""
    values: dict[str, Any] = {
        "account": seal_json(edge, PLACE, payee_id, account.to_json()),
        "account_shown": account.last_four,
        "version": payees.c.version + 1,
    }
    edge.db.execute(update(payees).where(payees.c.id == payee_id).values(values))


def opened(edge: Edge, payee: Payee) -> Account | None:
    """The payee's own account in full. Raises SealBroken."""
    if payee.account is None:
        return None
    return Account(**open_json(edge, PLACE, payee.id, payee.account))


def opened_change(edge: Edge, change: Change) -> Account:
    """A change's account in full. Raises SealBroken."""
    return Account(**open_json(edge, CHANGE_PLACE, change.id, change.account))


def add_change(edge: Edge, payee_id: str, organisation_id: str, account: Account, by: str) -> str:
    """Insert a change that waits for a second person; its id."""
    change_id = edge.new_id()
    values = {
        "id": change_id,
        "payee_id": payee_id,
        "organisation_id": organisation_id,
        "account": seal_json(edge, CHANGE_PLACE, change_id, account.to_json()),
        "account_shown": account.last_four,
        "state": "waiting",
        "requested_by": by,
        "created_at": edge.now,
    }
    edge.db.execute(insert(payee_changes), values)
    return change_id


def move_change(edge: Edge, change: Change, state: str, **values: Any) -> bool:
    """Take a change from the state that was read to another; False when it has left it."""
    result = edge.db.execute(
        update(payee_changes)
        .where(payee_changes.c.id == change.id, payee_changes.c.state == change.state)
        .values(state=state, **values)
    )
    return result.rowcount == 1


def reseal_page(edge: Edge, after: str, size: int) -> sealed.Resealed:
    """Seal a page of accounts with the current key."""
    return sealed.reseal_page(edge, payees, "account", after, size)


def reseal_changes_page(edge: Edge, after: str, size: int) -> sealed.Resealed:
    """Seal a page of the accounts of changes with the current key."""
    return sealed.reseal_page(edge, payee_changes, "account", after, size)
