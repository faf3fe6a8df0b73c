"""The token of a mailed link goes into a cookie, if it can be one of ours at all."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from portal.flows import tokens
from tests.support.house import House
from tests.support.web import cookie, email_of, lands_on

# Where each kind of link opens, and the button behind it.
DOORS = {
    "/activate": "/activate",
    "/unlock": "/unlock",
    "/password/reset": "/password/new",
    "/invitation": "/invitation",
    "/account/email/confirmation": "/account/email/confirmation",
    "/account/email/cancellation": "/account/email/cancellation",
    "/re-enrol": "/re-enrol",
}
# A byte too long; more than is read back; more than a browser keeps; more than a server takes.
TOO_LONG = [tokens.LENGTH_MAX + 1, 257, 5000]
VARIES = re.compile(r'value="[^"]*"|"X-CSRFToken": "[^"]*"')


def told(answer: TestResponse) -> tuple[int, str, str]:
    return answer.status_code, lands_on(answer), VARIES.sub("", answer.text)


def test_a_token_is_as_long_as_it_is_said_to_be(house: House) -> None:
    assert len(house.run(tokens.make)) == tokens.LENGTH_MAX


@pytest.mark.parametrize("length", TOO_LONG)
@pytest.mark.parametrize("door", DOORS)
def test_a_token_that_is_longer_than_any_is_one_that_nobody_knows(
    house: House, door: str, length: int
) -> None:
    answers = []
    for size in (tokens.LENGTH_MAX, length):
        visitor = house.visitor()
        opened = visitor.get(f"{door}/{'x' * size}")
        shown, button = visitor.follow(opened), visitor.post(DOORS[door])
        answers.append([told(each) for each in (opened, shown, button)])
        assert button.status_code == 410
    assert answers[0] == answers[1]
    assert cookie(visitor, "link") is None


def test_a_token_that_is_too_long_does_not_open_the_link_before_it(house: House) -> None:
    house.person("tara")
    visitor = house.visitor()
    visitor.get("/password/reset")
    visitor.post("/password/reset", email=email_of("tara"))
    assert visitor.follow(visitor.get(house.link(email_of("tara")))).status_code == 200
    assert visitor.follow(visitor.get("/password/reset/" + "x" * 5000)).status_code == 410
