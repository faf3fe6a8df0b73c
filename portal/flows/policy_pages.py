"""What pages of policy show: what is asked, by whom, what is on its way, and what was before.

It reads; `drafts` and `policies` change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from portal.edge import Edge, Unavailable
from portal.flows import drafts, findings, organisation_choices, permission
from portal.flows.organisation_choices import Choices
from portal.flows.outcomes import Gone
from portal.flows.permission import Unsettled, settle
from portal.flows.policy_plans import line_of
from portal.flows.session import Visit
from portal.rules import rollout
from portal.rules.access import Deny, NotFound, decide
from portal.rules.policy import DEFAULT, NOTHING, Policy, counts_as_second_factor, strictest
from portal.rules.policy_values import Asked, Line, Step
from portal.rules.terms import Action
from portal.store import drafts as draft_store
from portal.store import organisations, policy_codec, policy_pages
from portal.store.drafts import Draft
from portal.store.findings import Counts
from portal.store.organisations import Organisation
from portal.store.policies import Node
from portal.store.policy_codec import NotAPolicy
from portal.store.policy_pages import Entry
from portal.values import frozen

PAGE = 50
FIRST = 2**31 - 1


@frozen
class Source:
    """Who asks something. An empty `name`: the portal itself."""

    name: str
    policy: Policy
    is_own: bool = False


@frozen
class Underway:
    """A roll-out that is not complete: a step, whose it is, and how many it would have stopped.

    `findings`: of its own organisation's, once it is watched.
    """

    organisation: str
    number: int
    step: Step
    is_own: bool
    findings: Counts | None = None


@frozen
class Overview:
    """What is asked of an organisation's people now, rule by rule with its sources."""

    organisation: Organisation
    choices: Choices
    asked: Policy
    sources: tuple[Source, ...]
    underway: tuple[Underway, ...]
    number: int
    newest: Entry | None
    draft: Draft | None
    may_draft: bool
    may_publish: bool


@frozen
class Desk:
    """What an editor starts from. `above`: who asks what, that cannot be loosened here.

    `document`: the draft's, or what the organisation asks now; `methods`: kinds to choose from.
    """

    organisation: Organisation
    document: Policy
    draft: Draft | None
    above: tuple[Source, ...]
    methods: tuple[str, ...]


@frozen
class Versions:
    """A page of the versions of an organisation's own policy."""

    organisation: Organisation
    entries: Sequence[Entry]
    following: int | None
    newest: int
    may_publish: bool


@frozen
class Compared:
    """A version, and another one beside it; None: nothing was asked before the first."""

    organisation: Organisation
    entry: Entry
    other: Entry | None
    other_number: int


def overview(
    edge: Edge, visit: Visit, organisation_id: str | None, typed: str = ""
) -> Overview | Gone | Unsettled:
    """What is asked of an organisation's people; without an id, of the one that is acted for.

    `typed`: how the names of the organisations to choose from begin.
    """
    choices = organisation_choices.find(edge, visit, organisation_id, typed)
    if choices is None:
        return Gone()
    organisation = choices.chosen
    verdict = settle(edge, visit, Action.VIEW_POLICY, drafts.subject(organisation))
    if isinstance(verdict, Unsettled):
        return verdict
    nodes = policy_pages.chain(edge, organisation.path)
    lines = _lines(edge, nodes)
    asked: Asked | None = None
    for line in lines:
        asked = rollout.below(asked, line)
    newest = policy_pages.entries(edge, organisation.id, FIRST, 1)
    target = drafts.subject(organisation).target
    return Overview(
        organisation=organisation,
        choices=choices,
        asked=rollout.together([asked], edge.now, rollout.ALWAYS),
        sources=_sources(edge, nodes, lines),
        underway=_underway(edge, nodes, lines),
        number=nodes[-1].number,
        newest=newest[0] if newest else None,
        draft=draft_store.find(edge, organisation.id),
        may_draft=permission.may(visit, Action.DRAFT_POLICY, target),
        may_publish=permission.may(visit, Action.PUBLISH_POLICY, target),
    )


