"""A form that may not be kept, sent by a page whose desk has locked: the way back in, all the same.

The script of a shared desk sends what was being filled in without its token.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.desks import IDLE, SECOND, mark, unlock
from tests.support.house import HQ, PARTNER, PASSWORD, House, Visitor
from tests.support.web import lands_on, rows, signed_in

HERE: dict[str, Any] = {"Origin": "https://portal.example"}


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("name", "page", "path"),
    [
        ("eve", "/login/enrol", "/security/authenticators/new/totp"),
        ("ada", "/admin/memberships?organisation=all", "/admin/memberships/csv"),
        ("ada", "/admin/resets/bulk/new", "/admin/resets/bulk/new"),
        ("dan", "/account/password", "/account/password"),
    ],
)
def test_a_form_that_may_not_be_kept_leads_to_the_way_back_in(
    house: House, name: str, page: str, path: str, htmx: bool
) -> None:
    """The script sends it without its token, as it does any other that somebody had begun."""
    visitor = left_open(house, name, page)
    answer = visitor.post(path, csrf="", htmx=htmx, code="000000", current=PASSWORD, new="x" * 20)
    assert answer.status_code == (403 if htmx else 303)
    step_up = lands_on(answer)
    assert step_up.startswith("/step-ups/")
    (task,) = rows(house, "step_ups")
    # Of this action nothing is kept.
    assert (task["action"], task["method"], task["path"]) == ("home", "GET", page)
    assert unlock(visitor, step_up).headers["Location"] == page


@pytest.mark.parametrize(
    "page",
    ["https://evil.example/", "/admin/memberships/csv", "/no-such-page", "", "//evil.example"],
)
def test_where_no_page_opens_the_way_back_in_leads_home(house: House, page: str) -> None:
    ada = left_open(house, "ada", page)
    if page.startswith("https:"):
        ada.headers["Referer"] = page
    step_up = lands_on(ada.post("/admin/memberships/csv", csrf=""))
    assert unlock(ada, step_up).headers["Location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}],
    ids=["silence", "cross-site", "another origin"],
)
def test_such_a_form_from_elsewhere_is_refused_and_keeps_nothing(
    house: House, headers: dict[str, str]
) -> None:
    ada = left_open(house, "ada", "/admin/memberships")
    ada.headers = headers
    answer = ada.post("/admin/memberships/csv", csrf="")
    assert answer.status_code == 403
    assert "too old" in answer.text
    assert rows(house, "step_ups") == []


def test_before_the_lock_such_a_form_is_only_too_old(house: House) -> None:
    ada = left_open(house, "ada", "/admin/memberships", away=IDLE - SECOND)
    assert ada.post("/admin/memberships/csv", csrf="").status_code == 403
    assert rows(house, "step_ups") == []


def left_open(house: House, name: str, page: str, away: timedelta = IDLE) -> Visitor:
    """Somebody who left a page open at a shared desk, and whose browser says where it stands."""
    visitor = signed_in(house, name, app=name == "ada", **HERE)
    mark(house, HQ if name == "ada" else PARTNER)
    shown = house.settings.base_url + page
    visitor.headers |= {"Referer": shown, "HX-Current-URL": shown}
    house.clock.advance(away)
    return visitor
