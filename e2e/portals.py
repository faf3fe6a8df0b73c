"""A whole portal for browser tests: web processes, a worker, a mail server, a clock to move.

On SQLite one web process; on PostgreSQL with Valkey two, and connections take turns between
them. It makes people as an operator would and knows nothing of pages.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from portal import Providers, create_app, demo
from portal.demo import DemoPerson
from portal.edge import Edge, Message
from portal.flows import hosts, intake, policies
from portal.flows.intake import Imported, Line
from portal.flows.outcomes import Blocked
from portal.flows.policies import Published
from portal.flows.policy_plans import Dates
from portal.providers.metadata import Metadata
from portal.providers.places import Places
from portal.rules.policy import Raised
from portal.rules.terms import Action, Role
from portal.settings import DEVELOPMENT_MODELS, from_environment
from portal.store import organisations, users
from portal.web.run import Runner
from tests.support.clock import FileClock
from tests.support.forwarder import Forwarder, forwarding, listening
from tests.support.server import running_servers, running_worker
from tests.support.smtp import Mail, MailServer

PASSWORD = demo.PASSWORD
SERVED = "tests.support.served"  # app.py with a clock that moves
STEP = timedelta(seconds=30)  # Of an authenticator app.
# Where somebody with a role works, unless a test says otherwise.
AT_HOME = {
    Role.TRAVELER: demo.GUESTS,
    Role.HQ_ADMIN: demo.HQ,
    Role.SUPER_ADMIN: demo.HQ,
    Role.SERVICE_DESK: demo.HQ,
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account and `PASSWORD`. `key` is what their app holds, if they have one."""

    email: str
    name: str
    key: str


@dataclass
class Portal:
    """A running portal. `forwarder` stands before two web processes, or is None before one."""

    url: str
    clock: FileClock
    mail_server: MailServer
    runner: Runner
    forwarder: Forwarder | None
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def address(self, name: str) -> str:
        """An address that nobody else in this run has."""
        return f"{name.lower()}.{next(self._numbers)}@post.example"

    def organisation(
        self, name: str, *, parent: str = demo.HQ, managed: bool = False, time_zone: str = "UTC"
    ) -> str:
        """A new organisation; its name, which nobody else in this run has."""
        unique = f"{name} {next(self._numbers)}"
        self._run(
            hosts.create_organisation,
            unique,
            parent=parent,
            managed_by_parent=managed,
            time_zone=time_zone,
        )
        return unique

    def bring_in(self, organisation: str, kind: str, records: Iterable[dict[str, str]]) -> None:
        """Records of the platform, as `flask import` takes them."""
        lines = [Line(number, record) for number, record in enumerate(records, start=1)]
        outcome = self._run(intake.by_host, organisation, kind, lines)
        assert isinstance(outcome, Imported), outcome

    def ask_more(self, organisation: str, action: Action, more: Raised) -> None:
        """What `flask policy raise` does."""
        published = self._run(policies.raise_action, organisation, action, more)
        assert isinstance(published, Published), published

    def roll_out(
        self, organisation: str, author: Person, document: dict[str, Any], *, days: int
    ) -> None:
        """What an administrator of an organisation does: a policy that holds in so many days."""

        def publish(edge: Edge) -> Published | Blocked:
            found = organisations.by_name(edge, organisation)
            by = users.by_email(edge, author.email)
            assert found is not None and by is not None
            dates = Dates(edge.now, edge.now + timedelta(days=days), message="We ask more soon.")
            return policies.publish_for(edge, found, document, by.id, dates)

        published = self._run(publish)
        assert isinstance(published, Published), published

    def share_desks(self, organisation: str) -> None:
        """What `flask organisation mark --shared-desks` does."""
        self._run(hosts.mark_shared_desks, organisation, shared=True)

    def reset(self, person: Person) -> None:
        """What `flask user reset-factors` does: only the password stays."""
        self._run(hosts.reset_factors, person.email, "Lost everything on the train")

    def person(
        self,
        name: str,
        role: Role = Role.TRAVELER,
        *,
        organisation: str = "",
        app: bool = False,
        locale: str = "en",
    ) -> Person:
        """A new person; with `app` an authenticator app is enrolled from the start."""
        email = self.address(name.partition(" ")[0])
        home = organisation or AT_HOME.get(role, demo.PARTNER)
        new = DemoPerson(email, name, home, role, app)
        demo.add(self._run, self.runner, new, locale=locale)
        return Person(email, name, demo.key_of(email) if app else "")

    def link(self, address: str, part: str, *, count: int = 1) -> str:
        """The address in the `count`th mail that leads to a path with `part` in it."""
        pattern = re.compile(rf"{re.escape(self.url)}/\S*{part}/\S{{43}}")

        def has_link(mail: Mail) -> bool:
            return bool(pattern.search(mail.body()))

        mails = self.mail_server.wait_for(address, count=count, where=has_link)
        found = pattern.search(mails[-1].body())
        assert found
        return found.group()

    def next_step(self) -> None:
        """Move on until authenticator apps show another code than now."""
        self.clock.advance(STEP)

    def _run(self, flow: Any, *arguments: Any, **named: Any) -> Any:
        return self.runner.run(self.runner.edge(), flow, *arguments, **named)


@contextmanager
def running_portal(
    folder: Path, database_url: str, mail_server: MailServer, *, limiter_url: str = ""
) -> Generator[Portal]:
    """Start everything; with a `limiter_url` two web processes that take turns."""
    clock = FileClock(folder / "clock")
    environment = {
        "PORTAL_MODE": "development",
        "DATABASE_URL": database_url,
        "PORTAL_SMTP_URL": mail_server.url,
        "PORTAL_MAIL_FROM": "portal@portal.example",
        "PORTAL_TEST_CLOCK": str(folder / "clock"),
        # A connection for each request, so that every page is served by another process.
        "GRANIAN_HTTP1_KEEP_ALIVE": "false",
    }
    with ExitStack() as stack:
        listener = stack.enter_context(listening()) if limiter_url else None
        if listener is not None:
            environment["PORTAL_BASE_URL"] = f"http://localhost:{listener.getsockname()[1]}"
            environment["RATELIMIT_STORAGE_URI"] = limiter_url
        count = 2 if listener is not None else 1
        target = f"{SERVED}:app"
        started = running_servers(folder, environment, count=count, target=target)
        servers = stack.enter_context(started)
        forwarder = None
        if listener is not None:
            ports = [server.port for server in servers]
            forwarder = stack.enter_context(forwarding(listener, ports))
        url = environment.setdefault("PORTAL_BASE_URL", servers[0].url)
        stack.enter_context(running_worker(folder, environment, target=SERVED))
        runner = _runner(environment, clock)
        stack.callback(runner.database.dispose)
        yield Portal(url, clock, mail_server, runner, forwarder)


def _runner(environment: dict[str, str], clock: FileClock) -> Runner:
    """What runs an operator's flows on the portal's database, with the demo organisations."""
    providers = Providers(
        _NoMail(), Places(), lambda _digest: False, Metadata(own=DEVELOPMENT_MODELS)
    )
    app = create_app(from_environment(environment), providers, clock=clock)
    runner: Runner = app.extensions["portal"]

    def run(flow: Any, *arguments: Any, **named: Any) -> Any:
        return runner.run(runner.edge(), flow, *arguments, **named)

    demo.seed(run, runner)
    return runner


class _NoMail:
    """The test process sends nothing; its notices wait for the worker."""

    def send(self, message: Message) -> None:
        raise AssertionError(f"only the worker sends mail, not {message.subject}")
