"""Opens transactions on SQLite and PostgreSQL, and makes the two behave alike.

SQLite: WAL with synchronous FULL (a replay guard or an audit row must survive a power cut),
foreign keys on, deferred reads and immediate writes. PostgreSQL: READ COMMITTED.
"""

from __future__ import annotations

import importlib
import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from portal.edge import Deadlock, Unavailable

if TYPE_CHECKING:
    from sqlalchemy.dialects.sqlite.base import SQLiteCompiler

BUSY_MAX = timedelta(seconds=10)
KEPT_MAX = 4
DEADLOCK = "40P01"  # PostgreSQL's code for it.


@dataclass(slots=True)
class Opened:
    """An open transaction on one pooled connection.

    `driver`: SQLite's own connection, which began it and ends it, unless a statement of
    SQLAlchemy's has come by meanwhile and opened one of its own around it.
    """

    connection: Connection
    writing: bool
    exclusive: bool = False
    driver: sqlite3.Connection | None = None
    idle: deque[Connection] | None = None

    def commit(self) -> None:
        """Make it durable and give the connection back."""
        if self.driver is None or self.connection.in_transaction():
            self._end(self.connection.commit, "COMMIT")
        else:
            # Whoever counts commits counts these too; ordinarily nobody listens.
            heard: Any = self.connection.engine.dispatch
            for listener in heard.commit:
                listener(self.connection)
            self._end(self.driver.commit, "COMMIT")

    def rollback(self) -> None:
        """Forget it and give the connection back."""
        ours = self.driver is not None and not self.connection.in_transaction()
        self._end(self.driver.rollback if ours else self.connection.rollback, "ROLLBACK")

    def _end(self, finish: Callable[[], None], text: str) -> None:
        ended = False
        try:
            finish()
            ended = not self.connection.in_transaction() and not self.connection.invalidated
        except sqlite3.Error as error:
            raise as_raised(error, text, self.connection) from error
        finally:
            if ended and self.idle is not None and len(self.idle) < KEPT_MAX:
                self.idle.append(self.connection)
            else:
                if not ended:
                    # SQLAlchemy takes a commit that was refused for an end; SQLite goes on with the
                    # transaction, and with its lock. So the connection goes, and all of it.
                    self.connection.invalidate()
                self.connection.close()


class Database:
    """A pool of connections to one database. `busy_max`: how long SQLite's lock is waited for."""

    def __init__(self, url: str, *, pool_size: int = 20, busy_max: timedelta = BUSY_MAX) -> None:
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
                connect_args={"check_same_thread": False, "timeout": busy_max.total_seconds()},
            )
            _prepare_sqlite(self.engine, busy_max)

        event.listen(self.engine, "handle_error", _tell_unavailable)
        # SQLite: connections between two transactions, held as they are. The pool would wrap and
        # reset each anew, which costs as much as the statements of a page. A server's connection
        # may die meanwhile, so PostgreSQL's go back to the pool, which asks before it lends.
        # A few at most: whoever waits for the pool is woken only by what goes back to it.
        self._idle: deque[Connection] | None = deque() if self.dialect == "sqlite" else None

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    def open(self, *, writing: bool) -> Opened:
        """Open a transaction. A writing one holds SQLite's write lock from its first statement."""
        connection = self._take()
        driver: sqlite3.Connection | None = None
        try:
            if self._idle is None:
                connection.begin()
            else:
                driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
                driver.execute("BEGIN IMMEDIATE" if writing else "BEGIN DEFERRED")
        except sqlite3.Error as error:
            connection.close()
            raise as_raised(error, "BEGIN", connection) from error
        except (SQLAlchemyError, Unavailable):
            connection.close()
            raise
        return Opened(connection, writing, writing and driver is not None, driver, self._idle)

    def _take(self) -> Connection:
        try:
            return self._idle.pop() if self._idle is not None else self.engine.connect()
        except IndexError:
            return self.engine.connect()

    def dispose(self) -> None:
        """Close every pooled connection (before a fork, and at the end of a test)."""
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()


def _tell_unavailable(context: ExceptionContext) -> Unavailable | None:
    """What SQLAlchemy shall raise in the place of its own error; None: its own."""
    if context.is_pre_ping:
        return None  # The pool asks an old connection, and replaces it when it does not answer.
    return _unavailable(context.sqlalchemy_exception, context.original_exception)


def _unavailable(shown: BaseException | None, error: BaseException) -> Unavailable | None:
    """Gone, locked for too long, or chosen to end a deadlock: for the house that is one thing."""
    if not isinstance(shown, OperationalError):
        return None
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return None  # A statement that SQLite does not understand; PostgreSQL's is another class.
    if getattr(error, "sqlstate", None) == DEADLOCK:
        return Deadlock(type(error).__name__)
    return Unavailable(type(error).__name__)


def as_raised(error: Exception, text: str, connection: Connection) -> BaseException:
    """A driver's error as a statement of SQLAlchemy's would have raised it, without its values."""
    dialect = connection.dialect
    driver: Any = dialect.dbapi
    shown = DBAPIError.instance(
        text, None, error, driver.Error, hide_parameters=True, dialect=dialect
    )
    return _unavailable(shown, error) or shown


def insert_for(dialect: str) -> Any:
    """The `insert` that knows ON CONFLICT, for a dialect by name."""
    # Imported by name: PostgreSQL's is slow to load, and most houses never need it.
    return importlib.import_module(f"sqlalchemy.dialects.{dialect}").insert


def _naming_indexes() -> type[SQLiteCompiler]:
    """What turns a statement into SQLite's words, the index that it shall use among them."""
    # Imported here: a house on PostgreSQL needs nothing of SQLite's, and asyncio comes with it.
    from sqlalchemy.dialects.sqlite.base import SQLiteCompiler

    class NamingIndexes(SQLiteCompiler):
        """SQLite can be told which index to use; SQLAlchemy leaves that hint out."""

        def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
            return text

    return NamingIndexes


def _prepare_sqlite(engine: Engine, busy_max: timedelta) -> None:
    engine.dialect.statement_compiler = _naming_indexes()

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        # The driver must not open transactions by itself: `Database.open` does.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={int(busy_max.total_seconds() * 1000)}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Around one of `Database.open` there is nothing to do; a migration's begins here.
        driver: Any = connection.connection.dbapi_connection
        if not driver.in_transaction:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise as_raised(error, "BEGIN", connection) from error
