"""View values that several blueprints share: the status in words, challenges, activity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from portal.flows import credentials
from portal.flows.activity import Happening
from portal.flows.session import Visit
from portal.web import event_words, messages
from portal.web.addresses import address
from portal.web.devices import browser_name
from portal.web.words import gettext


@dataclass(frozen=True, slots=True)
class Step:
    """A next step: a sentence, and the link that takes it."""

    text: str
    url: str
    action: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Protection:
    """How safe the account is, in words. `tone`: good, fair or weak."""

    tone: str
    headline: str
    text: str
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Way:
    """A factor that can be chosen."""

    kind: str
    label: messages.Words
    description: messages.Words
    url: str
    recommended: bool = False
    limitation: messages.Words | None = None


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """A challenge page: what is asked, what else would do, where cancel leads."""

    kind: str
    label: messages.Words
    prompt_template: str
    action_url: str
    others: list[Way]
    purpose: str
    email: str
    operation: messages.Words | None = None
    details: Sequence[tuple[str, str]] = ()
    cancel_url: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityItem:
    """One line of the activity list."""

    id: str
    at: datetime
    title: str
    detail: str
    browser: str
    place: str | None
    address: str
    tone: str


def protection(visit: Visit) -> Protection:
    """The account's protection, from what is enrolled, with the step that is missing."""
    security = address("security.index")
    if not credentials.holds_second_factor(visit):
        return Protection(
            "weak",
            gettext("Only your password protects this account"),
            gettext("Whoever learns your password can sign in as you."),
            [Step(gettext("Enrol an authenticator app."), security, gettext("Enrol one"))],
        )
    if "backup_codes" not in visit.user.summary.held:
        return Protection(
            "fair",
            gettext("Two factors protect this account"),
            gettext("If you lose your phone today, you cannot sign in."),
            [
                Step(
                    gettext("Make backup codes for that day."),
                    address("security.backup_codes"),
                    gettext("Make backup codes"),
                )
            ],
        )
    return Protection(
        "good",
        gettext("Two factors protect this account"),
        gettext("You have backup codes for the day your phone is lost."),
    )


def ways(kinds: Sequence[str], url: Callable[[str], str]) -> list[Way]:
    """Factors to choose from, each with the address that `url` gives; the first is recommended."""
    found = []
    for position, kind in enumerate(kinds):
        words = messages.factor(kind)
        found.append(
            Way(
                kind=kind,
                label=words.label,
                description=words.description,
                url=url(kind),
                recommended=position == 0,
                limitation=words.limitation,
            )
        )
    return found


def activity(happenings: list[Happening]) -> list[ActivityItem]:
    items = []
    for happening in happenings:
        tone, title = event_words.event(happening.event)
        kind = happening.factor
        items.append(
            ActivityItem(
                id=happening.id,
                at=happening.at,
                title=title,
                detail=str(messages.factor(kind).label) if kind in messages.FACTORS else "",
                browser=browser_name(happening.user_agent),
                place=happening.place,
                address=happening.address,
                tone=tone,
            )
        )
    return items
