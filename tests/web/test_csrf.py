"""Changes come from pages of ours alone: tokens, origins and methods."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.house import House, Visitor
from tests.support.web import dump, email_of, signed_in
from tests.web.test_routes import ROWS

# What the gate asks of a form has nothing to do with the database behind it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# Machines send no forms and no cookie counts for them: tests/web/test_intake.py.
POSTS = [path for method, path, _ in ROWS if method == "POST" and not path.startswith("/api/")]
GETS = [path for method, path, _ in ROWS if method == "GET"]
FORGED: dict[str, dict[str, str]] = {
    "another origin": {"Origin": "https://evil.example"},
    "a null origin": {"Origin": "null"},
    "plain http": {"Origin": "http://portal.example"},
    "another port": {"Origin": "https://portal.example:8443"},
    "a longer host": {"Origin": "https://portal.example.evil.example"},
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a sibling host": {"Sec-Fetch-Site": "same-site"},
}


def still(house: House) -> dict[str, Any]:
    """Everything but when a session was last seen: being refused may count as activity."""
    kept = dump(house)
    for row in kept["sessions"]:
        row.pop("seen_at")
    return kept


def token_for(visitor: Visitor, path: str) -> str:
    """The token of a page that holds such a form: public forms have one of their own."""
    stranger = next(answers["stranger"] for _, row, answers in ROWS if row == path)
    visitor.get("/security" if stranger == "in" else "/login/unlock")
    return visitor.csrf


def raw(visitor: Visitor, path: str, headers: dict[str, str], **more: Any) -> TestResponse:
    return visitor.client.post(
        path, headers=headers, base_url=visitor.house.settings.base_url, **more
    )


@pytest.mark.parametrize("htmx", [False, True])
def test_no_form_is_taken_without_its_token(house: House, htmx: bool) -> None:
    tara = signed_in(house, "tara")
    tara.get("/login/unlock")
    before = still(house)
    for path in POSTS:
        for token in ("", "x", "A" * 43, "é"):
            answer = tara.post(path, csrf=token, htmx=htmx)
            assert answer.status_code == 403, (path, token)
            assert "too old" in answer.text
    assert still(house) == before


def test_another_sessions_token_is_no_token(house: House) -> None:
    tara, piet = signed_in(house, "tara"), signed_in(house, "piet")
    tara.get("/login/unlock")
    before = still(house)
    for path in POSTS:
        stolen = token_for(piet, path)
        assert tara.post(path, csrf=stolen).status_code == 403, path
        assert raw(tara, path, {"X-CSRFToken": stolen}).status_code == 403, path
    assert still(house) == before


@pytest.mark.parametrize("sign", FORGED)
def test_a_good_token_from_elsewhere_is_refused(house: House, sign: str) -> None:
    tara = signed_in(house, "tara")
    before = still(house)
    for path in POSTS:
        token = token_for(tara, path)
        answer = raw(tara, path, FORGED[sign], data={"csrf_token": token})
        assert answer.status_code == 403, path
    assert still(house) == before


def test_a_body_that_a_foreign_form_can_send_as_text_carries_no_token(house: House) -> None:
    tara = signed_in(house, "tara")
    before = still(house)
    for path in POSTS:
        token = token_for(tara, path)
        body = f"csrf_token={token}&email=x@y.example"
        answer = raw(tara, path, {}, data=body, content_type="text/plain")
        assert answer.status_code == 403, path
    assert still(house) == before


def test_our_own_origin_is_welcome(house: House) -> None:
    house.person("tara")
    visitor = house.visitor(**{"Origin": "https://portal.example", "Sec-Fetch-Site": "same-origin"})
    assert "Hello" in visitor.sign_in(email_of("tara")).text


def test_forms_of_other_tabs_stay_good_when_the_session_gets_a_new_token(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    tara.get("/account")
    old_tab = tara.csrf
    tara.enrol_app()
    saved = tara.post("/account", csrf=old_tab, name="Tara Tab", locale="en", time_zone="UTC")
    assert saved.status_code == 303
    assert "Tara Tab" in tara.get("/account").text


def test_a_token_ends_with_its_session(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    tara.get("/account")
    old = tara.csrf
    tara.post("/logout")
    tara.sign_in(email_of("tara"))
    assert tara.post("/account", csrf=old, name="X").status_code == 403


def test_reading_changes_nothing(house: House) -> None:
    piet = signed_in(house, "piet")
    before = still(house)
    for path in GETS:
        piet.get(path).close()
        address = house.settings.base_url
        piet.client.head(path, base_url=address).close()
        piet.client.open(path, method="OPTIONS", base_url=address).close()
        assert still(house) == before, path


def test_a_form_that_must_be_posted_cannot_be_fetched(house: House) -> None:
    piet = signed_in(house, "piet")
    before = still(house)
    for path in set(POSTS) - set(GETS):
        assert piet.get(path).status_code == 405, path
        assert piet.client.put(path, base_url=house.settings.base_url).status_code == 405, path
    assert still(house) == before
