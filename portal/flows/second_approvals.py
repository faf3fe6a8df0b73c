"""Two approvals, where the person's policy asks for two: the first is kept, the second decides.

It decides nothing about who may approve: `permission` does, and whoever gave the first is a party.
"""

from __future__ import annotations

from typing import Protocol

from portal.edge import Edge
from portal.flows import entitlement, visits
from portal.flows.session import Visit
from portal.rules.terms import Action, Target
from portal.store import organisations
from portal.store.users import User


class Approvable(Protocol):
    """A request that somebody made and others approve."""

    @property
    def requested_by(self) -> str: ...

    @property
    def first_approved_by(self) -> str | None: ...


def needed(edge: Edge, user: User) -> int:
    """How many must approve what takes protection from this person, by what is asked of them now.

    Taken with all organisations together, as at a sign-in.
    """
    memberships = organisations.memberships_of(edge, user.id)
    return visits.asked_of(user, memberships, edge.now).reset_approvals


def parties(request: Approvable) -> frozenset[str]:
    """Who had a part in a request, and so is not the person that it still needs."""
    return frozenset({request.requested_by, request.first_approved_by or request.requested_by})


def is_first(
    edge: Edge, visit: Visit, user: User, request: Approvable, case: tuple[Action, Target]
) -> bool:
    """Whether this visitor's approval still needs another one beside it.

    `case`: the action of approving, and what it is about. A first approval by somebody who may not
    approve any more is none: this one takes its place.
    """
    if needed(edge, user) < 2:
        return False
    first = request.first_approved_by
    if first is None or first == visit.user.id:
        return True
    return not entitlement.lasts(edge, first, *case)
