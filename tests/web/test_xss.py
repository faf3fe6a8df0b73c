"""What people type is text: on every page, in every fragment, in every mail."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from portal.flows import hosts
from portal.flows.hosts import NewUser
from portal.rules.terms import Role
from tests.support.house import PASSWORD, House, Visitor
from tests.support.web import rows
from tests.web.test_routes import ROWS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TRAPS = {
    "an element": "<svg onload=alert(1)>",
    "a template": "{{7919*7907}}${7919*7907}#{7919*7907}",
    "an attribute": 'x" hx-get="/logout" hx-trigger="load" y="',
    "a single quote": "x' hx-post='/logout' z='",
    "an end of json": "</script><img src=x onerror=alert(1)>",
}
EMAIL = "mallory@evil.example"


def trapped(house: House, trap: str) -> Visitor:
    """Mallory, whose name, organisation, app and browser are all the same trap."""
    house.organise()
    organisation = f"{trap} cars"
    house.run(hosts.create_organisation, organisation)
    house.run(
        hosts.create_user,
        NewUser(EMAIL, trap[:60], PASSWORD, organisation, (Role.DISPATCHER,)),
    )
    mallory = house.visitor(**{"User-Agent": f"{trap} Chrome/120"})
    mallory.sign_in(EMAIL)
    mallory.enrol_app()
    held = [row for row in rows(house, "authenticators") if row["kind"] == "totp"]
    mallory.get("/security")
    path = f"/security/authenticators/{held[0]['id']}/name"
    assert mallory.post(path, name=trap[:60]).status_code == 303
    mallory.make_codes()
    return mallory


def texts(house: House, mallory: Visitor) -> Iterator[tuple[str, str]]:
    for method, path, _ in ROWS:
        if method == "GET" and not path.startswith("/static"):
            yield path, mallory.get(path).text
            yield f"{path} as a fragment", mallory.get(path, htmx=True).text
    mallory.get("/account")
    held = [row for row in rows(house, "authenticators") if row["kind"] == "totp"]
    yield "its page", mallory.get(f"/security/authenticators/{held[0]['id']}").text
    mallory.get("/account/email")
    mallory.post("/account/email", email="other@evil.example")
    mallory.post("/account/password", current=PASSWORD, new="nine copper owls at midnight")
    house.clock.advance(minutes=6)
    mallory.get("/security")
    yield "the step-up", mallory.follow(mallory.post("/account/email", email="y@evil.example")).text
    house.work()
    for letter in house.letters.sent:
        yield f"mail: {letter.subject}", letter.html
        assert "\n" not in letter.subject


@pytest.mark.parametrize("what", TRAPS)
def test_what_people_type_stays_text_everywhere(house: House, what: str) -> None:
    trap = TRAPS[what]
    mallory = trapped(house, trap)
    shown = 0
    for place, text in texts(house, mallory):
        assert "<svg onload" not in text and "<img src=x" not in text, place
        assert str(7919 * 7907) not in text, place
        assert not re.search(r"<[^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*\son\w+=", text), (
            place
        )
        assert not re.search(r"\shx-(?:get|post|trigger)=.(?:/logout|load)", text), place
        shown += any(part in text for part in ("&lt;", "{{7919*7907}}", "&#34;", "&#39;"))
    assert shown > 5, "the trap must have been on the pages at all"
