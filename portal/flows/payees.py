"""Payees of a partner: where its money is paid to, and changing that.

    nothing ──request──► waiting ──approve, by another person──► approved ──time──► effective
                            │                                       │
                            └────── reject, withdraw ◄──────────────┘

Each step is told to everybody concerned. The requester's grant and the approver's are both bound to
the whole account, of which only the last four digits are ever shown.
"""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import payee_accounts, permission
from portal.flows.events import Event
from portal.flows.notices import Notice
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.permission import Subject, Unsettled, settle
from portal.flows.session import Visit
from portal.rules.access import StepUp
from portal.rules.bank import Account, masked
from portal.rules.terms import Action, Target
from portal.store import audit, organisations, payees
from portal.store.payees import Change, Payee
from portal.values import frozen

__all__ = ["Change", "Payee"]
PAGE = 25
HISTORY = 10
NAME_MAX = 120
NOTHING = "00000000-0000-0000-0000-000000000000"


@frozen
class Line:
    """A payee in the list. `account` is masked; `pending`: the change that is not over."""

    payee: Payee
    account: str
    pending: Change | None


@frozen
class Sheet:
    """Everything about a payee. `holder`: of the change that waits. `deciders`: who may decide.

    `void`: it was approved, and nobody stands behind it any more: see `end_unlawful`.
    `why_not`: why this person may not approve; None when they may, or nothing waits.
    """

    line: Line
    void: bool
    holder: str
    deciders: tuple[str, ...]
    why_not: str | None
    history: list[Change]
    more: str | None


@frozen
class Requested:
    """A change waits for a second person."""

    payee_id: str


def page(edge: Edge, visit: Visit, after: str | None = None) -> tuple[list[Line], str | None]:
    """A page of the acting organisation's payees, and the id that the next one starts after."""
    if visit.acting is None:
        return [], None
    organisation_id = visit.acting.organisation_id
    found = payees.page(edge, organisation_id, after=after or NOTHING, size=PAGE + 1)
    lines = [_line(edge, payee) for payee in found[:PAGE]]
    return lines, lines[-1].payee.id if len(found) > PAGE else None


def sheet(edge: Edge, visit: Visit, payee_id: str, before: str | None = None) -> Sheet | Gone:
    """One payee of the acting organisation."""
    payee = payees.find(edge, payee_id)
    if payee is None or not _is_own(visit, payee):
        return Gone()
    line = _line(edge, payee)
    waiting = line.pending if line.pending and line.pending.state == "waiting" else None
    history = payees.changes(edge, payee_id, before=before, size=HISTORY + 1)
    deciders = payee_accounts.concerned(edge, payee.organisation_id) if waiting else ()
    return Sheet(
        line=line,
        void=line.pending is not None
        and line.pending.state == "approved"
        and payee_accounts.why_void(edge, payee, line.pending) is not None,
        holder=payees.opened_change(edge, line.pending).holder if line.pending else "",
        deciders=tuple(
            sorted(user.name for user in deciders if waiting and user.id != waiting.requested_by)
        ),
        why_not=permission.why_not(visit, Action.APPROVE_PAYEE, _target(payee, waiting)),
        history=history[:HISTORY],
        more=history[HISTORY - 1].id if len(history) > HISTORY else None,
    )


def end_unlawful(edge: Edge, payee_id: str) -> None:
    """End an approved change that nobody stands behind any more: it is so, whoever looks."""
    payee = payees.hold(edge, payee_id)
    if payee and payee.open and payee.open.state == "approved":
        payee_accounts.end_unlawful(edge, payee, payee.open)


