"""THE DOOR: the only writer of what a session has proved.

Every other flow hands a verified proof to `open` or `record`; nothing else imports the store of
sessions. A session's token changes with every proof.

                 password                     second factor
    stranger ───────────────► pending ───────────────────────► signed in ──► ended
                    │  (no second factor held or required) ─────▲    ▲ │
                    └─► enrolment gate ── enrols ───────────────┘    └─┘ step-up, idle
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from portal.edge import Actor, Edge
from portal.flows import arrival, monitoring, tokens, visits
from portal.flows.events import Event
from portal.flows.visits import Visit
from portal.rules import access, assurance
from portal.rules.access import Allow, Enrol, StepUp
from portal.rules.terms import Action, Authentication, Membership
from portal.store import audit, browsers, links, sessions
from portal.store.links import LinkKind
from portal.store.live_sessions import Live, find_live
from portal.store.sessions import Session
from portal.store.users import User
from portal.values import frozen

CSRF_SECRET_BYTES = 32


@frozen
class Opened:
    """A session's new token. `browser_token` is set when the browser became known just now.

    `complete` says that the sign-in is whole; otherwise the next page asks for what is missing.
    """

    token: str
    complete: bool
    browser_token: str | None = None


@frozen
class Entrance:
    """How a session is opened: in which browser, and with which ticket after a reset."""

    browser_id: str | None = None
    browser_known: bool = False
    ticket_id: str | None = None


ANYWHERE = Entrance()


def load(edge: Edge, token: str) -> Visit | None:
    """The live session behind a token; None for a revoked and an unknown one alike."""
    live = find_live(edge, tokens.digest(token))
    if live is None or live.session.revoked_at is not None:
        return None
    facts = visits.facts_of(edge, live)
    visit = Visit(live, facts, edge.transaction)
    acting = visit.acting
    edge.actor = Actor(
        user_id=live.user.id,
        session_id=live.session.id,
        organisation_id=acting.organisation_id if acting else live.user.home_organisation_id,
        level=assurance.acr(visits.level_of(facts)),
    )
    return visit


def again(edge: Edge, visit: Visit) -> Visit | None:
    """The visit as it is now, its session and person held until the commit; None if it ended.

    A flow that yielded asks for its facts again before it writes on the strength of them. Within
    one writing transaction they still hold. Every flow holds the person's row before any other, so
    two of them wait for one another and never both.
    """
    if edge.transaction is visit.read_in:
        return visit
    live = find_live(edge, visit.session.token_hash)
    if live is None or live.session.revoked_at is not None:
        return None
    return Visit(live, visits.facts_of(edge, live), edge.transaction)


def open_session(
    edge: Edge,
    user: User,
    memberships: tuple[Membership, ...],
    proof: Authentication,
    entrance: Entrance = ANYWHERE,
) -> Opened:
    """Open a session on a first proof; what is still missing `decide` will ask for."""
    token = tokens.make(edge)
    session = Session(
        id=edge.new_id(),
        user_id=user.id,
        browser_id=entrance.browser_id,
        token_hash=tokens.digest(token),
        authentications=(proof,),
        csrf_secret=edge.entropy(CSRF_SECRET_BYTES),
        issued_at=edge.now,
        seen_at=edge.now,
        ends_at=edge.now,
        acting_organisation_id=None,
        user_agent=edge.client.user_agent,
        address=edge.client.address,
        place=edge.place(),
        revoked_at=None,
        ticket_id=entrance.ticket_id,
    )
    has_browser = entrance.browser_id is not None
    live = Live(session, user, memberships, has_browser, entrance.browser_known, edge.now)
    facts = replace(visits.facts_of(edge, live), ends_at=None)
    session = replace(session, ends_at=access.session_end(facts))
    if edge.client.session_token:
        # The new session takes the place of the one that this browser held.
        sessions.revoke_token(edge, tokens.digest(edge.client.session_token), "replaced")
    edge.actor = Actor(
        user.id, session.id, user.home_organisation_id, assurance.acr(visits.level_of(facts))
    )
    complete = isinstance(visits.proved(facts), Allow)
    browser_token = None
    if complete:
        browser_id, browser_token = arrival.arrive(edge, user, proof, _browser_of(live))
        monitoring.note(edge, user, memberships)
        session = replace(session, browser_id=browser_id)
    sessions.add(edge, session)
    return Opened(token, complete, browser_token)


def record(edge: Edge, visit: Visit, proof: Authentication) -> Opened | None:
    """Add a proof to a session and give it a new token; None when it ended or moved meanwhile.

    The list means that these proofs were given here at these times, and not that the session may do
    anything: `decide` reads it anew at every request.
    """
    before = visits.proved(visit.facts)
    resuming = isinstance(before, StepUp) and before.lapsed
    # An older proof by the same authenticator says nothing that the new one does not.
    earlier = visit.facts.lasting
    kept = [old for old in earlier if old.authenticator_id != proof.authenticator_id]
    authentications = (*kept, proof)
    facts = replace(visit.facts, authentications=authentications, seen_at=edge.now, ends_at=None)
    complete = isinstance(visits.proved(facts), Allow)
    token = tokens.make(edge)
    edge.actor = replace(edge.actor, level=assurance.acr(visits.level_of(facts)))
    rotated = sessions.rotate(
        edge,
        visit.session,
        token_hash=tokens.digest(token),
        authentications=authentications,
        ends_at=access.session_end(facts),
    )
    if not rotated:
        return None
    browser_token = None
    if complete and not resuming and not isinstance(before, Allow):
        browser_id, browser_token = arrival.arrive(edge, visit.user, proof, _browser_of(visit.live))
        monitoring.note(edge, visit.user, visit.live.memberships)
        if browser_id != visit.session.browser_id:
            sessions.set_browser(edge, visit.session.id, browser_id)
    return Opened(token, complete, browser_token)


def _browser_of(live: Live) -> arrival.Browser:
    known = live.session.browser_id if live.browser_known else None
    return arrival.Browser(known, live.browser_seen_at, stranger=not live.browser_live)


def is_kept_awake(visit: Visit) -> bool:
    """Whether using a session puts off its lock: a page that asks for a proof restores nothing.

    So whole sign-ins alone; and at a shared desk the enrolment gate, which would lock there
    however busy its person is. Only while nothing has lapsed in it: its use proves nothing.
    """
    match access.decide(Action.HOME, visit.facts):
        case Allow():
            return True
        case Enrol():
            return visit.facts.shared_desk and visit.facts.unlapsed
    return False


def is_touch_due(edge: Edge, visit: Visit) -> bool:
    return edge.now - visit.session.seen_at >= edge.settings.seen_interval


def touch(edge: Edge, visit: Visit) -> None:
    """Note activity, at most once a minute. Erring early: a session never idles out late.

    What has lapsed meanwhile is written down as well, or this very use would bring it back.
    """
    sessions.touch(edge, visit.session, visit.facts.lasting)
    monitoring.note(edge, visit.user, visit.live.memberships)


def locks_at(edge: Edge, visit: Visit, *, used: bool = True) -> datetime | None:
    """When a session at a shared desk locks if nobody comes back to it; None for any other.

    `used`: this request was somebody's, so that it moved the moment where `touch` was due.
    """
    if not visit.facts.shared_desk:
        return None
    seen_at = edge.now if used and is_touch_due(edge, visit) else visit.session.seen_at
    return assurance.locks_at(seen_at, edge.settings.lifetimes)


def switch_organisation(edge: Edge, visit: Visit, organisation_id: str) -> bool:
    """Act in another organisation of one's own; False for any other."""
    own = {membership.organisation_id for membership in visit.live.memberships}
    if organisation_id not in own:
        return False
    sessions.set_acting(edge, visit.session.id, organisation_id)
    audit.add(edge, Event.ORGANISATION_SWITCHED, detail={"organisation": organisation_id})
    return True