def desk(edge: Edge, visit: Visit, organisation_id: str) -> Desk | Gone | Unsettled:
    """What to write a draft from, for somebody who may keep one, after one more proof perhaps."""
    found = _one(edge, visit, organisation_id)
    if isinstance(found, Gone | Unsettled):
        return found
    target = drafts.subject(found).target
    decision = decide(Action.DRAFT_POLICY, replace(visit.facts, target=target))
    if isinstance(decision, Deny | NotFound):
        return Unsettled(decision, Action.DRAFT_POLICY)
    nodes = policy_pages.chain(edge, found.path)
    lines = _lines(edge, nodes)
    draft = draft_store.find(edge, found.id)
    own = lines[-1].steps[-1].policy if lines[-1].steps else lines[-1].base
    document = read(draft.document) if draft else own
    if document is None:
        raise Unavailable("a draft of another release")
    return Desk(
        organisation=found,
        document=document,
        draft=draft,
        above=tuple(one for one in _coming(edge, nodes, lines) if not one.is_own),
        methods=tuple(
            kind
            for kind, factor in edge.factors.items()
            if counts_as_second_factor(factor.strength)
            or (factor.strength.look_up_secret and not factor.strength.issued)
        ),
    )


def listed(
    edge: Edge, visit: Visit, organisation_id: str, below: int
) -> Versions | Gone | Unsettled:
    """A page of versions, newest first."""
    found = _one(edge, visit, organisation_id)
    if isinstance(found, Gone | Unsettled):
        return found
    entries = policy_pages.entries(edge, found.id, below, PAGE + 1)
    target = drafts.subject(found).target
    return Versions(
        organisation=found,
        entries=entries[:PAGE],
        following=entries[PAGE - 1].number if len(entries) > PAGE else None,
        newest=entries[0].number if entries and below == FIRST else 0,
        may_publish=permission.may(visit, Action.PUBLISH_POLICY, target),
    )


def compared(
    edge: Edge, visit: Visit, organisation_id: str, number: int, other: int
) -> Compared | Gone | Unsettled:
    """A version beside another one: 0 stands for nothing of its own."""
    found = _one(edge, visit, organisation_id)
    if isinstance(found, Gone | Unsettled):
        return found
    entries = policy_pages.chosen(edge, found.id, {number, other})
    if number not in entries or (other and other not in entries):
        return Gone()
    return Compared(found, entries[number], entries.get(other), other)


def read(document: dict[str, object]) -> Policy | None:
    """The policy of a version; None for what only another release could read."""
    try:
        return policy_codec.from_json(document)
    except NotAPolicy:
        return None


def _one(edge: Edge, visit: Visit, organisation_id: str) -> Organisation | Gone | Unsettled:
    found = organisations.by_id(edge, organisation_id)
    if found is None:
        return Gone()
    verdict = settle(edge, visit, Action.VIEW_POLICY, drafts.subject(found))
    return verdict if isinstance(verdict, Unsettled) else found


def _lines(edge: Edge, nodes: list[Node]) -> list[Line]:
    try:
        return [line_of(edge, node) for node in nodes]
    except NotAPolicy as wrong:
        raise Unavailable(f"a policy of another release: {wrong}") from wrong


def _sources(edge: Edge, nodes: list[Node], lines: list[Line]) -> tuple[Source, ...]:
    """Who asks what now, from the portal itself down."""
    found = [Source("", DEFAULT)]
    for node, line in zip(nodes, lines, strict=True):
        held = rollout.at(Asked(NOTHING, (line,)), edge.now, rollout.ALWAYS)
        found.append(Source(node.name, held, is_own=node is nodes[-1]))
    return tuple(found)


def _coming(edge: Edge, nodes: list[Node], lines: list[Line]) -> tuple[Source, ...]:
    """Who asks what, now or by a roll-out that is underway: of each the strictest."""
    found = []
    for source, line in zip(_sources(edge, nodes, lines), [None, *lines], strict=True):
        steps = line.steps if line else ()
        ahead = strictest([source.policy, *(step.policy for step in steps)])
        found.append(Source(source.name, ahead, source.is_own))
    return tuple(found)


def _underway(edge: Edge, nodes: list[Node], lines: list[Line]) -> tuple[Underway, ...]:
    found = []
    for node, line in zip(nodes, lines, strict=True):
        for place, step in enumerate(line.steps):
            # Versions are numbered in turn, and the last step is the newest version.
            number = node.number - (len(line.steps) - 1 - place)
            is_own = node is nodes[-1]
            is_watched = is_own and edge.now >= step.monitored_at
            seen = findings.counts(edge, node.id, number) if is_watched else None
            found.append(Underway(node.name, number, step, is_own, seen))
    return tuple(found)
