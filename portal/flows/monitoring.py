"""While a version is watched: whoever would be stopped by it is written down, and nobody is.

The door calls it when a sign-in is whole and when the use of a session is noted, so no request
costs more by it; `compliance` calls it when somebody's facts change.
"""

from __future__ import annotations

from collections.abc import Sequence

from portal.edge import Edge
from portal.rules import stops
from portal.rules.deadlines import Person
from portal.rules.policy_values import Asked
from portal.rules.terms import Membership
from portal.store import findings
from portal.store.users import User


def person_of(user: User, memberships: tuple[Membership, ...]) -> Person:
    """What a deadline depends on, of somebody with these roles."""
    roles = frozenset(one.role for one in memberships)
    return Person(roles, user.summary, user.active_since, user.exempt_until)


def note(edge: Edge, user: User, memberships: tuple[Membership, ...]) -> None:
    """Somebody is let on. Write down which watched versions would have stopped them."""
    asked = [one.asked for one in memberships]
    for step in stops.watched(asked, edge.now):
        version = stops.version_of(step)
        reason = stops.why(asked, person_of(user, memberships), step, edge.now)
        if reason is not None:
            findings.add(edge, *version, user.id, reason)
        else:
            findings.clear(edge, *version, user.id)


def renew(edge: Edge, user_id: str, asked: Sequence[Asked | None], person: Person) -> None:
    """Somebody enrolled, got another role or was let off: what would not stop them is cleared."""
    for step in stops.watched(asked, edge.now):
        if stops.why(asked, person, step, edge.now) is None:
            findings.clear(edge, *stops.version_of(step), user_id)
