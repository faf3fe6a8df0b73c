"""The portal as processes that can be told to die at a commit: `tests.support.mortal:app`.

Real code with a clock that tests move, cheap hashes and open brakes. The kill is `kill -9`, from
inside the transaction that the portal was handed. As a program it is a web server that is started
again whenever it was killed, as an operator's supervisor would.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from portal import Providers, create_app
from portal.edge import Database, Transaction
from portal.providers.metadata import Metadata
from portal.providers.places import Places
from portal.providers.smtp import SMTPMailer
from portal.settings import DEVELOPMENT_MODELS, Settings, from_environment
from tests.support.clock import FileClock
from tests.support.house import CHEAP_HASH

CLOCK_VARIABLE = "PORTAL_TEST_CLOCK"
DEATH_VARIABLE = "PORTAL_TEST_DEATH"
OPEN = "1000000 per minute"


def settings_from(environment: Mapping[str, str]) -> Settings:
    """What the environment says, with cheap hashes and without the brake before the database."""
    brakes = {name: OPEN for name in Settings.__dataclass_fields__ if "_per_" in name}
    return replace(from_environment(environment), password_hash=CHEAP_HASH, **brakes)


@dataclass(frozen=True, slots=True)
class Death:
    """An order in a file, `before 2` or `after 1`: which commit from now on is the last."""

    file: Path

    def order(self, when: str, number: int) -> None:
        """Die right before or right after the `number`th commit from now."""
        self.file.write_text(f"{when} {number}")

    def withdraw(self) -> bool:
        """Take the order back; False when it was carried out."""
        pending = self.file.exists()
        self.file.unlink(missing_ok=True)
        return pending

    def count(self) -> str | None:
        """Count one commit; `before` or `after` when it is the one."""
        if not self.file.exists():
            return None
        when, number = self.file.read_text().split()
        if int(number) == 1:
            self.file.unlink()
            return when
        self.file.write_text(f"{when} {int(number) - 1}")
        return None


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class MortalTransaction:
    """A transaction whose commit can be the last thing that the process does."""

    inner: Transaction
    death: Death

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def commit(self) -> None:
        when = self.death.count()
        if when == "before":
            _die()
        self.inner.commit()
        if when == "after":
            _die()


@dataclass(frozen=True, slots=True)
class MortalDatabase:
    """The portal's database, opening mortal transactions."""

    inner: Database
    death: Death

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def open(self, *, writing: bool) -> MortalTransaction:
        return MortalTransaction(self.inner.open(writing=writing), self.death)


def make() -> Any:
    """The application, as the environment of this process describes it."""
    settings = settings_from(os.environ)
    mailer = SMTPMailer(settings.smtp_url, settings.mail_from)
    providers = Providers(mailer, Places(), lambda _digest: False, Metadata(own=DEVELOPMENT_MODELS))
    clock = FileClock(Path(os.environ[CLOCK_VARIABLE]))
    made = create_app(settings, providers, clock=clock)
    runner = made.extensions["portal"]
    death = Death(Path(os.environ[DEATH_VARIABLE]))
    made.extensions["portal"] = replace(runner, database=MortalDatabase(runner.database, death))
    return made


def _serve(port: int) -> None:
    """Serve until killed; a fresh copy of this process each time, which costs no start-up."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        child = os.fork()
        if child == 0:
            make_server("127.0.0.1", port, make(), threaded=True).serve_forever()
        signal.signal(signal.SIGTERM, lambda *_, child=child: _end(child))
        os.waitpid(child, 0)


def _end(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
elif CLOCK_VARIABLE in os.environ:  # Not where a test imports the classes alone.
    app = make()
