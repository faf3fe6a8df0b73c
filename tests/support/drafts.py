"""Drafts of policies as their pages write them: fill the form, look ahead, publish."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import Any

from werkzeug.test import TestResponse

from portal.edge import Edge
from portal.flows import hosts, policies
from portal.flows.policies import Published
from portal.rules.terms import Role
from portal.store import users
from tests.support.crowd import id_of
from tests.support.house import GUESTS, PARTNER, House, Visitor
from tests.support.web import email_of

MARK = re.compile(r'name="draft" value="([0-9a-f]*)"')
TAGS = re.compile(r"<[^>]+>")


def words(response: TestResponse) -> str:
    """What a page says, as one line."""
    return " ".join(unescape(TAGS.sub(" ", response.text)).split())


def path(house: House, *parts: object, organisation: str = PARTNER) -> str:
    """The address of a page of an organisation's policy."""
    return "/".join(("/admin/policy", id_of(house, organisation), *map(str, parts)))


def mark(visitor: Visitor, organisation: str = PARTNER) -> str:
    """The state of the draft that the editor would be filled from."""
    found = MARK.search(visitor.get(path(visitor.house, "draft", organisation=organisation)).text)
    assert found
    return found.group(1)


def save(visitor: Visitor, *, organisation: str = PARTNER, **fields: str) -> TestResponse:
    """Save a draft with these fields, over whatever there is now."""
    form = {"draft": mark(visitor, organisation)}
    form |= {name.replace("__", "-"): value for name, value in fields.items()}
    return visitor.post(path(visitor.house, "draft", organisation=organisation), form)


def publish(
    visitor: Visitor, how: str = "now", *, organisation: str = PARTNER, seen: str | None = None
) -> TestResponse:
    """Look ahead, then publish what was seen."""
    house = visitor.house
    page = visitor.get(path(house, "preview", organisation=organisation))
    found = MARK.search(page.text)
    if seen is None:
        assert found, words(page)
        seen = found.group(1)
    target = path(house, "publication", organisation=organisation)
    return visitor.post(target, {"draft": seen, "how": how})


def previewed(visitor: Visitor, organisation: str = PARTNER) -> str:
    """What the preview of a draft says."""
    page = visitor.get(path(visitor.house, "preview", organisation=organisation))
    assert page.status_code == 200
    return words(page)


def impose(house: House, name: str, document: dict[str, Any]) -> None:
    """Put a policy in force, as the host does."""
    house.organise()
    assert isinstance(house.run(policies.publish, name, document), Published)


def exempt(house: House, user_id: str, until: datetime) -> None:
    """What an approved exemption writes."""

    def write(edge: Edge) -> None:
        table = users.users
        edge.db.execute(table.update().where(table.c.id == user_id).values(exempt_until=until))

    house.run(write)


def allow_apps_alone(house: House, name: str) -> None:
    """Somebody belongs elsewhere too, where a passkey may not be used."""
    house.run(hosts.grant, email_of(name), GUESTS, Role.TRAVELER)
    impose(house, GUESTS, {"methods": ["totp"]})
