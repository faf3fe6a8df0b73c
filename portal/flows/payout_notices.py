"""Mail about payouts: who is told of which step.

It decides nothing. An account is named by its last four digits, and whoever has left HQ since is
told nothing of HQ's any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from portal.edge import Edge
from portal.flows import entitlement
from portal.flows.notices import Notice, tell
from portal.rules.actions import ACTIONS
from portal.rules.terms import AccountState, Action, Role, Target
from portal.store import payouts, reset_subjects, users
from portal.store.organisations import Organisation
from portal.store.payouts import Approval, Payout
from portal.store.users import User


def tell_prepared(edge: Edge, payout: Payout, account: str) -> None:
    """Tell everybody who may approve a payout that it waits; `account` is masked."""
    actor = payout.prepared_by_name or ""
    for user in _approvers(edge, but=payout.prepared_by):
        _tell_of(edge, Notice.PAYOUT_PREPARED, user, payout, account=account, actor=actor)


def tell_brought_in(
    edge: Edge, organisation: Organisation, payout_ids: Sequence[str], account: str
) -> None:
    """Tell them of what the platform sent, in one mail however many there are.

    `account` is that of the one payout; where there are more the mail names none.
    """
    if len(payout_ids) == 1:
        payout = payouts.find(edge, payout_ids[0])
        assert payout is not None
        tell_prepared(edge, payout, account)
        return
    for user in _approvers(edge, but=None):
        tell(
            edge,
            Notice.PAYOUT_PREPARED,
            user,
            partner=organisation.name,
            count=len(payout_ids),
        )


def tell_approved(edge: Edge, payout: Payout, account: str, *, actor: str) -> None:
    """Tell whoever prepared a payout, and the admins of the partner that gets the money.

    The partner is not told who at HQ approved it.
    """
    told = set()
    for user in _at_hq(edge, payout, [payout.prepared_by]):
        told.add(user.id)
        _tell_of(edge, Notice.PAYOUT_APPROVED, user, payout, account=account, actor=actor)
    for user in users.in_role(edge, payout.organisation_id, Role.PARTNER_ADMIN):
        if user.id not in told:
            values = {**_values(payout), "account": account, "payee_id": payout.payee_id}
            tell(edge, Notice.PAYOUT_APPROVED, user, **values)


def tell_rejected(edge: Edge, payout: Payout, *, actor: str, note: str) -> None:
    """Tell whoever prepared a payout why it will not be paid."""
    for user in _at_hq(edge, payout, [payout.prepared_by]):
        _tell_of(edge, Notice.PAYOUT_REJECTED, user, payout, actor=actor, note=note)


def tell_voided(edge: Edge, payout: Payout, account: str, voided: Iterable[Approval]) -> None:
    """Tell whoever approved, and whoever prepared, that a payout became another since.

    `payout` and `account` are as they are now.
    """
    people = [*(approval.approved_by for approval in voided), payout.prepared_by]
    for user in _at_hq(edge, payout, people):
        _tell_of(edge, Notice.PAYOUT_VOIDED, user, payout, account=account)


def _approvers(edge: Edge, *, but: str | None) -> list[User]:
    roles = ACTIONS[Action.APPROVE_PAYOUT].roles
    assert roles is not None
    return reset_subjects.holders(edge, roles, but=but or users.NOBODY)


def _at_hq(edge: Edge, payout: Payout, user_ids: Iterable[str | None]) -> Iterator[User]:
    """These people, once each, as far as they may still see payouts."""
    target = Target(payout.path)
    for user_id in dict.fromkeys(filter(None, user_ids)):
        user = users.by_id(edge, user_id)
        may_see = entitlement.lasts(edge, user_id, Action.VIEW_PAYOUTS, target, hold=False)
        if user is not None and user.state is AccountState.ACTIVE and may_see:
            yield user


def _tell_of(edge: Edge, notice: Notice, user: User, payout: Payout, **more: str) -> None:
    tell(edge, notice, user, **_values(payout), payout_id=payout.id, **more)


def _values(payout: Payout) -> dict[str, Any]:
    return {
        "partner": payout.organisation_name,
        "payee": payout.payee_name,
        "amount": payout.money.to_json(),
        "reference": payout.reference,
    }
