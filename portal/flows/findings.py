"""Who would have been stopped by a version that was not in force yet, for its administrators.

`monitoring` writes it down; when the version is enforced, exactly those who are left are stopped.
"""

from __future__ import annotations

from datetime import timedelta

from portal.edge import Edge
from portal.flows.outcomes import Gone
from portal.flows.permission import Subject, Unsettled, settle
from portal.flows.session import Visit
from portal.rules.terms import Action, Target
from portal.store import announcements, findings, organisations, policies
from portal.store.findings import Counts, Line
from portal.store.organisations import Organisation
from portal.store.policies import Version
from portal.values import frozen

PAGE = 50
VERSIONS_MAX = 20


@frozen
class FindingsPage:
    """The people whom a version would have stopped. `versions`: all that have dates, newest first.

    `version` is None where nothing was ever published with dates.
    """

    organisation: Organisation
    version: Version | None
    versions: list[Version]
    counts: Counts
    lines: list[Line]
    announcement_id: str | None
    following: str | None


def counts(edge: Edge, organisation_id: str, number: int) -> Counts:
    """How many people a version would have stopped, and how many of them it still would."""
    version = policies.version(edge, organisation_id, number)
    return Counts() if version is None else _counts(edge, organisation_id, version)


def _counts(edge: Edge, organisation_id: str, version: Version) -> Counts:
    if version.enforced_at is None:
        return Counts()
    complete_at = version.enforced_at + timedelta(seconds=version.grace_s)
    return findings.counts(edge, organisation_id, version.number, complete_at)


def page(
    edge: Edge, visit: Visit, organisation_id: str, number: int | None, after: str | None
) -> FindingsPage | Unsettled | Gone:
    """Who would have been stopped by a version, the newest without a number."""
    organisation = organisations.by_id(edge, organisation_id)
    if organisation is None:
        return Gone()
    target = Target(organisation.path, managed_by_parent=organisation.managed_by_parent)
    verdict = settle(edge, visit, Action.VIEW_POLICY, Subject(target, object_id=organisation.id))
    if isinstance(verdict, Unsettled):
        return verdict
    every = policies.versions(edge, organisation.id, VERSIONS_MAX)
    dated = [one for one in every if one.enforced_at is not None]
    chosen = [one for one in dated if number is None or one.number == number]
    if number is not None and not chosen:
        return Gone()
    if not chosen:
        return FindingsPage(organisation, None, [], Counts(), [], None, None)
    version = chosen[0]
    told = announcements.of_version(edge, organisation.id, version.number)
    announced = told.id if told else None
    lines = findings.page(edge, (organisation.id, version.number), announced, after, PAGE + 1)
    return FindingsPage(
        organisation=organisation,
        version=version,
        versions=dated,
        counts=_counts(edge, organisation.id, version),
        lines=lines[:PAGE],
        announcement_id=announced,
        following=lines[PAGE - 1].user_id if len(lines) > PAGE else None,
    )
