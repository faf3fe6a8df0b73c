"""The list of users as a file: its columns, and a user's line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from portal.flows.user_lists import Line
from portal.rules.spreadsheet import Cell
from portal.web import messages, user_views, user_words
from portal.web.words import gettext


def head() -> list[str]:
    return [
        gettext("Name"),
        gettext("Email address"),
        gettext("Roles"),
        gettext("State"),
        gettext("Second factors"),
        gettext("Authenticators beside the password"),
        gettext("Level in reach"),
        gettext("Last sign-in"),
        gettext("Phishing-resistant"),
        gettext("Kept"),
    ]


def rows(lines: Iterable[Line]) -> Iterator[list[Cell]]:
    """Cells: text, and numbers as numbers. Moments are in UTC, as ISO 8601 writes them."""
    for line in lines:
        beside = sum(count for kind, count in line.kinds.items() if kind != "password")
        last = line.last_signed_in_at
        yield [
            line.name,
            line.email,
            ", ".join(messages.role(role) for role in line.roles),
            ", ".join(mark.text for mark in user_views.marks(line)),
            ", ".join(user_views.factors(line.kinds)),
            beside,
            int(line.strongest),
            last.strftime("%Y-%m-%dT%H:%M:%SZ") if last else "",
            gettext("Yes") if line.resistance else gettext("No"),
            str(user_words.KEPT[line.resistance]) if line.resistance else "",
        ]
