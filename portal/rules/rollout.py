"""From when a policy holds, for whom: the stages of a roll-out and each person's own deadline.

Nothing is stored for a person: the deadline follows from when the account became active, which no
sign-in, change of role, move or reset changes, so that nothing can restart it. Nothing has to
happen when a stage begins either: every answer is worked out of the clock.

    announced ──────► monitored ──────────► enforced ──────────► complete
    people are told   who would be stopped  new accounts stop    all do: the grace is over
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from portal.rules.policy import DEFAULT, NOTHING, Policy, merge, strictest
from portal.rules.policy_values import Asked, Line, Step

ALWAYS = datetime.min.replace(tzinfo=UTC)  # Active before anything was announced.
FOREVER = datetime.max.replace(tzinfo=UTC)  # Whatever is on its way holds by then.


class Stage(enum.StrEnum):
    """Where a published policy stands."""

    ANNOUNCED = "announced"
    MONITORED = "monitored"
    GRACE = "grace"  # Enforced, but not yet for accounts that were there when it was announced.
    ENFORCED = "enforced"


def stage(step: Step, now: datetime) -> Stage:
    if now >= step.complete_at:
        return Stage.ENFORCED
    if now >= step.enforced_at:
        return Stage.GRACE
    return Stage.MONITORED if now >= step.monitored_at else Stage.ANNOUNCED


def due(step: Step, active_since: datetime) -> datetime:
    """From when a step holds for an account that is active since then."""
    return step.complete_at if active_since <= step.announced_at else step.enforced_at


def together(asked: Iterable[Asked | None], now: datetime, active_since: datetime) -> Policy:
    """What several organisations ask of one person at one moment: of each field the strictest."""
    own = [at(one, now, active_since) for one in asked if one is not None]
    # The built-in one again: what is stored may be of a release that asked less.
    return strictest([DEFAULT, *own]) if own else DEFAULT


def at(asked: Asked, now: datetime, active_since: datetime) -> Policy:
    """What is asked at one moment of an account that is active since then."""
    if not asked.lines:
        return asked.policy
    return strictest([asked.policy, *(_of_line(line, now, active_since) for line in asked.lines)])


def _of_line(line: Line, now: datetime, active_since: datetime) -> Policy:
    held = (step.policy for step in reversed(line.steps) if now >= due(step, active_since))
    return next(held, line.base)


def moments(asked: Iterable[Asked | None], now: datetime) -> list[datetime]:
    """When, after now, something changes for somebody, in order."""
    steps = [step for one in asked if one for line in one.lines for step in line.steps]
    return sorted({at for step in steps for at in (step.enforced_at, step.complete_at) if at > now})


def every(asked: Asked, now: datetime) -> Iterator[Policy]:
    """Everything that is or will be asked of anybody, whenever their account became active."""
    told = {step.announced_at for line in asked.lines for step in line.steps}
    since = [ALWAYS, *(moment + timedelta.resolution for moment in sorted(told))]
    for moment in (now, *moments([asked], now)):
        for active_since in since:
            yield at(asked, moment, active_since)


def settled(line: Line, now: datetime) -> Line:
    """A line without what nobody can be in any more."""
    over = [place for place, step in enumerate(line.steps) if now >= step.complete_at]
    if not over:
        return line
    last = over[-1]
    return Line(line.steps[last].policy, line.steps[last + 1 :])


def below(above: Asked | None, own: Line) -> Asked | None:
    """What is asked below an organisation that adds a line of its own to what stands above it."""
    if not own.steps and own.base == NOTHING:
        return above
    found = above or Asked(DEFAULT)
    if own.steps:
        return Asked(found.policy, (*found.lines, own))
    return Asked(merge(found.policy, own.base), found.lines)
