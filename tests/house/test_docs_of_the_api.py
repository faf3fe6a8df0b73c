"""docs/api.md says what the API is: its scopes, its answers, its limits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.flows.scopes import SCOPES
from portal.settings import Settings
from portal.store.idempotency import KEPT
from portal.web import machines, openapi
from portal.web.machine_routes import KEY

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_scope_is_there_and_no_other() -> None:
    named = {scope.partition(":")[0] + ":KIND" if scope.startswith("import:") else scope
             for scope in SCOPES}  # fmt: skip
    assert set(re.findall(r"^\| `([a-z]+:[a-zA-Z]+)` \|", TEXT, re.MULTILINE)) == named


def test_every_status_is_there_and_no_other() -> None:
    cells = re.findall(r"^\| ([0-9, ]+) \|", TEXT, re.MULTILINE)
    said = {int(status) for cell in cells for status in cell.split(",")}
    possible = {*openapi.USUAL, *openapi.WITH_BODY, *openapi.WITH_KEY, *openapi.GUARDED, 404}
    assert said == possible == machines.DETAILS.keys()


@pytest.mark.parametrize(
    "name",
    ["requests_per_token", "imports_per_token", "previews_per_token", "strangers_per_address"],
)
def test_every_limit_is_there_with_its_number(name: str) -> None:
    number, _, _ = getattr(Settings(), name).partition(" ")
    assert re.search(rf"\b{number}\b[^|]*?\(`{name}`\)", TEXT), name


def test_numbers_are_those_of_the_code() -> None:
    assert f"within {KEPT.total_seconds() / 3600:.0f} hours" in TEXT
    assert f"at most {Settings().body_max // 1024} KiB" in TEXT
    assert "up to 200 visible characters" in TEXT
    assert KEY.fullmatch("x" * 200)
    assert not KEY.fullmatch("x" * 201)
