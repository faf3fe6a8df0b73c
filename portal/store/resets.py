"""Reset requests: who asked for whose factors to be reset, why, and what was decided."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, insert, select, update

from portal.edge import Edge
from portal.store import queues
from portal.store.administration_tables import reset_requests
from portal.store.queues import APPROVED, EXPIRED, REJECTED, WAITING, WITHDRAWN, Queue
from portal.store.tables import users
from portal.values import frozen

STATES = (WAITING, APPROVED, REJECTED, WITHDRAWN, EXPIRED)


@frozen
class ResetRequest:
    """One request. `proof` is the service desk's note of the caller's identity, for its own cases.

    `decided_by` is None while it waits, when it ran out, and when the portal itself closed it:
    then `note` says why, as a key of `flows.reset_decisions.CLOSED_FOR`. `first_approved_by`: of
    two approvals that are needed, who gave the first. `api_token_id`: the machine that asked, for
    the person who made it.
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
    first_approved_by: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str = ""
    api_token_id: str | None = None


QUEUE: Queue[ResetRequest] = Queue(reset_requests, ResetRequest, {WAITING: EXPIRED})
Described = queues.Described[ResetRequest]


def add(edge: Edge, request: ResetRequest) -> None:
    """Store a request and name it in its subject's row, which the caller holds."""
    values = {name: getattr(request, name) for name in ResetRequest.__dataclass_fields__}
    edge.db.execute(insert(reset_requests), values)
    edge.db.execute(update(users).where(users.c.id == request.user_id).values(reset_id=request.id))


def find(edge: Edge, request_id: str) -> ResetRequest | None:
    return next(iter(QUEUE.find(edge, reset_requests.c.id == request_id)), None)


def waiting_for(edge: Edge, user_ids: list[str]) -> dict[str, ResetRequest]:
    """The undecided request of each of these people; one that ran out says so."""
    undecided = and_(reset_requests.c.user_id.in_(user_ids), reset_requests.c.state == WAITING)
    return {request.user_id: request for request in QUEUE.find(edge, undecided)}


def count_by_token(edge: Edge, token_id: str, *, since: datetime) -> int:
    """How many a machine has asked for since, whatever became of them."""
    statement = select(func.count()).where(
        reset_requests.c.id >= edge.smallest_id_at(since),
        reset_requests.c.api_token_id == token_id,
    )
    return edge.db.execute(statement).scalar_one()


def decide(
    edge: Edge, request: ResetRequest, state: str, *, by: str | None, note: str = ""
) -> bool:
    """Decide a waiting request; of any number of deciders one gets True."""
    values = {"decided_by": by, "decided_at": edge.now, "note": note}
    if not QUEUE.move(edge, request.id, (WAITING, state), late=state == EXPIRED, **values):
        return False
    mine = and_(users.c.id == request.user_id, users.c.reset_id == request.id)
    edge.db.execute(update(users).where(mine).values(reset_id=None))
    return True
