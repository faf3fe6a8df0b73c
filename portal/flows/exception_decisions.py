"""Deciding about an exception: approved by a second person, rejected, taken back, ended, run out.

                another person approves ──► approved ──► ended: by its time, by its use, by hand
    waiting ──► a super-admin rejects ────► rejected
                who could ask withdraws ──► withdrawn
                24 hours pass ────────────► expired

Where policy asks for two approvals, the first leaves it waiting. Every way out is one
compare-and-set in the transaction that holds the subject's row.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from portal.edge import Edge
from portal.flows import bypass_codes, compliance, exception_cases, permission, second_approvals
from portal.flows.events import Event
from portal.flows.exception_cases import Case
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Counted, Done, Gone
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules.access import StepUp, decide
from portal.rules.terms import Action
from portal.store import audit, exceptions, users
from portal.store.exceptions import BYPASS, EXEMPTION, PolicyException
from portal.store.queues import APPROVED, ENDED, EXPIRED, REJECTED, WAITING, WITHDRAWN

CLOSED_FOR = "requester"  # Why the portal itself closed one when it was to be approved.
Outcome = Done | Unsettled | Blocked | Gone


def approve_exemption(edge: Edge, visit: Visit, exception_id: str, note: str) -> Outcome | Counted:
    """Approve, and let the person off from this moment on."""
    return _decide(edge, visit, EXEMPTION, exception_id, note)


def approve_bypass(edge: Edge, visit: Visit, exception_id: str, note: str) -> Outcome | Counted:
    """Approve, so that a code can be shown."""
    return _decide(edge, visit, BYPASS, exception_id, note)


def _decide(edge: Edge, visit: Visit, kind: str, exception_id: str, note: str) -> Outcome | Counted:
    """Approve, and let the person off, or their code be shown, in the same transaction.

    What held when it was asked for must hold now, and whoever asked may still ask.
    """
    held = _hold(edge, exception_id)
    if isinstance(held, Gone) or held[0].kind != kind:
        return Gone()
    made, case = held
    action = exception_cases.APPROVE[kind]
    subject = exception_cases.to_approve(edge, case, made, note)
    verdict = permission.settle(edge, visit, action, subject)
    if isinstance(verdict, Unsettled) and not isinstance(verdict.decision, StepUp):
        return verdict
    if made.state != WAITING:
        return Blocked(f"exception_{made.state}")
    if why := exception_cases.unfit(edge, _without(case, made), kind):
        return Blocked(why)
    if not exception_cases.still_theirs(edge, case, made):
        return _close(edge, case, made)
    if isinstance(verdict, Unsettled):
        return verdict
    if second_approvals.is_first(edge, visit, case.user, made, (action, subject.target)):
        return _count(edge, visit, made)
    return _approve(edge, visit, case, made, note)


def _without(case: Case, made: PolicyException) -> Case:
    """The case as it would be if this had not been asked for."""
    return replace(case, made=tuple(one for one in case.made if one.id != made.id))


def _count(edge: Edge, visit: Visit, made: PolicyException) -> Counted | Blocked:
    """Keep the first of two approvals."""
    if not exceptions.QUEUE.approve_first(edge, made.id, visit.user.id):
        return Blocked("exception_decided")
    _note(edge, made, "approval_given")
    return Counted()


def _approve(
    edge: Edge, visit: Visit, case: Case, made: PolicyException, note: str
) -> Done | Blocked:
    # From now on the time is that of what was approved: of the exemption, or to show the code.
    ends_at = made.until or edge.now + edge.settings.exception_lifetime
    values: dict[str, Any] = {"decided_by": visit.user.id, "decided_at": edge.now, "note": note}
    change = (WAITING, APPROVED)
    if not exceptions.QUEUE.move(edge, made.id, change, expires_at=ends_at, **values):
        return Blocked("exception_decided")
    note_all_lapsed(edge, case, made.kind)
    if made.kind == EXEMPTION:
        earlier = case.open(EXEMPTION, APPROVED)
        if earlier is not None:
            exceptions.QUEUE.move(edge, earlier.id, (APPROVED, ENDED))
            _note(edge, earlier, "ended", "replaced")
        _exempt(edge, made, made.until)
    _note(edge, made, "approved")
    _tell_person(edge, made, Notice.EXCEPTION_APPROVED)
    _tell_outcome(edge, case.user.name, made, APPROVED, note)
    return Done()


def reject(edge: Edge, visit: Visit, exception_id: str, note: str) -> Outcome:
    """Reject with a note for the one who asked; nothing of the account changes."""
    held = _settled(edge, visit, Action.REJECT_EXCEPTION, exception_id)
    if not isinstance(held, tuple):
        return held
    made, case = held
    if made.state != WAITING:
        return Blocked(f"exception_{made.state}")
    return _end(edge, visit, case, made, (REJECTED, "rejected", note))


def withdraw(edge: Edge, visit: Visit, exception_id: str, note: str) -> Outcome:
    """Take a request back, or an approved code that nobody has used: who made or could make it."""
    held = _settled(edge, visit, Action.WITHDRAW_EXCEPTION, exception_id)
    if not isinstance(held, tuple):
        return held
    made, case = held
    if not may_withdraw(visit, case, made):
        # Refused for the reason for which they could not ask for it.
        action = exception_cases.REQUEST[made.kind]
        refusal = decide(action, replace(visit.facts, target=case.target))
        return Unsettled(refusal, action, Subject(case.target, exception_id))
    if made.kind == BYPASS and made.state == APPROVED:
        bypass_codes.revoke(edge, case.user.id)
        return _end(edge, visit, case, made, (ENDED, "ended", note))
    if made.state != WAITING:
        return Blocked(f"exception_{made.state}")
    return _end(edge, visit, case, made, (WITHDRAWN, "withdrawn", note))


def may_withdraw(visit: Visit, case: Case, made: PolicyException) -> bool:
    """Whether this visitor made the request or could make it."""
    action = exception_cases.REQUEST[made.kind]
    return visit.user.id == made.requested_by or permission.may(visit, action, case.target)


def end(edge: Edge, visit: Visit, exception_id: str, note: str) -> Outcome:
    """End an exemption before its time: policy asks again from the person's next request on."""
    held = _settled(edge, visit, Action.END_EXEMPTION, exception_id)
    if not isinstance(held, tuple):
        return held
    made, case = held
    if made.kind != EXEMPTION:
        return Gone()
    if made.state != APPROVED:
        return Blocked(f"exception_{made.state}")
    outcome = _end(edge, visit, case, made, (ENDED, "ended", note))
    if isinstance(outcome, Done):
        _exempt(edge, made, None)
    return outcome