def request_new(
    edge: Edge, visit: Visit, name: str, currency: str, account: Account
) -> Requested | Blocked | Unsettled:
    """Add a payee whose first account waits for a second person."""
    acting = visit.acting
    assert acting is not None
    # Held, so that of two new payees with one name the second sees the first.
    organisations.lock(edge, acting.organisation_id)
    if payees.by_name(edge, acting.organisation_id, name):
        return Blocked("payee_name_taken")
    asked = (("organisation", acting.organisation_name), ("payee", name), ("currency", currency))
    subject = Subject(
        Target(acting.path), acting.organisation_id, (*asked, *_shown_of(edge, account))
    )
    verdict = settle(edge, visit, Action.CHANGE_PAYEE, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    payee_id = payees.add(edge, acting.organisation_id, name, currency)
    payee = payees.find(edge, payee_id)
    assert payee is not None
    return _ask(edge, visit, payee, account)


def request_change(
    edge: Edge, visit: Visit, payee_id: str, account: Account
) -> Requested | Blocked | Gone | Unsettled:
    """Ask for another account; it waits for a second person."""
    payee = payees.hold(edge, payee_id)
    if payee is None:
        return Gone()
    if _is_own(visit, payee):
        if payee_accounts.pending(edge, payee):
            return Blocked("payee_change_waits")
        if payee_accounts.in_force(edge, payee) == account:
            return Blocked("payee_same_account")
    asked = (("organisation", payee.organisation_name), ("payee", payee.name))
    shown = (*asked, *_shown_of(edge, account), ("version", payee.version))
    verdict = settle(edge, visit, Action.CHANGE_PAYEE, Subject(_target(payee), payee.id, shown))
    if isinstance(verdict, Unsettled):
        return verdict
    payee_accounts.settle(edge, payee)
    return _ask(edge, visit, payee, account)


def approve(
    edge: Edge, visit: Visit, payee_id: str, change_id: str
) -> Done | Blocked | Gone | Unsettled:
    """Agree to a waiting change, as another than who asked and still may; its time begins."""
    held = _held(edge, visit, payee_id, change_id, ("waiting",))
    if isinstance(held, Gone | Blocked):
        return held
    payee, change = held
    shown = (
        ("organisation", payee.organisation_name),
        ("payee", payee.name),
        *_shown_of(edge, payees.opened_change(edge, change)),
        ("requested_by", change.requested_by_name),
        ("version", payee.version),
    )
    subject = Subject(_target(payee, change), change.id, shown)
    verdict = settle(edge, visit, Action.APPROVE_PAYEE, subject)
    if isinstance(verdict, Unsettled) and not isinstance(verdict.decision, StepUp):
        return verdict
    if why := payee_accounts.end_unlawful(edge, payee, change):
        permission.release(edge, Action.APPROVE_PAYEE)
        return Blocked(f"payee_closed_{why}")
    if isinstance(verdict, Unsettled):
        return verdict
    until = edge.now + edge.settings.payee_wait
    decided = {"decided_by": visit.user.id, "decided_at": edge.now, "effective_at": until}
    if not payees.move_change(edge, change, "approved", **decided):
        return Blocked("payee_decided")
    _note(edge, Event.PAYEE_APPROVED, payee, change.id, effective_at=until.isoformat())
    payee_accounts.tell_concerned(
        edge,
        Notice.PAYEE_APPROVED,
        payee,
        change.account_shown,
        actor=visit.user.name,
        until=until.isoformat(),
    )
    return Done()


def stop(
    edge: Edge, visit: Visit, payee_id: str, change_id: str, note: str, *, withdraw: bool
) -> Done | Blocked | Gone | Unsettled:
    """Reject a change that is not in force yet, or withdraw one's own."""
    held = _held(edge, visit, payee_id, change_id, ("waiting", "approved"))
    if isinstance(held, Gone | Blocked):
        return held
    payee, change = held
    if withdraw and _is_own(visit, payee) and change.requested_by != visit.user.id:
        return Blocked("payee_not_yours")
    subject = Subject(_target(payee, change), change.id)
    verdict = settle(edge, visit, Action.REJECT_PAYEE, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    state = "withdrawn" if withdraw else "rejected"
    decided = {"decided_by": visit.user.id, "decided_at": edge.now, "note": note}
    if not payees.move_change(edge, change, state, **decided):
        return Blocked("payee_decided")
    event = Event.PAYEE_WITHDRAWN if withdraw else Event.PAYEE_REJECTED
    _note(edge, event, payee, change.id)
    payee_accounts.tell_concerned(
        edge,
        Notice.PAYEE_STOPPED,
        payee,
        change.account_shown,
        actor=visit.user.name,
        note=note,
    )
    return Done()


def _ask(edge: Edge, visit: Visit, payee: Payee, account: Account) -> Requested:
    """Keep what was allowed to be asked for, and tell everybody concerned."""
    change_id = payees.add_change(edge, payee.id, payee.organisation_id, account, visit.user.id)
    _note(edge, Event.PAYEE_REQUESTED, payee, change_id)
    payee_accounts.tell_concerned(
        edge, Notice.PAYEE_REQUESTED, payee, account.last_four, actor=visit.user.name
    )
    return Requested(payee.id)


def _held(
    edge: Edge, visit: Visit, payee_id: str, change_id: str, states: tuple[str, ...]
) -> tuple[Payee, Change] | Blocked | Gone:
    """A payee, held, and its change if that is still in one of these states."""
    payee = payees.hold(edge, payee_id)
    if payee is None:
        return Gone()
    change = payee_accounts.pending(edge, payee)
    if change and change.id == change_id and change.state in states:
        return payee, change
    known = _is_own(visit, payee) and payees.has_change(edge, payee_id, change_id)
    return Blocked("payee_decided") if known else Gone()


def _line(edge: Edge, payee: Payee) -> Line:
    return Line(payee, payee_accounts.shown(edge, payee), payee_accounts.pending(edge, payee))


def _is_own(visit: Visit, payee: Payee) -> bool:
    return visit.acting is not None and visit.acting.organisation_id == payee.organisation_id


def _target(payee: Payee, change: Change | None = None) -> Target:
    parties = frozenset({change.requested_by}) if change else frozenset()
    return Target(payee.path, parties=parties)


def _shown_of(edge: Edge, account: Account) -> tuple[tuple[str, str], ...]:
    """What a grant shows of an account, and the fingerprint that stands for the rest."""
    return (
        ("holder", account.holder),
        ("account", masked(account.last_four)),
        ("hash", payee_accounts.fingerprint(edge, account)),
    )


def _note(edge: Edge, event: Event, payee: Payee, change_id: str, **more: str) -> None:
    audit.add(edge, event, detail={"payee": payee.id, "change": change_id, **more})
