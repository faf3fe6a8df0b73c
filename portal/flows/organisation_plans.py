"""Plans of organisations: what one includes, what it lacks and why, and changing it at HQ.

A change takes nothing from anybody; what may be enrolled from then on follows from the rules.
"""

from __future__ import annotations

from collections.abc import Collection

from portal.edge import Edge
from portal.flows import organisation_choices, permission
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Done, Gone, Nothing
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules import plans, policy, rollout
from portal.rules.holdings import Held
from portal.rules.policy import Policy
from portal.rules.terms import AAL, Action, Role, Target
from portal.store import audit, memberships, organisations
from portal.store import plans as store
from portal.store.plans import COUNTED_MAX, Bought
from portal.values import frozen

__all__ = ["COUNTED_MAX", "Bought", "Method", "Sheet"]
PAGE = 50
ADMINISTRATORS = (Role.PARTNER_ADMIN, Role.HQ_ADMIN, Role.SUPER_ADMIN)


@frozen
class Method:
    """A kind of factor under a plan.

    `add_on`: what brought it beyond the plan. `asked`: not bought, and policy asks for it, so that
    it may be enrolled all the same. `users`: who use it though it is not included, at most
    `COUNTED_MAX`.
    """

    kind: str
    included: bool
    add_on: str | None = None
    asked: bool = False
    users: int = 0


@frozen
class Sheet:
    """An organisation's plan. `below`: organisations under it; `after`: where to go on there.

    `beginning`: how the names of those begin, where not all of them were asked for.
    `lacks_resistant`, `lacks_hardware`: no policy that asks for such proofs can be published.
    """

    bought: Bought
    methods: list[Method]
    lacks_resistant: bool
    lacks_hardware: bool
    below: list[Bought]
    beginning: str
    after: str | None
    may_change: bool


@frozen
class Wanted:
    """A plan to be; `seen` is what the person's page showed, as `written` writes it."""

    plan: str
    add_ons: frozenset[str]
    seen: str


def written(plan: str, add_ons: Collection[str]) -> str:
    """A plan with its add-ons as one text, to tell whether it was changed meanwhile."""
    return "+".join([plan, *sorted(add_ons)])


def look(
    edge: Edge,
    visit: Visit,
    organisation_id: str | None,
    after: str | None = None,
    typed: str = "",
) -> Sheet | Unsettled | Gone:
    """The plan of an organisation, the acting one without an id, with those below it.

    `typed`: how the names of those below begin.
    """
    assert visit.acting is not None
    found = store.find(edge, organisation_id or visit.acting.organisation_id)
    if found is None:
        return Gone()
    verdict = permission.settle(edge, visit, Action.VIEW_PLAN, Subject(_target(found), found.id))
    if isinstance(verdict, Unsettled):
        return verdict
    begin = (store.path_of(edge, after) if after else None) or found.path
    beginning = organisation_choices.beginning(typed)
    below = store.below(edge, found.path, begin, PAGE + 1, beginning)
    second = [one for one in _kinds(edge) if policy.counts_as_second_factor(one.strength)]
    paid = [one for one in second if plans.includes(found.plan, found.add_ons, one.kind)]
    return Sheet(
        found,
        _methods(edge, found),
        lacks_resistant=not _any(paid, AAL.AAL2) and _any(second, AAL.AAL2),
        lacks_hardware=not _any(paid, AAL.AAL3) and _any(second, AAL.AAL3),
        below=below[:PAGE],
        beginning=beginning,
        after=below[PAGE - 1].id if len(below) > PAGE else None,
        may_change=permission.may(visit, Action.CHANGE_PLAN, _target(found)),
    )


def change(
    edge: Edge, visit: Visit, organisation_id: str, wanted: Wanted
) -> Done | Nothing | Blocked | Unsettled | Gone:
    """Give an organisation another plan, over exactly the one that the person saw."""
    organisations.lock(edge, organisation_id)
    found = store.find(edge, organisation_id)
    if found is None:
        return Gone()
    shown = (
        ("organisation", found.name),
        ("plan", wanted.plan),
        ("add_ons", sorted(wanted.add_ons)),
    )
    subject = Subject(_target(found), found.id, shown)
    verdict = permission.settle(edge, visit, Action.CHANGE_PLAN, subject)
    if isinstance(verdict, Unsettled):
        return verdict
    if wanted.seen != written(found.plan, found.add_ons):
        return Blocked("plan_changed")
    return _change(edge, found, wanted.plan, wanted.add_ons, visit)


def change_by_host(
    edge: Edge, name: str, plan: str, add_ons: Collection[str]
) -> Done | Nothing | Blocked | Gone:
    """What an operator says by command."""
    named = organisations.by_name(edge, name)
    if named is None:
        return Gone()
    organisations.lock(edge, named.id)
    found = store.find(edge, named.id)
    assert found is not None
    return _change(edge, found, plan, frozenset(add_ons))


def _change(
    edge: Edge, found: Bought, plan: str, add_ons: frozenset[str], visit: Visit | None = None
) -> Done | Nothing | Blocked:
    if plan not in plans.PLANS or not add_ons <= plans.ADD_ONS.keys():
        return Blocked("no_such_plan")
    if (plan, add_ons) == (found.plan, found.add_ons):
        return Nothing()
    organisations.set_plan(edge, found.id, plan, add_ons)
    detail = {
        "organisation": found.id,
        "plan": plan,
        "add_ons": sorted(add_ons),
        "before": written(found.plan, found.add_ons),
    }
    audit.add(edge, Event.PLAN_CHANGED, detail=detail)
    near = [found.id]
    if found.managed_by_parent and found.parent_id:
        near.append(found.parent_id)  # Whose admins answer for these people.
    for admin in memberships.holders(edge, near, ADMINISTRATORS, but=()):
        tell(
            edge,
            Notice.PLAN_CHANGED,
            admin,
            organisation=found.name,
            actor=visit.user.name if visit else "",
            plan=plan,
            add_ons=sorted(add_ons),
        )
    return Done()


def _methods(edge: Edge, found: Bought) -> list[Method]:
    """Every kind that there is here, and how it stands to the plan."""
    kinds = _kinds(edge)
    missing = {one.kind for one in kinds if not plans.includes(found.plan, found.add_ons, one.kind)}
    asked = plans.unpaid_but_asked(
        kinds, {one.kind for one in kinds} - missing, _asked(edge, found), frozenset(Role)
    )
    users = store.users_of(edge, found.id, missing)
    return [
        Method(
            one.kind,
            included=one.kind not in missing,
            add_on=_add_on(found, one.kind),
            asked=one.kind in asked,
            users=users.get(one.kind, 0),
        )
        for one in kinds
    ]


def _add_on(found: Bought, kind: str) -> str | None:
    """The add-on that a kind comes with; None where the plan has it anyway."""
    if plans.includes(found.plan, (), kind):
        return None
    _, having = plans.sources(kind)
    return next((one for one in having if one in found.add_ons), None)


def _asked(edge: Edge, found: Bought) -> Policy:
    """What is asked of this organisation's people, whenever it begins."""
    return rollout.together([found.asked], rollout.FOREVER, edge.now)


def _kinds(edge: Edge) -> tuple[Held, ...]:
    """What people enrol by themselves; what administrators give out is in every plan."""
    return tuple(
        Held(kind, factor.strength)
        for kind, factor in edge.factors.items()
        if not factor.strength.issued
    )


def _any(kinds: Collection[Held], level: AAL) -> bool:
    return any(policy.may_reach(one.strength, level, phishing_resistant=True) for one in kinds)


def _target(found: Bought) -> Target:
    return Target(found.path, found.managed_by_parent)
