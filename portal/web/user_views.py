"""View values of the list of users and of a user's page: states and levels in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import g, url_for

from portal.flows.attempts import FOR_GOOD
from portal.flows.user_lists import EVERYBODY, Asked, Line, Listing
from portal.flows.user_pages import UserPage
from portal.rules.assurance import resistance
from portal.rules.terms import ADMINISTRATORS, AccountState, Action
from portal.values import frozen
from portal.web import (
    compliance_words,
    exception_words,
    membership_words,
    messages,
    moments,
    organisation_finder,
    pages,
    tasks,
    user_words,
)
from portal.web.devices import browser_name
from portal.web.words import gettext


@frozen
class Mark:
    """A state of an account that somebody should know of, as a badge."""

    tone: str
    text: str


@frozen
class Row:
    """A user's row in the list."""

    id: str
    url: str
    name: str
    email: str
    roles: list[str]
    factors: list[str]
    resistance: messages.Words
    level: messages.Words
    last_signed_in_at: datetime | None
    policy: Mark
    marks: list[Mark]
    reset_url: str | None


@frozen
class Choice:
    """An option of a field, or a link that sorts."""

    value: str
    words: str
    chosen: bool = False
    url: str = ""
    direction: str = ""


@frozen
class Button:
    """An operation on an account: what it is called, what it changes, where it is posted."""

    name: str
    url: str
    words: messages.Words
    text: messages.Words
    danger: bool = False


def row(line: Line, *, resettable: bool = False) -> Row:
    """`resettable`: the reader may ask for resets where this list is from."""
    offered = resettable and _may_be_reset(line)
    return Row(
        id=line.id,
        url=url_for("users.show", user_id=line.id),
        name=line.name,
        email=line.email,
        roles=[messages.role(role) for role in line.roles],
        factors=factors(line.kinds),
        resistance=user_words.RESISTANCE[line.resistance],
        level=user_words.LEVELS[line.strongest],
        last_signed_in_at=line.last_signed_in_at,
        policy=Mark(*compliance_words.state(line)),
        marks=marks(line),
        reset_url=url_for("resets.new", user_id=line.id) if offered else None,
    )


def _may_be_reset(line: Line) -> bool:
    """Whether a reset is worth offering; the panel says of anybody why not."""
    held = any(count for kind, count in line.kinds.items() if kind != "password")
    return held and line.reset_id is None and not ADMINISTRATORS.intersection(line.roles)


def factors(kinds: dict[str, int]) -> list[str]:
    """What is enrolled beside the password, by its label, and how many where there are several."""
    found = []
    for kind, count in kinds.items():
        if kind == "password" or count < 1:
            continue
        label = str(messages.factor(kind).label) if kind in messages.FACTORS else kind
        found.append(f"{label} × {count}" if count > 1 else label)
    return found


def marks(line: Line) -> list[Mark]:
    found = []
    # The release before changes a state and leaves the mark.
    if line.withdrawn_at and line.state is AccountState.INVITED:
        tone, words = membership_words.LET_GO
        found.append(Mark(tone, str(words)))
    elif line.state in user_words.STATES:
        tone, words = user_words.STATES[line.state]
        found.append(Mark(tone, str(words)))
    if lock := locked(line.locked_until):
        found.append(Mark("danger", lock))
    if line.reset_id:
        found.append(Mark("brass", gettext("Reset waiting")))
    if line.reset_at:
        found.append(Mark("brass", gettext("Must enrol after a reset")))
    if line.password_due_at:
        found.append(Mark("brass", gettext("Must choose a new password")))
    exposed = line.state is AccountState.ACTIVE and not line.resistance
    if exposed and ADMINISTRATORS.intersection(line.roles):
        found.append(Mark("warning", gettext("Administrator without a passkey or key")))
    return found


def locked(until: datetime | None) -> str:
    """Until when attempts are refused, in words; empty when they are not."""
    if until is None or until <= g.edge.now:
        return ""
    if until >= FOR_GOOD:
        return gettext("Locked until unlocked")
    return gettext("Locked until %(when)s", when=moments.when(until))


def address(asked: Asked, endpoint: str = "users.index", **changed: Any) -> str:
    """The address of a list: what is as it always is stays out of it."""
    values = {
        "organisation": asked.organisation,
        "state": asked.shown,
        "sort": asked.sort,
        "search": asked.search,
        organisation_finder.PARAMETER: asked.beginning,
        **changed,
    }
    chosen: dict[str, Any] = {name: value for name, value in values.items() if value}
    return url_for(endpoint, **chosen)


