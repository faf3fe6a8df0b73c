"""One person's roles, as an administrator's page shows them."""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import memberships as giving
from portal.flows import permission
from portal.flows.memberships import Held, Person
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules import roles
from portal.rules.terms import Action, Role
from portal.store import membership_requests, memberships, organisations, users
from portal.store.membership_requests import MembershipRequest
from portal.store.organisations import Organisation
from portal.values import frozen


@frozen
class HeldLine:
    """A role that is held. `removable`: this person may take it."""

    held: Held
    removable: bool


@frozen
class Sheet:
    """A person's roles in the organisations that the reader sees, and what may be changed.

    `home` is None where their home is none of the reader's business. `changeable`: the
    organisations where the reader may give roles; `givable`: the roles. `let_go`: they were only
    ever invited, and the invitation was withdrawn.
    """

    person: Person
    home: Organisation | None
    lines: list[HeldLine]
    waiting: list[MembershipRequest]
    names: dict[str, str]
    changeable: list[Organisation]
    givable: frozenset[Role]
    leaves: list[Organisation]
    movable: bool
    let_go: bool


def sheet(edge: Edge, visit: Visit, user_id: str) -> Sheet | Unsettled:
    """One of the acting organisation's people, or of those below it."""
    action = Action.VIEW_USERS
    about = giving.person(edge, user_id)
    if about is None or visit.acting is None:
        return giving.unknown(edge, visit, action, user_id)
    home = organisations.by_id(edge, about.user.home_organisation_id)
    seen = [one for one in about.held if _sees(visit, one.organisation)]
    place = home if home and _sees(visit, home) else seen[0].organisation if seen else None
    if place is None:
        return giving.unknown(edge, visit, action, user_id)
    verdict = permission.settle(edge, visit, action, Subject(giving.target(place, about), user_id))
    if isinstance(verdict, Unsettled):
        return verdict
    return _sheet(edge, visit, about, home if home and _sees(visit, home) else None, seen)


def _sees(visit: Visit, organisation: Organisation) -> bool:
    return permission.may(visit, Action.VIEW_USERS, giving.target(organisation))


def _sheet(
    edge: Edge, visit: Visit, about: Person, home: Organisation | None, seen: list[Held]
) -> Sheet:
    assert visit.acting is not None
    served = memberships.served_by(edge, visit.acting.organisation_id)
    known = giving.is_known(edge, visit, about)
    changeable = [one for one in served if known and _changes(visit, one, about)]
    ids = {one.id for one in changeable}
    own = roles.may_give(visit.facts.acting_roles)
    names = {one.id: one.name for one in (*served, *(held.organisation for held in seen))}
    leaves = [
        one
        for one in changeable
        if about.roles_in(one.id) or one.id == about.user.home_organisation_id
    ]
    return Sheet(
        person=about,
        home=home,
        lines=[HeldLine(held, held.organisation.id in ids and held.role in own) for held in seen],
        waiting=[
            one
            for one in membership_requests.waiting_for(edge, about.user.id)
            if one.organisation_id in names
        ],
        names=names,
        changeable=changeable,
        givable=frozenset().union(*(giving.givable(visit, one) for one in changeable)),
        leaves=leaves,
        movable=home is not None and home.id in ids and len(changeable) > 1,
        let_go=not about.opened and users.is_let_go(edge, about.user.id),
    )


def _changes(visit: Visit, organisation: Organisation, about: Person) -> bool:
    return permission.may(visit, Action.CHANGE_MEMBERSHIP, giving.target(organisation, about))
