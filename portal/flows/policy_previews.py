"""Whom a draft would stop, before anybody is: counted fully, named page by page.

It publishes nothing. Who is stopped and why is what `rules.deadlines` says, which the sign-in of
each of them goes by as well.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace

from portal.edge import Edge
from portal.flows import drafts, policy_locks
from portal.flows.drafts import Rollout
from portal.flows.outcomes import Blocked, Gone
from portal.flows.permission import Unsettled, may, settle
from portal.flows.policy_plans import Dates, Plan, prepare
from portal.flows.session import Visit
from portal.flows.stopped_people import People, Stop, Stopped
from portal.rules import rollout
from portal.rules.policy import Policy
from portal.rules.terms import Action, Role
from portal.store import drafts as draft_store
from portal.store import organisations, policies, policy_codec, policy_people
from portal.store.drafts import Draft
from portal.store.organisations import Organisation
from portal.store.policy_codec import NotAPolicy
from portal.store.policy_people import Somebody
from portal.values import frozen

PAGE = 50


@dataclass(slots=True)
class Count:
    """Everybody whom a draft would stop. `by_role`: how many of each role lack what.

    `holders`: how many people hold each role; `author`: who looks is one of them.
    """

    total: int = 0
    by_role: dict[Role, Counter[str]] = field(default_factory=dict)
    by_reason: Counter[str] = field(default_factory=Counter)
    holders: dict[Role, int] = field(default_factory=dict)
    author: bool = False


@frozen
class Preview:
    """What publishing a draft would mean. `blocked`: why that is refused, as a reason.

    `asked` and `own`: what will be asked here in the end, by all together and by itself. `people`
    is a page of those who would be stopped, `following` where the next one begins, `exemptable` for
    which of them this person may ask for an exemption. Of a later page there is no `count`.
    """

    organisation: Organisation
    draft: Draft
    rollout: Rollout
    dates: Dates | None
    blocked: str | None
    asked: Policy | None = None
    own: Policy | None = None
    organisations: int = 0
    count: Count | None = None
    people: tuple[Stopped, ...] = ()
    following: str | None = None
    may_publish: bool = False
    exemptable: frozenset[str] = frozenset()


def look(
    edge: Edge, visit: Visit, organisation_id: str, after: str | None = None
) -> Preview | Gone | Unsettled:
    """A page of what a draft would mean."""
    found = organisations.by_id(edge, organisation_id)
    if found is None:
        return Gone()
    about = drafts.subject(found)
    verdict = settle(edge, visit, Action.VIEW_POLICY, about)
    if isinstance(verdict, Unsettled):
        return verdict
    preview = work_out(edge, visit, found, after)
    if isinstance(preview, Gone):
        return preview
    return replace(
        preview,
        # Of what is seen whole: a later page does not say what the draft means.
        may_publish=preview.count is not None
        and preview.blocked is None
        and may(visit, Action.PUBLISH_POLICY, about.target),
        exemptable=frozenset(
            one.id for one in preview.people if may(visit, Action.REQUEST_EXEMPTION, one.target)
        ),
    )


def work_out(
    edge: Edge, visit: Visit | None, found: Organisation, after: str | None
) -> Preview | Gone:
    """The same of an organisation that was settled; `visit`: None for a machine."""
    draft = draft_store.find(edge, found.id)
    if draft is None:
        return Gone()
    typed = drafts.from_json(draft.dates)
    dates = drafts.dates_of(edge, found, typed)
    plan = _plan(edge, visit, found, draft, dates)
    if isinstance(plan, Blocked):
        return Preview(found, draft, typed, dates, plan.reason)
    people = People(edge, found, plan)
    count = None if after else Count(holders=policy_people.holders(edge, found.path))
    page = _read(people, visit, count, after)
    asked = plan.asked[found.id]
    last = [edge.now, *rollout.moments([asked], edge.now)][-1]
    return Preview(
        organisation=found,
        draft=draft,
        rollout=typed,
        dates=dates,
        blocked=policy_locks.reason(edge, visit, found, plan.asked),
        asked=rollout.together([asked], last, rollout.ALWAYS),
        own=policy_codec.from_json(draft.document),
        organisations=len(plan.below),
        count=count,
        people=tuple(page[:PAGE]),
        following=page[PAGE - 1].id if len(page) > PAGE else None,
    )


def _plan(
    edge: Edge, visit: Visit | None, found: Organisation, draft: Draft, dates: Dates | None
) -> Plan | Blocked:
    nodes = policies.tree(edge, found.path)
    try:
        author_id = visit.user.id if visit else None
        return prepare(edge, found, nodes, draft.document, author_id, dates)
    except NotAPolicy as wrong:
        return Blocked(f"not_a_policy: {wrong}")


def _read(
    people: People, visit: Visit | None, count: Count | None, after: str | None
) -> list[Stopped]:
    """The first people of a page, one more than fit; with a `count`, everybody is counted."""
    page: list[tuple[Somebody, Stop]] = []
    tally: Counter[Stop] = Counter()
    author_id = visit.user.id if visit else None
    with closing(people.stopped(after)) as stopped:
        for somebody, stop in stopped:
            if len(page) <= PAGE:
                page.append((somebody, stop))
            elif count is None:
                break
            tally[stop] += 1
            if count is not None and somebody[0].id == author_id:
                count.author = True
    if count is not None:
        _add(count, tally)
    return people.named(page)


def _add(count: Count, tally: Counter[Stop]) -> None:
    for stop, number in tally.items():
        count.total += number
        count.by_reason[stop.why] += number
        for role in stop.roles:
            count.by_role.setdefault(role, Counter())[stop.why] += number
