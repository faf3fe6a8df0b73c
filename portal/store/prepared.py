"""Statements of every request: compiled once for each database, then given to its driver.

SQLAlchemy writes the SQL and converts the values, as for every other statement; what is left out
is the road between, which costs a hot page more than SQLite does. No other statement needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from portal.store.engine import as_raised
from portal.values import frozen

Convert = Callable[[Any], Any]


@frozen
class _Ready:
    """A statement for one dialect.

    `takes`: the parameters; `given`: the conversion of each that is not taken as it comes;
    `fixed`: those that stand in the statement; `positions`: their order, empty where the driver
    takes names; `converts`: columns that are not taken as they come.
    """

    text: str
    positions: tuple[str, ...]
    takes: tuple[str, ...]
    given: tuple[tuple[str, Convert], ...]
    fixed: Mapping[str, Any]
    names: tuple[str, ...]
    converts: tuple[tuple[str, Convert], ...]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """What the driver is told; a parameter that is not given is NULL."""
        found = {**self.fixed, **values}
        for name, convert in self.given:
            found[name] = convert(found.get(name))
        value_of = found.get
        if self.positions:
            return [value_of(name) for name in self.positions]
        return {name: value_of(name) for name in self.takes}


class Prepared:
    """A statement with named values. `columns`: what an INSERT is given, every column by name.

    `unread`: columns of JSON that `codec` reads, which knows the texts that it has read before.
    """

    def __init__(
        self,
        statement: Any,
        columns: Sequence[str] | None = None,
        *,
        unread: Collection[str] = (),
    ) -> None:
        self.statement = statement
        self.columns = columns
        self.unread = unread
        self._ready: dict[str, _Ready] = {}

    def rows(self, db: Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run it; what it found, by the names of its columns."""
        return self.read(db.dialect.name, self.fetch(db, values))

    def fetch(self, db: Connection, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Run it; what it found as the driver gives it, to be compared with what it gave before."""
        cursor = self._run(db, values)
        found = tuple(cursor.fetchall())
        cursor.close()
        return found

    def read(self, dialect: str, fetched: tuple[Any, ...]) -> list[dict[str, Any]]:
        """What was fetched, by the names of its columns."""
        ready = self._ready[dialect]
        names, converts = ready.names, ready.converts
        found = []
        for row in fetched:
            made = dict(zip(names, row, strict=True))
            for name, convert in converts:
                made[name] = convert(made[name])
            found.append(made)
        return found

    def run(self, db: Connection, values: Mapping[str, Any]) -> int:
        """Run it; how many rows it wrote."""
        cursor = self._run(db, values)
        written = int(cursor.rowcount)
        cursor.close()
        return written

    def _run(self, db: Connection, values: Mapping[str, Any]) -> Any:
        ready = self._ready.get(db.dialect.name)
        if ready is None:
            ready = self._ready[db.dialect.name] = _prepare(self, db.dialect)
        parameters = ready.parameters(values)
        cursor = db.connection.cursor()
        # Whoever counts statements counts these too; ordinarily nobody listens.
        heard: Any = db.engine.dispatch
        for listener in heard.before_cursor_execute:
            listener(db, cursor, ready.text, parameters, None, False)
        driver: Any = db.dialect.dbapi
        try:
            cursor.execute(ready.text, parameters)
        except driver.Error as error:
            if db.dialect.is_disconnect(error, db.connection.dbapi_connection, cursor):
                db.invalidate(error)
            raise as_raised(error, ready.text, db) from error
        return cursor


def _prepare(prepared: Prepared, dialect: Dialect) -> _Ready:
    statement = prepared.statement
    compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=prepared.columns)
    given, fixed = [], {}
    for name, bind in compiled.binds.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if not bind.required:
            fixed[name] = convert(bind.effective_value) if convert else bind.effective_value
        elif convert:
            given.append((name, convert))
    found = statement.exported_columns
    processors = {
        name: column.type.dialect_impl(dialect).result_processor(dialect, None)
        for name, column in found.items()
        if name not in prepared.unread
    }
    return _Ready(
        text=compiled.string,
        positions=tuple(compiled.positiontup or ()),
        takes=tuple(compiled.binds),
        given=tuple(given),
        fixed=fixed,
        names=tuple(found.keys()),
        converts=tuple((name, convert) for name, convert in processors.items() if convert),
    )
