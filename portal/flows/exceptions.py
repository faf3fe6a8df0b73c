"""Asking for an exception: somebody exempt from policy until a date, or let in with a code.

It changes nothing of the account: another person decides, in `exception_decisions`.
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from portal.edge import Edge
from portal.flows import exception_cases, exception_decisions, permission
from portal.flows.events import Event
from portal.flows.exception_cases import Case
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Gone
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules.access import StepUp
from portal.rules.actions import ACTIONS
from portal.store import audit, exceptions, reset_subjects
from portal.store.exceptions import PolicyException
from portal.store.queues import WAITING
from portal.values import frozen

END_OF_DAY = time(23, 59, 59)


@frozen
class Asked:
    """What was typed: why; how the caller was verified, for a code; the last day, to be exempt."""

    reason: str
    verification: str = ""
    last_day: date | None = None


@frozen
class Requested:
    """A request that waits now."""

    id: str


def request(
    edge: Edge, visit: Visit, kind: str, user_id: str, asked: Asked
) -> Requested | Unsettled | Blocked | Gone:
    """Ask for an exception of a kind for one person."""
    case = exception_cases.one(edge, user_id, hold=True)
    if case is None:
        return Gone()
    made = _new(edge, visit, case, kind, asked)
    shown = exception_cases.bound(edge, case, made)
    action = exception_cases.REQUEST[kind]
    verdict = permission.settle(edge, visit, action, Subject(case.target, user_id, shown))
    if isinstance(verdict, Unsettled) and not isinstance(verdict.decision, StepUp):
        return verdict
    # The grant is asked for last: nobody proves anything for a refusal.
    if why := exception_cases.unfit(edge, case, kind) or _unfit_day(edge, case, asked):
        return Blocked(why)
    if isinstance(verdict, Unsettled):
        return verdict
    _make(edge, visit, case, made)
    return Requested(made.id)


def last_days(edge: Edge, case: Case) -> tuple[date, date]:
    """The first and the last day that an exemption may end on, where the person is at home."""
    zone = ZoneInfo(case.organisation.time_zone)
    latest = edge.now + edge.settings.exemption_max
    return edge.now.astimezone(zone).date(), latest.astimezone(zone).date()


def _new(edge: Edge, visit: Visit, case: Case, kind: str, asked: Asked) -> PolicyException:
    until = None
    if _unfit_day(edge, case, asked) is None and asked.last_day is not None:
        # A day ends with the day of the organisation that the person is at home in.
        zone = ZoneInfo(case.organisation.time_zone)
        until = datetime.combine(asked.last_day, END_OF_DAY, zone).astimezone(edge.now.tzinfo)
    decided_by = edge.now + edge.settings.exception_lifetime
    return PolicyException(
        id=edge.new_id(),
        kind=kind,
        user_id=case.user.id,
        organisation_id=case.organisation.id,
        requested_by=visit.user.id,
        reason=asked.reason,
        verification=asked.verification,
        until=until,
        state=WAITING,
        created_at=edge.now,
        expires_at=min(decided_by, until) if until else decided_by,
    )


def _unfit_day(edge: Edge, case: Case, asked: Asked) -> str | None:
    """Why an exemption may not end on the day that was asked for."""
    first, last = last_days(edge, case)
    if asked.last_day is None or first <= asked.last_day <= last:
        return None
    return "exemption_too_long" if asked.last_day > last else "exemption_in_the_past"


def _make(edge: Edge, visit: Visit, case: Case, made: PolicyException) -> None:
    """Store a request whose subject's row is held, and tell everybody whom it concerns."""
    exception_decisions.note_all_lapsed(edge, case, made.kind)
    exceptions.add(edge, made)
    audit.add(
        edge,
        Event(f"{made.kind}.requested"),
        subject_id=case.user.id,
        detail={
            "request": made.id,
            "verification": made.verification,
            "until": made.until.isoformat() if made.until else "",
        },
    )
    told = {
        "exception": made.kind,
        "person": case.user.name,
        "requested_by": visit.user.name,
        "until": made.expires_at.isoformat(),
        "ends": made.until.isoformat() if made.until else "",
    }
    tell(edge, Notice.EXCEPTION_REQUESTED, case.user, **told)
    tell(edge, Notice.EXCEPTION_NOTED, visit.user, **told, exception_id=made.id)
    roles = ACTIONS[exception_cases.APPROVE[made.kind]].roles or frozenset()
    for approver in reset_subjects.holders(edge, roles, but=visit.user.id):
        if approver.id != case.user.id:
            tell(edge, Notice.EXCEPTION_TO_DECIDE, approver, **told, exception_id=made.id)