def sign_out(edge: Edge, visit: Visit) -> None:
    if sessions.revoke(edge, visit.user.id, visit.session.id, "signed_out"):
        audit.add(edge, Event.SIGNED_OUT, subject_id=visit.user.id)


def end_proved_by(edge: Edge, visit: Visit, authenticator_id: str) -> int:
    """End the person's other sessions that rest on an authenticator which is revoked now."""
    keep = visit.session.id
    return _end_by(edge, visit.user.id, authenticator_id, "authenticator_revoked", keep)


def end_copied(edge: Edge, user_id: str, authenticator_id: str) -> int:
    """End every session that rests on what is taken for a copy now: any may be the thief's."""
    return _end_by(edge, user_id, authenticator_id, "authenticator_suspect")


def _end_by(
    edge: Edge, user_id: str, authenticator_id: str, reason: str, keep: str | None = None
) -> int:
    ended = 0
    for found in sessions.of_user(edge, user_id):
        proofs = {proof.authenticator_id for proof in found.authentications}
        if found.id != keep and authenticator_id in proofs:
            ended += sessions.revoke(edge, user_id, found.id, reason)
    if ended:
        _note_ended(edge, user_id, reason, ended)
    return ended


def live_sessions(edge: Edge, user_id: str) -> list[Session]:
    return sessions.of_user(edge, user_id)


def end_one(edge: Edge, visit: Visit, session_id: str) -> bool:
    """End one of the person's sessions; False when there is no such live one."""
    ended = sessions.revoke(edge, visit.user.id, session_id, "revoked_by_owner")
    if ended:
        audit.add(
            edge, Event.SESSION_REVOKED, subject_id=visit.user.id, detail={"session": session_id}
        )
    return ended


def end_others(edge: Edge, visit: Visit, reason: str) -> int:
    """End every session of the person but this one."""
    ended = sessions.revoke_all(edge, visit.user.id, reason, keep=visit.session.id)
    if ended:
        _note_ended(edge, visit.user.id, reason, ended)
    return ended


def end_all(edge: Edge, user_id: str, reason: str, *, browsers_too: bool) -> int:
    """End every session of a person, and forget their browsers if asked."""
    ended = sessions.revoke_all(edge, user_id, reason)
    # Whoever is thrown out leaves nothing behind that still moves the account.
    links.void(edge, user_id, LinkKind.EMAIL_CONFIRM, LinkKind.PASSWORD_RESET)
    if browsers_too:
        browsers.revoke_all(edge, user_id)
    _note_ended(edge, user_id, reason, ended)
    return ended


def end_everything(edge: Edge, reason: str) -> int:
    """End every session of everybody (a restored backup)."""
    return sessions.revoke_everything(edge, reason)


def purge(edge: Edge, before: datetime) -> int:
    """Forget sessions that ended before an instant."""
    return sessions.purge(edge, before)


def _note_ended(edge: Edge, user_id: str, reason: str, ended: int) -> None:
    audit.add(
        edge, Event.SESSIONS_REVOKED, subject_id=user_id, reason=reason, detail={"sessions": ended}
    )
