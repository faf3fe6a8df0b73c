"""A challenge: one attempt to prove one factor, for a sign-in, a step-up or after idling.

`decide` says what would be accepted; here the answer is counted, verified and accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import Any

from portal.ceremony import (
    ENTROPY_BYTES,
    Ceremony,
    Interactive,
    Purpose,
    Reason,
    Rejected,
    Verified,
)
from portal.edge import Edge
from portal.flows import attempts, bypass_codes, device_answers, interruptions, session, visits
from portal.flows.device_answers import FORBIDDEN, Answer, Checked, Unfit
from portal.flows.events import Event
from portal.flows.interruptions import Interrupted
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Gone, Nothing, NotOffered
from portal.flows.session import Opened, Visit
from portal.rules import access
from portal.rules.access import Allow, Decision, StepUp
from portal.rules.lockout import Throttled
from portal.rules.terms import Action, Authentication
from portal.store import audit, authenticators, ceremonies
from portal.store.authenticators import Authenticator
from portal.values import frozen

RETRIES = 3  # Of a lost race; each loser is verified again and seen as a replay.


@frozen
class Passed:
    """The factor was proved. `codes_left` is set when a look-up secret was spent."""

    opened: Opened
    codes_left: int | None = None


Outcome = Passed | Rejected | Throttled | NotOffered | Nothing | Gone


def needed(visit: Visit, action: Action, task: Interrupted | None = None) -> Decision:
    """What `action` still needs. A task that waits for a grant needs its own proof, once."""
    if task is None or task.binding is None:
        return access.decide(action, visit.facts)
    return access.decide_grant(action, visit.facts, granted=task.granted_at is not None)


def choices(visit: Visit, action: Action, task: Interrupted | None = None) -> tuple[str, ...]:
    """The kinds that would be accepted for `action` now, best first; empty when none is asked."""
    decision = needed(visit, action, task)
    return decision.choices if isinstance(decision, StepUp) else ()


@frozen
class Begun:
    """A challenge for a device. `shown` is for the browser."""

    ceremony_id: str
    shown: Mapping[str, Any]


def begin(
    edge: Edge, visit: Visit, action: Action, kind: str, task: Interrupted | None = None
) -> Begun | NotOffered:
    """Open a ceremony with a factor whose device answers a challenge of ours."""
    decision = needed(visit, action, task)
    factor: Interactive = edge.factors[kind]
    if not isinstance(decision, StepUp) or kind not in decision.choices or not factor.interactive:
        return NotOffered()
    found = authenticators.of_user(edge, visit.user.id, kind)
    welcome = [one for one in found if not visit.facts.turns_away(one.id)] or found
    held = [one for one in welcome if decision.accepts(one.strength)] or welcome
    # Whoever's device once checked who they were is asked for that again.
    verified = all(authenticator.strength.multi_factor for authenticator in held)
    data = [authenticator.data for authenticator in held]
    begun = factor.begin_challenge(data, verified=verified, entropy=edge.entropy(ENTROPY_BYTES))
    ceremony = Ceremony(
        id=edge.new_id(),
        kind=kind,
        purpose=Purpose.CHALLENGE,
        session_id=visit.session.id,
        state={**begun.state, "target": device_answers.target(action, task)},
        expires_at=edge.now + edge.settings.ceremony_lifetime,
    )
    ceremonies.begin(edge, ceremony, user_id=visit.user.id)
    return Begun(ceremony.id, begun.shown)


def answer(
    edge: Edge,
    visit: Visit,
    action: Action,
    kind: str,
    given: Answer,
    task: Interrupted | None = None,
) -> Generator[Callable[[], Any], Any, Outcome]:
    """Check an answer for a factor that `action`, or the `task` of it, still needs.

    A fast factor is counted, verified and accepted in one transaction; a slow one is verified
    between two.
    """
    decision = needed(visit, action, task)
    if isinstance(decision, Allow):
        return Nothing()
    if not isinstance(decision, StepUp) or kind not in decision.choices:
        return NotOffered()
    user = visit.user
    reserved = attempts.reserve(edge, kind, user.email, browser_id=visit.lane_browser_id, user=user)
    if isinstance(reserved, Throttled):
        return reserved
    factor = edge.factors[kind]
    aim = device_answers.target(action, task)
    ceremony = device_answers.take(edge, visit, kind, given, aim) if factor.interactive else None
    for tried in range(RETRIES):
        held = authenticators.of_user(edge, user.id, kind)
        # What is gone at the second look was used up while this answer to it was compared.
        worst = Rejected(Reason.WRONG if held or not tried else Reason.USED)
        check = partial(_check, edge, held, kind, given, ceremony, worst)
        checked: Checked = (yield check) if factor.slow else check()
        if isinstance(checked, Unfit):
            device_answers.note_suspicion(edge, user, checked)
            return _reject(edge, visit, kind, checked.verdict, reserved)
        authenticator, verdict = checked
        now = session.again(edge, visit)
        if now is None:
            return Gone()  # The session ended while the answer was compared.
        asked = needed(now, action, task)
        if not isinstance(asked, StepUp) or kind not in asked.choices:
            return NotOffered()
        if _store(edge, authenticator, verdict.data):
            # A proof that only wakes an idle session grants nothing, nor one that is too weak: the
            # person may hold a key that would do and one of its kind that would not.
            strong = asked.accepts(verdict.strength or authenticator.strength)
            granting = task if asked.grant and strong else None
            return _accept(edge, now, authenticator, verdict, granting, reserved)
    return _reject(edge, visit, kind, Rejected(Reason.USED), reserved)


def _store(edge: Edge, authenticator: Authenticator, data: dict[str, Any]) -> bool:
    """Accept by compare-and-set; an answer that changes no data only notes its use."""
    if data == authenticator.data:
        return authenticators.touch(edge, authenticator)
    return authenticators.replace(edge, authenticator, data)


def _check(
    edge: Edge,
    held: list[Authenticator],
    kind: str,
    given: Answer,
    ceremony: Ceremony | None,
    worst: Rejected,
) -> Checked:
    """The authenticator of this kind that the answer proves, with its new data.

    `worst`: what is said where none of them knows better.
    """
    factor = edge.factors[kind]
    if factor.interactive:
        return device_answers.check(factor, held, given, ceremony, edge.now)
    for authenticator in held:
        verdict = factor.verify(authenticator.data, None, given.text, edge.now)
        if isinstance(verdict, Verified):
            return authenticator, verdict
        if verdict.reason is not Reason.WRONG:
            worst = verdict
    return Unfit(worst)


def _accept(
    edge: Edge,
    visit: Visit,
    authenticator: Authenticator,
    verified: Verified,
    granting: Interrupted | None,
    reserved: attempts.Attempt,
) -> Passed | Rejected | Gone:
    user = visit.user
    if visit.facts.turns_away(authenticator.id):
        refused = Rejected(Reason.NOT_PERMITTED, why=FORBIDDEN)
        return _reject(edge, visit, authenticator.kind, refused, reserved)
    device_answers.note_make(edge, user, authenticator)
    attempts.succeed(edge, authenticator.kind, user.email, browser_id=visit.lane_browser_id)
    strength = verified.strength or authenticator.strength
    proof = Authentication(authenticator.kind, strength, edge.now, authenticator.id)
    if strength.issued:
        bypass_codes.spend(edge, user, authenticator)
    opened = session.record(edge, visit, proof)
    if opened is None:
        # The session ended between the page and the answer. The code stays spent.
        return Gone()
    if granting is not None:
        interruptions.grant(edge, visit, granting)
    left = None
    if strength.look_up_secret and not strength.issued:
        left = edge.factors[authenticator.kind].describe(verified.data)["left"]
        audit.add(edge, Event.BACKUP_CODE_USED, subject_id=user.id, detail={"left": left})
        tell(edge, Notice.BACKUP_CODE_USED, user, codes_left=left)
    elif _was_complete(visit):
        detail = {"factor": authenticator.kind, "variant": authenticator.variant}
        audit.add(edge, Event.CHALLENGE_PASSED, subject_id=user.id, detail=detail)
    return Passed(opened, left)


def _was_complete(visit: Visit) -> bool:
    """Whether the sign-in had been whole before: its completion is audited by the door."""
    decision = visits.proved(visit.facts)
    return isinstance(decision, Allow) or (isinstance(decision, StepUp) and decision.lapsed)


def _reject(
    edge: Edge, visit: Visit, kind: str, verdict: Rejected, reserved: attempts.Attempt
) -> Rejected:
    replayed = verdict.reason is Reason.USED
    audit.add(
        edge,
        Event.REPLAY_REFUSED if replayed else Event.CHALLENGE_FAILED,
        subject_id=visit.user.id,
        reason=verdict.why or str(verdict.reason),
        detail={
            "factor": kind,
            "failures": reserved.failures,
            "refused_before": reserved.refused_before,
        },
    )
    return verdict
