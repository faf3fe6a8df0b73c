"""The pytest plugin of this repository: services, databases and processes as fixtures.

Loaded for tests/ and e2e/ alike (pyproject.toml names it), so a run of both has one of each
server. It knows nothing of what the portal does.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.support import network, server, services, smtp
from tests.support.clock import Clock, Entropy
from tests.support.databases import Databases
from tests.support.server import Process, Server

_run = pytest.StashKey[ExitStack]()

hypothesis.settings.register_profile("house", deadline=None)
# In CI a failure must be the commit's, not the day's: the same examples every time.
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options for browser tests; they stand here because a conftest in e2e/ is read too late."""
    parser.addoption(
        "--docs-screenshots",
        action="store_true",
        help="write the screenshots into docs/screenshots/ instead of test-results/",
    )
    parser.addoption(
        "--screenshots",
        action="store_true",
        help="take a picture of every page on every screen, into test-results/screenshots/",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Close the network; with xdist, start the one PostgreSQL that all workers share."""
    hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "house")
    network.allow_loopback_only()
    config.stash[_run] = stack = ExitStack()
    controls_workers = bool(config.getoption("tx", None)) and not hasattr(config, "workerinput")
    if controls_workers and not config.option.collectonly:
        # The controller outlives every worker, so it owns the server; workers inherit the address.
        os.environ[services.POSTGRES_VARIABLE] = stack.enter_context(services.postgres())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what pytest_configure started."""
    config.stash[_run].close()


@pytest.fixture(scope="session")
def _postgres() -> Iterator[Callable[[], str]]:
    # Starts at the first call, so that a run without PostgreSQL is quick.
    with ExitStack() as stack:
        yield functools.cache(lambda: stack.enter_context(services.postgres()))


@pytest.fixture(scope="session")
def postgres_url(_postgres: Callable[[], str]) -> str:
    """The address of a PostgreSQL server in which databases may be created."""
    return _postgres()


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """The address of a Valkey server, as RATELIMIT_STORAGE_URI takes it."""
    with services.valkey() as url:
        yield url


@pytest.fixture(scope="session")
def _mail_server() -> Iterator[smtp.MailServer]:
    with smtp.mail_server() as running:
        yield running


@pytest.fixture
def mail_server(_mail_server: smtp.MailServer) -> smtp.MailServer:
    """A real SMTP server with an empty record and no refusals prepared."""
    _mail_server.reset()
    return _mail_server


@pytest.fixture(scope="session")
def databases(
    tmp_path_factory: pytest.TempPathFactory, _postgres: Callable[[], str]
) -> Iterator[Databases]:
    """Makes empty databases with the schema: `databases.fresh("postgresql")` gives an address."""
    made = Databases(tmp_path_factory.mktemp("databases"), _postgres)
    yield made
    made.drop_all()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until the test moves it."""
    return Clock()


@pytest.fixture
def entropy() -> Entropy:
    """The same random-looking bytes in every run."""
    return Entropy()


@pytest.fixture
def start_servers(tmp_path: Path) -> Iterator[Callable[..., list[Server]]]:
    """`start_servers(environment, count=2)` starts web processes that end with the test."""
    with ExitStack() as stack:

        def start(
            environment: Mapping[str, str], *, count: int = 1, target: str = "app:app"
        ) -> list[Server]:
            running = server.running_servers(tmp_path, environment, count=count, target=target)
            return stack.enter_context(running)

        yield start


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """`start_worker(environment)` starts a worker process that ends with the test."""
    with ExitStack() as stack:

        def start(environment: Mapping[str, str], **more: Any) -> Process:
            return stack.enter_context(server.running_worker(tmp_path, environment, **more))

        yield start
