"""What in-process tests share: one empty database each, on both kinds.

The servers behind it, the clock, the mail server and the processes come from support/plugin.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.clock import Clock, Entropy
from tests.support.databases import KINDS, Databases
from tests.support.house import House, build


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """An empty database with the schema; every test that takes it runs on both kinds.

    One kind alone: `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`.
    """
    return databases.empty(request.param)


@pytest.fixture
def house(database_url: str, clock: Clock, entropy: Entropy) -> Iterator[House]:
    """The portal in this process, on an empty database of each kind."""
    made = build(database_url, clock, entropy)
    yield made
    made.close()
