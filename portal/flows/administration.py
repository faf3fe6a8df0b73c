"""What an administrator does to somebody's account: unlock, end, disable, remind, renew.

Each is settled against the person as they are at that moment, whose row is held until the commit;
audited, and told to them. Nobody does any of it to themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from portal.edge import Edge
from portal.flows import activations, attempts, bypass_codes, compliance, reset_cases, session
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Done, Gone, Nothing
from portal.flows.permission import Subject, Unsettled, settle
from portal.flows.reset_cases import Case
from portal.flows.session import Visit
from portal.rules import policy
from portal.rules.terms import AccountState, Action, Role
from portal.store import audit, organisations, users
from portal.values import frozen

REMINDER_PAUSE = timedelta(days=1)
Outcome = Done | Nothing | Blocked | Gone | Unsettled


@frozen
class Operation:
    """One thing that is done to an account. `reason`: what the administrator says about it.

    `by`: the organisation that the administrator acts in, for the person's mail.
    """

    edge: Edge
    case: Case
    by: str
    reason: str

    def note(self, event: Event) -> None:
        audit.add(self.edge, event, subject_id=self.case.user.id, reason=self.reason or None)

    def tell(self, notice: Notice, **more: Any) -> None:
        tell(self.edge, notice, self.case.user, organisation=self.by, **more)


def act(edge: Edge, visit: Visit, user_id: str, name: str, reason: str) -> Outcome:
    """Do one of `OPERATIONS` to a person."""
    case = _hold(edge, user_id)
    if case is None:
        return Gone()
    shown = (("person", case.person), ("organisation", case.organisation.name))
    subject = Subject(case.target, object_id=user_id, shown=shown)
    verdict = settle(edge, visit, Action.ADMINISTER_USER, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    by = visit.acting.organisation_name if visit.acting else ""
    return OPERATIONS[name](Operation(edge, case, by, reason))


def _hold(edge: Edge, user_id: str) -> Case | None:
    """The person, held until the commit."""
    found = reset_cases.read(edge, [user_id])
    if found and Role.SUPER_ADMIN in found[0].roles:
        # All of them before this one, in turn: so that two at once do not disable the last two.
        users.hold_active(edge, Role.SUPER_ADMIN)
    held = reset_cases.read(edge, [user_id], hold=True)
    return held[0] if held else None


def _unlock(do: Operation) -> Outcome:
    """Every attempt budget of the person starts anew, strangers' and browsers' alike."""
    if not attempts.start_anew(do.edge, do.case.user.email, do.case.user):
        return Nothing()
    do.note(Event.UNLOCKED)
    do.tell(Notice.ACCOUNT_UNLOCKED)
    return Done()


def _end_sessions(do: Operation) -> Outcome:
    user = do.case.user
    if not session.live_sessions(do.edge, user.id):
        return Nothing()
    session.end_all(do.edge, user.id, do.reason or "ended_by_administrator", browsers_too=False)
    do.tell(Notice.SESSIONS_ENDED)
    return Done()


def _disable(do: Operation) -> Outcome:
    """No session, and no way to a new one, from the very next request on."""
    user = do.case.user
    if user.state is AccountState.DISABLED:
        return Nothing()
    if Role.SUPER_ADMIN in do.case.roles:
        left = users.hold_active(do.edge, Role.SUPER_ADMIN) - {user.id}
        if not left:
            return Blocked("last_super_admin")
    users.set_state(do.edge, user.id, AccountState.DISABLED)
    session.end_all(do.edge, user.id, "account_disabled", browsers_too=False)
    bypass_codes.close(do.edge, user.id, "account_disabled")
    do.note(Event.USER_DISABLED)
    do.tell(Notice.ACCOUNT_DISABLED)
    return Done()


def _enable(do: Operation) -> Outcome:
    """Back to where it was: who never came in is still invited."""
    user = do.case.user
    if user.state is not AccountState.DISABLED:
        return Nothing()
    state = AccountState.ACTIVE if activations.was_opened(user) else AccountState.INVITED
    users.set_state(do.edge, user.id, state)
    do.note(Event.USER_ENABLED)
    do.tell(Notice.ACCOUNT_ENABLED)
    return Done()


def _remind(do: Operation) -> Outcome:
    """Write to somebody who lacks a second factor, or what policy asks; once a day at most.

    Whoever asks. The mail names the day from which policy stops them, where there is one to come.
    """
    user = do.case.user
    if user.state is not AccountState.ACTIVE:
        return Blocked("account_not_active")
    due = compliance.due(do.edge, user, organisations.memberships_of(do.edge, user.id))
    own = user.summary.held.values()
    held = any(policy.counts_as_second_factor(strength) for strength in own)
    if due is None and held:
        return Blocked("enrolled_already")
    since = do.edge.now - REMINDER_PAUSE
    if audit.has_happened(do.edge, Event.ENROL_REMINDED, user.id, since):
        return Blocked("reminded_today")
    do.note(Event.ENROL_REMINDED)
    until = due.at.isoformat() if due and due.at > do.edge.now else None
    do.tell(Notice.ENROL_REMINDER, until=until, held=held)
    return Done()


def _require_renewal(do: Operation) -> Outcome:
    """Nothing but choosing a new password is open to them from the next request on."""
    user = do.case.user
    if user.state is not AccountState.ACTIVE or "password" not in user.summary.held:
        return Blocked("account_not_active")
    if user.password_due_at is not None:
        return Nothing()
    users.set_password_due(do.edge, user.id, do.edge.now)
    do.note(Event.PASSWORD_DUE)
    do.tell(Notice.PASSWORD_DUE)
    return Done()


OPERATIONS: dict[str, Callable[[Operation], Outcome]] = {
    "unlock": _unlock,
    "sessions": _end_sessions,
    "disable": _disable,
    "enable": _enable,
    "remind": _remind,
    "renewal": _require_renewal,
}
