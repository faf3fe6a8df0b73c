"""Payouts: preparing money for a partner's payee, and agreeing to it.

    waiting ──approve (one person, or two from the threshold on)──► approved
       │  └──correct (the platform sends another content)──► waiting, every approval void
       └──reject──► rejected, or withdrawn where the preparer does it

Whoever prepared one never approves it, and nobody approves twice. An approval counts for exactly
what was shown when it was given: amount, payee, account, reference, version; and for as long as
whoever gave it might still give it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.edge import Edge
from portal.flows import entitlement, payee_accounts, payout_notices
from portal.flows.events import Event
from portal.flows.outcomes import Blocked, Counted, Done, Gone, Taken
from portal.flows.permission import Subject, Unsettled, settle
from portal.flows.session import Visit
from portal.rules import money
from portal.rules.bank import masked
from portal.rules.money import Money
from portal.rules.terms import Action, Target
from portal.store import audit, payees, payouts
from portal.store.organisations import Organisation
from portal.store.payees import Payee
from portal.store.payouts import Approval, Payout
from portal.values import frozen

REFERENCE_MAX = 64
RECORD = frozenset({"reference", "payee", "currency", "amount"})


@frozen
class Prepared:
    payout_id: str


def prepare(
    edge: Edge, visit: Visit, payee_id: str, amount: str, reference: str
) -> Prepared | Blocked:
    """Prepare a payout in the payee's currency. `amount` as typed, like "1250.00"."""
    payee = payees.find(edge, payee_id)
    if payee is None:
        return Blocked("payout_payee")
    sum_ = _positive(amount, payee.currency)
    if sum_ is None:
        return Blocked("payout_amount")
    payout_id = payouts.add(
        edge, _values(edge, payee, sum_, reference=reference, prepared_by=visit.user.id)
    )
    if payout_id is None:
        return Blocked("payout_reference_taken")
    _note(edge, Event.PAYOUT_PREPARED, payout_id, sum_)
    prepared = payouts.find(edge, payout_id)
    assert prepared is not None
    payout_notices.tell_prepared(edge, prepared, payee_accounts.shown(edge, payee))
    return Prepared(payout_id)


