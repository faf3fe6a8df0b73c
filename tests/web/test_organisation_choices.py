"""Organisations to choose from: where there are more than a page shows, a name finds the others."""

from __future__ import annotations

import re
from html import unescape

import pytest

from portal.edge import Edge
from portal.flows import organisation_choices, organisation_plans
from portal.flows.hosts import create_organisation
from tests.support.crowd import id_of
from tests.support.drafts import words
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House, Visitor
from tests.support.web import signed_in

LAST = "Zürich 100%_Cars"
FIRST_ONES = "These are the first ones. Type more of the name to see others."
NONE = "No other organisation’s name begins like this."
FIELD = 'name="q"'
LONGER = "x" * 50_001  # Characters: SQLite takes no pattern that is longer than 50,000.
# Pages with organisations to choose from, and what names one of them there.
PAGES = {
    "/admin/policy": '<li><a href="[^"]+"[^>]*>{}</a></li>',
    "/admin/users": '<option value="[^"]+"[^>]*>{}</option>',
    "/admin/plan": '<a href="[^"]+"><bdi>{}</bdi></a>',
}


def with_chain(house: House, size: int = organisation_choices.CHOICES_MAX) -> Visitor:
    """A partner with so many organisations below it, and then one more, that nobody sees first."""
    house.organise()

    def make(edge: Edge) -> None:
        for number in range(size):
            create_organisation(edge, f"Chain {number:03}", parent=PARTNER)
        create_organisation(edge, LAST, parent=PARTNER)

    house.run(make)
    return signed_in(house, "pam")


def offers(page: str, path: str, name: str) -> bool:
    return re.search(PAGES[path].format(re.escape(name)), unescape(page)) is not None


@pytest.mark.parametrize("path", PAGES)
def test_a_name_finds_what_a_page_does_not_show(house: House, path: str) -> None:
    pam = with_chain(house)
    shown = pam.get(path)
    assert FIELD in shown.text and offers(shown.text, path, "Chain 001")
    assert not offers(shown.text, path, LAST)
    assert (FIRST_ONES in words(shown)) is (path != "/admin/plan"), "that one has pages"
    for typed in ("Zürich", "zürich 100%_c", "  Zürich   100%_ "):
        found = pam.get(path, query_string={"q": typed})
        assert offers(found.text, path, LAST), typed
        assert not offers(found.text, path, "Chain 001")
        assert FIRST_ONES not in words(found) and NONE not in words(found)


@pytest.mark.parametrize("path", PAGES)
def test_where_every_one_is_shown_there_is_no_such_field(house: House, path: str) -> None:
    pam = with_chain(house, size=2)
    shown = pam.get(path).text
    assert offers(shown, path, BRANCH) and offers(shown, path, LAST) and FIELD not in shown


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "typed", [HQ, GUESTS, "%", "_", "hain", pytest.param(LONGER, id="longer"), "a\x00b", "\udcff"]
)
def test_nothing_else_is_found_and_the_page_says_so(house: House, path: str, typed: str) -> None:
    pam = with_chain(house, size=2)
    query = {"q": typed.encode("utf-8", "surrogateescape")}
    found = pam.get(path, query_string=query)
    assert found.status_code == 200 and NONE in words(found)
    assert not offers(found.text, path, "Chain 001") and not offers(found.text, path, HQ)


def test_the_one_that_is_looked_at_stays_whatever_is_typed(house: House) -> None:
    pam = with_chain(house, size=2)
    branch = id_of(house, BRANCH)
    page = pam.get(f"/admin/policy/{branch}?q=Chain")
    assert f"Policy of {BRANCH}" in words(page) and offers(page.text, "/admin/policy", BRANCH)
    page = pam.get(f"/admin/users?organisation={branch}&q=nothing")
    assert f'<option value="{branch}" selected>' in page.text, "the filters ask for it again"


def test_the_list_of_users_keeps_what_was_typed_and_what_was_asked(house: House) -> None:
    pam = with_chain(house, size=2)
    page = pam.get("/admin/users?q=Chain&state=locked&search=pam&sort=-name").text
    finder, filters = page.split('role="search"')[1:]
    for name, value in (("state", "locked"), ("search", "pam"), ("sort", "-name")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in finder
    assert '<input type="hidden" name="q" value="Chain">' in filters
    listed = pam.get("/admin/users?q=Chain&sort=-name").text
    hrefs = re.findall(r'href="(/admin/users(?:\.csv)?\?[^"]+)"', listed)
    assert hrefs and all("q=Chain" in href for href in hrefs)


def test_the_pages_of_plans_go_on_with_what_was_typed(house: House) -> None:
    pam = with_chain(house, size=organisation_plans.PAGE + 1)
    first = pam.get("/admin/plan?q=chain").text
    following = re.search(r'href="([^"]+after=[^"]+)"', first)
    assert following
    second = pam.get(unescape(following.group(1))).text
    assert offers(second, "/admin/plan", f"Chain {organisation_plans.PAGE:03}")
    assert not offers(second, "/admin/plan", LAST)
    assert re.search(r'href="[^"]+\?q=chain" hx-get', second), "the first page is of these too"


def test_what_was_found_stands_by_name(house: House) -> None:
    pam = with_chain(house, 0)
    names = ["Chain b", "Chain C", "Chain a"]

    def add(edge: Edge) -> None:
        for name in names:
            create_organisation(edge, name, parent=PARTNER)

    house.run(add)
    page = pam.get("/admin/policy?q=Chain").text
    places = [page.index(f">{name}</a>") for name in ("Chain a", "Chain b", "Chain C")]
    assert places == sorted(places)
