"""Which account a payee is paid to at this moment, and writing down what time has decided.

    approved ──time, and both who agreed still stand behind it──► in force, then written down
        └──one of them may not any more, or was reset since──► ended by the portal

An approved change is in force from its time on, whether or not anything has written that down:
whoever reads asks here. The worker, the next change or the next payout writes it down once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from portal.edge import Edge, SealBroken
from portal.flows import entitlement, payout_notices, tokens
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.rules.bank import Account, masked
from portal.rules.terms import Action, Role, Target
from portal.store import audit, payees, payouts, users
from portal.store.payees import Change, Payee
from portal.store.users import User

# Why the portal ended a change; worded in web/payment_words.
REQUESTER, APPROVER, RESET = "requester", "approver", "reset"
RESETS = (Event.RESET_APPROVED, Event.HOST_RESET)
CONCERNED = (Role.FINANCE_CONTROLLER, Role.PARTNER_ADMIN)


def is_due(edge: Edge, change: Change) -> bool:
    """Whether the time of an approved change has come."""
    return change.effective_at is not None and change.effective_at <= edge.now


def why_void(edge: Edge, payee: Payee, change: Change, *, hold: bool = False) -> str | None:
    """Why nobody stands behind a change any more; None while everybody who agreed does.

    Whoever asked and whoever approved must still be ones who may, and have the authenticators
    that they proved it with. `hold`: they keep their roles until the commit.
    """
    target, parts = Target(payee.path), [(change.requested_by, change.created_at)]
    if not entitlement.lasts(edge, change.requested_by, Action.CHANGE_PAYEE, target, hold=hold):
        return REQUESTER
    if change.decided_by and change.decided_at:
        parts.append((change.decided_by, change.decided_at))
        if not entitlement.lasts(edge, change.decided_by, Action.APPROVE_PAYEE, target, hold=hold):
            return APPROVER
    was_reset = any(
        audit.has_happened(edge, event, user_id, since)
        for user_id, since in parts
        for event in RESETS
    )
    return RESET if was_reset else None


def in_use(edge: Edge, payee: Payee) -> Change | None:
    """The change that is in force and not written down yet."""
    change = payee.open
    due = change is not None and is_due(edge, change)
    return change if due and why_void(edge, payee, change) is None else None


def pending(edge: Edge, payee: Payee) -> Change | None:
    """The change that waits for a person or for its time; None when nothing waits.

    One that nobody stands behind any more waits to be ended: meanwhile nothing is paid.
    """
    return None if in_use(edge, payee) else payee.open


def shown(edge: Edge, payee: Payee) -> str:
    """The account in force as it may be shown; empty while there is none."""
    change = in_use(edge, payee)
    return masked(change.account_shown if change else payee.account_shown)


def in_force(edge: Edge, payee: Payee) -> Account | None:
    """The account in force, in full. Raises SealBroken."""
    change = in_use(edge, payee)
    return payees.opened_change(edge, change) if change else payees.opened(edge, payee)


def fingerprint(edge: Edge, account: Account) -> str:
    """What a grant is bound to besides the last four digits: every letter of the account.

    Keyed, because a plain hash of so short a number could be searched for.
    """
    content = json.dumps(account.to_json(), sort_keys=True)
    return tokens.keyed(edge, "payee-account", content).hex()


def settle(edge: Edge, payee: Payee) -> None:
    """Write down what time has decided about a held payee's change; nothing where it has not."""
    change = payee.open
    if change is None or not is_due(edge, change) or end_unlawful(edge, payee, change):
        return
    account = payees.opened_change(edge, change)
    if not payees.move_change(edge, change, "effective"):
        return
    payees.set_account(edge, payee.id, account)
    for payout in payouts.approved_of(edge, payee.id):
        voided = payouts.approvals(edge, payout.id)
        payout_notices.tell_voided(edge, payout, masked(change.account_shown), voided)
    payouts.void_approvals_of(edge, payee.id)
    audit.add(edge, Event.PAYEE_EFFECTIVE, detail={"payee": payee.id, "change": change.id})
    tell_concerned(edge, Notice.PAYEE_EFFECTIVE, payee, change.account_shown)


def settle_due(edge: Edge) -> bool:
    """Settle the change that is longest past its time; False when there is none.

    One whose account does not open is rejected: nobody could be paid by it.
    """
    payee_id = payees.next_due(edge)
    payee = payees.hold(edge, payee_id) if payee_id else None
    if payee is None or payee.open is None:
        return False
    try:
        settle(edge, payee)
    except SealBroken as broken:
        payees.move_change(edge, payee.open, "rejected")
        audit.add(edge, Event.SEAL_BROKEN, reason=broken.place)
    return True


def end_unlawful(edge: Edge, payee: Payee, change: Change) -> str | None:
    """Reject a held payee's change that nobody stands behind any more; why, or None."""
    why = why_void(edge, payee, change, hold=True)
    if why is None:
        return None
    ended = {"decided_by": None, "decided_at": edge.now, "effective_at": None, "note": why}
    if payees.move_change(edge, change, "rejected", **ended):
        detail = {"payee": payee.id, "change": change.id}
        audit.add_by_portal(edge, Event.PAYEE_REJECTED, reason=why, detail=detail)
        tell_concerned(edge, Notice.PAYEE_STOPPED, payee, change.account_shown, why=why)
    return why


def concerned(edge: Edge, organisation_id: str) -> Iterator[User]:
    """Everybody who answers for an organisation's money, once each."""
    told: set[str] = set()
    for role in CONCERNED:
        for user in users.in_role(edge, organisation_id, role):
            if user.id not in told:
                told.add(user.id)
                yield user


def tell_concerned(edge: Edge, notice: Notice, payee: Payee, last_four: str, **values: str) -> None:
    """Write to everybody concerned about a payee's account."""
    for user in concerned(edge, payee.organisation_id):
        tell(
            edge,
            notice,
            user,
            organisation=payee.organisation_name,
            payee=payee.name,
            payee_id=payee.id,
            account=masked(last_four),
            **values,
        )
