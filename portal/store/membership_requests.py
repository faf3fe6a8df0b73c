"""Roles that wait: for a second person where they administer, else for the person's own consent.

A role of somebody whose home is elsewhere waits too, until they accept it from their mailbox.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    ScalarSelect,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)

from portal.edge import Edge
from portal.rules.terms import ADMINISTRATORS, AccountState, Role
from portal.store.administration_tables import membership_requests as requests
from portal.store.tables import memberships, organisations, users
from portal.values import frozen

APPROVERS = (str(Role.PARTNER_ADMIN), str(Role.SUPER_ADMIN))


class Change(enum.StrEnum):
    """What is asked for."""

    ADD = "add"
    REMOVE = "remove"


class State(enum.StrEnum):
    """Where a request stands. One that waits beyond its time is over, also before that is noted.

    An expired one is kept as withdrawn by nobody: the release before reads that, and no more.
    """

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@frozen
class MembershipRequest:
    """One role of one person in one organisation, to be given or taken."""

    id: str
    user_id: str
    organisation_id: str
    role: Role
    change: Change
    requested_by: str
    state: State
    created_at: datetime
    expires_at: datetime


@frozen
class Waiting:
    """A request in the list. `approvers`: how many others near it could be its second person;
    `approvers_hq`: how many at HQ.
    """

    request: MembershipRequest
    name: str
    email: str
    account: AccountState
    home_organisation_id: str
    organisation: str
    path: str
    managed_by_parent: bool
    requested_by: str
    approvers: int
    approvers_hq: int


def _from_row(row: RowMapping) -> MembershipRequest:
    return MembershipRequest(
        id=row["id"],
        user_id=row["user_id"],
        organisation_id=row["organisation_id"],
        role=Role(row["role"]),
        change=Change(row["change"]),
        requested_by=row["requested_by"],
        state=_state(row),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


def _state(row: RowMapping) -> State:
    state = State(row["state"])
    return State.EXPIRED if state is State.WITHDRAWN and row["decided_by"] is None else state


@frozen
class Asked:
    """What a new request is about."""

    user_id: str
    organisation_id: str
    role: Role
    change: Change
    requested_by: str


def add(edge: Edge, asked: Asked, lifetime: timedelta) -> str:
    """Let a role wait. The caller holds the person's row and has looked for the same request."""
    identity = edge.new_id()
    edge.db.execute(
        insert(requests),
        {
            "id": identity,
            "user_id": asked.user_id,
            "organisation_id": asked.organisation_id,
            "role": str(asked.role),
            "change": str(asked.change),
            "requested_by": asked.requested_by,
            "state": str(State.WAITING),
            "created_at": edge.now,
            "expires_at": edge.now + lifetime,
        },
    )
    return identity


def find(edge: Edge, request_id: str) -> MembershipRequest | None:
    row = edge.db.execute(select(requests).where(requests.c.id == request_id)).mappings().first()
    return _from_row(row) if row else None


def hold(edge: Edge, request_id: str) -> MembershipRequest | None:
    """Read a request and hold it: of two decisions the second sees the first."""
    statement = select(requests).where(requests.c.id == request_id).with_for_update()
    row = edge.db.execute(statement).mappings().first()
    return _from_row(row) if row else None


def waiting_for(edge: Edge, user_id: str) -> list[MembershipRequest]:
    """What waits about a person and has not expired, oldest first."""
    statement = select(requests).where(
        requests.c.user_id == user_id,
        requests.c.state == str(State.WAITING),
        requests.c.expires_at > edge.now,
    )
    rows = edge.db.execute(statement.order_by(requests.c.id)).mappings()
    return [_from_row(row) for row in rows]


def overdue(edge: Edge) -> MembershipRequest | None:
    """A request that waited too long and was not noted as expired yet."""
    late = and_(requests.c.state == str(State.WAITING), requests.c.expires_at <= edge.now)
    row = edge.db.execute(select(requests).where(late).limit(1)).mappings().first()
    return _from_row(row) if row else None


def decide(edge: Edge, request_id: str, state: State, decided_by: str) -> bool:
    """Close a request; of any number of decisions one gets True."""
    return _close(edge, request_id, state, decided_by)


def expire(edge: Edge, request_id: str) -> bool:
    """Note that nobody decided in time; once, and not where somebody did."""
    return _close(edge, request_id, State.WITHDRAWN, None)


def _close(edge: Edge, request_id: str, state: State, decided_by: str | None) -> bool:
    result = edge.db.execute(
        update(requests)
        .where(requests.c.id == request_id, requests.c.state == str(State.WAITING))
        .values(state=str(state), decided_by=decided_by, decided_at=edge.now)
    )
    return result.rowcount == 1


def page(
    edge: Edge, organisation_ids: Collection[str] | None, *, before: str | None, size: int
) -> list[Waiting]:
    """What waits for a second person in these organisations, newest first; None: in all."""
    asker = users.alias("asker")
    statement = (
        select(
            requests,
            users.c.name.label("person_name"),
            users.c.email.label("person_email"),
            users.c.state.label("person_state"),
            users.c.home_organisation_id,
            organisations.c.name.label("organisation_name"),
            organisations.c.path,
            organisations.c.managed_by_parent,
            asker.c.name.label("asker_name"),
            _approvers(_NEAR).label("approvers"),
            _approvers(_AT_HQ).label("approvers_hq"),
        )
        .join(users, users.c.id == requests.c.user_id)
        .join(asker, asker.c.id == requests.c.requested_by)
        .join(organisations, organisations.c.id == requests.c.organisation_id)
        .where(
            requests.c.state == str(State.WAITING),
            requests.c.expires_at > edge.now,
            requests.c.role.in_([str(role) for role in ADMINISTRATORS]),
        )
    )
    if organisation_ids is not None:
        statement = statement.where(requests.c.organisation_id.in_(list(organisation_ids)))
    if before is not None:
        statement = statement.where(requests.c.id < before)
    rows = edge.db.execute(statement.order_by(requests.c.id.desc()).limit(size)).mappings()
    return [_waiting(row) for row in rows]


def _waiting(row: RowMapping) -> Waiting:
    return Waiting(
        request=_from_row(row),
        name=row["person_name"],
        email=row["person_email"],
        account=AccountState(row["person_state"]),
        home_organisation_id=row["home_organisation_id"],
        organisation=row["organisation_name"],
        path=row["path"],
        managed_by_parent=row["managed_by_parent"],
        requested_by=row["asker_name"],
        approvers=row["approvers"],
        approvers_hq=row["approvers_hq"],
    )


_held = memberships.alias("approver_roles")
_root = organisations.alias("root")
_NEAR = or_(
    _held.c.organisation_id == requests.c.organisation_id,
    and_(
        organisations.c.managed_by_parent.is_(True),
        _held.c.organisation_id == organisations.c.parent_id,
    ),
)
_AT_HQ = _held.c.organisation_id.in_(select(_root.c.id).where(_root.c.parent_id.is_(None)))


def _approvers(where: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many active others hold a role that approves, where the request can be reached from."""
    person = users.alias("approver")
    return (
        select(func.count(_held.c.user_id.distinct()))
        .join(person, person.c.id == _held.c.user_id)
        .where(
            _held.c.role.in_(APPROVERS),
            person.c.state == str(AccountState.ACTIVE),
            person.c.id.not_in((requests.c.user_id, requests.c.requested_by)),
            where,
        )
        .correlate(requests, organisations)
        .scalar_subquery()
    )
