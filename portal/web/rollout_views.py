"""View values of roll-outs: a line with a stop for each date, drawn and in words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime

from flask import url_for

from portal.flows.findings import Counts
from portal.flows.policy_pages import Organisation, Overview, Underway
from portal.flows.policy_previews import Preview
from portal.rules.rollout import Stage, stage
from portal.values import frozen
from portal.web import policy_words
from portal.web.policy_views import moment
from portal.web.words import Phrase, gettext, lazy_gettext

STAGES: dict[Stage, Phrase] = {
    Stage.ANNOUNCED: lazy_gettext("Announced"),
    Stage.MONITORED: lazy_gettext("Monitored"),
    Stage.GRACE: lazy_gettext("Enforced, with days of grace"),
    Stage.ENFORCED: lazy_gettext("Enforced"),
}
LINE_WIDTH = 600


@frozen
class Stop:
    """A date of a roll-out: where it is drawn, and its words."""

    x: int
    text: str
    when: str
    is_past: bool


@frozen
class Road:
    """The dates of a roll-out. `now_x`: how far it has come, on a line of `LINE_WIDTH`."""

    stops: tuple[Stop, ...]
    now_x: int


@frozen
class Timeline:
    """A roll-out that is underway."""

    title: str
    stage: str
    road: Road
    text: str
    findings: Counts | None
    findings_url: str


def timelines(found: Overview, now: datetime) -> list[Timeline]:
    """What is underway here and above, in the order in which it was announced."""
    ordered = sorted(found.underway, key=lambda one: one.step.announced_at)
    return [_timeline(found.organisation, one, now) for one in ordered]


def _timeline(organisation: Organisation, one: Underway, now: datetime) -> Timeline:
    step = one.step
    dates = [step.announced_at, step.monitored_at, step.enforced_at]
    if step.grace:
        dates.append(step.complete_at)
    stops = tuple(
        # What is published is announced: its moment is a whole second, which may just be to come.
        Stop(x, text, moment(at, organisation), place == 0 or at <= now)
        for place, ((x, text), at) in enumerate(
            zip(_places(grace=bool(step.grace)), dates, strict=True)
        )
    )
    return Timeline(
        title=gettext("Version %(number)s of %(who)s", number=one.number, who=one.organisation),
        stage=str(STAGES[stage(step, now)]),
        road=Road(stops, _progress(dates, now, stops)),
        text=" ".join(policy_words.sentences(step.policy).values())
        or gettext("Nothing is asked beyond what stands above."),
        findings=one.findings,
        findings_url=url_for(
            "announcements.show_findings", organisation_id=organisation.id, version=one.number
        ),
    )


def ahead(found: Preview) -> Road | None:
    """The roll-out of a draft, all of it to come; None for one without dates."""
    dates, organisation = found.dates, found.organisation
    if dates is None:
        return None
    said = [
        gettext("When you publish it"),
        moment(dates.monitored_at, organisation)
        if found.rollout.monitored
        else gettext("From the announcement on"),
        moment(dates.enforced_at, organisation),
    ]
    if dates.grace:
        said.append(moment(dates.enforced_at + dates.grace, organisation))
    places = _places(grace=bool(dates.grace))
    stops = tuple(
        Stop(x, text, when, is_past=False) for (x, text), when in zip(places, said, strict=True)
    )
    return Road(stops, stops[0].x)


def _places(*, grace: bool) -> Iterator[tuple[int, str]]:
    """Where each date is drawn, as far apart as the next, and what begins then."""
    texts = [gettext("Announced"), gettext("Monitored: we note who would be stopped")]
    if grace:
        texts.append(gettext("Enforced for accounts made since the announcement"))
        texts.append(gettext("Grace over: enforced for everybody"))
    else:
        texts.append(gettext("Enforced"))
    apart = LINE_WIDTH // len(texts)
    for place, text in enumerate(texts):
        yield apart // 2 + place * apart, text


def _progress(dates: list[datetime], now: datetime, stops: tuple[Stop, ...]) -> int:
    """How far now is along the line."""
    places = [stop.x for stop in stops]
    for (earlier, x), (later, next_x) in itertools.pairwise(zip(dates, places, strict=True)):
        if now < later:
            if now <= earlier:
                return x
            return x + int((next_x - x) * ((now - earlier) / (later - earlier)))
    return places[-1]
