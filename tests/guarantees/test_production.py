"""Production does not start with a setting that is missing or weak, and says which it is."""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest

from portal.settings import DEVELOPMENT_KEY_RING, DEVELOPMENT_MODELS, DEVELOPMENT_SECRET
from tests.support.server import ROOT

# A production environment that is good, and changes that make it weak, each alone enough.

GOOD = {
    "PORTAL_MODE": "production",
    "PORTAL_BASE_URL": "https://portal.example",
    "PORTAL_SECRET_KEY": "Zr8-yuHq2_long enough and random",
    "PORTAL_KEY_RING": f"1:{base64.b64encode(bytes(range(32))).decode()}",
    "DATABASE_URL": "sqlite:///never-opened.db",
    "PORTAL_SMTP_URL": "smtp://mail.example:587",
    "PORTAL_MAIL_FROM": "portal@portal.example",
    "PORTAL_PROXY_COUNT": "1",
    "PORTAL_SUPPORT_CONTACT": "help@portal.example",
}
WEAK = [
    ("PORTAL_MODE", "staging"),
    ("PORTAL_BASE_URL", ""),
    ("PORTAL_BASE_URL", "http://portal.example"),
    ("PORTAL_SECRET_KEY", ""),
    ("PORTAL_SECRET_KEY", "short"),
    ("PORTAL_SECRET_KEY", "ababababababababababababababababababab"),
    ("PORTAL_SECRET_KEY", DEVELOPMENT_SECRET),
    ("PORTAL_KEY_RING", ""),
    ("PORTAL_KEY_RING", "1:c2hvcnQ="),
    ("PORTAL_KEY_RING", "one:c2hvcnQ="),
    ("PORTAL_KEY_RING", f"1:{base64.b64encode(bytes(32)).decode()}"),
    ("PORTAL_KEY_RING", DEVELOPMENT_KEY_RING),
    ("DATABASE_URL", ""),
    ("PORTAL_SMTP_URL", ""),
    ("PORTAL_MAIL_FROM", "nobody"),
    ("PORTAL_PROXY_COUNT", ""),
    ("PORTAL_PROXY_COUNT", "many"),
    ("PORTAL_SUPPORT_CONTACT", ""),
    ("PORTAL_TOTP_PERIOD", "7"),
    ("PORTAL_RP_ID", "elsewhere.example"),
    ("PORTAL_RELATED_ORIGINS", "http://other.example"),
    ("PORTAL_APPLE_APPS", "example.livery"),
    ("PORTAL_ANDROID_APPS", "example.livery=AA:BB"),
    ("PORTAL_PASSKEY_POST_QUANTUM", "perhaps"),
    ("PORTAL_AUTHENTICATOR_MODELS", DEVELOPMENT_MODELS),
]


def _start(environment: dict[str, str]) -> tuple[int, str]:
    """Load app.py as a server would; its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", "import app"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def test_production_starts_with_settings_that_are_good() -> None:
    assert _start(GOOD) == (0, "")


def _rounds() -> list[dict[str, str]]:
    """The weak values, each name once a round: a start costs a second, a line of it nothing."""
    rounds: list[dict[str, str]] = []
    for name, value in WEAK:
        free = next((one for one in rounds if name not in one), None)
        if free is None:
            rounds.append(free := {})
        free[name] = value
    return rounds


def test_production_refuses_each_weak_setting_by_its_name() -> None:
    for weak in _rounds():
        code, said = _start({**GOOD, **weak})
        assert code == 2, (weak, said)
        problems = [line[4:].partition(":")[0] for line in said.splitlines() if "  - " in line]
        assert set(problems) == set(weak), (weak, said)
        # The name is told, the value never: what a log keeps may be read by many.
        assert not [value for value in weak.values() if len(value) > 20 and value in said]


def test_production_names_every_problem_at_once() -> None:
    code, said = _start({"PATH": "/usr/bin"})
    assert code == 2
    for name in GOOD:
        assert name == "PORTAL_MODE" or f"  - {name}: " in said


@pytest.mark.parametrize(
    ("name", "file"),
    [("PORTAL_FIDO_METADATA", "README.md"), ("PORTAL_AUTHENTICATOR_MODELS", "missing.json")],
)
def test_production_refuses_metadata_that_it_cannot_read(name: str, file: str) -> None:
    code, said = _start({**GOOD, name: file})
    assert code == 2
    assert said.count(f"  - {name}: ") == 1
    assert "Traceback" not in said
