"""Which account a payee is paid to at this moment, and making a change permanent.

An approved change is in force from its time on, whether or not anything has written that down:
whoever reads asks here. The worker, or the next change, makes it permanent once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from portal.edge import Edge, SealBroken
from portal.flows import entitlement, tokens
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.rules.bank import Account, masked
from portal.rules.terms import Action, Role, Target
from portal.store import audit, payees, payouts, users
from portal.store.payees import Change, Payee
from portal.store.users import User

REQUESTER = "requester"  # Why the portal ended a change; worded in web/payment_words.
CONCERNED = (Role.FINANCE_CONTROLLER, Role.PARTNER_ADMIN)


def is_due(edge: Edge, change: Change) -> bool:
    """Whether an approved change is in force."""
    return change.effective_at is not None and change.effective_at <= edge.now


def pending(edge: Edge, payee: Payee) -> Change | None:
    """The change that waits for a person or for its time; None when nothing waits."""
    return payee.open if payee.open and not is_due(edge, payee.open) else None


def shown(edge: Edge, payee: Payee) -> str:
    """The account in force as it may be shown; empty while there is none."""
    due = payee.open and is_due(edge, payee.open)
    return masked(payee.open.account_shown if payee.open and due else payee.account_shown)


def in_force(edge: Edge, payee: Payee) -> Account | None:
    """The account in force, in full. Raises SealBroken."""
    if payee.open and is_due(edge, payee.open):
        return payees.opened_change(edge, payee.open)
    return payees.opened(edge, payee)


def fingerprint(edge: Edge, account: Account) -> str:
    """What a grant is bound to besides the last four digits: every letter of the account.

    Keyed, because a plain hash of so short a number could be searched for.
    """
    content = json.dumps(account.to_json(), sort_keys=True)
    return tokens.keyed(edge, "payee-account", content).hex()


def make_permanent(edge: Edge, payee: Payee) -> None:
    """Write down that a held payee's change is in force; nothing is done where none is."""
    change = payee.open
    if change is None or not is_due(edge, change):
        return
    account = payees.opened_change(edge, change)
    if not payees.move_change(edge, change, "effective"):
        return
    payees.set_account(edge, payee.id, account)
    payouts.void_approvals_of(edge, payee.id)
    audit.add(edge, Event.PAYEE_EFFECTIVE, detail={"payee": payee.id, "change": change.id})
    tell_concerned(edge, Notice.PAYEE_EFFECTIVE, payee, change.account_shown)


def settle_due(edge: Edge) -> bool:
    """Make the change permanent that is longest past its time; False when there is none.

    One whose account does not open is rejected: nobody could be paid by it.
    """
    payee_id = payees.next_due(edge)
    payee = payees.hold(edge, payee_id) if payee_id else None
    if payee is None or payee.open is None:
        return False
    try:
        make_permanent(edge, payee)
    except SealBroken as broken:
        payees.move_change(edge, payee.open, "rejected")
        audit.add(edge, Event.SEAL_BROKEN, reason=broken.place)
    return True


def end_unlawful(edge: Edge, payee: Payee, change: Change) -> bool:
    """Reject a waiting change whose requester may not ask any more; False while they may."""
    by, target = change.requested_by, Target(payee.path)
    if entitlement.lasts(edge, by, Action.CHANGE_PAYEE, target):
        return False
    payees.move_change(edge, change, "rejected", decided_at=edge.now, note=REQUESTER)
    detail = {"payee": payee.id, "change": change.id}
    audit.add(edge, Event.PAYEE_REJECTED, reason=REQUESTER, detail=detail)
    tell_concerned(edge, Notice.PAYEE_STOPPED, payee, change.account_shown)
    return True


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
