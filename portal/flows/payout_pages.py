"""Payouts as HQ sees them: the list, one payout, and the payees that one can be prepared for."""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import payee_accounts, payouts, permission
from portal.flows.outcomes import Gone
from portal.flows.session import Visit
from portal.rules.money import Money
from portal.rules.terms import Action
from portal.store import payees
from portal.store import payouts as store
from portal.store.payees import Payee
from portal.store.payouts import Approval, Payout
from portal.values import frozen

__all__ = ["Approval", "Payee", "Payout"]
PAGE = 25
CHOICES = 50
# What a list can be asked for, and the states that it means.
FILTERS = {
    "waiting": ("waiting",),
    "approved": ("approved",),
    "rejected": ("rejected", "withdrawn"),
    "all": ("waiting", "approved", "rejected", "withdrawn"),
}


@frozen
class Page:
    """A page of payouts. `totals`: everything that waits, by currency."""

    payouts: list[Payout]
    older: str | None
    totals: list[Money]


@frozen
class Choice:
    """A payee that a payout can be prepared for. `account`: masked, empty while it has none."""

    payee: Payee
    account: str


@frozen
class Sheet:
    """Everything about a payout. `account`: masked. `approvals`: those that count.

    `obstacle`: why nobody may approve it now; `why_not`: why this person may not.
    """

    payout: Payout
    account: str
    approvals: list[Approval]
    obstacle: str | None
    why_not: str | None


def page(edge: Edge, wanted: str, before: str | None = None) -> Page:
    """A page of payouts of every partner, newest first."""
    found = store.page(edge, FILTERS[wanted], before=before, size=PAGE + 1)
    shown = found[:PAGE]
    older = shown[-1].id if len(found) > PAGE else None
    return Page(shown, older, store.waiting_totals(edge))


def sheet(edge: Edge, visit: Visit, payout_id: str) -> Sheet | Gone:
    payout = store.find(edge, payout_id)
    payee = payees.find(edge, payout.payee_id) if payout else None
    if payout is None or payee is None:
        return Gone()
    approvals = store.approvals(edge, payout_id)
    if payout.state != "waiting":
        # Which account it was is in the audit log; the payee's of today may be another.
        return Sheet(payout, "", approvals, None, None)
    obstacle = payouts.obstacle_of(edge, payout, payee, hold=False)
    subject = payouts.subject_of(edge, payout, payee, [])
    approvals = payouts.still_good(edge, approvals, subject, hold=False)
    target = payouts.subject_of(edge, payout, payee, approvals).target
    return Sheet(
        payout,
        payee_accounts.shown(edge, payee),
        approvals,
        obstacle,
        permission.why_not(visit, Action.APPROVE_PAYOUT, target),
    )


def choices(edge: Edge, beginning: str, chosen: str | None) -> tuple[list[Choice], bool]:
    """Payees whose name, or whose partner's, begins like this, and whether there are more.

    `chosen` is among them, wherever it comes from.
    """
    found = payees.of_partners(edge, beginning, CHOICES + 1)
    shown = found[:CHOICES]
    if chosen and all(payee.id != chosen for payee in shown):
        other = payees.find(edge, chosen)
        shown += [other] if other else []
    offered = [Choice(payee, payee_accounts.shown(edge, payee)) for payee in shown]
    return offered, len(found) > CHOICES
