"""A reset's case: whom it would be about, what they would lose, who may ask for it.

It reads; `resets` asks, `reset_decisions` decides.
"""

from __future__ import annotations

from typing import Any

from portal.edge import Edge
from portal.flows import entitlement, permission
from portal.flows.session import Visit
from portal.rules.terms import AccountState, Action, Role, Target
from portal.store import reset_subjects, resets
from portal.store.organisations import Organisation
from portal.store.reset_subjects import Factor
from portal.store.resets import ResetRequest
from portal.store.users import User
from portal.values import frozen

CALLER_CODE = "caller_code"
# How a caller was verified; worded in web/reset_words.py. Bulk requests have no one caller.
VERIFICATIONS = (CALLER_CODE, "in_person", "call_back", "manager")
BULK_VERIFICATIONS = VERIFICATIONS[1:]


@frozen
class Case:
    """A person as a reset would find them. `waiting`: a request that nobody has decided."""

    user: User
    organisation: Organisation
    roles: frozenset[Role]
    factors: tuple[Factor, ...]
    waiting: ResetRequest | None

    @property
    def target(self) -> Target:
        return Target(
            path=self.organisation.path,
            managed_by_parent=self.organisation.managed_by_parent,
            subject_id=self.user.id,
            subject_roles=self.roles,
        )

    @property
    def person(self) -> str:
        return f"{self.user.name} <{self.user.email}>"

    @property
    def lost(self) -> list[str]:
        """What would be lost, by kind and name, as `web/reset_words` reads it."""
        kinds = [(one.variant or one.kind, one.name) for one in self.factors]
        return [f"{kind}:{name}" if name else kind for kind, name in kinds]

    @property
    def unfit(self) -> str | None:
        """Why nobody could reset this person now, whoever asks; None when somebody could."""
        if self.user.state is not AccountState.ACTIVE:
            return "reset_not_active"
        if self.waiting is not None and self.waiting.state == resets.WAITING:
            return "reset_waits_already"
        # After a reset whose ticket was lost there is nothing to lose, and a new one is the way.
        if not self.factors and self.user.reset_at is None:
            return "reset_of_nothing"
        return None


def read(edge: Edge, user_ids: list[str], *, hold: bool = False) -> list[Case]:
    """The cases of these people, by id; unknown ids are left out. `hold`: until the commit."""
    people = reset_subjects.people(edge, user_ids, hold=hold)
    known = [user.id for user, _ in people]
    roles = reset_subjects.roles_of(edge, known)
    factors = reset_subjects.factors_of(edge, known)
    waiting = resets.waiting_for(edge, known)
    return [
        Case(user, home, roles[user.id], tuple(factors[user.id]), waiting.get(user.id))
        for user, home in people
    ]


def one(edge: Edge, user_id: str, *, hold: bool = False) -> Case | None:
    return next(iter(read(edge, [user_id], hold=hold)), None)


def road(visit: Visit, case: Case) -> tuple[Action, str | None]:
    """The action by which this visitor may ask for a reset, or why neither is open to them.

    Members are reset by the administrators who serve them, administrators by the service desk.
    """
    own = permission.why_not(visit, Action.REQUEST_RESET, case.target)
    desk = permission.why_not(visit, Action.REQUEST_DESK_RESET, case.target)
    # Why not, in the words for whoever is at the desk, or else for an administrator.
    if desk is None or (own is not None and desk not in {"role", "another_tenant"}):
        return Action.REQUEST_DESK_RESET, desk
    return Action.REQUEST_RESET, own


def bound(case: Case, request: ResetRequest, requester: str) -> tuple[tuple[str, Any], ...]:
    """What a grant for a request is bound to: person, why, by whom, and all that would be lost."""
    return (
        ("person", case.person),
        ("organisation", case.organisation.name),
        ("lost", case.lost),
        ("reason", request.reason),
        ("verification", request.verification),
        ("proof", request.proof),
        ("requested_by", requester),
        ("id", [factor.id for factor in case.factors]),
    )


def why_unlawful(edge: Edge, case: Case, request: ResetRequest) -> str | None:
    """Why the request could not be made any more by the one who made it; None while it could.

    Their roles are held until the commit. For an administrator the service desk must have asked,
    with its note of the proof.
    """
    actions = [Action.REQUEST_RESET, *([Action.REQUEST_DESK_RESET] if request.proof else [])]
    reasons = entitlement.refusals(edge, request.requested_by, actions, case.target)
    if reasons is None:
        return None
    return "administrator" if "administrator" in reasons else "requester"
