"""Asking for a reset of somebody's factors: one person at a time, or a list of them.

It changes nothing of the account: another person decides, in `reset_decisions`.
"""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import caller_checks, permission, reset_cases, reset_decisions
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.permission import Subject, Unsettled
from portal.flows.reset_cases import CALLER_CODE, Case
from portal.flows.session import Visit
from portal.rules.access import StepUp
from portal.rules.actions import ACTIONS
from portal.rules.terms import Action, Target
from portal.store import audit, caller_codes, reset_subjects, resets
from portal.store.resets import WAITING, ResetRequest
from portal.store.users import User
from portal.values import frozen

LIST_MAX = 50  # More at once is no longer a decision about people.
LIST = "list"


@frozen
class Asked:
    """What was typed: why, how the caller was verified, the desk's proof, and the caller's code."""

    reason: str
    verification: str
    proof: str = ""
    code: str = ""


@frozen
class Requested:
    """Requests that wait now, by id."""

    ids: tuple[str, ...]


@frozen
class Heard:
    """The caller's code was right and is noted; what the request itself still needs."""

    needs: Unsettled


@frozen
class Line:
    """A person of a list, and why no request can be made for them; None when one can."""

    case: Case
    why: str | None


@frozen
class Listed:
    """A list before it is asked for. `unknown`: how many are not this visitor's to see."""

    lines: tuple[Line, ...]
    unknown: int

    @property
    def open(self) -> list[Case]:
        return [line.case for line in self.lines if line.why is None]


def request(
    edge: Edge, visit: Visit, action: Action, user_id: str, asked: Asked
) -> Requested | Heard | Unsettled | Blocked | Gone:
    """Ask for one person's reset. A code that their caller reads is checked on the way."""
    case = reset_cases.one(edge, user_id, hold=True)
    if case is None:
        return Gone()
    made = new(edge, visit.user, case, asked)
    subject = Subject(case.target, user_id, reset_cases.bound(case, made, visit.user.name))
    verdict = permission.settle(edge, visit, action, subject)
    if isinstance(verdict, Unsettled) and not isinstance(verdict.decision, StepUp):
        return verdict
    if case.unfit:
        return Blocked(case.unfit)
    # The grant is asked for last: nobody proves anything for a refusal.
    needs = verdict if isinstance(verdict, Unsettled) else None
    if asked.verification == CALLER_CODE and not caller_checks.vouched(edge, visit, user_id):
        heard = _hear(edge, visit, action, user_id, asked.code)
        if isinstance(heard, Blocked):
            return heard
        if needs is not None:
            return Heard(needs)
    if needs is not None:
        return needs
    make(edge, visit.user, case, made)
    tell_approvers(edge, visit.user, [case], [made])
    return Requested((made.id,))


def _hear(edge: Edge, visit: Visit, action: Action, user_id: str, code: str) -> Done | Blocked:
    """Whether a caller who is said to have read a code did. The form alone is not believed."""
    if not code:
        return Blocked("caller_not_verified")
    # Right or wrong, the try is counted and stays so, whatever the request still needs.
    permission.release(edge, action)
    return caller_checks.check(edge, visit, user_id, code)


def examine(edge: Edge, visit: Visit, user_ids: list[str], *, hold: bool = False) -> Listed:
    """Whom of a list this visitor may ask a reset for, and why not the others.

    People of other tenants are counted and not named.
    """
    lines, unknown = [], len(set(user_ids))
    for case in reset_cases.read(edge, sorted(set(user_ids)), hold=hold):
        why = permission.why_not(visit, Action.REQUEST_RESET, case.target)
        if why == "another_tenant":
            continue
        unknown -= 1
        lines.append(Line(case, why or case.unfit))
    return Listed(tuple(lines), unknown)


def request_list(
    edge: Edge, visit: Visit, user_ids: list[str], asked: Asked
) -> Requested | Unsettled | Listed:
    """Ask for the resets of a list with one grant, bound to exactly these people.

    A list in which anybody cannot be asked for comes back to be looked at again.
    """
    listed = examine(edge, visit, user_ids, hold=True)
    cases = listed.open
    verdict = permission.settle(edge, visit, Action.REQUEST_RESET, _of_list(visit, cases, asked))
    if isinstance(verdict, Unsettled) and not isinstance(verdict.decision, StepUp):
        return verdict
    if listed.unknown or len(cases) != len(listed.lines) or not 0 < len(cases) <= LIST_MAX:
        permission.release(edge, Action.REQUEST_RESET)  # Only looked at.
        return listed
    if isinstance(verdict, Unsettled):
        return verdict
    made = [new(edge, visit.user, case, asked) for case in cases]
    for case, one in zip(cases, made, strict=True):
        make(edge, visit.user, case, one)
    tell_approvers(edge, visit.user, cases, made)
    return Requested(tuple(one.id for one in made))


def _of_list(visit: Visit, cases: list[Case], asked: Asked) -> Subject:
    """The list as a whole is the acting organisation's; each person in it was asked about."""
    acting = visit.acting
    return Subject(
        Target(acting.path if acting else ""),
        LIST,
        (
            ("people", [case.person for case in cases]),
            ("reason", asked.reason),
            ("verification", asked.verification),
            ("id", [[case.user.id, *(one.id for one in case.factors)] for case in cases]),
        ),
    )


def new(
    edge: Edge, requester: User, case: Case, asked: Asked, *, api_token_id: str | None = None
) -> ResetRequest:
    """A request that is not stored yet. `api_token_id`: the machine that asks for the requester."""
    return ResetRequest(
        id=edge.new_id(),
        user_id=case.user.id,
        organisation_id=case.organisation.id,
        requested_by=requester.id,
        reason=asked.reason,
        verification=asked.verification,
        proof=asked.proof,
        state=WAITING,
        created_at=edge.now,
        expires_at=edge.now + edge.settings.reset_lifetime,
        api_token_id=api_token_id,
    )


def make(edge: Edge, requester: User, case: Case, made: ResetRequest) -> None:
    """Store a request whose subject's row is held: one waits for a person at a time."""
    if case.waiting is not None:
        reset_decisions.note_expired(edge, case.waiting)
    resets.add(edge, made)
    if made.verification == CALLER_CODE:
        caller_codes.take(edge, case.user.id, by=requester.id)
    detail = {"request": made.id, "verification": made.verification}
    if made.api_token_id:
        detail["requested_by"] = requester.id
    audit.add(edge, Event.RESET_REQUESTED, subject_id=case.user.id, detail=detail)
    until = made.expires_at.isoformat()
    tell(edge, Notice.RESET_REQUESTED, case.user, until=until)
    tell(edge, Notice.RESET_NOTED, requester, person=case.user.name, until=until, reset_id=made.id)


def tell_approvers(
    edge: Edge, requester: User, cases: list[Case], made: list[ResetRequest]
) -> None:
    """One mail to each who may decide, however long the list; never to the subject or the asker."""
    roles = ACTIONS[Action.APPROVE_RESET].roles or frozenset()
    subjects = {case.user.id for case in cases}
    for approver in reset_subjects.holders(edge, roles, but=requester.id):
        if approver.id in subjects and len(cases) == 1:
            continue
        tell(
            edge,
            Notice.RESETS_TO_DECIDE,
            approver,
            person=cases[0].user.name,
            requested_by=requester.name,
            count=len(made),
            reset_id=made[0].id if len(made) == 1 else "",
            until=made[0].expires_at.isoformat(),
        )
