"""The portal as it is deployed: web processes on one database, and a house for its host.

SQLite with two web processes (more than is supported), or PostgreSQL and Valkey with two.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from portal.web.run import system_entropy
from tests.support.clock import FileClock
from tests.support.house import House
from tests.support.http import Caller
from tests.support.mortal import CLOCK_VARIABLE, DEATH_VARIABLE, Death, settings_from
from tests.support.server import Server, running_program
from tests.support.services import free_port

TARGET = "tests.support.mortal:app"


@dataclass
class Deployment:
    """Running web processes, and `house`: the same portal in the test's process, for set-up."""

    folder: Path
    environment: dict[str, str]
    clock: FileClock
    death: Death
    house: House
    start: Callable[..., list[Server]]
    servers: list[Server] = field(default_factory=list)

    def serve(self, count: int = 2) -> None:
        """Start web processes, in place of those that may be running."""
        for server in self.servers:
            server.kill()
        self.servers = self.start(self.environment, count=count, target=TARGET)

    @contextmanager
    def mortal(self) -> Generator[Server]:
        """Serve with one process that `death` can kill, and that is started again each time."""
        port = free_port()
        command = [sys.executable, "-m", "tests.support.mortal", str(port)]
        with running_program(self.folder, self.environment, port, command) as server:
            server.wait_until_ready()
            self.servers = [server]
            yield server

    def caller(self, number: int = 0) -> Caller:
        """A fresh browser, served by the processes in turn."""
        return Caller(self.house, self.servers[number % len(self.servers)].url)

    def callers(self, count: int) -> list[Caller]:
        return [self.caller(number) for number in range(count)]

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """What the database says, past every layer of the portal."""
        transaction = self.house.runner.database.open(writing=False)
        try:
            return list(transaction.connection.execute(text(statement), values).all())
        finally:
            transaction.rollback()

    def count(self, event: str, subject_id: str) -> int:
        """How many audit rows of an event tell about a person."""
        statement = "SELECT count(*) FROM audit_events WHERE event = :event AND subject_id = :id"
        return int(self.rows(statement, event=event, id=subject_id)[0][0])


def prepare(
    folder: Path, database_url: str, start: Callable[..., list[Server]], **more: str
) -> Deployment:
    """A deployment that has started no process yet; `more` goes into its environment."""
    clock, death = folder / "clock", folder / "death"
    environment = {
        "PORTAL_MODE": "development",
        "PORTAL_BASE_URL": "http://localhost",
        "DATABASE_URL": database_url,
        CLOCK_VARIABLE: str(clock),
        DEATH_VARIABLE: str(death),
        **more,
    }
    settings = replace(settings_from(environment), limiter_url="memory://")
    house = House(settings, FileClock(clock), system_entropy)
    return Deployment(folder, environment, FileClock(clock), Death(death), house, start)
