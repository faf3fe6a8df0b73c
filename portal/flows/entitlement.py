"""Whether somebody who had a part in something might still have it, as their roles are now.

Two people agree to what moves money. One who has lost the role, or whose account is disabled, is
not one of the two any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from portal.edge import Edge
from portal.rules import access
from portal.rules.facts import Facts
from portal.rules.terms import Action, Target
from portal.store import reset_subjects


def lasts(edge: Edge, user_id: str, action: Action, target: Target, *, hold: bool = True) -> bool:
    """Whether a person who is not here may do `action` by the roles that they have now.

    Their part is theirs already, so the target's parties do not count. `hold`: they keep their
    roles until the commit; not for a flow that only reads.
    """
    alone = replace(target, parties=frozenset())
    return refusals(edge, user_id, [action], alone, hold=hold) is None


def refusals(
    edge: Edge, user_id: str, actions: Iterable[Action], target: Target, *, hold: bool = True
) -> set[str] | None:
    """Why a person may do none of `actions` in any organisation of theirs; None while they may."""
    held = reset_subjects.memberships_held(edge, user_id, hold=hold)
    facts = Facts(now=edge.now, user_id=user_id, memberships=held, target=target)
    answers = [
        access.refusal(action, replace(facts, acting=acting))
        for acting in held
        for action in actions
    ]
    if any(answer is None for answer in answers):
        return None
    return {answer.why for answer in answers if answer is not None}
