"""Whatever bytes arrive at whatever route: no 500. Found by Hypothesis over the URL map."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.clock import Clock, Entropy
from tests.support.databases import Databases
from tests.support.house import House, Visitor, build
from tests.support.web import signed_in
from tests.web.test_bad_input import FIELDS, FORM, tokens_of

ENDS_SESSIONS = {"login.sign_out", "sessions.sign_out_everywhere"}
octets = st.binary(max_size=40) | st.text(max_size=20).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)
pairs = st.lists(st.tuples(st.sampled_from([*FIELDS, "ceremony", "before"]), octets), max_size=6)


def _encoded(values: list[tuple[str, bytes]]) -> str:
    return "&".join(f"{name}={quote(value)}" for name, value in values)


@pytest.fixture(scope="module")
def tara(databases: Databases) -> Iterator[tuple[Visitor, dict[bool, str]]]:
    """One signed-in person for all examples: none of these requests ends her session."""
    house: House = build(databases.fresh("sqlite"), Clock(), Entropy())
    visitor = signed_in(house, "tara")
    yield visitor, tokens_of(visitor)
    house.close()


@given(data=st.data())
@settings(max_examples=200)
def test_no_bytes_at_any_route_break_the_portal(
    tara: tuple[Visitor, dict[bool, str]], data: Any
) -> None:
    visitor, tokens = tara
    rules = [
        rule
        for rule in visitor.house.app.url_map.iter_rules()
        if rule.endpoint not in ENDS_SESSIONS
    ]
    rule = data.draw(st.sampled_from(sorted(rules, key=lambda rule: (rule.rule, rule.endpoint))))
    method = data.draw(st.sampled_from(sorted(rule.methods or {"GET"})))
    path = rule.rule
    for shown in re.findall(r"<[^>]+>", path):
        drawn = data.draw(st.uuids().map(str) | octets.map(quote) | st.just("totp"))
        path = path.replace(shown, drawn.replace("/", "%2F") or "x")
    body, query = data.draw(pairs), data.draw(pairs)
    token = data.draw(st.sampled_from([*tokens.values(), "x"]))
    answer = visitor.client.open(
        path,
        method=method,
        base_url=visitor.house.settings.base_url,
        query_string=_encoded(query),
        data=f"csrf_token={token}&{_encoded(body)}",
        content_type=FORM,
        headers={"HX-Request": data.draw(st.sampled_from(["", "true"]))},
    )
    text = answer.text
    answer.close()
    assert answer.status_code < 500 or rule.endpoint == "operations.readyz", (path, text[:300])