def organisations(listing: Listing) -> list[Choice]:
    """Whose list can be looked at; empty where there is only one."""
    scope = listing.scope
    own = g.visit.acting.organisation_id
    found = [
        Choice(
            one.id,
            one.name,
            scope.organisation is not None and one.id == scope.organisation.id,
        )
        for one in scope.choices.offered
    ]
    found.sort(key=lambda choice: choice.value != own)
    if scope.has_everybody:
        found.append(
            Choice(EVERYBODY, gettext("Everybody, everywhere"), scope.organisation is None)
        )
    return found if len(found) > 1 or scope.choices.beginning else []


def sorts(listing: Listing, asked: Asked, allowed: Iterable[str]) -> dict[str, Choice]:
    """The columns that can be sorted by; the one that is in use turns round."""
    wanted = listing.scope.wanted
    turned = asked.sort.startswith("-")
    found = {}
    for name in allowed:
        chosen = name == wanted.sort
        value = f"-{name}" if chosen and not turned else name
        direction = ("descending" if wanted.descending else "ascending") if chosen else ""
        found[name] = Choice(
            name, str(user_words.SORTS[name]), chosen, address(asked, sort=value), direction
        )
    return found


def buttons(page: UserPage) -> list[Button]:
    """What may be done now, in the order of how much it takes away."""
    return [
        Button(name, url_for(endpoint, user_id=page.line.id), words, text, danger)
        for name, endpoint, words, text, danger in user_words.BUTTONS
        if name in page.doable
    ]


def refusal(page: UserPage) -> str | None:
    """Why nothing here is for this person to do, and whom to ask."""
    if page.refused is None:
        return None
    if page.refused == "another_tenant":
        return gettext(
            "%(organisation)s looks after its own people. Ask an administrator there.",
            organisation=page.case.organisation.name,
        )
    return str(tasks.DENIED[page.refused])


def reset_url(page: UserPage) -> str | None:
    endpoints = {
        Action.REQUEST_RESET: "resets.new",
        Action.REQUEST_DESK_RESET: "resets.new_for_desk",
    }
    if page.resettable is None:
        return None
    return url_for(endpoints[page.resettable], user_id=page.line.id)


def held(page: UserPage) -> list[dict[str, Any]]:
    """The factors by label, with their dates and how they are kept: nothing of what is sealed."""
    found = []
    for outline in page.held:
        kept = resistance([outline.strength])
        named = outline.name if outline.name and not outline.name.isdigit() else ""
        used = page.line.last_signed_in_at if outline.kind == "password" else outline.used_at
        found.append(
            {
                "kind": outline.variant or outline.kind,
                "label": messages.label(outline.kind, outline.variant),
                "name": named,
                "kept": user_words.RESISTANCE[kept] if kept else None,
                "is_suspect": outline.suspect_at is not None,
                "created_at": outline.created_at,
                "used_at": used,
            }
        )
    return found


def details(page: UserPage) -> dict[str, Any]:
    """What a user's page shows."""
    roles: dict[str, list[str]] = {}
    for membership in page.memberships:
        roles.setdefault(membership.organisation_name, []).append(messages.role(membership.role))
    waiting = page.case.waiting
    return {
        "user": row(page.line),
        "home": page.case.organisation.name,
        "created_at": page.case.user.created_at,
        "policy": compliance_words.details(page.line, page.due),
        "memberships": list(roles.items()),
        "held": held(page),
        "lock": locked(page.line.locked_until),
        "lock_lasts": page.line.locked_until is not None and page.line.locked_until >= FOR_GOOD,
        "sessions": [
            {
                "browser": browser_name(one.user_agent),
                "place": one.place,
                "address": one.address,
                "issued_at": one.issued_at,
                "seen_at": one.seen_at,
            }
            for one in page.sessions
        ],
        "items": pages.activity(page.happenings),
        "waiting_url": url_for("resets.show", reset_id=waiting.id) if waiting else None,
        "buttons": buttons(page),
        "refusal": refusal(page),
        "reset_url": reset_url(page),
        "ask_urls": [
            (
                exception_words.KINDS[kind].ask,
                url_for(f"exceptions.ask_{kind}", user_id=page.line.id),
            )
            for kind in page.askable
        ],
        "exceptions": [
            (
                exception_words.KINDS[one.kind].name,
                exception_words.STATES[one.state],
                url_for("exceptions.show", exception_id=one.id),
            )
            for one in page.made
        ],
        "roles_url": url_for("roles.show", user_id=page.line.id),
        "call_url": url_for("caller_checks.ask", user_id=page.line.id) if page.verifiable else None,
    }