def approve(
    edge: Edge, visit: Visit, payout_id: str
) -> Done | Counted | Blocked | Gone | Unsettled:
    """Agree to a payout as it is now; the last approval that it needs decides it."""
    payout = payouts.hold(edge, payout_id)
    payee = _settled(edge, payout.payee_id) if payout else None
    if payout is None or payee is None:
        return Gone()
    if payout.state != "waiting":
        return Blocked("payout_decided")
    if reason := obstacle_of(edge, payout, payee):
        return Blocked(reason)
    given = payouts.approvals(edge, payout_id)
    counting = still_good(edge, given, subject_of(edge, payout, payee, []))
    subject = subject_of(edge, payout, payee, counting)
    verdict = settle(edge, visit, Action.APPROVE_PAYOUT, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    binding = subject.binding(Action.APPROVE_PAYOUT)
    payouts.approve(edge, payout, visit.user.id, binding, counting)
    account = payee_accounts.shown(edge, payee)
    changed = [approval for approval in given if approval.binding != binding]
    if changed:
        payout_notices.tell_voided(edge, payout, account, changed)
    if len(counting) + 1 < payout.approvals_needed:
        _note(edge, Event.PAYOUT_APPROVAL_GIVEN, payout.id, payout.money, account=account)
        return Counted()
    # The row is held, so this cannot miss; if it did, the approval must not stay either.
    decided = payouts.decide(edge, payout, "approved")
    assert decided
    _note(edge, Event.PAYOUT_APPROVED, payout.id, payout.money, account=account)
    payout_notices.tell_approved(edge, payout, account, actor=visit.user.name)
    return Done()


def reject(
    edge: Edge, visit: Visit, payout_id: str, note: str
) -> Done | Blocked | Gone | Unsettled:
    """Refuse a waiting payout; by who prepared it, that is withdrawing it."""
    payout = payouts.hold(edge, payout_id)
    if payout is None:
        return Gone()
    if payout.state != "waiting":
        return Blocked("payout_decided")
    subject = Subject(Target(payout.path), payout.id)
    verdict = settle(edge, visit, Action.REJECT_PAYOUT, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    own = payout.prepared_by == visit.user.id
    state = "withdrawn" if own else "rejected"
    decided = payouts.decide(edge, payout, state, decided_by=visit.user.id, note=note)
    assert decided
    event = Event.PAYOUT_WITHDRAWN if own else Event.PAYOUT_REJECTED
    _note(edge, event, payout.id, payout.money)
    if not own:
        payout_notices.tell_rejected(edge, payout, actor=visit.user.name, note=note)
    return Done()


def tell_brought_in(edge: Edge, organisation: Organisation, payout_ids: Sequence[str]) -> None:
    """Tell everybody who may approve them of payouts that the platform sent."""
    first = payouts.find(edge, payout_ids[0])
    payee = payees.find(edge, first.payee_id) if first else None
    account = payee_accounts.shown(edge, payee) if payee else ""
    payout_notices.tell_brought_in(edge, organisation, payout_ids, account)


def take(edge: Edge, organisation: Organisation, record: dict[str, Any]) -> str | Taken | None:
    """Take in a payout that the platform sends; why not, or None where nothing new waits.

    `record` holds texts: reference, payee (its name), currency, amount ("12.30", exact). The same
    again is nothing new; another content for a reference corrects a waiting payout, which then
    needs every approval anew, and is refused for a decided one and for one that a person prepared.
    """
    read = _read(edge, organisation, record)
    if isinstance(read, str):
        return read
    payee, sum_ = read
    values = _values(edge, payee, sum_, reference=record["reference"], prepared_by=None)
    if payout_id := payouts.add(edge, values):
        _note(edge, Event.PAYOUT_PREPARED, payout_id, sum_)
        return Taken(payout_id)
    known = payouts.by_reference(edge, organisation.id, record["reference"])
    payout = payouts.hold(edge, known) if known else None
    assert payout is not None
    if payout.prepared_by:
        return "reference: this payout was prepared by hand and is not the platform's"
    if payout.payee_id == payee.id and payout.money == sum_:
        return None
    if payout.state != "waiting":
        return "reference: this payout was decided and is no longer corrected"
    corrected = {name: values[name] for name in ("payee_id", "currency", "amount")}
    needed = values["approvals_needed"]
    voided = payouts.approvals(edge, payout.id)
    moved = payouts.correct(edge, payout, approvals_needed=needed, **corrected)
    assert moved
    _note(edge, Event.PAYOUT_CORRECTED, payout.id, sum_)
    now = payouts.find(edge, payout.id)
    assert now is not None
    if voided:
        payout_notices.tell_voided(edge, now, payee_accounts.shown(edge, payee), voided)
    return None


def _settled(edge: Edge, payee_id: str) -> Payee | None:
    """A payee, held, what time has decided about its account written down.

    What was approved once stays the account: it cannot end by a role that is lost later.
    """
    payee = payees.hold(edge, payee_id)
    if payee is None or payee.open is None:
        return payee
    payee_accounts.settle(edge, payee)
    return payees.find(edge, payee_id)


def _read(
    edge: Edge, organisation: Organisation, record: dict[str, Any]
) -> tuple[Payee, Money] | str:
    """The payee and the amount that a record names, or what is wrong with it."""
    if not isinstance(record, dict) or set(record) != RECORD:
        return f"record: exactly these fields are needed: {', '.join(sorted(RECORD))}"
    if wrong := next((name for name, value in record.items() if not isinstance(value, str)), None):
        return f"{wrong}: text is needed"
    reference = record["reference"]
    fits = 0 < len(reference) <= REFERENCE_MAX and reference.isprintable()
    if not fits or reference != reference.strip():
        return f"reference: 1 to {REFERENCE_MAX} printable characters are needed"
    payee = payees.by_name(edge, organisation.id, record["payee"])
    if payee is None:
        return "payee: this organisation has no payee of that name"
    if record["currency"] != payee.currency:
        return f"currency: this payee is paid in {payee.currency}"
    sum_ = _positive(record["amount"], payee.currency)
    if sum_ is None:
        return 'amount: a sum like "12.30", over zero, with the digits of its currency, is needed'
    return payee, sum_


def _positive(text: str, currency: str) -> Money | None:
    """A sum over zero, exact; None for anything else."""
    read = money.parse(text.strip(), currency)
    return read if read is not None and read.minor > 0 else None


def _values(
    edge: Edge, payee: Payee, sum_: Money, *, reference: str, prepared_by: str | None
) -> dict[str, Any]:
    """The columns of a payout, with the number of people that its amount asks for."""
    threshold = edge.settings.payout_threshold * 10 ** money.digits(sum_.currency)
    return {
        "organisation_id": payee.organisation_id,
        "payee_id": payee.id,
        "reference": reference,
        "currency": sum_.currency,
        "amount": sum_.minor,
        "prepared_by": prepared_by,
        "approvals_needed": 2 if sum_.minor >= threshold else 1,
    }


def obstacle_of(edge: Edge, payout: Payout, payee: Payee, *, hold: bool = True) -> str | None:
    """Why nobody may approve this payout now."""
    by, target = payout.prepared_by, Target(payout.path)
    if by and not entitlement.lasts(edge, by, Action.PREPARE_PAYOUT, target, hold=hold):
        return "payout_preparer_left"
    if payee_accounts.pending(edge, payee):
        return "payout_account_waits"
    return None if payee_accounts.shown(edge, payee) else "payout_no_account"


def subject_of(edge: Edge, payout: Payout, payee: Payee, approvals: list[Approval]) -> Subject:
    """What an approval is about: everything that its approver is to agree to."""
    account = payee_accounts.in_force(edge, payee)
    shown = (
        ("partner", payout.organisation_name),
        ("payee", payout.payee_name),
        ("account", masked(account.last_four) if account else ""),
        ("hash", payee_accounts.fingerprint(edge, account) if account else ""),
        ("amount", payout.money.to_json()),
        ("reference", payout.reference),
        ("prepared_by", payout.prepared_by_name or ""),
        ("id", [payout.payee_id, payout.prepared_by or ""]),
        ("version", payout.version),
    )
    parties = {approval.approved_by for approval in approvals} | {payout.prepared_by or ""}
    return Subject(Target(payout.path, parties=frozenset(parties)), payout.id, shown)


def still_good(
    edge: Edge, approvals: list[Approval], subject: Subject, *, hold: bool = True
) -> list[Approval]:
    """The approvals of exactly this by people who may still approve; all others are void."""
    action, target = Action.APPROVE_PAYOUT, subject.target
    binding = subject.binding(action)
    return [
        approval
        for approval in approvals
        if approval.binding == binding
        and entitlement.lasts(edge, approval.approved_by, action, target, hold=hold)
    ]


def _note(edge: Edge, event: Event, payout_id: str, sum_: Money, **more: str) -> None:
    audit.add(edge, event, detail={"payout": payout_id, "amount": sum_.to_json(), **more})
