"""A user as an administrator sees them: state, factors, sessions, what happened. Never a secret."""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import activity, compliance, exception_cases, permission, reset_cases, session
from portal.flows.activity import Happening
from portal.flows.compliance import Due
from portal.flows.outcomes import Gone
from portal.flows.permission import Subject, Unsettled, settle
from portal.flows.reset_cases import Case
from portal.flows.session import Session, Visit
from portal.rules.terms import AAL, AccountState, Action, Membership, Target
from portal.store import authenticators, exceptions, organisations, user_lists
from portal.store.authenticators import Outline
from portal.store.exceptions import PolicyException
from portal.store.user_lists import Line
from portal.values import frozen


@frozen
class UserPage:
    """Everything on the page. `refused`: why nothing here is for this person to do, or None.

    `doable`: the operations that would change something now; `resettable`: the action that would
    begin a reset of the factors, if any; `verifiable`: whether this is whom to ask for a code in a
    call. `askable`: the kinds of exceptions that this viewer may ask for; `made`: those that wait
    or run. `due`: what policy misses, by all of their memberships; `memberships` and `happenings`
    are those within the viewer's reach.
    """

    case: Case
    line: Line
    memberships: tuple[Membership, ...]
    held: list[Outline]
    sessions: list[Session]
    happenings: list[Happening]
    following: str | None
    refused: str | None
    doable: frozenset[str]
    resettable: Action | None
    verifiable: bool
    due: Due | None
    askable: tuple[str, ...]
    made: tuple[PolicyException, ...]


def look(
    edge: Edge, visit: Visit, user_id: str, *, before: str | None = None
) -> UserPage | Unsettled | Gone:
    """A user's page; of another tenant's it says no more than of nobody's."""
    found = reset_cases.read(edge, [user_id])
    line = user_lists.one(edge, user_id)
    if not found or line is None:
        return Gone()
    case = found[0]
    verdict = settle(edge, visit, Action.VIEW_USERS, Subject(case.target, object_id=user_id))
    if isinstance(verdict, Unsettled):
        return verdict
    assert visit.acting is not None
    happenings, following = activity.page_within(edge, user_id, visit.acting.path, before=before)
    live = session.live_sessions(edge, user_id)
    refused = permission.why_not(visit, Action.ADMINISTER_USER, case.target)
    memberships = organisations.memberships_of(edge, user_id)
    due = compliance.due(edge, case.user, memberships)
    return UserPage(
        case=case,
        line=line,
        memberships=tuple(
            one for one in memberships if permission.may(visit, Action.VIEW_USERS, Target(one.path))
        ),
        held=[one for one in authenticators.outlines(edge, user_id) if not one.strength.issued],
        sessions=live,
        happenings=happenings,
        following=following,
        refused=refused,
        doable=frozenset() if refused else _doable(edge, line, live, due),
        resettable=_resettable(visit, case),
        verifiable=permission.may(visit, Action.CHECK_CALLER, case.target),
        due=due,
        askable=_askable(visit, case),
        made=tuple(one for one in exceptions.open_of(edge, user_id) if one.expires_at > edge.now),
    )


def _doable(edge: Edge, line: Line, live: list[Session], due: Due | None) -> frozenset[str]:
    """What there is to do now, whoever asks: nothing that would change nothing."""
    active = line.state is AccountState.ACTIVE
    offered = {
        "unlock": line.locked_until is not None and line.locked_until > edge.now,
        "sessions": bool(live),
        "disable": line.state is not AccountState.DISABLED,
        "enable": line.state is AccountState.DISABLED,
        "remind": active and (line.strongest < AAL.AAL2 or due is not None),
        "renewal": active and "password" in line.kinds and line.password_due_at is None,
    }
    return frozenset(name for name, there in offered.items() if there)


def _askable(visit: Visit, case: Case) -> tuple[str, ...]:
    if case.user.state is not AccountState.ACTIVE:
        return ()
    asking = exception_cases.REQUEST.items()
    return tuple(kind for kind, action in asking if permission.may(visit, action, case.target))


def _resettable(visit: Visit, case: Case) -> Action | None:
    if case.unfit is not None:
        return None
    for action in (Action.REQUEST_RESET, Action.REQUEST_DESK_RESET):
        if permission.may(visit, action, case.target):
            return action
    return None
