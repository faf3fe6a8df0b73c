"""Policy for machines: what is asked, a draft of what will be, and announcements.

They go through the flows that pages use. A draft asks nothing of anybody: publishing it needs a
person, and so there is no flow for it here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.edge import Edge
from portal.flows import announcements, drafts, machine_reach, policy_previews
from portal.flows.drafts import Rollout, Stale, Typed
from portal.flows.machine_reach import Page
from portal.flows.outcomes import Blocked, Done, Gone, Nothing
from portal.flows.policy_previews import Preview
from portal.rules import rollout
from portal.store import announcements as announcement_store
from portal.store import drafts as draft_store
from portal.store import policies, policy_codec, policy_pages
from portal.store.announcements import Announcement, Counts
from portal.store.api_tokens import Machine
from portal.store.drafts import Draft
from portal.store.organisations import Organisation
from portal.store.policy_pages import Entry
from portal.values import frozen

NO_DRAFT = "none"  # Names, with the newest version, the state in which there is no draft.
FIRST = 2**31 - 1
YEARS = range(2001, 2199)  # A day before and after them the clock there shows the same.


@frozen
class Sheet:
    """What is asked of an organisation's people now, and what is on its way, by anybody above too.

    `own`: the newest version of its own policy; None before the first.
    """

    organisation: Organisation
    own: Entry | None
    effective: dict[str, Any]
    steps: list[dict[str, Any]]


@frozen
class Written:
    """A draft as a machine writes it: instants, where people type times of their clock."""

    document: dict[str, Any]
    monitored_at: datetime | None
    enforced_at: datetime | None
    grace_days: int
    message: str


@frozen
class Shown:
    """A draft, or what one would begin with. `mark` names this state."""

    written: Written
    revision: int
    changed_at: datetime | None
    mark: str


def look(edge: Edge, machine: Machine, organisation_id: str) -> Sheet | Gone:
    """What is asked of an organisation's people."""
    found = machine_reach.find(edge, machine, organisation_id)
    if found is None:
        return Gone()
    asked = policy_codec.effective(policies.effective(edge, found.id))
    now = rollout.together([asked], edge.now, rollout.ALWAYS)
    steps = [step for line in asked.lines for step in line.steps] if asked else []
    return Sheet(
        found,
        _newest(edge, found),
        policy_codec.to_json(now),
        [
            {
                "policy": policy_codec.to_json(step.policy),
                "stage": str(rollout.stage(step, edge.now)),
                "announced_at": step.announced_at,
                "monitored_at": step.monitored_at,
                "enforced_at": step.enforced_at,
                "complete_at": step.complete_at,
            }
            for step in sorted(steps, key=lambda step: step.enforced_at)
        ],
    )


def versions(
    edge: Edge, machine: Machine, organisation_id: str, below: int | None, size: int
) -> Page | Gone:
    """Versions of an organisation's own policy, newest first."""
    found = machine_reach.find(edge, machine, organisation_id)
    if found is None:
        return Gone()
    rows = policy_pages.entries(edge, found.id, below or FIRST, size + 1)
    return Page(rows[:size], str(rows[size - 1].number) if len(rows) > size else None)


def version(edge: Edge, machine: Machine, organisation_id: str, number: int) -> Entry | Gone:
    found = machine_reach.find(edge, machine, organisation_id)
    if found is None:
        return Gone()
    return policy_pages.chosen(edge, found.id, {number}).get(number) or Gone()


def draft(edge: Edge, machine: Machine, organisation_id: str) -> Shown | Gone:
    """An organisation's draft; where there is none, what the organisation asks itself now."""
    found = machine_reach.find(edge, machine, organisation_id)
    return _shown(edge, found, draft_store.find(edge, found.id)) if found else Gone()


def save_draft(
    edge: Edge, machine: Machine, organisation_id: str, written: Written, mark: str
) -> Shown | Stale | Blocked | Gone:
    """Write a draft over exactly the state that `mark` names."""
    found = machine_reach.find(edge, machine, organisation_id)
    if found is None:
        return Gone()
    instants = (written.monitored_at, written.enforced_at)
    if any(at and at.year not in YEARS for at in instants):
        return Blocked("dates_unreadable")
    times = [_local(found, at) for at in instants]
    if any(time is None for time in times):
        return Blocked("twice_by_the_clock")
    typed = Typed(
        written.document,
        Rollout(times[0] or "", times[1] or "", written.grace_days, written.message),
        "" if mark == _mark_of_none(_newest(edge, found)) else mark,
    )
    # Nobody's name stands on what no person wrote, though one made the token.
    outcome = drafts.write(edge, found, typed, author=None)
    return _shown(edge, found, outcome) if isinstance(outcome, Draft) else outcome


