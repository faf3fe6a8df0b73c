"""Settles what the gate could not know: whose the object is, and whether a grant is at hand.

It holds no rule: `decide` is asked again with the object among its facts. A grant is spent in the
transaction of what it was given for, so that either both happen or neither.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import field, replace
from typing import Any

from portal.edge import Edge, NotSettled
from portal.flows.events import Event
from portal.flows.session import Visit
from portal.rules.access import Allow, Decision, Deny, NotFound, StepUp, decide
from portal.rules.terms import Action, Target
from portal.store import audit, step_ups
from portal.values import frozen


@frozen
class Subject:
    """What an action is about: its target, its id, and what is shown of it, as (key, value).

    A value is text, a number, or money as `Money.to_json` gives it, or a list of those. A grant is
    bound to all of it: when anything of it changes, another proof is asked for.
    """

    target: Target
    object_id: str = ""
    shown: tuple[tuple[str, Any], ...] = ()

    def binding(self, action: Action) -> bytes:
        """The hash that a grant carries (SHA-256 over canonical JSON)."""
        whose = [self.target.path, self.target.subject_id or ""]
        content = [str(action), whose, self.object_id, [list(pair) for pair in self.shown]]
        encoded = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(encoded.encode()).digest()


@frozen
class Unsettled:
    """The action may not go on: `decision` says what is needed, or that nothing would help."""

    decision: Decision
    action: Action
    subject: Subject | None = field(default=None)


def settle(edge: Edge, visit: Visit, action: Action, subject: Subject) -> Allow | Unsettled:
    """Ask whether this session may do `action` on this very object, and spend its grant.

    To be called in the transaction of the action, after the object was read and held in it. Only
    an Allow lets the flow commit: whatever else it wrote is undone when it returns the refusal.
    """
    facts = replace(visit.facts, target=subject.target)
    decision = decide(action, facts)
    if isinstance(decision, StepUp) and decision.grant:
        if edge.transaction is None or not edge.transaction.writing:
            # A grant that is spent in a transaction which only reads would be good again.
            raise NotSettled(f"{action} needs a grant and was asked for by a reading flow")
        spent = step_ups.spend(
            edge,
            visit.session.id,
            action,
            object_id=subject.object_id,
            binding=subject.binding(action),
        )
        if spent:
            decision = decide(action, replace(facts, granted=True))
    if isinstance(decision, Allow):
        release(edge, action)
        return decision
    return Unsettled(decision, action, subject)


def release(edge: Edge, action: Action) -> None:
    """Let the flow commit without an Allow: it ends a case on the portal's own account."""
    if edge.unsettled == action:
        edge.unsettled = None


def may(visit: Visit, action: Action, target: Target) -> bool:
    """Whether to offer an action on an object: it would go on, at most after one more proof."""
    decision = decide(action, replace(visit.facts, target=target))
    return not isinstance(decision, Deny | NotFound)


def why_not(visit: Visit, action: Action, target: Target) -> str | None:
    """Why nothing would open an action on an object to this person; None when it may be offered."""
    decision = decide(action, replace(visit.facts, target=target))
    return decision.why if isinstance(decision, Deny | NotFound) else None


def refused(_edge: Edge, verdict: Unsettled) -> Unsettled:
    """A flow that does nothing but be refused: what the gate itself denied is audited as any."""
    return verdict


def note_refusal(edge: Edge, refused: Unsettled) -> None:
    """Audit an attempt that nothing would open; what only lacks a proof is no refusal."""
    decision, subject = refused.decision, refused.subject
    if not isinstance(decision, Deny | NotFound):
        return
    audit.add(
        edge,
        Event.ACTION_REFUSED,
        subject_id=subject.target.subject_id if subject else None,
        reason=decision.why,
        detail={"action": str(refused.action), "object": subject.object_id if subject else ""},
    )
