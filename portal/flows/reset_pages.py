"""What the pages of resets show: the panel, the queue, one request and what may be done."""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import (
    caller_checks,
    permission,
    queue_pages,
    reset_cases,
    reset_decisions,
    second_approvals,
    session,
)
from portal.flows.outcomes import Blocked, Gone
from portal.flows.reset_cases import Case
from portal.flows.session import Visit
from portal.rules.terms import Action, Target
from portal.store import browsers, resets
from portal.store.caller_codes import Vouched
from portal.store.resets import WAITING, Described
from portal.values import frozen


@frozen
class Panel:
    """What somebody sees before they ask: whom, what would be lost, what was verified already."""

    case: Case
    action: Action
    sessions: int
    browsers: int
    vouched: Vouched | None


@frozen
class Sheet:
    """One request, what would be lost today, and what this visitor may do about it.

    `why_not`: why approving is not for them. `approvals`: how many the person's policy asks for.
    `here`: they have not left since for where this visitor may look at nobody.
    """

    described: Described
    case: Case
    here: bool
    may_approve: bool
    may_reject: bool
    may_withdraw: bool
    why_not: str | None
    approvals: int = 1


def panel(edge: Edge, visit: Visit, user_id: str) -> Panel | Blocked | Gone:
    """The panel for a person; Blocked with the reason where it is not for this visitor."""
    case = reset_cases.one(edge, user_id)
    if case is None:
        return Gone()
    action, why = reset_cases.road(visit, case)
    if why == "another_tenant":
        return Gone()
    if why is not None:
        return Blocked(why)
    return Panel(
        case,
        action,
        len(session.live_sessions(edge, user_id)),
        len(browsers.of_user(edge, user_id)),
        caller_checks.vouched(edge, visit, user_id),
    )


def queue(
    edge: Edge, visit: Visit, state: str, after: str | None
) -> tuple[list[Described], str | None]:
    """A page of requests in the organisations that the visitor may look at, and the next key."""
    return queue_pages.page(edge, visit, resets.QUEUE, state, after)


def sheet(edge: Edge, visit: Visit, request_id: str) -> Sheet | Gone:
    """A request, where its subject's organisation is one that the visitor may look at."""
    found = resets.QUEUE.described(edge, request_id)
    case = reset_cases.one(edge, found.request.user_id) if found else None
    if found is None or case is None:
        return Gone()
    request = found.request
    at_asking = Target(found.path, found.managed_by_parent)
    if permission.why_not(visit, Action.VIEW_USERS, at_asking) is not None:
        return Gone()
    waits = request.state == WAITING
    to_approve = Target(
        case.target.path,
        parties=second_approvals.parties(request),
        subject_id=case.user.id,
        subject_roles=case.roles,
    )
    why_not = permission.why_not(visit, Action.APPROVE_RESET, to_approve)
    withdrawn_from = reset_decisions.withdrawn_from(edge, case)
    return Sheet(
        found,
        case,
        here=permission.may(visit, Action.VIEW_USERS, case.target),
        may_approve=waits and why_not is None,
        may_reject=waits and permission.may(visit, Action.REJECT_RESET, case.target),
        may_withdraw=waits
        and permission.may(visit, Action.WITHDRAW_RESET, withdrawn_from)
        and reset_decisions.may_withdraw(visit, case, request),
        why_not=why_not if waits else None,
        approvals=second_approvals.needed(edge, case.user) if waits else 1,
    )
