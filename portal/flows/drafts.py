"""A draft of what an organisation will ask: one each, which asks nothing of anybody before it is
published.

Everybody who may publish may change it, so each change names the state that it was made from: who
comes second is told who was first, and overwrites nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.edge import Edge
from portal.flows import policies, policy_locks
from portal.flows.events import Event
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.permission import Subject, Unsettled, settle
from portal.flows.policies import Published
from portal.flows.policy_plans import Dates, hold
from portal.flows.session import Visit
from portal.rules.terms import Action, Target
from portal.store import audit, drafts, organisations, policy_codec
from portal.store.drafts import Draft
from portal.store.organisations import Organisation
from portal.store.policy_codec import NotAPolicy
from portal.store.users import User
from portal.values import frozen

GRACE_DAYS_MAX = 365
MESSAGE_MAX = 2000


@frozen
class Rollout:
    """When a draft is to hold, as it was typed: "2027-03-01T09:00" by the organisation's clock.

    Without `enforced` there is no roll-out yet; without `monitored` it is watched from the
    announcement on.
    """

    monitored: str = ""
    enforced: str = ""
    grace_days: int = 0
    message: str = ""


@frozen
class Stale:
    """Somebody changed, published or discarded the draft meanwhile; None: there is none now."""

    draft: Draft | None


@frozen
class Typed:
    """What a form says. `mark`: the state of the draft that it was filled from, "" for none."""

    document: dict[str, Any]
    rollout: Rollout
    mark: str = ""


def save(
    edge: Edge, visit: Visit, organisation_id: str, typed: Typed
) -> Draft | Stale | Blocked | Gone | Unsettled:
    """Keep a draft. Only what is no policy is refused: it need not be ready to be published."""
    found = _settled(edge, visit, Action.DRAFT_POLICY, organisation_id)
    if not isinstance(found, Organisation):
        return found
    return write(edge, found, typed, visit.user)


def write(
    edge: Edge, organisation: Organisation, typed: Typed, author: User | None
) -> Draft | Stale | Blocked:
    """Keep a draft of an organisation that was settled; `author`: None for a machine."""
    if why := _unfit(typed):
        return Blocked(why)
    before = drafts.find(edge, organisation.id, hold=True)
    if _mark(before) != typed.mark:
        return Stale(before)
    draft = Draft(
        organisation_id=organisation.id,
        document=policy_codec.to_json(policy_codec.from_json(typed.document)),
        dates=to_json(typed.rollout),
        revision=before.revision + 1 if before else 1,
        author_id=author.id if author else None,
        changed_at=edge.now,
        author=author.name if author else "",
    )
    if before:
        drafts.change(edge, draft)
    elif not drafts.add(edge, draft):
        return Stale(drafts.find(edge, organisation.id))
    detail = {"organisation": organisation.id, "revision": draft.revision, "policy": draft.document}
    audit.add(edge, Event.POLICY_DRAFTED, detail=detail)
    return draft


def discard(
    edge: Edge, visit: Visit, organisation_id: str, mark: str
) -> Done | Stale | Gone | Unsettled:
    """Throw a draft away, in exactly the state that was shown."""
    found = _settled(edge, visit, Action.DRAFT_POLICY, organisation_id)
    if not isinstance(found, Organisation):
        return found
    return drop(edge, found, mark)


def drop(edge: Edge, organisation: Organisation, mark: str) -> Done | Stale:
    """Throw away the draft of an organisation that was settled."""
    draft = drafts.find(edge, organisation.id, hold=True)
    if draft is None or draft.mark != mark:
        return Stale(draft)
    drafts.remove(edge, organisation.id)
    detail = {"organisation": organisation.id, "policy": draft.document}
    audit.add(edge, Event.POLICY_DRAFT_DISCARDED, detail=detail)
    return Done()


def publish(
    edge: Edge, visit: Visit, organisation_id: str, mark: str, *, at_once: bool
) -> Published | Stale | Blocked | Gone | Unsettled:
    """Publish a draft, in exactly the state that was previewed; with its dates, or at once."""
    found = _settled(edge, visit, Action.PUBLISH_POLICY, organisation_id)
    if not isinstance(found, Organisation):
        return found
    nodes = hold(edge, found)
    draft = drafts.find(edge, organisation_id, hold=True)
    if draft is None or draft.mark != mark:
        return Stale(draft)
    dates = None if at_once else dates_of(edge, found, from_json(draft.dates))
    if dates is None and not at_once:
        return Blocked("no_dates")
    if why := policy_locks.why(edge, visit, found, nodes, draft.document, dates):
        return Blocked(why)
    outcome = policies.publish_for(edge, found, draft.document, visit.user.id, dates)
    if isinstance(outcome, Published):
        drafts.remove(edge, organisation_id)
    return outcome


def back(
    edge: Edge, visit: Visit, organisation_id: str, number: int
) -> Published | Stale | Blocked | Gone | Unsettled:
    """Return to the version before `number`, which the page showed as the newest; at once."""
    found = _settled(edge, visit, Action.PUBLISH_POLICY, organisation_id)
    if not isinstance(found, Organisation):
        return found
    nodes = hold(edge, found)
    now, document = policies.before(edge, found, nodes)
    if now != number:
        return Stale(None)
    if document is None:
        return Blocked("nothing_published")
    if why := policy_locks.why(edge, visit, found, nodes, document, None):
        return Blocked(why)
    return policies.back_for(edge, found, visit.user.id)


def _settled(
    edge: Edge, visit: Visit, action: Action, organisation_id: str
) -> Organisation | Gone | Unsettled:
    """The organisation whose policy this is about, for somebody who may touch it."""
    found = organisations.by_id(edge, organisation_id)
    if found is None:
        return Gone()
    verdict = settle(edge, visit, action, subject(found))
    return verdict if isinstance(verdict, Unsettled) else found


def subject(organisation: Organisation) -> Subject:
    """What an action on a policy is about: the organisation that asks it."""
    target = Target(organisation.path, managed_by_parent=organisation.managed_by_parent)
    shown = (("organisation", organisation.name),)
    return Subject(target, object_id=organisation.id, shown=shown)


def dates_of(edge: Edge, organisation: Organisation, typed: Rollout) -> Dates | None:
    """The instants that a draft's dates mean where its organisation is; None without a date."""
    if not typed.enforced:
        return None
    return Dates(
        monitored_at=_instant(organisation, typed.monitored) if typed.monitored else edge.now,
        enforced_at=_instant(organisation, typed.enforced),
        grace=timedelta(days=typed.grace_days),
        message=typed.message,
    )


