"""What one request costs in things that can be counted: statements, commits, hashes, openings.

In this process, through the places where the portal takes its parts: SQLAlchemy's events, a sealer
and factors that count. Also the micro-costs of single functions, and starting.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from bench import people
from bench.load import CSRF
from bench.servers import HOST, ROOT, clean_environment
from bench.targets import CHALLENGE, Portal
from portal.ceremony import Ceremony, Purpose, Subject
from portal.edge import Sealer
from portal.web.limits import brake

BASE_URL = f"https://{HOST}"
IMPORT = "import time; begun = time.perf_counter(); import portal; print(time.perf_counter()-begun)"


@dataclass(slots=True)
class Count:
    """What happened during one step. BEGIN and COMMIT are no statements here."""

    statements: int = 0
    commits: int = 0
    verified: int = 0
    opened: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.statements + other.statements,
            self.commits + other.commits,
            self.verified + other.verified,
            self.opened + other.opened,
        )


class Counter:
    """The portal with counters in its seams, and somebody who uses it page by page."""

    def __init__(self, portal: Portal) -> None:
        self.now = Count()
        self.app = portal.app
        runner = portal.runner
        portal.app.extensions["portal"] = replace(
            runner,
            sealer=_CountingSealer(runner.sealer, self),
            factors={kind: _CountingFactor(it, self) for kind, it in runner.factors.items()},
        )
        engine = runner.database.engine  # ty: ignore[missing-attribute]
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)
        self.client: FlaskClient = portal.app.test_client()
        self.csrf = ""

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            self.now.statements += 1

    def _commit(self, _connection: Any) -> None:
        self.now.commits += 1

    def step(self, path: str, **form: str) -> tuple[int, Count]:
        """One request; its status and what it took."""
        self.now = Count()
        response = self._send(path, form)
        if found := CSRF.search(response.text):
            self.csrf = found.group(1)
        return response.status_code, self.now

    def _send(self, path: str, form: dict[str, str]) -> TestResponse:
        headers = {"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Proto": "https"}
        if form:
            data = {"csrf_token": self.csrf, **form}
            return self.client.post(path, data=data, headers=headers, base_url=BASE_URL)
        return self.client.get(path, headers=headers, base_url=BASE_URL)


@dataclass(frozen=True, slots=True)
class _CountingSealer:
    """Counts what is opened (decrypted)."""

    sealer: Sealer
    counter: Counter

    @property
    def current(self) -> int:
        return self.sealer.current

    def seal(self, value: bytes, place: str, nonce: bytes) -> bytes:
        return self.sealer.seal(value, place, nonce)

    def open(self, sealed: bytes, place: str) -> bytes:
        self.counter.now.opened += 1
        return self.sealer.open(sealed, place)


class _CountingFactor:
    """Counts what is compared (hashed)."""

    def __init__(self, factor: Any, counter: Counter) -> None:
        self._factor = factor
        self._counter = counter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._factor, name)

    def verify(self, *arguments: Any) -> Any:
        self._counter.now.verified += 1
        return self._factor.verify(*arguments)


@dataclass(slots=True)
class Budget:
    """The counted steps of an ordinary sign-in from a known browser, and of a refusal."""

    page: Count = field(default_factory=Count)
    challenge: Count = field(default_factory=Count)
    sign_in: Count = field(default_factory=Count)
    refusal: Count = field(default_factory=Count)


def budget(portal: Portal) -> Budget:
    """Walk one person through; raises AssertionError where the portal answers unexpectedly."""
    counter = Counter(portal)
    number = people.COUNT - 1
    token = people.browser_token(number)
    counter.client.set_cookie("__Host-browser", token, domain=HOST, secure=True)
    made = Budget()
    people.wait_for_room(4)
    login = {"email": people.email(number), "password": people.PASSWORD}
    steps: list[tuple[str, dict[str, str], int]] = [
        ("/login", {}, 200),
        ("/login", login, 303),
        ("/login/challenge", {}, 200),
        (CHALLENGE, {"code": people.code(number)}, 303),
        ("/", {}, 200),
    ]
    for path, form, expected in steps:
        status, taken = counter.step(path, **form)
        assert status == expected, (path, status)
        made.sign_in += taken
        if path == CHALLENGE:
            made.challenge = taken
    status, made.page = counter.step("/")
    assert status == 200, status
    made.refusal = _refused(counter, number)
    return made


def _refused(counter: Counter, number: int) -> Count:
    counter.client.delete_cookie("__Host-session", domain=HOST)
    counter.step("/login")
    counter.step("/login", email=people.email(number), password=people.PASSWORD)
    counter.step("/login/challenge")
    for _ in range(6):
        counter.step(CHALLENGE, code=people.wrong_code(number))
    # The second of a series: the first one is audited.
    status, taken = counter.step(CHALLENGE, code=people.wrong_code(number))
    assert status == 429, status
    return taken


def qr_ms(portal: Portal, rounds: int = 15) -> float:
    """Drawing the code that an authenticator app scans."""
    factor = portal.runner.factors["totp"]
    subject = Subject("id", people.email(1), "Driver 1", "Livery Portal", False)
    now = portal.runner.edge().now
    begun = factor.begin_enrolment(subject, bytes(range(256)) * 2)
    ceremony = Ceremony("id", "totp", Purpose.ENROLMENT, "session", begun.state, now)
    return _median(lambda: factor.show_enrolment(subject, ceremony), rounds) * 1e3


def limiter_us(portal: Portal, rounds: int = 400) -> float:
    """One hit of the brake in this process's memory."""
    limit = "1000000 per minute"
    with portal.app.test_request_context("/login", base_url=BASE_URL):
        return _median(lambda: brake().wait(limit, "bench"), rounds) * 1e6


def import_s(rounds: int = 5) -> float:
    """Importing the package in a fresh interpreter, compiled modules at hand."""
    times = []
    for _ in range(rounds + 1):
        done = subprocess.run(
            [sys.executable, "-c", IMPORT],
            cwd=ROOT,
            env=clean_environment({}),
            capture_output=True,
            timeout=60,
            check=True,
        )
        times.append(float(done.stdout))
    return statistics.median(times[1:])  # The first one may have had to compile.


def _median(work: Callable[[], Any], rounds: int) -> float:
    work()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def new_folder(parent: Path, name: str) -> Path:
    """A folder for one part of the measurement."""
    folder = parent / name
    folder.mkdir()
    return folder
