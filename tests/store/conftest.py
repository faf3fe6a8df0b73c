"""The store with an Edge around it and nothing of the web: transactions by hand."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from portal.edge import Edge
from portal.providers.places import Places
from portal.rules.terms import AccountState, Holdings
from portal.settings import Settings
from portal.store import organisations, users
from portal.store.engine import Database
from portal.store.organisations import Organisation
from portal.store.sealed import KeyRing
from portal.store.users import User
from portal.web.run import Runner
from tests.support.clock import Clock, Entropy
from tests.support.house import settings_for


class Store:
    """A database with its key ring and clock; `run` and `transaction` give a fresh Edge."""

    def __init__(self, settings: Settings, clock: Clock, entropy: Entropy) -> None:
        self.settings = settings
        self.clock = clock
        self.database = Database(settings.database_url, pool_size=5)
        self.entropy = entropy
        self.keys({1: bytes(range(32))})

    def keys(self, ring: dict[int, bytes]) -> None:
        """Go on with another key ring."""
        self.runner = Runner(
            self.settings, self.database, KeyRing(ring), Places(), {}, self.clock, self.entropy
        )

    def run(self, flow: Any, *arguments: Any, **named: Any) -> Any:
        """One call in one committed transaction."""
        return self.runner.run(self.runner.edge(), flow, *arguments, **named)

    @contextmanager
    def transaction(self, *, writing: bool = True) -> Generator[Edge]:
        """A transaction that stays open; it commits at the end of the block."""
        edge = self.runner.edge()
        self.runner.prepare(edge, writing=writing)
        try:
            yield edge
            if edge.transaction is not None:
                edge.transaction.commit()
                edge.transaction = None
        finally:
            self.runner.close(edge)

    def tamper(self, statement: Any) -> int:
        """Change the database behind the portal's back."""
        with self.transaction() as edge:
            return edge.db.execute(statement).rowcount

    def user(self, email: str = "tara@guests.example") -> str:
        """An account in an organisation of its own; its id."""

        def make(edge: Edge) -> str:
            home, user_id = edge.new_id(), edge.new_id()
            organisations.add(
                edge, Organisation(home, None, f"/{home}/", "Guests", False, edge.now)
            )
            assert users.add(edge, user_of(edge.now, user_id, email, home))
            return user_id

        return self.run(make)


def user_of(now: datetime, user_id: str, email: str, home: str) -> User:
    return User(user_id, email, "Tara", "en", "UTC", AccountState.ACTIVE, home, Holdings(), now)


@pytest.fixture
def store(database_url: str, clock: Clock, entropy: Entropy) -> Iterator[Store]:
    made = Store(settings_for(database_url), clock, entropy)
    yield made
    made.database.dispose()
