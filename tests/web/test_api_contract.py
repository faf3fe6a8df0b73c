"""The OpenAPI document is kept: what fits it is taken, what does not is refused in its words.

Schemathesis makes requests out of the document, good ones and bad ones, and compares the answers
with it. The same requests every time, in this process.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from portal.flows.scopes import SCOPES
from portal.web import openapi
from tests.support.api import Machine, machine, organisation_id
from tests.support.clock import Clock, Entropy
from tests.support.databases import Databases
from tests.support.house import PARTNER, House, build
from tests.support.resets import somebody
from tests.support.web import email_of, rows

PLENTY = "1000000 per minute"
EXAMPLES, FEW = 8, 2
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
# Of one operation at a time; those about the life of a thing need a sequence of them.
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
)
# What stands in a record of the platform its flow says; the document names its fields.
LOOKED_AT_BY_FLOWS = ("bring_in", "positive_data_acceptance")
ANY_KIND = "import:payees"
READS = ("policy:read",)  # For the ETag of what is to be changed.
KEYS = itertools.count()
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.fixture(scope="module")
def house(databases: Databases) -> Iterator[House]:
    """One house for all examples, which answers whoever asks under its own name."""
    limits = (
        "requests_per_token",
        "imports_per_token",
        "previews_per_token",
        "strangers_per_address",
    )
    made = build(
        databases.fresh("sqlite"),
        Clock(),
        Entropy(),
        base_url="https://localhost",
        **dict.fromkeys(limits, PLENTY),
    )
    somebody(made, "piet")
    made.person("pam")
    yield made
    made.close()


def operations(house: House) -> list[APIOperation]:
    schema: Any = schemathesis.openapi.from_dict(openapi.document(house.app))
    schema.app = house.app
    return [found.ok() for found in schema.get_all_operations()]


def opened_by(operation: APIOperation, scope: str) -> bool:
    """Whether a token of this one scope may do it."""
    security: list[dict[str, list[str]]] = operation.definition.raw["security"]
    return any(scope in one["token"] for one in security)


def ask(
    house: House, operation: APIOperation, mode: GenerationMode, scope: str, token: str, many: int
) -> set[int]:
    """Make requests of an operation; the statuses of the answers, which keep to the document."""
    load_all_checks()
    name = operation.definition.raw["operationId"]
    every: Any = CHECKS.get_all()
    checks = [
        one
        for one in every
        if one.__name__ in CHECKED and (name, one.__name__) != LOOKED_AT_BY_FLOWS
    ]
    good = mode is GenerationMode.POSITIVE
    seen = set()
    known: dict[str, Any] = {}
    if good and "{" in operation.path:
        own = {"organisation_id": organisation_id(house, PARTNER), "kind": scope.partition(":")[2]}
        known["path_parameters"] = {
            name: value for name, value in own.items() if f"{{{name}}}" in operation.path
        }

    @given(case=operation.as_strategy(generation_mode=mode, **known))
    @settings(
        max_examples=many,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=QUIET,
    )
    def examples(case: Case) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if good and "If-Match" in str(operation.definition.raw["parameters"]):
            read = Machine(house, token).ask("GET", "policy/draft")
            headers["If-Match"] = read.headers.get("ETag", '"none"')
        if good and operation.method != "get":
            headers["Idempotency-Key"] = f"key-{next(KEYS)}"
        seen.add(case.call_and_validate(headers=headers, checks=checks).status_code)

    examples()
    return seen


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_does_what_the_document_says(house: House, scope: str) -> None:
    pam = next(row["id"] for row in rows(house, "users") if row["email"] == email_of("pam"))
    program = machine(house, scope, *READS, made_by=pam)
    mine = [one for one in operations(house) if opened_by(one, scope)]
    assert mine
    for operation in mine:
        for mode in MODES:
            seen = ask(house, operation, mode, scope, str(program.token), EXAMPLES)
            # Bad ones may have a bad token as well.
            assert mode is GenerationMode.NEGATIVE or not seen & {401, 403}


def test_without_its_scope_or_any_token_nothing_is_done(house: House) -> None:
    poor = machine(house, "import:cards")
    for operation in operations(house):
        for token, status in (("", 401), (f"{poor.token}x", 401), (str(poor.token), 403)):
            if not operation.definition.raw["security"] or opened_by(operation, "import:cards"):
                continue
            seen = ask(house, operation, GenerationMode.POSITIVE, ANY_KIND, token, FEW)
            needs_none = operation.definition.raw["security"] == [{"token": []}]
            assert seen == {200 if needs_none and status == 403 else status}
