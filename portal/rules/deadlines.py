"""When policy stops a person: worked out of what is asked, what they hold, and the clock.

One answer for the session at hand, for a preview of a policy that is not published yet, and for
the lists of administrators: they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from portal.rules import holdings, rollout
from portal.rules import policy as policies
from portal.rules.policy import Policy
from portal.rules.policy_values import Asked
from portal.rules.terms import Holdings, Role
from portal.values import frozen


@frozen
class Person:
    """What a deadline depends on. `exempt_until`: policy asks nothing of a sign-in before then."""

    roles: frozenset[Role]
    held: Holdings
    active_since: datetime
    exempt_until: datetime | None = None


def policy_at(
    asked: Iterable[Asked | None],
    moment: datetime,
    active_since: datetime,
    exempt_until: datetime | None,
) -> Policy:
    """What is asked of somebody at a moment, by all organisations together."""
    found = rollout.together(asked, moment, active_since)
    is_exempt = exempt_until is not None and moment < exempt_until
    return policies.without_demands(found) if is_exempt else found


def lacking_at(asked: Sequence[Asked | None], person: Person, moment: datetime) -> str | None:
    """What somebody would have to enrol at a moment before anything else, as a reason."""
    policy = policy_at(asked, moment, person.active_since, person.exempt_until)
    return holdings.lacking(policy, person.roles, holdings.under(policy, person.held))


def enrol_by(asked: Sequence[Asked | None], person: Person, now: datetime) -> datetime | None:
    """From when policy stops somebody until they enrol: past, or to come; None: never.

    Of what is asked always it is the moment at which the account became active.
    """
    since = person.active_since
    moments = {since, *(moment for moment in _moments(asked, person) if moment > since)}
    found = None
    for moment in sorted(moments):
        if found is not None and moment > now:
            break
        stops = lacking_at(asked, person, moment) is not None
        found = (found or moment) if stops else None
    return found


def _moments(asked: Iterable[Asked | None], person: Person) -> set[datetime]:
    steps = [step for one in asked if one for line in one.lines for step in line.steps]
    exemption = {person.exempt_until} if person.exempt_until is not None else set()
    return {rollout.due(step, person.active_since) for step in steps} | exemption
