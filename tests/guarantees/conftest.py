"""What the guarantees share: a deployment on each supported pair of stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.databases import KINDS, Databases
from tests.support.deployment import Deployment, prepare
from tests.support.server import Server


@pytest.fixture(params=KINDS)
def deployment(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    databases: Databases,
    start_servers: Callable[..., list[Server]],
) -> Iterator[Deployment]:
    """SQLite alone, or PostgreSQL with Valkey. Nothing serves before `deployment.serve()`."""
    more = {}
    if request.param == "postgresql":
        more["RATELIMIT_STORAGE_URI"] = request.getfixturevalue("valkey_url")
    made = prepare(tmp_path, databases.fresh(request.param), start_servers, **more)
    yield made
    made.house.close()
