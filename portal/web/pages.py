"""View values that several blueprints share: the status in words, challenges, activity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace
from datetime import datetime

from portal.flows import credentials
from portal.flows.activity import Happening
from portal.flows.session import Visit
from portal.rules import policy
from portal.values import frozen
from portal.web import event_words, messages
from portal.web.addresses import address
from portal.web.devices import browser_name
from portal.web.words import gettext


@frozen
class Step:
    """A next step: a sentence, and the link that takes it."""

    text: str
    url: str
    action: str
    title: str = ""


@frozen
class Protection:
    """How safe the account is, in words. `tone`: good, fair or weak."""

    tone: str
    headline: str
    text: str
    steps: list[Step] = field(default_factory=list)


@frozen
class Way:
    """A factor that can be chosen."""

    kind: str
    label: messages.Words
    description: messages.Words
    url: str
    recommended: bool = False
    limitation: messages.Words | None = None


@frozen
class ChallengeView:
    """A challenge page: what is asked, what else would do, where cancel leads.

    `options_url`: where the page's script gets a challenge for the person's device. `hardware`: not
    every authenticator of the kind will do.
    """

    kind: str
    label: messages.Words
    action_url: str
    others: list[Way]
    purpose: str
    email: str
    operation: messages.Words | None = None
    details: Sequence[tuple[str, str]] = ()
    cancel_url: str | None = None
    options_url: str | None = None
    hardware: bool = False


@frozen
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
            [
                Step(
                    _first_step(visit),
                    security,
                    gettext("Choose one"),
                )
            ],
        )
    headline = gettext("Two factors protect this account")
    held = {one.kind: one.strength for one in visit.facts.enrolled}  # A copy protects nothing.
    if any(one.phishing_resistant and one.multi_factor for one in held.values()):
        # It is both factors at once: the device, and what unlocks it.
        headline = gettext("A passkey protects this account")
    if "backup_codes" in held:
        lost = gettext("You have backup codes for the day your phone is lost.")
        return Protection("good", headline, lost)
    codes = Step(
        gettext("Make backup codes for that day."),
        address("security.backup_codes"),
        gettext("Make backup codes"),
    )
    return Protection("fair", headline, _if_lost(visit), [codes])


def _first_step(visit: Visit) -> str:
    """What to begin with, of what may be enrolled here."""
    if any(one.strength.phishing_resistant for one in visit.facts.enrollable):
        return gettext("Make a passkey, or enrol an authenticator app.")
    return gettext("Enrol an authenticator app.")


def _if_lost(visit: Visit) -> str:
    """What a person without backup codes could do today without the device in their hand."""
    counts = visit.user.summary.counts
    carrying = [
        held for held in visit.facts.enrolled if policy.counts_as_second_factor(held.strength)
    ]
    if sum(counts.get(held.kind, 0) for held in carrying) > 1:
        return gettext(
            "If you lose your phone today, you can sign in only with what is kept elsewhere."
        )
    only = carrying[0].strength
    if not only.phishing_resistant:
        return gettext("If you lose your phone today, you cannot sign in.")
    if only.device_bound:
        return gettext("If you lose the device or key that holds your passkey, you cannot sign in.")
    return gettext(
        "If you lose your phone today, your passkey is still on your other devices. Without "
        "another one you cannot sign in."
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


def enrolments(
    kinds: Sequence[str], url: Callable[[str, str | None], str], *, best: str = ""
) -> list[Way]:
    """What can be enrolled, each form of a kind by itself; the first is recommended.

    `best`: the kind, or form of one, that is put first.
    """
    found = []
    for way in ways(kinds, lambda kind: url(kind, None)):
        found.append(way)
        for variant in messages.VARIANTS.get(way.kind, {}):
            words = messages.factor(way.kind, variant)
            found.append(Way(variant, words.label, words.description, url(way.kind, variant)))
    if best:
        found.sort(key=lambda way: way.kind != best)
        found = [replace(way, recommended=way is found[0]) for way in found]
    return found


def activity(happenings: list[Happening]) -> list[ActivityItem]:
    items = []
    for happening in happenings:
        tone, title = event_words.event(happening.event)
        items.append(
            ActivityItem(
                id=happening.id,
                at=happening.at,
                title=title,
                detail=messages.label(happening.factor, happening.variant),
                browser=browser_name(happening.user_agent),
                place=happening.place,
                address=happening.address,
                tone=tone,
            )
        )
    return items
