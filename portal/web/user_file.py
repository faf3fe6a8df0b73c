"""The list of users as a file: its columns, and a user's line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from portal.flows.user_lists import Line
from portal.rules.spreadsheet import Cell
from portal.web import compliance_words, messages, user_views, user_words
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
        gettext("Policy"),
        gettext("Must enrol by"),
        gettext("Exempt until"),
    ]


def rows(lines: Iterable[Line]) -> Iterator[list[Cell]]:
    """Cells: text, and numbers as numbers. Moments are in UTC, as ISO 8601 writes them."""
    for line in lines:
        beside = sum(count for kind, count in line.kinds.items() if kind != "password")
        yield [
            line.name,
            line.email,
            ", ".join(messages.role(role) for role in line.roles),
            ", ".join(mark.text for mark in user_views.marks(line)),
            ", ".join(user_views.factors(line.kinds)),
            beside,
            int(line.strongest),
            _moment(line.last_signed_in_at),
            gettext("Yes") if line.resistance else gettext("No"),
            str(user_words.KEPT[line.resistance]) if line.resistance else "",
            compliance_words.state(line)[1],
            _moment(line.enrol_by),
            _moment(line.exempt_until),
        ]


def _moment(value: datetime | None) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""
