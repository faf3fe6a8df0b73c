"""Whoever guesses on gets the same page again, and never one that is not theirs or not true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import nodes
from sqlalchemy import update

from portal.store import tables as t
from portal.web.brief import ANSWER_FIELDS, CodeForm
from tests.support.house import House, Visitor
from tests.support.web import half_signed_in

ROOT = Path(__file__).resolve().parents[2]
GUESS = "000000"
CHALLENGE = "/login/challenge/totp"


def refused(visitor: Visitor, code: str = GUESS, **words: Any) -> str:
    answer = visitor.post(CHALLENGE, code=code, **words)
    assert answer.status_code == 429
    return answer.text


@pytest.fixture
def guessing(house: House) -> Visitor:
    """Somebody whose free guesses are used up."""
    visitor = half_signed_in(house)
    for _ in range(5):
        assert visitor.post(CHALLENGE, code=GUESS).status_code == 422
    return visitor


def test_the_same_guess_gets_the_same_page(guessing: Visitor) -> None:
    assert refused(guessing) == refused(guessing)


def test_the_wait_that_is_said_grows_shorter(house: House, guessing: Visitor) -> None:
    first = refused(guessing)
    house.clock.advance(seconds=10)
    waits = [re.findall(r"Wait (\d+) seconds", page) for page in (first, refused(guessing))]
    assert int(waits[0][0]) - int(waits[1][0]) == 10


def test_what_was_typed_is_on_the_page_that_answers_it(guessing: Visitor) -> None:
    pages = [refused(guessing, code) for code in ("111111", "222222", "111111")]
    for page, code in zip(pages, ("111111", "222222", "111111"), strict=True):
        assert f'value="{code}"' in page
    assert pages[0] == pages[2]


def test_where_it_leads_is_where_this_one_was_heading(guessing: Visitor) -> None:
    assert "/security" not in refused(guessing)
    assert "next=/security" in refused(guessing, next="/security")
    assert "/security" not in refused(guessing)


def test_a_language_that_was_chosen_meanwhile_is_spoken(house: House, guessing: Visitor) -> None:
    assert 'lang="en"' in refused(guessing)
    with house.runner.database.engine.begin() as connection:  # ty: ignore[missing-attribute]
        connection.execute(update(t.users).values(locale="de"))
    assert 'lang="de"' in refused(guessing)


def test_each_has_their_own(house: House, guessing: Visitor) -> None:
    other = half_signed_in(house, "piet")
    for _ in range(5):
        other.post(CHALLENGE, code=GUESS)
    pages = [refused(guessing), refused(other), refused(guessing)]
    assert [("piet" in page, "tara" in page) for page in pages] == [
        (False, True),
        (True, False),
        (False, True),
    ]


def test_forms_look_the_same_by_what_they_hold(house: House) -> None:
    app = house.app

    def form(**typed: str) -> CodeForm:
        with app.test_request_context(method="POST", data=typed):
            return CodeForm()

    assert form(code="1") == form(code="1")
    assert form(code="1") != form(code="2")
    wrong = form(code="1")
    wrong["code"].errors.append("No")
    assert wrong != form(code="1")
    assert form(code="1") != ANSWER_FIELDS  # Nor like anything that is no form.


def test_such_a_page_asks_for_nothing_but_its_values(house: House) -> None:
    environment = house.app.jinja_env
    names = ["gate.html", "base.html", "_notice.html", "_macros.html", "_mark.html"]
    names += ["login/challenge.html", "login/_challenge.html", "step_up/show.html"]
    kinds = (ROOT / "portal" / "factors").glob("*/challenge.html")
    names += [f"factors/{file.parent.name}/challenge.html" for file in kinds]
    for name in names:
        source = environment.loader.get_source(environment, name)[0]  # ty: ignore
        parsed = environment.parse(source)
        asked = {node.name for node in parsed.find_all(nodes.Name)}
        # `request.path` stands in the form of strangers alone, who are not remembered.
        allowed = {"request"} if name == "base.html" else set()
        assert not (asked & {"request", "g", "session", "config"}) - allowed, name
        assert "ago" not in {node.name for node in parsed.find_all(nodes.Filter)}, name
