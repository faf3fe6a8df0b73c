"""Showing the code of a bypass: once, to one of those who may, by the answer that makes it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime
from functools import partial
from typing import Any

from portal.ceremony import ENTROPY_BYTES, Issued
from portal.edge import Edge
from portal.flows import bypass_codes, exception_cases, permission, session
from portal.flows.events import Event
from portal.flows.exception_cases import Case
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Gone
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules.terms import Action
from portal.store import audit, exceptions
from portal.store.exceptions import BYPASS, PolicyException
from portal.store.queues import APPROVED
from portal.values import frozen


@frozen
class Shown:
    """A code, in clear for this one answer, and until when it opens the account."""

    code: str
    until: datetime
    person: str


def show_code(
    edge: Edge, visit: Visit, exception_id: str
) -> Generator[Callable[[], Any], Any, Shown | Unsettled | Blocked | Gone]:
    """Make an approved code and show it, once; it is hashed while nothing is held."""
    found = _issuable(edge, visit, exception_id)
    if not isinstance(found, tuple):
        return found
    factor: Issued = edge.factors[bypass_codes.KIND]
    code, data = yield partial(factor.issue, edge.entropy(ENTROPY_BYTES), edge.now)
    now = session.again(edge, visit)
    if now is None:
        return Gone()  # The session ended meanwhile.
    found = _issuable(edge, now, exception_id)
    if not isinstance(found, tuple):
        return found
    made, case = found
    until = factor.ends_at(data)
    if not exceptions.issue(edge, made.id, until):
        return Blocked("bypass_shown")
    bypass_codes.put(edge, case.user, made, data)
    audit.add(edge, Event.BYPASS_SHOWN, subject_id=case.user.id, detail={"request": made.id})
    tell(edge, Notice.BYPASS_SHOWN, case.user, until=until.isoformat())
    return Shown(code, until, case.user.name)


def _issuable(
    edge: Edge, visit: Visit, exception_id: str
) -> tuple[PolicyException, Case] | Unsettled | Blocked | Gone:
    """An approved code that this visitor may show, its subject's row held; or why not."""
    found = exceptions.find(edge, exception_id)
    case = exception_cases.one(edge, found.user_id, hold=True) if found else None
    made = exceptions.find(edge, exception_id)
    if case is None or made is None or made.kind != BYPASS:
        return Gone()
    subject = Subject(case.target, exception_id)
    verdict = permission.settle(edge, visit, Action.ISSUE_BYPASS, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    if made.issued_at is not None:
        return Blocked("bypass_shown")
    if made.state != APPROVED:
        return Blocked(f"exception_{made.state}")
    return made, case
