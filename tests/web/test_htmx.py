"""Pages and fragments come from the same files; which goes out depends on the request alone."""

from __future__ import annotations

import hashlib
import re

import pytest

from tests.support.house import House, Visitor
from tests.support.web import cookie, half_signed_in, lands_on, rows, signed_in, signed_in_again

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FRAGMENTS = ["/security", "/security/sessions", "/security/activity"]


def squeezed(text: str) -> str:
    """Text without its indentation and without what differs between two renderings."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("path", FRAGMENTS)
def test_a_fragment_stands_word_for_word_in_its_page(house: House, path: str) -> None:
    tara = signed_in(house, "tara")
    tara.get("/security")  # The notice of the enrolment is said by now.
    whole, part = tara.get(path), tara.get(path, htmx=True)
    assert "<!doctype html>" in whole.text and "<html" not in part.text
    assert squeezed(part.text) in squeezed(whole.text)
    for answer in (whole, part):
        assert "HX-Request" in answer.headers["Vary"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_restored_page_is_a_whole_one(house: House) -> None:
    tara = signed_in(house, "tara")
    headers = {"HX-Request": "true", "HX-Request-Type": "full"}
    page = tara.client.get("/security", base_url=house.settings.base_url, headers=headers)
    assert "<!doctype html>" in page.text


def test_a_wrong_code_answers_with_the_challenge_alone(house: House) -> None:
    tara = half_signed_in(house)
    part = tara.post("/login/challenge/totp", htmx=True, code="000000")
    assert part.status_code == 422
    assert 'id="challenge"' in part.text and "<html" not in part.text
    assert "did not match" in part.text
    assert 'id="notice"' in part.text or "hx-swap-oob" in part.text


def test_leaving_from_a_fragment_goes_by_htmx_own_header(house: House) -> None:
    tara = half_signed_in(house)
    house.clock.advance(seconds=30)
    assert tara.app is not None
    code = tara.app.code(house.clock())
    passed = tara.post("/login/challenge/totp", htmx=True, code=code)
    assert (passed.status_code, passed.headers["HX-Redirect"]) == (200, "/")
    assert "Location" not in passed.headers


def test_ending_a_session_in_place_answers_with_the_list_and_the_notice(house: House) -> None:
    tara = signed_in(house, "tara")
    elsewhere = cookie(signed_in_again(house, "tara", tara), "session") or ""
    digest = hashlib.sha256(elsewhere.encode()).digest()
    other = next(row["id"] for row in rows(house, "sessions") if row["token_hash"] == digest)
    tara.get("/security/sessions")
    part = tara.post(f"/security/sessions/{other}/end", htmx=True)
    assert part.status_code == 200
    assert "That session is ended" in part.text
    assert str(other) not in part.text


def test_an_error_for_a_fragment_is_a_fragment(house: House) -> None:
    tara = signed_in(house, "tara")
    part = tara.get("/nothing", htmx=True)
    assert part.status_code == 404
    assert "There is nothing here" in part.text and "<html" not in part.text


def test_a_fragment_asked_by_a_stranger_names_the_page_to_come_back_to(house: House) -> None:
    stranger: Visitor = house.visitor(**{"HX-Current-URL": "https://portal.example/security?x=1"})
    answer = stranger.post("/security/sessions/end", htmx=True)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/security?x%3D1"
    assert lands_on(answer) == "/login"
