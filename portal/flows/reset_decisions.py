"""Deciding about a reset request: approved by a second person, rejected, withdrawn, run out.

                 another person approves ──► approved (the account is cleared with it); two of
                                             them where policy asks for two
    waiting ──►  a super-admin rejects ────► rejected
                 who could ask withdraws ──► withdrawn
                 24 hours pass ────────────► expired

Every way out is one compare-and-set in the transaction that holds the subject's row.
"""

from __future__ import annotations

from dataclasses import replace

from portal.edge import Edge
from portal.flows import permission, reset_cases, reset_effects, second_approvals
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Counted, Done, Gone
from portal.flows.permission import Subject, Unsettled
from portal.flows.reset_cases import Case
from portal.flows.session import Visit
from portal.rules.access import StepUp, decide
from portal.rules.terms import ADMINISTRATORS, AccountState, Action, Target
from portal.store import audit, organisations, resets, users
from portal.store.resets import APPROVED, EXPIRED, REJECTED, WAITING, WITHDRAWN, ResetRequest

# Why the portal itself closed a request when it was to be approved.
CLOSED_FOR = ("administrator", "requester")


def approve(
    edge: Edge, visit: Visit, request_id: str, note: str
) -> Done | Counted | Unsettled | Blocked | Gone:
    """Approve, and clear the account in the same transaction.

    What held when it was asked for must hold now: the person is no administrator, unless the desk
    asked; whoever asked may still ask. Where two must approve, the first changes nothing yet.
    """
    held = _hold(edge, request_id)
    if isinstance(held, Gone):
        return held
    request, case = held
    subject = _to_approve(edge, case, request, note)
    verdict = permission.settle(edge, visit, Action.APPROVE_RESET, subject)
    if isinstance(verdict, Unsettled) and not isinstance(verdict.decision, StepUp):
        return verdict
    if request.state != WAITING:
        return Blocked(f"reset_{request.state}")
    if case.user.state is not AccountState.ACTIVE:
        return Blocked("reset_not_active")
    if why := reset_cases.why_unlawful(edge, case, request):
        return _close(edge, case, request, why)
    if isinstance(verdict, Unsettled):
        return verdict
    approving = (Action.APPROVE_RESET, subject.target)
    if second_approvals.is_first(edge, visit, case.user, request, approving):
        return _count(edge, visit, case, request)
    if not resets.decide(edge, request, APPROVED, by=visit.user.id, note=note):
        return Blocked("reset_decided")
    reset_effects.approve(edge, case.user, request)
    _tell_outcome(edge, case.user.name, request, APPROVED, note)
    return Done()


def _count(edge: Edge, visit: Visit, case: Case, request: ResetRequest) -> Counted | Blocked:
    """Keep the first of two approvals."""
    if not resets.QUEUE.approve_first(edge, request.id, visit.user.id):
        return Blocked("reset_decided")
    detail = {"request": request.id}
    audit.add(edge, Event.RESET_APPROVAL_GIVEN, subject_id=case.user.id, detail=detail)
    return Counted()


def reject(
    edge: Edge, visit: Visit, request_id: str, note: str
) -> Done | Unsettled | Blocked | Gone:
    """Reject with a note for the one who asked; nothing of the account changes."""
    held = _hold(edge, request_id)
    if isinstance(held, Gone):
        return held
    request, case = held
    verdict = permission.settle(edge, visit, Action.REJECT_RESET, Subject(case.target, request_id))
    if isinstance(verdict, Unsettled):
        return verdict
    return _end(edge, visit.user.id, case, request, (REJECTED, Event.RESET_REJECTED, note))


