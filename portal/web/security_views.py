"""View values of the security pages: rows, impact sentences, codes, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from portal.flows.credentials import Row
from portal.flows.session import Visit
from portal.flows.sessions_page import BrowserLine, SessionLine
from portal.values import frozen, keeping
from portal.web import messages
from portal.web.addresses import address
from portal.web.devices import browser_name
from portal.web.words import gettext, lazy_gettext

CODES_LOW = 2


@keeping
class RowView:
    """An authenticator's row: what it is, its state with date, one action."""

    id: str
    kind: str
    name: str
    label: messages.Words
    description: messages.Words
    created_at: datetime
    used_at: datetime | None
    url: str
    can_revoke: bool
    revoke_blocked: str | None
    source: Row
    recommended: bool = False

    @cached_property
    def detail(self) -> dict[str, Any]:
        """What its factor tells; not every kind's row shows something of it."""
        detail = dict(self.source.detail)
        if "left" in detail:
            detail["low"] = detail["left"] <= CODES_LOW
        return detail


@frozen
class EnrolmentView:
    """A running enrolment. `shown` is empty once an answer was wrong.

    `by_device`: the person's device answers, and a button of the factor's own starts that.
    """

    kind: str
    label: messages.Words
    shown: Mapping[str, Any]
    action_url: str
    cancel_url: str
    expires_at: datetime
    gate: bool
    by_device: bool = False


@frozen
class CodesView:
    """The state of a person's backup codes."""

    state: str
    left: int = 0
    total: int = 0
    created_at: datetime | None = None
    low: bool = False


@frozen
class SessionView:
    """A session's line."""

    id: str
    browser: str
    address: str
    place: str | None
    issued_at: datetime
    seen_at: datetime
    current: bool
    level_words: messages.Words
    revoke_url: str


@frozen
class BrowserView:
    """A known browser's line."""

    id: str
    browser: str
    created_at: datetime
    seen_at: datetime
    place: str | None
    current: bool
    revoke_url: str


def row(source: Row) -> RowView:
    held = source.authenticator
    # Only a device tells who made it: what is typed is not opened for a row.
    made = source.detail if source.factor.interactive else {}
    words = messages.factor(held.kind, "security_key" if made.get("security_key") else "")
    return RowView(
        id=held.id,
        kind=held.kind,
        name=_name(words, held.name, made.get("provider")),
        label=words.label,
        description=words.description,
        created_at=held.created_at,
        used_at=held.used_at,
        url=_url(held.kind, held.id),
        can_revoke=source.blocked is None,
        revoke_blocked=blocked(source),
        source=source,
    )


def _name(words: messages.FactorWords, name: str, provider: str | None) -> str:
    """The person's own name for it; before they gave one, its maker's, or its kind with a number.

    A maker's name is what the authenticator says of itself: to read, never to trust.
    """
    if name and not name.isdigit():
        return name
    if provider:
        return provider
    return gettext("%(kind)s %(number)s", kind=str(words.label), number=name) if name else ""


VERIFIES_BY = {
    "fingerprint": lazy_gettext("fingerprint"),
    "face": lazy_gettext("face"),
    "voice": lazy_gettext("voice"),
    "pin": lazy_gettext("PIN"),
    "pattern": lazy_gettext("pattern"),
}


def facts(row: RowView) -> list[tuple[str, str]]:
    """What else is known of an authenticator, for its own page."""
    detail = row.detail
    found = []
    if provider := detail.get("provider"):
        found.append((gettext("Made by"), provider))
    if "synced" in detail:
        synced = gettext("Synced: all devices of the same account have it")
        bound = gettext("Only on this one device")
        found.append((gettext("Where it is kept"), synced if detail["synced"] else bound))
    if ways := [
        str(VERIFIES_BY[way]) for way in detail.get("verifies_by", ()) if way in VERIFIES_BY
    ]:
        found.append((gettext("How it can tell that it is you"), ", ".join(ways)))
    if detail.get("suspect"):
        found.append(
            (gettext("Refused"), gettext("It may have been copied. Revoke it and enrol another."))
        )
    elif detail.get("revoked"):
        unsafe = gettext("Its make was found to be unsafe. Revoke it and enrol another.")
        found.append((gettext("Refused"), unsafe))
    return found


def _url(kind: str, identity: str) -> str:
    pages = {"password": "account.password", "backup_codes": "security.backup_codes"}
    if kind in pages:
        return address(pages[kind])
    return address("authenticators.show", authenticator_id=identity)


def blocked(source: Row) -> str | None:
    return str(messages.BLOCKED[source.blocked]) if source.blocked else None


def _ending(source: Row) -> list[str]:
    """What will not work any more, by what it is."""
    if not source.factor.interactive:
        return [gettext("Codes from it stop working at once.")]
    if source.authenticator.variant:
        return [gettext("Signing in with this key stops at once.")]
    return [
        gettext("Signing in with this passkey stops at once."),
        gettext("Remove it from your device’s password manager too, if it is still offered."),
    ]


def impact(visit: Visit, source: Row) -> list[str]:
    """What revoking will change, and what remains."""
    kind = source.authenticator.kind
    remaining = dict(visit.user.summary.counts)
    remaining[kind] = remaining.get(kind, 1) - 1
    sentences = _ending(source)
    others = [
        str(messages.factor(other).label)
        for other, count in remaining.items()
        if count > 0 and other not in {"password", "backup_codes"}
    ]
    if others:
        sentences.append(gettext("You can still sign in with: %(ways)s.", ways=", ".join(others)))
    else:
        sentences.append(gettext("Only your password will protect this account."))
        if remaining.get("backup_codes"):
            sentences.append(gettext("Your backup codes go with it: they only stand in for it."))
    sentences.append(gettext("We write to you that it was revoked."))
    return sentences


def codes(rows: list[Row]) -> CodesView:
    for source in rows:
        if source.authenticator.kind == "backup_codes":
            left = source.detail["left"]
            return CodesView(
                "active",
                left,
                source.detail["total"],
                source.authenticator.created_at,
                left <= CODES_LOW,
            )
    return CodesView("none")


def session(line: SessionLine) -> SessionView:
    return SessionView(
        id=line.id,
        browser=browser_name(line.user_agent),
        address=line.address,
        place=line.place,
        issued_at=line.issued_at,
        seen_at=line.seen_at,
        current=line.current,
        level_words=str(messages.LEVELS[line.level]),
        revoke_url=address("sessions.end_one", session_id=line.id),
    )


def browser(line: BrowserLine) -> BrowserView:
    return BrowserView(
        id=line.id,
        browser=browser_name(line.user_agent),
        created_at=line.created_at,
        seen_at=line.seen_at,
        place=line.place,
        current=line.current,
        revoke_url=address("sessions.forget_browser", browser_id=line.id),
    )
