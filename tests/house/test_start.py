"""What a start loads: nothing that a first page does not need.

A process in production imports `app`, and with it every blueprint. What
is heavy or rare is imported by the function that uses it, and this is where that is held.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.guarantees.test_production import GOOD
from tests.support.server import ROOT

LOADED = "import app, json, sys; print(json.dumps(sorted(sys.modules)))"
DIALECTS = {"sqlite": "sqlite:///never-opened.db", "postgresql": "postgresql://nobody@localhost/no"}
# Import name → what it is for, so that nobody needs to guess why it may wait.
LATER = {
    "alembic": "migrating",
    "portal.migrate": "migrating",
    "portal.demo": "demo people",
    "portal.supervisor": "./dev run",
    "portal.web.mail": "writing mail, which the worker does",
    "structlog": "a line about something that went wrong",
    "rich": "a console's colours, which come with structlog",
    "redis": "the brake's store, where one is set",
    "zxcvbn": "choosing a password",
    "segno": "a QR code",
    "dns": "looking up where mail goes, which the portal never does",
    "email_validator": "a typed address",
    "phonenumbers": "a typed telephone number",
    "maxminddb": "the names of places, where a file is set",
    "ua_parser": "the name of a browser",
    "webauthn": "passkeys",
    "fido2": "passkeys",
}


def loaded(dialect: str) -> set[str]:
    """The modules of a fresh process that has imported the application."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        env={**GOOD, "DATABASE_URL": DIALECTS[dialect]},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_start_loads_nothing_that_can_wait(dialect: str) -> None:
    modules = loaded(dialect)
    assert "portal.web.gate" in modules, "the application was loaded"
    assert {name: LATER[name] for name in LATER if name in modules} == {}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_start_loads_the_dialect_of_its_own_database_only(dialect: str) -> None:
    found = {
        name.split(".")[2]
        for name in loaded(dialect)
        if name.count(".") >= 2 and name.startswith("sqlalchemy.dialects.")
    }
    assert found & set(DIALECTS) == {dialect}


def test_garbage_is_collected_again_after_the_imports() -> None:
    said = "import gc, portal; print(gc.isenabled())"
    for before, after in (("", "True"), ("import gc; gc.disable(); ", "False")):
        command = [sys.executable, "-c", before + said]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        assert done.stdout.strip() == after