def withdraw(
    edge: Edge, visit: Visit, request_id: str, note: str
) -> Done | Unsettled | Blocked | Gone:
    """Take a request back: whoever made it, or anybody who could make it."""
    held = _hold(edge, request_id)
    if isinstance(held, Gone):
        return held
    request, case = held
    subject = Subject(withdrawn_from(edge, case), request_id)
    verdict = permission.settle(edge, visit, Action.WITHDRAW_RESET, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    if not may_withdraw(visit, case, request):
        # Refused for the reason for which they could not ask for it.
        action, _ = reset_cases.road(visit, case)
        return Unsettled(
            decide(action, replace(visit.facts, target=case.target)),
            action,
            Subject(case.target, request_id),
        )
    return _end(edge, visit.user.id, case, request, (WITHDRAWN, Event.RESET_WITHDRAWN, note))


def withdraw_for(edge: Edge, user_id: str, request_id: str, note: str) -> Done | Blocked | Gone:
    """Take back what a machine asked for in the name of the person who made its token."""
    held = _hold(edge, request_id)
    if isinstance(held, Gone):
        return held
    request, case = held
    return _end(edge, user_id, case, request, (WITHDRAWN, Event.RESET_WITHDRAWN, note))


def may_withdraw(visit: Visit, case: Case, request: ResetRequest) -> bool:
    """Whether this visitor made the request or could make it."""
    return visit.user.id == request.requested_by or reset_cases.road(visit, case)[1] is None


def note_expired(edge: Edge, request: ResetRequest) -> bool:
    """Write down, once, that a request ran out; its subject's row is held."""
    if not resets.decide(edge, request, EXPIRED, by=None):
        return False
    audit.add(edge, Event.RESET_EXPIRED, subject_id=request.user_id, detail={"request": request.id})
    subject = users.by_id(edge, request.user_id)
    if subject is not None:
        _tell_outcome(edge, subject.name, request, EXPIRED, "")
        tell(edge, Notice.RESET_CLOSED, subject)
    return True


def expire_next(edge: Edge) -> bool:
    """The worker's job: note one request that ran out; False when there is none."""
    request = resets.QUEUE.overdue(edge)
    if request is None:
        return False
    users.lock(edge, request.user_id)
    note_expired(edge, request)
    return True


def _hold(edge: Edge, request_id: str) -> tuple[ResetRequest, Case] | Gone:
    """The request and its subject, whose row is held: all who decide about it come in turn."""
    found = resets.find(edge, request_id)
    case = reset_cases.one(edge, found.user_id, hold=True) if found else None
    request = resets.find(edge, request_id)  # As it is now that nobody else can decide it.
    return (request, case) if request and case else Gone()


def _to_approve(edge: Edge, case: Case, request: ResetRequest, note: str) -> Subject:
    requester = users.by_id(edge, request.requested_by)
    target = replace(case.target, parties=second_approvals.parties(request))
    name = f"{requester.name} <{requester.email}>" if requester else ""
    first = users.by_id(edge, request.first_approved_by) if request.first_approved_by else None
    approved_by = f"{first.name} <{first.email}>" if first else ""
    shown = (
        *reset_cases.bound(case, request, name),
        ("approved_by", approved_by),
        ("note", note),
    )
    return Subject(target, request.id, shown)


def withdrawn_from(edge: Edge, case: Case) -> Target:
    """A member's case belongs to their organisation, an administrator's to the desk's: the root."""
    root = organisations.root(edge) if case.roles & ADMINISTRATORS else None
    return replace(case.target, path=root.path) if root else case.target


def _end(
    edge: Edge,
    user_id: str,
    case: Case,
    request: ResetRequest,
    end: tuple[str, Event, str],
) -> Done | Blocked:
    state, event, note = end
    if request.state != WAITING:
        return Blocked(f"reset_{request.state}")
    if not resets.decide(edge, request, state, by=user_id, note=note):
        return Blocked("reset_decided")
    audit.add(edge, event, subject_id=case.user.id, detail={"request": request.id})
    _tell_outcome(edge, case.user.name, request, state, note)
    tell(edge, Notice.RESET_CLOSED, case.user)
    return Done()


def _close(edge: Edge, case: Case, request: ResetRequest, why: str) -> Blocked:
    """End a request that could not be made any more; nobody decided it."""
    assert why in CLOSED_FOR
    permission.release(edge, Action.APPROVE_RESET)
    resets.decide(edge, request, REJECTED, by=None, note=why)
    audit.add(
        edge,
        Event.RESET_REFUSED,
        subject_id=case.user.id,
        reason=why,
        detail={"request": request.id},
    )
    _tell_outcome(edge, case.user.name, request, REJECTED, "")
    tell(edge, Notice.RESET_CLOSED, case.user)
    return Blocked(f"reset_closed_{why}")


def _tell_outcome(edge: Edge, person: str, request: ResetRequest, outcome: str, note: str) -> None:
    requester = users.by_id(edge, request.requested_by)
    if requester is not None:
        tell(
            edge,
            Notice.RESET_DECIDED,
            requester,
            person=person,
            outcome=outcome,
            note=note,
            reset_id=request.id,
        )