def to_json(rollout: Rollout) -> dict[str, Any]:
    return {name: getattr(rollout, name) for name in Rollout.__dataclass_fields__}


def from_json(dates: dict[str, Any]) -> Rollout:
    known = {name: dates[name] for name in Rollout.__dataclass_fields__ if name in dates}
    return Rollout(**known)


def is_local_time(text: str) -> bool:
    """Whether a text is a day and a time by a clock on the wall, which an instant can be."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return moment.tzinfo is None and 2000 <= moment.year < 2200


def _instant(organisation: Organisation, text: str) -> datetime:
    there = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(organisation.time_zone))
    return there.astimezone(UTC)


def _unfit(typed: Typed) -> str | None:
    """Why something is no draft, whatever it is to mean."""
    rollout = typed.rollout
    times = [text for text in (rollout.monitored, rollout.enforced) if text]
    fits = 0 <= rollout.grace_days <= GRACE_DAYS_MAX and len(rollout.message) <= MESSAGE_MAX
    if not fits or not all(map(is_local_time, times)):
        return "dates_unreadable"
    try:
        policy_codec.from_json(typed.document)
    except NotAPolicy as wrong:
        return f"not_a_policy: {wrong}"
    return None


def _mark(draft: Draft | None) -> str:
    return draft.mark if draft else ""
