"""Whom a version of a policy that is not in force yet would stop: for telling them, and counting.

It asks what would be if that version held today beside everything that does. So whoever is stopped
already is none of its business, and a person in several organisations is counted by each of those
whose version would really stop them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from portal.rules import holdings, rollout
from portal.rules import policy as policies
from portal.rules.deadlines import Person
from portal.rules.policy_values import Asked, Line, Step
from portal.rules.rollout import Stage
from portal.values import frozen

WATCHED = frozenset({Stage.MONITORED, Stage.GRACE})


@frozen
class Stop:
    """A version of an organisation's policy that would stop a person: from `at` on, and why."""

    organisation_id: str
    number: int
    at: datetime
    why: str


def version_of(step: Step) -> tuple[str, int]:
    """Whose version a step is, and its number: see `policy_plans`, which names them."""
    organisation_id, _, number = step.policy.version.partition("/")
    return organisation_id, int(number)


def steps(asked: Sequence[Asked | None]) -> list[Step]:
    """Every step that these organisations are on the way to, each once."""
    found = [step for one in asked if one for line in one.lines for step in line.steps]
    return list({step.policy.version: step for step in found if step.policy.version}.values())


def watched(asked: Sequence[Asked | None], now: datetime) -> list[Step]:
    """The steps for which it is written down who would be stopped."""
    return [step for step in steps(asked) if rollout.stage(step, now) in WATCHED]


def why(asked: Sequence[Asked | None], person: Person, step: Step, now: datetime) -> str | None:
    """Why a step would stop a person, as a reason; None: it would not, or does so already."""
    due = rollout.due(step, person.active_since)
    if now >= due or _lacking(asked, person, now, due) is not None:
        return None
    version = step.policy.version
    return _lacking([_as_if(one, version) for one in asked], person, now, due)


def of_person(asked: Sequence[Asked | None], person: Person, now: datetime) -> Iterator[Stop]:
    """Every step that would stop a person."""
    for step in steps(asked):
        reason = why(asked, person, step, now)
        if reason is not None:
            yield Stop(*version_of(step), rollout.due(step, person.active_since), reason)


def _lacking(
    asked: Sequence[Asked | None], person: Person, now: datetime, due: datetime
) -> str | None:
    """What a person lacks of what is asked now, let off only by what lets them off then too."""
    policy = rollout.together(asked, now, person.active_since)
    if person.exempt_until is not None and due < person.exempt_until:
        policy = policies.without_demands(policy)
    return holdings.lacking(policy, person.roles, holdings.under(policy, person.held))


def _as_if(asked: Asked | None, version: str) -> Asked | None:
    """What would be asked if a step were in force."""
    if asked is None:
        return None
    lines = tuple(_line_as_if(line, version) for line in asked.lines)
    return replace(asked, lines=lines)


def _line_as_if(line: Line, version: str) -> Line:
    forced = (step.policy for step in line.steps if step.policy.version == version)
    policy = next(forced, None)
    return line if policy is None else Line(policy)
