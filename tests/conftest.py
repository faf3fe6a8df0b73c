"""What in-process tests share: one empty database each, on both kinds.

The servers behind it, the clock, the mail server and the processes come from support/plugin.py.
"""

from __future__ import annotations

import pytest

from tests.support.databases import KINDS, Databases


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """An empty database with the schema; every test that takes it runs on both kinds.

    One kind alone: `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`.
    """
    return databases.empty(request.param)
