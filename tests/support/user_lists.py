"""The list of users as its pages show it: who is in it, and the pages beside it."""

from __future__ import annotations

import re

from tests.support.crowd import add_many, admin
from tests.support.house import HQ, House, Visitor

LINE = re.compile(r'<span class="quiet"><bdi>([^<]+)</bdi>')
NEXT = re.compile(r'href="([^"]*after=[^"]*)"')
PREVIOUS = re.compile(r'href="([^"]*before=[^"]*)"')


def listed(visitor: Visitor, query: str = "", *, htmx: bool = False) -> list[str]:
    """The addresses on a page of the list."""
    answer = visitor.get(f"/admin/users{query}", htmx=htmx)
    assert answer.status_code == 200, answer.status
    return LINE.findall(answer.text)


def linked(pattern: re.Pattern[str], text: str) -> str | None:
    """The address of the page beside this one, where there is one."""
    found = pattern.search(text)
    return found.group(1).replace("&amp;", "&") if found else None


def searchable(house: House) -> Visitor:
    """Anna, Æthel and Percy, on top of a crowd that one window of a search does not hold."""
    ada = admin(house, HQ)
    odd = ["Anna Sørensen", "Per%cy O'Neil", 'Quo"te Under_score', "back\\slash Ünal"]
    add_many(house, HQ, [*(f"Aaron {number:04d}" for number in range(1005)), *odd])
    return ada
