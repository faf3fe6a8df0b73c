"""The rules of portal/rules: pure Python, no third-party package at all.

import-linter checks who imports whom inside the portal; it can only refuse packages that it is
told of by name, and this test needs no names.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# How values are made stands under the rules, and so on the standard library as well.
VALUES = ROOT / "portal" / "values.py"
RULES = [VALUES, *sorted((ROOT / "portal" / "rules").rglob("*.py"))]
FORBIDDEN = {"time", "os", "secrets", "random", "socket", "pathlib", "subprocess", "threading"}


def imported(source: str) -> Iterator[str]:
    """Every module that the source imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def is_pure(module: str) -> bool:
    """True for the standard library without clock, chance or machine, and for the rules."""
    if module in {"portal.rules", "portal.values"} or module.startswith("portal.rules."):
        return True
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names and top not in FORBIDDEN


def test_there_are_rules_to_read() -> None:
    assert RULES


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_rules_import_the_standard_library_only(file: Path) -> None:
    assert [module for module in imported(file.read_text()) if not is_pure(module)] == []


@pytest.mark.parametrize(
    "module", ["sqlalchemy", "os.path", "random", "portal.edge", "portal", "portal.rules_of_thumb"]
)
def test_what_is_not_pure_is_seen(module: str) -> None:
    assert not is_pure(next(imported(f"def f():\n    import {module}")))
