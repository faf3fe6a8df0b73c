"""Empty databases with the portal's schema, made quickly: a file copy, or an emptied database.

It knows tables only through the store's metadata, and never what is in them. That the metadata
equals the migrations is proved by a test of its own.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import create_engine, make_url

KINDS = ("sqlite", "postgresql")


def create_schema(url: str) -> None:
    """Create every table of the portal in the empty database at `url`."""
    from portal.store.schema import metadata  # Late: most runs of few tests need no schema.

    engine = create_engine(_with_driver(url, "postgresql+psycopg"))
    try:
        metadata.create_all(engine)
    finally:
        engine.dispose()


class Databases:
    """The databases of one test worker. `server` gives the PostgreSQL address when first needed."""

    def __init__(self, folder: Path, server: Callable[[], str]) -> None:
        self._folder = folder
        self._server = server
        self._numbers = itertools.count(1)
        self._template: Path | None = None
        self._shared: str | None = None
        self._made: list[str] = []

    def empty(self, kind: str) -> str:
        """An empty database for one test; on PostgreSQL the worker's own, emptied again."""
        if kind == "sqlite":
            return self.fresh(kind)
        if self._shared is None:
            self._shared = self.fresh(kind)
        else:
            _delete_rows(self._shared)
        return self._shared

    def fresh(self, kind: str) -> str:
        """An empty database that no other test has seen, for server processes."""
        number = next(self._numbers)
        if kind == "sqlite":
            file = self._folder / f"portal-{number}.db"
            shutil.copyfile(self._sqlite_template(), file)
            return f"sqlite:///{file}"
        # The process number keeps workers and parallel runs on one given server apart.
        name = f"portal_test_{os.getpid()}_{number}"
        _administer(self._server(), "CREATE DATABASE {}", name)
        self._made.append(name)
        url = make_url(self._server()).set(database=name).render_as_string(hide_password=False)
        create_schema(url)
        return url

    def drop_all(self) -> None:
        """Give back what a server that outlives the run would keep."""
        for name in self._made:
            _administer(self._server(), "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        self._made.clear()
        self._shared = None

    def _sqlite_template(self) -> Path:
        if self._template is None:
            self._template = self._folder / "template.db"
            create_schema(f"sqlite:///{self._template}")
        return self._template


def _administer(server: str, statement: LiteralString, name: str) -> None:
    # CREATE and DROP DATABASE refuse to run inside a transaction.
    with psycopg.connect(_with_driver(server, "postgresql"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _delete_rows(url: str) -> None:
    from portal.store.schema import metadata

    names = [table.name for table in reversed(metadata.sorted_tables)]
    # DELETE: a TRUNCATE of some thirty tables takes ten times as long and locks all of them.
    deletions = sql.SQL("; ").join(
        sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in names
    )
    with psycopg.connect(_with_driver(url, "postgresql")) as connection:
        # A transaction that the test before left open must fail this one, not hang it.
        connection.execute("SET lock_timeout = '5s'")
        connection.execute(deletions)


def _with_driver(url: str, driver: str) -> str:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername=driver)
    return parsed.render_as_string(hide_password=False)