def note_lapsed(edge: Edge, made: PolicyException) -> bool:
    """Write down, once, that a request or what was approved ran out; its subject's row is held."""
    before = WAITING if made.state == EXPIRED else APPROVED
    change = (before, made.state)
    values = {"decided_at": edge.now} if before == WAITING else {}
    if not exceptions.QUEUE.move(edge, made.id, change, late=True, **values):
        return False
    if made.kind == BYPASS:
        bypass_codes.revoke(edge, made.user_id)
    subject = users.by_id(edge, made.user_id)
    assert subject is not None, "an exception is somebody's"
    if before == WAITING:
        _note(edge, made, "expired")
        _tell_outcome(edge, subject.name, made, EXPIRED, "")
        _tell_person(edge, made, Notice.EXCEPTION_CLOSED)
    else:
        _note(edge, made, "ended", "time")
        _tell_person(edge, made, Notice.EXCEPTION_ENDED)
    return True


def note_all_lapsed(edge: Edge, case: Case, kind: str) -> None:
    """Write down what ran out before something takes its place: its person hears of that first."""
    for old in case.made:
        if old.kind == kind and old.state in (EXPIRED, ENDED):
            note_lapsed(edge, old)


def expire_next(edge: Edge) -> bool:
    """The worker's job: note one that ran out; False when there is none."""
    found = exceptions.QUEUE.overdue(edge)
    if found is None:
        return False
    users.lock(edge, found.user_id)
    note_lapsed(edge, found)
    return True


