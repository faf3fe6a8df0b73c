"""The portal as processes whose clock a test moves: `tests.support.served:app`.

It is app.py with two differences: the time comes from a file that all processes share, and the
brakes before the database stand open, because every test comes from the same address.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from app import build_providers, load_settings
from portal import create_app
from portal.settings import Settings
from tests.support.clock import FileClock

TARGET = "tests.support.served"
CLOCK_VARIABLE = "PORTAL_TEST_CLOCK"
OPEN = "100000 per minute"


def served_settings(settings: Settings) -> Settings:
    """These settings with open brakes."""
    return replace(settings, sign_ins_per_address=OPEN, mails_per_address=OPEN)


settings = served_settings(load_settings())
app = create_app(
    settings, build_providers(settings), clock=FileClock(Path(os.environ[CLOCK_VARIABLE]))
)
