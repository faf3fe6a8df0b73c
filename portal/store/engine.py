"""Opens transactions on SQLite and PostgreSQL, and makes the two behave alike.

SQLite: WAL with synchronous FULL (a replay guard or an audit row must survive a power cut),
foreign keys on, deferred reads and immediate writes. PostgreSQL: READ COMMITTED.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from portal.edge import Unavailable

BUSY_TIMEOUT_MS = 10_000


@dataclass(slots=True)
class Opened:
    """An open transaction on one pooled connection."""

    connection: Connection
    writing: bool
    exclusive: bool = False

    def commit(self) -> None:
        """Make it durable and give the connection back."""
        try:
            self.connection.commit()
        finally:
            self.connection.close()

    def rollback(self) -> None:
        """Forget it and give the connection back."""
        self.connection.close()


class Database:
    """A pool of connections to one database."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        parsed = make_url(url)
        # `hide_parameters`: an error's text goes to the log, and must not take people's data along.
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
            self.engine = create_engine(
                parsed,
                pool_size=pool_size,
                max_overflow=10,
                pool_pre_ping=True,
                hide_parameters=True,
            )
        else:
            self.engine = create_engine(
                parsed,
                pool_size=pool_size,
                max_overflow=10,
                hide_parameters=True,
                connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
            )
            _prepare_sqlite(self.engine)

        event.listen(self.engine, "handle_error", _tell_unavailable)

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    def open(self, *, writing: bool) -> Opened:
        """Open a transaction. A writing one holds SQLite's write lock from its first statement."""
        connection = self.engine.connect()
        try:
            if self.dialect == "sqlite":
                # Flag first: the "begin" event below reads it.
                connection.connection.info["writing"] = writing
            connection.begin()
        except (SQLAlchemyError, Unavailable):
            connection.close()
            raise
        return Opened(connection, writing, exclusive=writing and self.dialect == "sqlite")

    def dispose(self) -> None:
        """Close every pooled connection (before a fork, and at the end of a test)."""
        self.engine.dispose()


def _tell_unavailable(context: ExceptionContext) -> None:
    """Gone, locked for too long, or chosen to end a deadlock: for the house that is one thing."""
    if isinstance(context.sqlalchemy_exception, OperationalError):
        context.chained_exception = Unavailable(type(context.original_exception).__name__)


def insert_for(dialect: str) -> Any:
    """The `insert` that knows ON CONFLICT, for a dialect by name."""
    # Imported by name: PostgreSQL's is slow to load, and most houses never need it.
    return importlib.import_module(f"sqlalchemy.dialects.{dialect}").insert


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        # The driver must not open transactions by itself: "begin" below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.connection.info.get("writing", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN DEFERRED")
