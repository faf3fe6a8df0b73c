"""What a person's device says to a challenge of ours: whose it is, and whether it may be a copy.

It spends challenges and asks the factor; `challenge` and `passkeys` accept or refuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portal.ceremony import Ceremony, Interactive, Purpose, Reason, Rejected, Verified
from portal.edge import Edge
from portal.flows import enrolment, session
from portal.flows.events import Event
from portal.flows.interruptions import Interrupted
from portal.flows.notices import Notice, tell
from portal.flows.visits import Visit
from portal.rules.terms import Action
from portal.store import audit, authenticators, ceremonies
from portal.store.authenticators import Authenticator
from portal.store.users import User
from portal.values import frozen

FORBIDDEN = "forbidden_make"  # For the audit log.


@frozen
class Answer:
    """What was typed, or what a device said to the challenge of a ceremony."""

    text: str
    ceremony_id: str = ""


@frozen
class Unfit:
    """An answer that proves nothing. `about`: the authenticator that it claims to come from."""

    verdict: Rejected
    about: Authenticator | None = None


Checked = tuple[Authenticator, Verified] | Unfit


def target(action: Action, task: Interrupted | None) -> str:
    """What a challenge is begun for: an answer to it serves nothing else."""
    return f"{action}:{task.id}" if task else str(action)


def take(edge: Edge, visit: Visit, kind: str, given: Answer, wanted: str) -> Ceremony | None:
    """Spend the challenge that a device answered; None unless it was begun here, for this."""
    ceremony = ceremonies.take(
        edge,
        given.ceremony_id,
        kind=kind,
        purpose=Purpose.CHALLENGE,
        session_id=visit.session.id,
    )
    return ceremony if ceremony is not None and ceremony.state["target"] == wanted else None


def check(
    factor: Interactive,
    held: Sequence[Authenticator],
    given: Answer,
    ceremony: Ceremony | None,
    now: datetime,
) -> Checked:
    """Ask the factor about the authenticator that a device says it is.

    Another person's is as unknown here as nobody's.
    """
    if ceremony is None:
        return Unfit(Rejected(Reason.EXPIRED))
    lookup = factor.lookup_of(given.text)
    if lookup is None:
        return Unfit(Rejected(Reason.MALFORMED))
    found = next((one for one in held if one.lookup == lookup), None)
    if found is None:
        return Unfit(Rejected(Reason.UNKNOWN))
    verdict = factor.verify(found.data, ceremony, given.text, now)
    return Unfit(verdict, found) if isinstance(verdict, Rejected) else (found, verdict)


def note_make(edge: Edge, owner: User, used: Authenticator) -> None:
    """Let policy know an authenticator's make: the release before wrote none beside what is held.

    The caller holds the owner's row.
    """
    if edge.factors[used.kind].interactive and used.id not in owner.summary.makes:
        enrolment.refresh_summary(edge, owner.id)


def note_suspicion(edge: Edge, owner: User, unfit: Unfit) -> None:
    """Keep what a refusal says of the authenticator itself, and tell its owner.

    What a copy has opened ends, and what was begun there: the thief may have been first.
    The caller holds the owner's row.
    """
    found, refused = unfit.about, unfit.verdict
    if found is None or refused.data is None or refused.data == found.data:
        return
    if authenticators.replace(edge, found, refused.data):
        authenticators.suspect(edge, found.id)
        enrolment.refresh_summary(edge, owner.id)
        session.end_copied(edge, owner.id, found.id)
        ceremonies.end_all(edge, owner.id)
        audit.add(
            edge,
            Event.AUTHENTICATOR_SUSPECT,
            subject_id=owner.id,
            reason=refused.why,
            detail={"factor": found.kind, "variant": found.variant, "authenticator": found.id},
        )
        tell(
            edge,
            Notice.AUTHENTICATOR_SUSPECT,
            owner,
            kind=found.kind,
            variant=found.variant,
            authenticator=found.name,
        )
