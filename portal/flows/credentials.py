"""A person's own authenticators: what they hold, renaming, revoking, changing the password."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from portal.ceremony import ENTROPY_BYTES, Ceremony, Factor, Purpose, Reason, Rejected, Subject
from portal.edge import Edge
from portal.flows import attempts, bypass_codes, enrolment, session
from portal.flows.events import Event
from portal.flows.login import PASSWORD
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.session import Opened, Visit
from portal.rules import access, holdings, policy
from portal.rules.access import Allow
from portal.rules.lockout import Throttled
from portal.rules.terms import AAL, Action, Authentication
from portal.store import audit, authenticators, ceremonies, links, users
from portal.store.authenticators import Authenticator, New
from portal.store.links import LinkKind
from portal.store.users import User
from portal.values import frozen, keeping

NAME_MAX = 60
Work = Callable[[], Any]


@keeping
class Row:
    """An authenticator as its row shows it; never a secret. `blocked`: why it cannot be revoked."""

    authenticator: Authenticator
    factor: Factor
    blocked: str | None

    @cached_property
    def detail(self) -> dict[str, Any]:
        """What its factor tells of it. Only who asks opens its data."""
        return dict(self.factor.describe(self.authenticator.data))


def rows(edge: Edge, visit: Visit) -> list[Row]:
    """Everything the person holds, in the registry's order, oldest first within a kind."""
    held = own(edge, visit)
    order = list(edge.factors)
    held.sort(key=lambda authenticator: (order.index(authenticator.kind), authenticator.id))
    return [_row(edge, visit, authenticator, held) for authenticator in held]


def lookups(edge: Edge, visit: Visit) -> list[bytes]:
    """The ids of the person's passkeys, as their browser's password manager knows them."""
    return authenticators.lookups(edge, visit.user.id)


def own(edge: Edge, visit: Visit) -> list[Authenticator]:
    """What the person enrolled: what was given out to them is not theirs to keep."""
    held = authenticators.of_user(edge, visit.user.id)
    return [one for one in held if not one.strength.issued]


def row(edge: Edge, visit: Visit, authenticator_id: str) -> Row | None:
    """One authenticator of this person; None for another's."""
    held = own(edge, visit)
    for authenticator in held:
        if authenticator.id == authenticator_id:
            return _row(edge, visit, authenticator, held)
    return None


def _row(edge: Edge, visit: Visit, authenticator: Authenticator, held: list[Authenticator]) -> Row:
    if authenticator.kind == PASSWORD:
        # Every sign-in begins with it, so its use is not written a second time.
        authenticator = replace(authenticator, used_at=visit.user.last_signed_in_at)
    factor = edge.factors[authenticator.kind]
    return Row(authenticator, factor, _blocked(edge, visit, authenticator, held))


def _blocked(
    edge: Edge, visit: Visit, leaving: Authenticator, held: list[Authenticator]
) -> str | None:
    """Why an authenticator must stay, or None."""
    if leaving.kind == PASSWORD:
        return "password_stays"
    if not policy.counts_as_second_factor(leaving.strength):
        return None
    others = [
        other
        for other in held
        if other.id != leaving.id and policy.counts_as_second_factor(other.strength)
    ]
    if any(_opens(edge, visit, other) for other in others):
        left = [other for other in held if other.id != leaving.id]
        return "last_required" if _would_lack(edge, visit, left) else None
    if policy.base_level(visit.facts.policy, visit.facts.roles, []) >= AAL.AAL2:
        return "last_required"
    if others and _opens(edge, visit, leaving):
        # They are asked for at the next sign-in, and refused.
        return "others_open_nothing"
    password = next((other for other in held if other.kind == PASSWORD), None)
    factor = edge.factors[PASSWORD]
    if password is None or not factor.describe(password.data)["stands_alone"]:
        # A short password was allowed because a second factor stood beside it (NIST 3.1.1.2).
        return "password_too_short_alone"
    return None


