"""What tests of the web floor share: people at each stage of a sign-in, and counts of real work.

Statements and commits are counted by SQLAlchemy's own events, hashes by the interpreter's profile
hook; nothing of the portal is replaced.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any, Self

from sqlalchemy import event, select
from werkzeug.test import TestResponse

from portal.factors import argon2
from portal.store.schema import metadata
from tests.support.house import PEOPLE, House, Visitor

BOOKKEEPING = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")
HASHES = {argon2.matches.__code__, argon2.make.__code__}


def email_of(name: str) -> str:
    return PEOPLE[name][0]


def signed_in(house: House, name: str, *, app: bool = True, **headers: str) -> Visitor:
    """A standing person, wholly signed in; with an authenticator app unless told otherwise."""
    house.person(name)
    visitor = house.visitor(**headers)
    visitor.sign_in(email_of(name))
    if app:
        assert visitor.enrol_app().status_code == 303
        visitor.get("/security")
    return visitor


def signed_in_again(house: House, name: str, known: Visitor) -> Visitor:
    """The same person in another browser, with the app of `known`."""
    visitor = house.visitor()
    visitor.app = known.app
    visitor.sign_in(email_of(name))
    return visitor


def half_signed_in(house: House, name: str = "tara") -> Visitor:
    """A person whose password was accepted and whose second factor is still asked for."""
    visitor = signed_in(house, name)
    visitor.post("/logout")
    visitor.password(email_of(name))
    visitor.get("/login/challenge")
    return visitor


def cookie(visitor: Visitor, name: str) -> str | None:
    """The value of one of the portal's cookies in this browser."""
    found = visitor.client.get_cookie(f"__Host-{name}", domain="portal.example")
    return found.value if found is not None else None


def rows(house: House, table: str) -> list[dict[str, Any]]:
    """Every row of a table, as it lies in the database."""
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    chosen = metadata.tables[table]
    order = next(iter(chosen.primary_key.columns))
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(chosen).order_by(order)).mappings()]


def dump(house: House) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    return {name: rows(house, name) for name in metadata.tables}


def asked(visitor: Visitor, method: str, path: str, *, htmx: bool) -> TestResponse:
    """What a visitor's browser gets by any method; forms know two of them."""
    if method in {"GET", "POST"}:
        return (visitor.get if method == "GET" else visitor.post)(path, htmx=htmx)
    base_url = visitor.house.settings.base_url
    return visitor.client.open(path, method=method, base_url=base_url, headers=visitor.headers)


def lands_on(response: TestResponse) -> str:
    """The path that an answer sends the browser to, without its query; empty for a page."""
    target = response.headers.get("Location") or response.headers.get("HX-Redirect") or ""
    return target.partition("?")[0]


@dataclass
class Work:
    """Counts what happens inside a `with` block: statements, commits and slow hashes."""

    house: House
    statements: list[str] = field(default_factory=list)
    commits: int = 0
    hashes: int = 0

    def __enter__(self) -> Self:
        engine = self.house.runner.database.engine  # ty: ignore[missing-attribute]
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)
        sys.setprofile(self._call)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        sys.setprofile(None)
        engine = self.house.runner.database.engine  # ty: ignore[missing-attribute]
        event.remove(engine, "before_cursor_execute", self._statement)
        event.remove(engine, "commit", self._commit)

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(BOOKKEEPING):
            self.statements.append(" ".join(statement.split()))

    def _commit(self, _connection: Any) -> None:
        self.commits += 1

    def _call(self, frame: FrameType, what: str, _argument: Any) -> None:
        if what == "call" and frame.f_code in HASHES:
            self.hashes += 1

    @property
    def shape(self) -> tuple[tuple[str, ...], int, int]:
        """What an attacker with a stopwatch could tell apart: kinds of statements and hashes."""
        kinds = tuple(" ".join(statement.split()[:3]) for statement in self.statements)
        return kinds, self.commits, self.hashes