def discard_draft(
    edge: Edge, machine: Machine, organisation_id: str, mark: str
) -> Done | Stale | Gone:
    """Throw away a draft in exactly the state that `mark` names."""
    found = machine_reach.find(edge, machine, organisation_id)
    if found is None:
        return Gone()
    if mark == _mark_of_none(_newest(edge, found)):
        kept = draft_store.find(edge, found.id, hold=True)
        return Done() if kept is None else Stale(kept)
    return drafts.drop(edge, found, mark)


def _shown(edge: Edge, organisation: Organisation, kept: Draft | None) -> Shown:
    if kept is None:
        newest = _newest(edge, organisation)
        document = newest.document if newest else {}
        return Shown(Written(document, None, None, 0, ""), 0, None, _mark_of_none(newest))
    typed = drafts.from_json(kept.dates)
    written = Written(
        kept.document,
        _instant(organisation, typed.monitored),
        _instant(organisation, typed.enforced),
        typed.grace_days,
        typed.message,
    )
    return Shown(written, kept.revision, kept.changed_at, kept.mark)


def _newest(edge: Edge, organisation: Organisation) -> Entry | None:
    return next(iter(policy_pages.entries(edge, organisation.id, FIRST, 1)), None)


def _mark_of_none(newest: Entry | None) -> str:
    """What was published meanwhile is not taken back by a draft that was begun before it."""
    return f"{NO_DRAFT}-{newest.number}" if newest else NO_DRAFT


def _local(organisation: Organisation, instant: datetime | None) -> str | None:
    """An instant as people there would type it, to the minute; None: their clock shows it twice."""
    if instant is None:
        return ""
    text = instant.astimezone(ZoneInfo(organisation.time_zone)).strftime("%Y-%m-%dT%H:%M")
    return (
        text if _instant(organisation, text) == instant.replace(second=0, microsecond=0) else None
    )


def _instant(organisation: Organisation, text: str) -> datetime | None:
    if not text:
        return None
    there = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(organisation.time_zone))
    return there.astimezone(UTC)


def preview(
    edge: Edge, machine: Machine, organisation_id: str, after: str | None
) -> Preview | Gone:
    """Whom a draft would stop, counted on the first page and named page by page."""
    found = machine_reach.find(edge, machine, organisation_id)
    return policy_previews.work_out(edge, None, found, after) if found else Gone()


def announced(
    edge: Edge, machine: Machine, organisation_id: str, after: str | None, size: int
) -> Page | Gone:
    """What was announced for an organisation itself, newest first."""
    found = machine_reach.find(edge, machine, organisation_id)
    if found is None:
        return Gone()
    rows = announcement_store.of_organisation(edge, found.id, after, size + 1)
    return Page(rows[:size], rows[size - 1].id if len(rows) > size else None)


def announcement(
    edge: Edge, machine: Machine, organisation_id: str, announcement_id: str
) -> tuple[Announcement, Counts] | Gone:
    """One announcement, and how many it has reached."""
    found = _announcement(edge, machine, organisation_id, announcement_id)
    if isinstance(found, Gone):
        return found
    return found[1], announcement_store.counts(edge, announcement_id)


def announce(
    edge: Edge, machine: Machine, organisation_id: str, message: str, ends_at: datetime
) -> Announcement | Blocked | Gone:
    """Tell the people of an organisation, and of those below it, something until a date."""
    found = machine_reach.find(edge, machine, organisation_id)
    if found is None:
        return Gone()
    return announcements.write(edge, found, message, ends_at, machine.created_by)


def withdraw_announcement(
    edge: Edge, machine: Machine, organisation_id: str, announcement_id: str
) -> Done | Nothing | Blocked | Gone:
    found = _announcement(edge, machine, organisation_id, announcement_id)
    return found if isinstance(found, Gone) else announcements.withdraw(edge, *found)


def _announcement(
    edge: Edge, machine: Machine, organisation_id: str, announcement_id: str
) -> tuple[Organisation, Announcement] | Gone:
    found = machine_reach.find(edge, machine, organisation_id)
    one = announcement_store.find(edge, announcement_id) if found else None
    if found is None or one is None or one.organisation_id != found.id:
        return Gone()
    return found, one