def _would_lack(edge: Edge, visit: Visit, left: list[Authenticator]) -> bool:
    """Whether policy, which lets the person go on today, would stop who has no more than this."""
    facts = visit.facts
    if not facts.policy.demands or facts.lacking is not None:
        return False
    kept = holdings.under(facts.policy, enrolment.summary_of(edge, left))
    return holdings.lacking(facts.policy, facts.roles, kept) is not None


def _opens(edge: Edge, visit: Visit, held: Authenticator) -> bool:
    """Whether anything is opened by it: not by a copy, nor by a make that is known to be unsafe.

    Nor by what policy forbids: that opens the enrolment gate alone.
    """
    if held.suspect_at is not None or held.id in visit.facts.forbidden_ids:
        return False
    if any(one.kind == held.kind for one in visit.facts.forbidden):
        return False
    factor = edge.factors[held.kind]
    return not (factor.interactive and factor.describe(held.data)["revoked"])


def rename(edge: Edge, visit: Visit, authenticator_id: str, name: str) -> Done | Gone:
    theirs = {one.id for one in own(edge, visit)}
    if authenticator_id not in theirs or not authenticators.rename(
        edge, visit.user.id, authenticator_id, name
    ):
        return Gone()
    audit.add(
        edge,
        Event.AUTHENTICATOR_RENAMED,
        subject_id=visit.user.id,
        detail={"authenticator": authenticator_id},
    )
    tell(edge, Notice.AUTHENTICATOR_RENAMED, visit.user, authenticator=name)
    return Done()


def revoke(edge: Edge, visit: Visit, authenticator_id: str) -> Done | Blocked | Gone:
    """Revoke for good, and end the other sessions that rest on it.

    Backup codes go with the last second factor: they only stand in for one. Enrolments that wait
    end too, since what they were allowed beside may be gone.
    """
    held = own(edge, visit)
    leaving = next((one for one in held if one.id == authenticator_id), None)
    if leaving is None:
        return Gone()
    if blocked := _blocked(edge, visit, leaving, held):
        return Blocked(blocked)
    _revoke(edge, visit.user, leaving)
    session.end_proved_by(edge, visit, leaving.id)
    ceremonies.end_all(edge, visit.user.id)
    left = [other for other in held if other.id != leaving.id]
    if not any(policy.counts_as_second_factor(other.strength) for other in left):
        for codes in (other for other in left if other.strength.look_up_secret):
            _revoke(edge, visit.user, codes)
        bypass_codes.close(edge, visit.user.id, "last_second_factor_revoked")
    enrolment.refresh_summary(edge, visit.user.id)
    return Done()


def _revoke(edge: Edge, user: User, leaving: Authenticator) -> None:
    authenticators.revoke(edge, user.id, leaving.id)
    audit.add(
        edge,
        Event.AUTHENTICATOR_REVOKED,
        subject_id=user.id,
        detail={
            "factor": leaving.kind,
            "variant": leaving.variant,
            "authenticator": leaving.id,
        },
    )
    tell(
        edge,
        Notice.AUTHENTICATOR_REVOKED,
        user,
        kind=leaving.kind,
        variant=leaving.variant,
        authenticator=leaving.name,
    )


@frozen
class WrongCurrent:
    """The current password was not right."""


