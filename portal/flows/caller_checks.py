"""Who is calling? A signed-in person is shown a short code and reads it to the one who must know.

A right code proves that the caller holds a live session of that account, now. It proves no factor
and opens nothing: it is noted for the request that the one who heard it makes.
"""

from __future__ import annotations

import hmac

from portal.edge import Edge
from portal.flows import permission, tokens
from portal.flows.events import Event
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules.terms import Action, Target
from portal.store import audit, caller_codes, reset_subjects
from portal.store.caller_codes import Vouched
from portal.store.users import User
from portal.values import frozen

DIGITS = 6
TRIES_MAX = 5  # For one code; then the caller shows themselves a new one.


@frozen
class Caller:
    """Whom the desk speaks of, and whether their code was typed right a moment ago."""

    user: User
    organisation: str
    vouched: Vouched | None
    may_reset: bool


def show(edge: Edge, visit: Visit) -> str:
    """A new code for the person of this session, in the place of any earlier one."""
    code = f"{int.from_bytes(edge.entropy(8)) % 10**DIGITS:0{DIGITS}d}"
    caller_codes.put(
        edge,
        visit.user.id,
        code_hash=_hash(edge, visit.user.id, code),
        session_id=visit.session.id,
        lifetime=edge.settings.caller_code_lifetime,
    )
    audit.add(edge, Event.CALLER_CODE_SHOWN, subject_id=visit.user.id)
    return code


def check(edge: Edge, visit: Visit, user_id: str, typed: str) -> Done | Blocked:
    """Count a try, compare, and note the right code for whoever typed it.

    No code, an old one, a used one and a wrong one read the same.
    """
    stored = caller_codes.reserve(edge, user_id, TRIES_MAX)
    digits = "".join(character for character in typed if character.isdigit())
    right = hmac.compare_digest(stored or bytes(32), _hash(edge, user_id, digits))
    if stored is None or not right or not caller_codes.use(edge, user_id, stored, by=visit.user.id):
        why = "wrong_code" if stored is not None else "no_code"
        audit.add(edge, Event.CALLER_REFUSED, subject_id=user_id, reason=why)
        return Blocked("caller_code_wrong")
    audit.add(edge, Event.CALLER_VERIFIED, subject_id=user_id)
    return Done()


def vouched(edge: Edge, visit: Visit, user_id: str) -> Vouched | None:
    """Whether this visitor heard the right code from this person a moment ago."""
    since = edge.now - edge.settings.caller_code_lifetime
    return caller_codes.vouched(edge, user_id, by=visit.user.id, since=since)


def look(edge: Edge, visit: Visit, user_id: str) -> Caller | Unsettled | Gone:
    """The page where the desk types a caller's code."""
    found = _settled(edge, visit, user_id)
    if not isinstance(found, tuple):
        return found
    user, organisation, target = found
    return Caller(
        user,
        organisation,
        vouched(edge, visit, user.id),
        permission.may(visit, Action.REQUEST_DESK_RESET, target),
    )


def check_for_desk(
    edge: Edge, visit: Visit, user_id: str, typed: str
) -> Done | Blocked | Unsettled | Gone:
    """A code that a caller reads to the service desk."""
    found = _settled(edge, visit, user_id)
    return check(edge, visit, user_id, typed) if isinstance(found, tuple) else found


def _settled(edge: Edge, visit: Visit, user_id: str) -> tuple[User, str, Target] | Unsettled | Gone:
    people = reset_subjects.people(edge, [user_id], hold=False)
    if not people:
        return Gone()
    user, home = people[0]
    roles = reset_subjects.roles_of(edge, [user_id])[user_id]
    target = Target(home.path, home.managed_by_parent, subject_id=user_id, subject_roles=roles)
    verdict = permission.settle(edge, visit, Action.CHECK_CALLER, Subject(target, user_id))
    return verdict if isinstance(verdict, Unsettled) else (user, home.name, target)


def _hash(edge: Edge, user_id: str, code: str) -> bytes:
    """Keyed: without the portal's secret a table of the million codes finds nothing."""
    return tokens.keyed(edge, "caller_code", f"{user_id}:{code}")
