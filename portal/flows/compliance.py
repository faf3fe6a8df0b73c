"""Until when somebody may go without what policy asks of them, as lists of administrators show it.

Nothing decides by what is written here: sessions work it out of the same facts at each request.
It is written in the transaction that changes one person's facts, and by the worker, step by step,
after a publishing, which changes everybody's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.edge import Edge
from portal.flows import monitoring
from portal.rules import deadlines
from portal.rules.deadlines import Person
from portal.rules.terms import AccountState, Membership
from portal.store import compliance
from portal.store.compliance import Job, Standing
from portal.store.policies import Version
from portal.store.users import User
from portal.values import frozen

PAGE = 200  # People who are read at once, and may be held at once: a sign-in may wait for one.
PAGES_MAX = 10


@frozen
class Due:
    """From `at` on policy stops somebody, or has stopped them, for lack of something."""

    at: datetime
    why: str


@frozen
class Round:
    """A step of the worker: whose date is to be written. `reached`: how far that is; None: all."""

    job: Job
    changed: list[str]
    reached: str | None


def note(edge: Edge, user_id: str) -> None:
    """Write by when a person must enrol, in the transaction that changed what it follows from.

    The caller holds the person's row.
    """
    found = compliance.of(edge, user_id)
    if found is None:
        return
    monitoring.renew(edge, user_id, found.asked, _person(found))
    enrol_by = _enrol_by(edge, found)
    if enrol_by != found.enrol_by:
        compliance.write(edge, {user_id: enrol_by})


def due(edge: Edge, user: User, memberships: tuple[Membership, ...]) -> Due | None:
    """By when a person must enrol, and why; None: nothing is missing, or nobody asks yet."""
    asked = [one.asked for one in memberships]
    roles = frozenset(one.role for one in memberships)
    person = Person(roles, user.summary, user.active_since, user.exempt_until)
    enrol_by = deadlines.enrol_by(asked, person, edge.now)
    if enrol_by is None or user.state is AccountState.INVITED:
        return None
    # In force since: what is missing may be another thing by now than it was then.
    why = deadlines.lacking_at(asked, person, max(enrol_by, edge.now))
    return Due(enrol_by, why) if why else None


def after_publishing(edge: Edge, organisation_id: str, version: Version) -> None:
    """Let the worker go through everybody whom a new version is for.

    Again when it takes the place of the one before: it may ask less than that.
    """
    moments = {edge.now}
    if version.enforced_at is not None:
        grace = timedelta(seconds=version.grace_s)
        moments |= {version.enforced_at, version.enforced_at + grace}
    for moment in sorted(moments):
        compliance.add_job(edge, organisation_id, moment)


def look(edge: Edge) -> Round | None:
    """The worker's next step: whose date is another one now, found while holding nobody.

    It goes on until it finds somebody, or has read enough. None: nothing is due.
    """
    job = compliance.next_job(edge)
    if job is None:
        return None
    reached, kept = job.after, _Answers(edge)
    for _ in range(PAGES_MAX):
        found = compliance.page(edge, job.path, reached, PAGE)
        changed = [one.user_id for one in found if one.enrol_by != kept.enrol_by(one)]
        if len(found) < PAGE:
            return Round(job, changed, None)
        reached = found[-1].user_id
        if changed:
            break
    return Round(job, changed, reached)


def settle(edge: Edge, step: Round) -> bool:
    """Write what `look` found, of people who are held and read again; False: wait a moment.

    Somebody whom another transaction holds is left for the next round: nobody waits for the worker
    to have gone through others.
    """
    job = step.job
    if not compliance.is_at(edge, job):
        return True  # Another worker was here.
    held = compliance.hold(edge, step.changed) if step.changed else []
    kept = _Answers(edge)
    again = compliance.some(edge, held) if held else []
    compliance.write(edge, {one.user_id: kept.enrol_by(one) for one in again})
    left = sorted({*step.changed} - {*held})
    if left:
        before = [user_id for user_id in held if user_id < left[0]]
        compliance.go_on(edge, job, before[-1] if before else job.after)
        return bool(before)
    if step.reached is None:
        compliance.end_job(edge, job)
    else:
        compliance.go_on(edge, job, step.reached)
    return True


class _Answers:
    """By when people must enrol. Of many who hold the same and are asked the same it is one."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        # With somebody of whom it is true: what is told apart by identity must stay alive.
        self.kept: dict[tuple[object, ...], tuple[bool, Standing]] = {}

    def enrol_by(self, found: Standing) -> datetime | None:
        if found.exempt_until is not None or any(one and one.lines for one in found.asked):
            return _enrol_by(self.edge, found)
        # What is asked at all times is lacking from the first moment on, or never.
        same = (found.state, found.roles, id(found.held), *map(id, found.asked))
        if same not in self.kept:
            self.kept[same] = (_enrol_by(self.edge, found) is not None, found)
        return found.active_since if self.kept[same][0] else None


def _enrol_by(edge: Edge, found: Standing) -> datetime | None:
    if found.state is AccountState.INVITED:
        return None  # Nobody has come in yet: enrolling is a step of that.
    return deadlines.enrol_by(found.asked, _person(found), edge.now)


def _person(found: Standing) -> Person:
    return Person(found.roles, found.held, found.active_since, found.exempt_until)