def _hold(edge: Edge, exception_id: str) -> tuple[PolicyException, Case] | Gone:
    """The exception and its subject, whose row is held: all who decide about it come in turn."""
    found = exceptions.find(edge, exception_id)
    case = exception_cases.one(edge, found.user_id, hold=True) if found else None
    made = exceptions.find(edge, exception_id)  # As it is now that nobody else can decide it.
    return (made, case) if made and case else Gone()


def _settled(
    edge: Edge, visit: Visit, action: Action, exception_id: str
) -> tuple[PolicyException, Case] | Unsettled | Gone:
    """The same, once this visitor may do `action` to it, which needs no grant."""
    held = _hold(edge, exception_id)
    if isinstance(held, Gone):
        return held
    verdict = permission.settle(edge, visit, action, Subject(held[1].target, exception_id))
    return verdict if isinstance(verdict, Unsettled) else held


def _end(
    edge: Edge, visit: Visit, case: Case, made: PolicyException, how: tuple[str, str, str]
) -> Done | Blocked:
    """Bring it to a state by hand. `how`: the state, what happened, and the note about it."""
    state, what, note = how
    values: dict[str, Any] = {}
    if made.state == WAITING:  # Of what is ended, who approved it stays written.
        values = {"decided_by": visit.user.id, "decided_at": edge.now, "note": note}
    if not exceptions.QUEUE.move(edge, made.id, (made.state, state), **values):
        return Blocked("exception_decided")
    _note(edge, made, what, note)
    _tell_outcome(edge, case.user.name, made, state, note)
    was_approved = made.state == APPROVED
    _tell_person(edge, made, Notice.EXCEPTION_ENDED if was_approved else Notice.EXCEPTION_CLOSED)
    return Done()


def _close(edge: Edge, case: Case, made: PolicyException) -> Blocked:
    """End a request that could not be made any more; nobody decided it."""
    permission.release(edge, exception_cases.APPROVE[made.kind])
    values: dict[str, Any] = {"decided_at": edge.now, "note": CLOSED_FOR}
    exceptions.QUEUE.move(edge, made.id, (WAITING, REJECTED), **values)
    _note(edge, made, "refused", CLOSED_FOR)
    _tell_outcome(edge, case.user.name, made, REJECTED, "")
    _tell_person(edge, made, Notice.EXCEPTION_CLOSED)
    return Blocked("exception_closed")


def _exempt(edge: Edge, made: PolicyException, until: datetime | None) -> None:
    exceptions.set_exempt(edge, made.user_id, until)
    compliance.note(edge, made.user_id)


def _note(edge: Edge, made: PolicyException, what: str, reason: str = "") -> None:
    audit.add(
        edge,
        Event(f"{made.kind}.{what}"),
        subject_id=made.user_id,
        reason=reason[:200] or None,
        detail={"request": made.id},
    )


def _tell_person(edge: Edge, made: PolicyException, notice: Notice) -> None:
    person = users.by_id(edge, made.user_id)
    if person is not None:
        ends = made.until.isoformat() if made.until else ""
        tell(edge, notice, person, exception=made.kind, ends=ends)


def _tell_outcome(edge: Edge, name: str, made: PolicyException, outcome: str, note: str) -> None:
    requester = users.by_id(edge, made.requested_by)
    if requester is not None:
        told = {"exception": made.kind, "person": name, "outcome": outcome, "note": note}
        tell(edge, Notice.EXCEPTION_DECIDED, requester, **told, exception_id=made.id)
