"""The list of users of an organisation, page by page, and the file of it.

Whose list it may be is settled first; a list of everybody exists at the root alone.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from portal.edge import Edge
from portal.flows import organisation_choices, permission, session
from portal.flows.events import Event
from portal.flows.organisation_choices import Choices
from portal.flows.outcomes import Gone
from portal.flows.permission import Subject, Unsettled, settle
from portal.flows.session import Visit
from portal.rules.terms import AAL, Action, Target
from portal.store import audit, user_lists
from portal.store.organisations import Organisation
from portal.store.user_index import SORTED, SORTS
from portal.store.user_lists import TRIGRAM, Key, Line, Wanted
from portal.values import frozen

PAGE = 50
EXPORT_PAGE = 500
EXPORT_MAX = 50_000  # Rows of a file; narrow the filter for more (docs/operations.md).
SEARCH_MAX = 100
EVERYBODY = "all"
DESCENDING_FIRST = frozenset({"signed_in"})  # The latest sign-in first.
NUMBERS = {"strongest": int(max(AAL)), "signed_in_order": 2**40, "enrol_order": 2**40}


@frozen
class Asked:
    """What an address asks for; anything that it may not say means nothing.

    `organisation`: an id, `EVERYBODY`, or empty for the one that the session acts in. `sort` is
    turned round by a leading "-". `after` and `before` are keys that an earlier page gave.
    `beginning`: how the names of the organisations to choose from begin.
    """

    organisation: str = ""
    shown: str = ""
    sort: str = ""
    search: str = ""
    after: str = ""
    before: str = ""
    beginning: str = ""


@frozen
class Scope:
    """A list that may be looked at. `organisation` is None for everybody."""

    organisation: Organisation | None
    target: Target
    choices: Choices
    has_everybody: bool
    wanted: Wanted


@frozen
class Listing:
    """A page of a list, and the keys of its neighbours.

    `some`: more match than are shown. `exportable`, `resettable`: what the person may do with it.
    """

    scope: Scope
    lines: list[Line]
    before: str | None
    after: str | None
    some: bool
    exportable: bool
    resettable: bool


def look(edge: Edge, visit: Visit, asked: Asked) -> Listing | Unsettled | Gone:
    """A page of users."""
    scope = find(edge, visit, asked, Action.VIEW_USERS)
    if isinstance(scope, Unsettled | Gone):
        return scope
    wanted = scope.wanted
    found = user_lists.page(edge, wanted, PAGE + 1)
    more = len(found.lines) > PAGE
    lines = found.lines[:PAGE]
    if wanted.backwards:
        lines.reverse()
    first = written(lines[0].key) if lines else None
    last = written(lines[-1].key) if lines else None
    has_before = more if wanted.backwards else wanted.key is not None
    has_after = more or wanted.backwards
    return Listing(
        scope=scope,
        lines=lines,
        before=first if has_before and not found.some else None,
        after=last if has_after and not found.some else None,
        some=found.some,
        exportable=permission.may(visit, Action.EXPORT_USERS, scope.target),
        resettable=permission.may(visit, Action.REQUEST_RESET, scope.target),
    )


def find(edge: Edge, visit: Visit, asked: Asked, action: Action) -> Scope | Unsettled | Gone:
    """Whose list is meant, settled for `action`."""
    acting = visit.acting
    if acting is None:
        return Gone()
    is_root = acting.path.count("/") == 2
    everybody = asked.organisation == EVERYBODY
    if everybody and not is_root:
        return Gone()
    chosen = None if everybody else asked.organisation
    choices = organisation_choices.find(edge, visit, chosen, asked.beginning)
    if choices is None:
        return Gone()
    organisation = choices.chosen
    target = Target(organisation.path, managed_by_parent=organisation.managed_by_parent)
    verdict = settle(edge, visit, action, Subject(target, object_id=organisation.id))
    if isinstance(verdict, Unsettled):
        return verdict
    return Scope(
        organisation=None if everybody else organisation,
        target=target,
        choices=choices,
        has_everybody=is_root,
        wanted=_wanted(asked, None if everybody else organisation.id),
    )


def _wanted(asked: Asked, home: str | None) -> Wanted:
    search = " ".join(asked.search.replace("\x00", "").casefold().split())[:SEARCH_MAX]
    shown = asked.shown if asked.shown in SORTED else ""
    sorts = SORTED[shown]
    sort = asked.sort.removeprefix("-")
    if sort not in sorts:
        sort = sorts[0]
    if 0 < len(search) < TRIGRAM:
        sort = "name"  # What begins with a letter or two is found by name.
    turned = asked.sort == f"-{sort}"
    wanted = Wanted(
        home=home,
        shown=shown,
        sort=sort,
        descending=turned is not (sort in DESCENDING_FIRST),
        search=search,
    )
    key = _read(asked.after or asked.before, wanted)
    return replace(wanted, key=key, backwards=key is not None and not asked.after)


def written(key: Key) -> str:
    """A key as an address carries it."""
    text = json.dumps(key, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(text: str, wanted: Wanted) -> Key | None:
    """The key of an address, or None for what is none: the list then begins at its beginning."""
    try:
        padded = text + "=" * (-len(text) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        *values, identity = key
        uuid.UUID(identity)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    fits = len(values) == len(SORTS[wanted.sort]) and all(map(_fits, SORTS[wanted.sort], values))
    return (*values, str(uuid.UUID(identity))) if fits else None


def _fits(name: str, value: Any) -> bool:
    """Whether a value of a key is one that the column may hold: it came from an address."""
    if name in NUMBERS:
        return type(value) is int and 0 <= value <= NUMBERS[name]
    return isinstance(value, str) and value.isprintable() and len(value) <= 120


def export_pages(edge: Edge, scope: Scope) -> Iterator[list[Line]]:
    """Every line of a list from its beginning, in pages, up to `EXPORT_MAX` of them."""
    wanted = replace(scope.wanted, key=None, backwards=False)
    left = EXPORT_MAX
    searching = len(wanted.search) >= TRIGRAM
    while left > 0:
        size = min(EXPORT_PAGE, left)
        if searching:
            found = user_lists.walk(edge, wanted, size)
            key = found.end
        else:
            found = user_lists.page(edge, wanted, size)
            key = found.lines[-1].key if len(found.lines) == size else None
        left -= len(found.lines)
        yield found.lines
        if key is None:
            return
        wanted = replace(wanted, key=key)


def note_export(edge: Edge, visit: Visit, asked: Asked, count: int) -> Scope | Unsettled | Gone:
    """Let a file go, by the roles of this moment: audited, with its filter, before it leaves."""
    now = session.again(edge, visit)
    if now is None:
        return Gone()
    scope = find(edge, now, asked, Action.EXPORT_USERS)
    if isinstance(scope, Scope):
        wanted = scope.wanted
        home = scope.organisation.id if scope.organisation else EVERYBODY
        detail = {
            "organisation": home,
            "shown": wanted.shown,
            "sort": wanted.sort,
            "search": wanted.search,
            "rows": count,
            "whole": count < EXPORT_MAX,
        }
        audit.add(edge, Event.USERS_EXPORTED, detail=detail)
    return scope
