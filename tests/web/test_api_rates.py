"""How much a machine may ask: every answer says how it stands, and nothing gets round it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from tests.support.api import machine, stranger
from tests.support.clock import Clock, Entropy
from tests.support.house import build
from tests.support.machines import is_problem
from tests.support.web import rows

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RATE = re.compile(r'"(\w+)";r=(\d+);t=(\d+)')


def stands(answer: TestResponse) -> tuple[str, int]:
    """The limit that an answer was counted with, and what is left of it."""
    found = RATE.fullmatch(answer.headers["RateLimit"])
    assert found, answer.headers
    assert 1 <= int(found[3]) <= 60
    return found[1], int(found[2])


@ONE
def test_every_answer_says_what_is_left(database_url: str, clock: Clock, entropy: Entropy) -> None:
    house = build(database_url, clock, entropy, requests_per_token="9 per minute")
    program = machine(house, "members:read")
    left = []
    for method, path in (
        ("GET", "members"),
        ("HEAD", "members"),
        ("GET", "members?limit=x"),
        ("GET", "audit-events"),
        ("GET", "/api/v1/organisations"),
        ("GET", f"/api/v1/organisations/{program.house.run(lambda edge: edge.new_id())}/members"),
    ):
        answer = program.ask(method, path)
        assert answer.headers["RateLimit-Policy"] == '"requests";q=9;w=60'
        left.append(stands(answer))
    assert left == [("requests", number) for number in (8, 7, 6, 5, 4, 3)]
    house.close()


@ONE
def test_what_goes_through_everybody_is_asked_less_often(
    database_url: str, clock: Clock, entropy: Entropy
) -> None:
    house = build(database_url, clock, entropy, previews_per_token="3 per minute")
    program = machine(house, "policy:read", "policy:write", "members:read")
    program.ask("PUT", "policy/draft", {"document": {}}, {"If-Match": '"none"'})
    paths = ("policy/draft/preview", "policy/draft/preview/people", "policy/draft/preview")
    left = [stands(program.ask("GET", path)) for path in paths]
    assert left == [("previews", 2), ("previews", 1), ("previews", 0)]
    for path in paths:
        is_problem(program.ask("GET", path), 429)
    assert stands(program.ask("GET", "policy/draft"))[0] == "requests"
    house.close()


@ONE
def test_who_asks_too_much_waits_and_reads_and_changes_nothing(
    database_url: str, clock: Clock, entropy: Entropy
) -> None:
    house = build(database_url, clock, entropy, requests_per_token="2 per minute")
    one, two = machine(house, "members:read"), machine(house, "members:read")
    for _ in range(2):
        assert one.ask("GET", "members").status_code == 200
    for method, path in (("GET", "members"), ("HEAD", "members"), ("GET", "audit-events")):
        answer = one.ask(method, path)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert stands(answer) == ("requests", 0)
    is_problem(one.ask("GET", "members"), 429)
    assert two.ask("GET", "members").status_code == 200
    house.close()


@ONE
def test_what_leads_nowhere_is_counted_too(
    database_url: str, clock: Clock, entropy: Entropy
) -> None:
    house = build(database_url, clock, entropy, strangers_per_address="5 per minute")
    program, nobody = machine(house, "members:read"), stranger(house)
    for answer in (
        nobody.ask("GET", "members"),
        program.ask("GET", "members/"),
        program.ask("PATCH", "members"),
        nobody.ask("GET", "/api/openapi.json"),
        nobody.ask("GET", "/api/v2/anything"),
    ):
        assert stands(answer)[0] == "strangers"
    for method, path in (
        ("GET", "members"),
        ("GET", "members/"),
        ("DELETE", "members"),
        ("GET", "/api/v2/anything"),
        ("GET", "/api/openapi.json"),
    ):
        is_problem(nobody.ask(method, path), 429)
    # Whoever has a good token has its own limit, wherever it asks from.
    assert program.ask("GET", "members").status_code == 200
    house.close()


@ONE
def test_a_read_notes_the_use_now_and_then(
    database_url: str, clock: Clock, entropy: Entropy
) -> None:
    house = build(database_url, clock, entropy)
    program = machine(house, "members:read")
    seen = []
    for _ in range(3):
        program.get("members")
        seen.append(rows(house, "api_tokens")[0]["used_at"])
        clock.advance(timedelta(minutes=3))
    assert seen[0] == seen[1] == seen[2] - timedelta(minutes=6)
    house.close()
