"""What nobody decided, and what nobody agreed to, in time: it ends, and the audit log says so.

It is over at the moment that it names, whenever this runs: every reader asks for the time too.
"""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import invitations
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.rules import roles
from portal.store import audit, membership_requests, organisations, users
from portal.store.membership_requests import MembershipRequest, State
from portal.store.users import User


def expire_next(edge: Edge) -> bool:
    """The worker's job: end one request that ran out; False when there is none."""
    request = membership_requests.overdue(edge)
    if request is None:
        return False
    # The person first, as everybody does who decides about their roles.
    about = users.lock(edge, request.user_id)
    assert about is not None, "a request belongs to a person"
    if membership_requests.expire(edge, request.id):
        _note(edge, request, about)
    return True


def _note(edge: Edge, request: MembershipRequest, about: User) -> None:
    detail = {
        "role": str(request.role),
        "organisation": request.organisation_id,
        "change": str(request.change),
        "requested_by": request.requested_by,
    }
    audit.add(edge, Event.MEMBERSHIP_EXPIRED, subject_id=about.id, detail=detail)
    # An invitation that nobody accepted stands in the list of invitations, and can be sent anew.
    if roles.needs_second_person(request.role):
        invitations.let_go(edge, about.id)
        _tell_asker(edge, request, about)


def _tell_asker(edge: Edge, request: MembershipRequest, about: User) -> None:
    asker = users.by_id(edge, request.requested_by)
    organisation = organisations.by_id(edge, request.organisation_id)
    if asker is None or organisation is None:
        return
    tell(
        edge,
        Notice.ROLE_DECIDED,
        asker,
        role=str(request.role),
        organisation=organisation.name,
        change=str(request.change),
        person=about.email,
        decision=str(State.EXPIRED),
    )
