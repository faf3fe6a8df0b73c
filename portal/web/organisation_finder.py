"""The field that finds an organisation by its name, where a page shows only the first of many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from flask import request

from portal.flows.organisation_choices import NAME_MAX, Choices
from portal.values import frozen

PARAMETER = "q"


@frozen
class Finder:
    """What was typed, and what came of it. `kept`: what else the address says.

    `empty`: no other organisation's name begins like this. `more`: more do than are shown.
    """

    url: str
    beginning: str
    empty: bool
    more: bool = False
    kept: Mapping[str, str] = field(default_factory=dict)
    name: str = PARAMETER
    length_max: int = NAME_MAX


def typed() -> str:
    """How the names begin that this page's address asks for."""
    return request.args.get(PARAMETER, "")


def beside(choices: Choices, url: str, **kept: str) -> Finder | None:
    """The field beside organisations to choose from; None where every one is shown."""
    if not choices.more and not choices.beginning:
        return None
    told = {name: value for name, value in kept.items() if value}
    return Finder(url, choices.beginning, not choices.others, choices.more, told)
