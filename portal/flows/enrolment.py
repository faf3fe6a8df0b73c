"""Enrolling an authenticator: begin, the person acts, a first correct answer activates it.

Nothing is enrolled before that answer, and whatever was enrolled before stays until then: a set
of backup codes is replaced by the transaction that accepts the new one, or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import Any

from portal.ceremony import (
    ENTROPY_BYTES,
    Begun,
    Ceremony,
    Purpose,
    Reason,
    Rejected,
    Subject,
    Verified,
)
from portal.edge import Edge
from portal.flows import compliance, session, visits
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.flows.offered import offers, refusal
from portal.flows.outcomes import Blocked, Gone, NotOffered
from portal.flows.session import Opened, Visit
from portal.rules import assurance, policy
from portal.rules.access import Allow, decide
from portal.rules.terms import AccountState, Action, Authentication, Holdings, Make, Strength
from portal.store import audit, authenticators, ceremonies, links, users
from portal.store.authenticators import Authenticator, New
from portal.store.links import LinkKind
from portal.store.savepoint import keep_if
from portal.store.users import User
from portal.values import frozen

ANSWERS_MAX = 20  # Wrong codes in one enrolment; then a new key is made.
HANDLE_BYTES = 32  # WebAuthn Level 3, 14.6.1: random, at most 64; nothing about the person in it.
SECURITY_KEY = "security_key"  # What people call a device's other form; see `web.messages`.
Work = Callable[[], Any]


@frozen
class Started:
    """A running enrolment. `shown` is for the page, once."""

    ceremony: Ceremony
    shown: Mapping[str, Any]


@frozen
class Enrolled:
    """The authenticator is active. `first`: the person held no second factor before.

    `opened` is None where the answer proves nothing new (a backup code typed back).
    """

    authenticator_id: str
    opened: Opened | None
    first: bool


def begin(
    edge: Edge, visit: Visit, kind: str, variant: str = ""
) -> Generator[Work, Any, Started | NotOffered | Blocked]:
    """Open an enrolment of a kind that is offered to this person, in one of its forms."""
    if why := refusal(edge, visit, kind):
        return Blocked(why)
    if kind not in offers(edge, visit):
        return NotOffered()
    factor = edge.factors[kind]
    subject = _subject_for(edge, visit, kind)
    if factor.interactive:
        handle = users.handle(edge, visit.user.id, edge.entropy(HANDLE_BYTES))
        subject = replace(subject, handle=handle, variant=variant)
    start = partial(factor.begin_enrolment, subject, edge.entropy(ENTROPY_BYTES))
    begun: Begun = (yield start) if factor.slow else start()
    now = session.again(edge, visit)
    if now is None or kind not in offers(edge, now):
        return NotOffered()
    ceremony = Ceremony(
        id=edge.new_id(),
        kind=kind,
        purpose=Purpose.ENROLMENT,
        session_id=visit.session.id,
        state=begun.state,
        expires_at=edge.now + edge.settings.enrolment_lifetime,
    )
    ceremonies.begin_enrolment(edge, ceremony, visit.user.id)
    audit.add(edge, Event.ENROLMENT_BEGUN, subject_id=visit.user.id, detail={"factor": kind})
    return Started(ceremony, begun.shown or factor.show_enrolment(subject, ceremony))


def running(edge: Edge, visit: Visit, kind: str, ceremony_id: str) -> Started | Gone:
    """The enrolment that this session has begun, with what its page may show again."""
    ceremony = _find(edge, visit, kind, ceremony_id)
    if ceremony is None:
        return Gone()
    subject = _subject_for(edge, visit, kind)
    return Started(ceremony, edge.factors[kind].show_enrolment(subject, ceremony))


def finish(
    edge: Edge, visit: Visit, kind: str, ceremony_id: str, typed: str
) -> Generator[Work, Any, Enrolled | Rejected | Blocked | Gone]:
    """Check the first answer and activate; a wrong one changes nothing but the count."""
    ceremony = _find(edge, visit, kind, ceremony_id)
    factor = edge.factors[kind]
    # A device's answer belongs to one challenge, and that is good for one answer.
    limit = 1 if factor.interactive else ANSWERS_MAX
    if ceremony is None or not ceremonies.reserve_answer(edge, ceremony_id, limit):
        return Gone()
    check = partial(factor.finish_enrolment, ceremony, typed, edge.now)
    verdict = (yield check) if factor.slow else check()
    if isinstance(verdict, Rejected):
        return _reject(edge, visit, kind, verdict)
    # What the gate saw may be old: the session may have ended, the person enrolled elsewhere.
    now = session.again(edge, visit)
    if now is None or not isinstance(decide(Action.FINISH_ENROLMENT, now.facts), Allow):
        return Gone()
    if why := refusal(edge, now, kind):
        # The plan or a policy ended while it ran: its page says which.
        _reject(edge, now, kind, Rejected(Reason.NOT_PERMITTED, why=why))
        return Blocked(why)
    if kind not in offers(edge, now) or not ceremonies.use(edge, ceremony_id):
        return Gone()
    if why := policy.refusal(now.facts.policy.restrictions, verdict.traits):
        return _reject(edge, now, kind, Rejected(Reason.NOT_PERMITTED, why=why))
    # All of it or nothing: what is refused at its last step leaves no half behind.
    activate = partial(_activate, edge, now, kind, verdict)
    outcome = keep_if(edge, activate, lambda outcome: isinstance(outcome, Enrolled))
    return _reject(edge, now, kind, outcome) if isinstance(outcome, Rejected) else outcome


def _reject(edge: Edge, visit: Visit, kind: str, verdict: Rejected) -> Rejected:
    audit.add(
        edge,
        Event.ENROLMENT_FAILED,
        subject_id=visit.user.id,
        reason=verdict.why or str(verdict.reason),
        detail={"factor": kind},
    )
    return verdict


def _activate(edge: Edge, visit: Visit, kind: str, verdict: Verified) -> Enrolled | Rejected | Gone:
    """Store the authenticator, and through the door what its first answer proved."""
    user = visit.user
    factor = edge.factors[kind]
    strength = verdict.strength or factor.strength
    held = authenticators.of_user(edge, user.id, kind)
    name = f"{len(held) + 1}" if held and factor.several else ""
    told = factor.describe(verdict.data) if factor.interactive else {}
    new = New(
        edge.new_id(),
        user.id,
        kind,
        name,
        verdict.data,
        strength,
        verdict.lookup,
        SECURITY_KEY if told.get("security_key") else "",
    )
    if not authenticators.add(edge, new):
        # Somebody has this very authenticator, in whatever tenant; whose it is stays unsaid.
        return Rejected(Reason.ENROLLED)
    opened = None
    holding = visits.with_factor(visit, kind, strength)
    if not _spend_ticket(edge, visit, strength) or not _open_account(edge, visit, holding):
        return Gone()
    if not strength.look_up_secret:
        # The answer that activates an authenticator proves it too: nobody is asked twice.
        proof = Authentication(kind, strength, edge.now, new.id)
        opened = session.record(edge, holding, proof)
        if opened is None:
            # The session ended meanwhile; nothing is enrolled.
            return Gone()
    if not factor.several:
        for earlier in held:
            authenticators.revoke(edge, user.id, earlier.id)
    refresh_summary(edge, user.id)
    _announce(edge, user, new)
    return Enrolled(new.id, opened, first=not _has_second(user.summary))


def _spend_ticket(edge: Edge, visit: Visit, strength: Strength) -> bool:
    """After a reset the first factor uses up the mailed ticket; of two at once one gets True."""
    if not visit.facts.reset or not policy.counts_as_second_factor(strength):
        return True
    ticket = visit.session.ticket_id
    if ticket is None or not links.use(edge, ticket):
        return False
    users.set_reset(edge, visit.user.id, None)
    return True


def _open_account(edge: Edge, visit: Visit, holding: Visit) -> bool:
    """End an activation that waited for this; its invitation is used up."""
    if not visit.facts.activating:
        return True
    invitation = visit.session.ticket_id or ""
    if holding.facts.activating:  # More is asked for: it stays good for that, if it still is.
        return links.unspent(edge, LinkKind.INVITATION, invitation) is not None
    if not links.use(edge, invitation):  # Taken back, or sent anew, meanwhile.
        return False
    users.set_state(edge, visit.user.id, AccountState.ACTIVE)
    audit.add(edge, Event.ACTIVATED, subject_id=visit.user.id)
    return True


def _announce(edge: Edge, user: User, new: New) -> None:
    renewed = new.strength.look_up_secret
    audit.add(
        edge,
        Event.BACKUP_CODES_RENEWED if renewed else Event.AUTHENTICATOR_ENROLLED,
        subject_id=user.id,
        detail={"factor": new.kind, "variant": new.variant, "authenticator": new.id},
    )
    notice = Notice.BACKUP_CODES_RENEWED if renewed else Notice.AUTHENTICATOR_ENROLLED
    tell(edge, notice, user, kind=new.kind, variant=new.variant, authenticator=new.name)


def _has_second(summary: Holdings) -> bool:
    usable = (worth for kind, worth in summary.held.items() if kind not in summary.copies)
    return any(policy.counts_as_second_factor(strength) for strength in usable)


def refresh_summary(edge: Edge, user_id: str) -> Holdings:
    """Write what a person holds into their row, in the transaction that changed it.

    The caller holds the user's row (`users.lock`), so two changes never overwrite one another.
    """
    found = authenticators.of_user(edge, user_id)
    summary = summary_of(edge, found)
    strengths = [one.strength for one in found if one.suspect_at is None]
    reached = policy.highest_level(strengths)
    users.set_summary(edge, user_id, summary, reached, assurance.resistance(strengths))
    compliance.note(edge, user_id)
    return summary


def summary_of(edge: Edge, found: list[Authenticator]) -> Holdings:
    """What somebody holds who holds these authenticators."""
    usable = [one for one in found if one.suspect_at is None]
    # A copy opens nothing. It is still held: it must not make the password enough by itself.
    held = _strongest(found) | _strongest(usable)
    counts = Counter(one.kind for one in found if not one.strength.issued)
    makes = {
        one.id: Make(one.kind, one.strength, edge.factors[one.kind].make_of(one.data))
        for one in usable
        if edge.factors[one.kind].interactive
    }
    copies = frozenset(held) - {one.kind for one in usable}
    # What was given out for a while ends by itself, whoever looks.
    until = {
        one.kind: edge.factors[one.kind].ends_at(one.data) for one in usable if one.strength.issued
    }
    return Holdings(held, counts, copies, makes, until)


def _strongest(found: Iterable[Authenticator]) -> dict[str, Strength]:
    """Of one kind the strongest counts: a proof is judged by its own strength all the same."""
    held: dict[str, Strength] = {}
    for one in found:
        held[one.kind] = max(held.get(one.kind, one.strength), one.strength, key=attrgetter("rank"))
    return held


def subject_of(edge: Edge, user: User) -> Subject:
    return Subject(
        user_id=user.id,
        email=user.email,
        name=user.name,
        issuer=edge.settings.product_name,
        has_second_factor=_has_second(user.summary),
    )


def _subject_for(edge: Edge, visit: Visit, kind: str) -> Subject:
    """The subject of an enrolment, with what a device needs to know of the person."""
    subject = subject_of(edge, visit.user)
    if not edge.factors[kind].interactive:
        return subject
    held = tuple(one.data for one in authenticators.of_user(edge, visit.user.id, kind))
    attested = policy.asks_attestation(visit.facts.policy)
    return replace(subject, held=held, attested=attested)


def _find(edge: Edge, visit: Visit, kind: str, ceremony_id: str) -> Ceremony | None:
    return ceremonies.find(
        edge, ceremony_id, session_id=visit.session.id, kind=kind, purpose=Purpose.ENROLMENT
    )