def change_password(
    edge: Edge, visit: Visit, current: str, chosen: str
) -> Generator[Work, Any, Opened | Rejected | WrongCurrent | Throttled | Gone]:
    """Change the password: the current one is asked for, every other session ends."""
    user = visit.user
    factor = edge.factors[PASSWORD]
    reserved = attempts.reserve(
        edge, PASSWORD, user.email, browser_id=visit.lane_browser_id, user=user
    )
    if isinstance(reserved, Throttled):
        return reserved
    held = authenticators.of_user(edge, user.id, PASSWORD)
    stored = held[0].data if held else factor.decoy()
    check = partial(factor.verify, stored, None, current, edge.now)
    if isinstance((yield check), Rejected) or not held:
        audit.add(edge, Event.CHALLENGE_FAILED, subject_id=user.id, detail={"factor": PASSWORD})
        return WrongCurrent()
    attempts.succeed(edge, PASSWORD, user.email, browser_id=visit.lane_browser_id)
    if visit.facts.password_due and chosen == current:
        return Rejected(Reason.USED)
    made = yield from choose_password(edge, enrolment.subject_of(edge, user), chosen)
    if isinstance(made, Rejected):
        return made
    return _exchange(edge, visit, held[0], made)


def choose_password(
    edge: Edge, subject: Subject, chosen: str
) -> Generator[Work, Any, dict[str, Any] | Rejected]:
    """Check and hash a new password; its data, or why it will not do."""
    factor = edge.factors[PASSWORD]
    begun = factor.begin_enrolment(subject, edge.entropy(ENTROPY_BYTES))
    ceremony = Ceremony(
        id="",
        kind=PASSWORD,
        purpose=Purpose.ENROLMENT,
        session_id="",
        state=begun.state,
        expires_at=edge.now,
    )
    verdict = yield partial(factor.finish_enrolment, ceremony, chosen, edge.now)
    return verdict if isinstance(verdict, Rejected) else verdict.data


def _exchange(
    edge: Edge, visit: Visit, held: Authenticator, data: dict[str, Any]
) -> Opened | Rejected | Gone:
    """Put the new password in the old one's place, in a session that may still do so."""
    now = session.again(edge, visit)
    if now is None or not isinstance(access.decide(Action.CHANGE_PASSWORD, now.facts), Allow):
        return Gone()
    alone = edge.factors[PASSWORD].describe(data)["stands_alone"]
    if not alone and not holds_second_factor(now):
        return Rejected(Reason.TOO_SHORT)  # The second factor went while the hash was computed.
    if not authenticators.replace(edge, held, data):
        return Gone()
    proof = Authentication(PASSWORD, held.strength, edge.now, held.id)
    opened = session.record(edge, now, proof)
    assert opened is not None, "the person's row is held, so the session cannot have moved"
    session.end_others(edge, now, "password_changed")
    links.void(edge, now.user.id, LinkKind.EMAIL_CONFIRM, LinkKind.PASSWORD_RESET)
    if now.facts.password_due:
        users.set_password_due(edge, now.user.id, None)
    audit.add(edge, Event.PASSWORD_CHANGED, subject_id=now.user.id)
    tell(edge, Notice.PASSWORD_CHANGED, now.user)
    return opened


def first_password(edge: Edge, user: User, data: dict[str, Any]) -> str:
    """Give a new account its password; returns the authenticator's id.

    Whatever an activation that was never finished enrolled, and what rests on it, ends: it may have
    been begun with somebody else's invitation.
    """
    begun = authenticators.of_user(edge, user.id)
    for earlier in begun:
        authenticators.revoke(edge, user.id, earlier.id)
    if begun:
        session.end_all(edge, user.id, "activation_begun_anew", browsers_too=True)
    identity = edge.new_id()
    strength = edge.factors[PASSWORD].strength
    authenticators.add(edge, New(identity, user.id, PASSWORD, "", data, strength))
    enrolment.refresh_summary(edge, user.id)
    return identity


def holds_second_factor(visit: Visit) -> bool:
    """Whether anything beside the password protects this person."""
    return any(policy.counts_as_second_factor(held.strength) for held in visit.facts.enrolled)


def password_length_min(edge: Edge, visit: Visit) -> int:
    """How long a new password of this person must be, in characters."""
    factor = edge.factors[PASSWORD]
    subject = enrolment.subject_of(edge, visit.user)
    return int(factor.begin_enrolment(subject, bytes(ENTROPY_BYTES)).state["length_min"])
