"""What the pages of exceptions show: the panel, the queue, one of them and what may be done."""

from __future__ import annotations

from datetime import date

from portal.edge import Edge
from portal.flows import (
    exception_cases,
    exception_decisions,
    exceptions,
    permission,
    queue_pages,
    second_approvals,
)
from portal.flows.exception_cases import Case
from portal.flows.outcomes import Blocked, Gone
from portal.flows.session import Visit
from portal.rules.terms import Action, Target
from portal.store import exceptions as store
from portal.store.exceptions import BYPASS, EXEMPTION, Described, PolicyException
from portal.store.queues import APPROVED, WAITING
from portal.values import frozen


@frozen
class Panel:
    """What somebody sees before they ask: whom, and why it cannot be asked for, if so.

    `stops`: what policy would have the person enrol today. `built_in`: the part of it that nobody
    is exempt from asks something too. `last_days`: between which an exemption may end.
    """

    case: Case
    why: str | None
    stops: str | None
    built_in: bool
    last_days: tuple[date, date]


@frozen
class Sheet:
    """One exception, and what this visitor may do about it. `why_not`: why not approve it.

    `approvals`: how many the person's policy asks for. `here`: they have not left since for where
    this visitor may look at nobody.
    """

    described: Described
    case: Case
    here: bool
    may: frozenset[str]
    why_not: str | None
    approvals: int


def panel(edge: Edge, visit: Visit, kind: str, user_id: str) -> Panel | Blocked | Gone:
    """The panel for a person; Blocked with the reason where it is not for this visitor."""
    case = exception_cases.one(edge, user_id)
    if case is None:
        return Gone()
    why = permission.why_not(visit, exception_cases.REQUEST[kind], case.target)
    if why == "another_tenant":
        return Gone()
    if why is not None:
        return Blocked(why)
    return Panel(
        case,
        exception_cases.unfit(edge, case, kind),
        exception_cases.stops(edge, case),
        exception_cases.asks_built_in(case),
        exceptions.last_days(edge, case),
    )


def queue(
    edge: Edge, visit: Visit, state: str, after: str | None
) -> tuple[list[Described], str | None]:
    """A page of exceptions of the organisations that the visitor may look at, and the next key."""
    return queue_pages.page(edge, visit, store.QUEUE, state, after)


def sheet(edge: Edge, visit: Visit, exception_id: str) -> Sheet | Gone:
    """An exception, where its subject's organisation is one that the visitor may look at."""
    found = store.QUEUE.described(edge, exception_id)
    case = exception_cases.one(edge, found.request.user_id) if found else None
    if found is None or case is None:
        return Gone()
    made = found.request
    at_asking = Target(found.path, found.managed_by_parent)
    if permission.why_not(visit, Action.VIEW_USERS, at_asking) is not None:
        return Gone()
    to_approve = exception_cases.to_approve(edge, case, made).target
    why_not = permission.why_not(visit, exception_cases.APPROVE[made.kind], to_approve)
    waits = made.state == WAITING
    return Sheet(
        found,
        case,
        permission.may(visit, Action.VIEW_USERS, case.target),
        _allowed(visit, case, made, approvable=why_not is None),
        why_not if waits else None,
        second_approvals.needed(edge, case.user) if waits else 1,
    )


def _allowed(
    visit: Visit, case: Case, made: PolicyException, *, approvable: bool
) -> frozenset[str]:
    """What this visitor may do about it, by the names of its forms."""
    target, waits = case.target, made.state == WAITING
    running = made.state == APPROVED
    withdrawable = waits or (running and made.kind == BYPASS)
    offered = {
        "approval": waits and approvable,
        "rejection": waits and permission.may(visit, Action.REJECT_EXCEPTION, target),
        "withdrawal": withdrawable
        and permission.may(visit, Action.WITHDRAW_EXCEPTION, target)
        and exception_decisions.may_withdraw(visit, case, made),
        "end": running
        and made.kind == EXEMPTION
        and permission.may(visit, Action.END_EXEMPTION, target),
        "code": running
        and made.kind == BYPASS
        and made.issued_at is None
        and permission.may(visit, Action.ISSUE_BYPASS, target),
    }
    return frozenset(name for name, there in offered.items() if there)
