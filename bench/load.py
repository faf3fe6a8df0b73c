"""The load client: raw asyncio sockets that walk people through described steps.

It costs far less than any server here, and what it measures is the server's CPU time. Every answer
is checked: a quick wrong answer must not look like a quick server.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

from bench import people
from bench.servers import HOST, Server

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


class WrongAnswer(Exception):
    """A server did not do what the step describes; the measurement would be worthless."""


@dataclass(frozen=True, slots=True)
class Step:
    """A request: a GET, or a POST when it has a form. `{names}` are filled in per person."""

    label: str
    path: str
    status: int
    form: Mapping[str, str] | None = None
    says: str = ""


@dataclass(slots=True)
class Target:
    """A served program and how a person signs in there."""

    server: Server
    browser_cookie: str
    sign_in: Sequence[Step]
    settings: Step
    challenge: Step
    refused: Step
    next_person: int = 1  # Number 0 owns the settings page.

    @property
    def name(self) -> str:
        return self.server.name

    def take(self, count: int) -> list[Person]:
        """The next people, so that nobody signs in twice within a period of the app."""
        numbers = range(self.next_person, self.next_person + count)
        self.next_person += count
        return [Person(1 + (number - 1) % (people.COUNT - 1), self) for number in numbers]


@dataclass(slots=True)
class Person:
    """Somebody with a browser: cookies and the token of the page last seen."""

    number: int
    target: Target
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def __post_init__(self) -> None:
        if self.target.browser_cookie:
            self.cookies[self.target.browser_cookie] = people.browser_token(self.number)

    async def take(self, connection: Connection, step: Step) -> Answer:
        """Do a step; raises WrongAnswer unless it is answered as described."""
        answer = await self.send(connection, step)
        if answer.status != step.status or step.says not in answer.text:
            log = self.target.server.log.read_text(errors="replace")[-2000:]
            raise WrongAnswer(f"{self.target.name}: {step.label}: {answer.status}\n{log}")
        return answer

    async def send(self, connection: Connection, step: Step) -> Answer:
        """Do a step, whatever is answered."""
        words = {
            "email": people.email(self.number),
            "password": people.PASSWORD,
            "code": people.code(self.number),
            "wrong_code": people.wrong_code(self.number),
            "csrf": self.csrf,
        }
        form = step.form and {name: text.format_map(words) for name, text in step.form.items()}
        answer = await connection.send(step.path, self._headers(), form)
        self.cookies.update(answer.cookies)
        if found := CSRF.search(answer.text):
            self.csrf = unescape(found.group(1))
        return answer

    def _headers(self) -> dict[str, str]:
        return {
            "Host": HOST,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Accept-Language": "en-GB,en;q=0.8",
            "X-Forwarded-For": people.address(self.number),
            "X-Forwarded-Proto": "https",
        }


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    cookies: dict[str, str]
    text: str


class Connection:
    """One keep-alive connection."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(
        self, path: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> Answer:
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.server.port)
        reader, writer = self.streams
        body = urlencode(form).encode() if form is not None else b""
        lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value]
        if form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded"]
            lines += [f"Content-Length: {len(body)}"]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = [line.partition(": ") for line in head[1:] if line]
        known = {name.lower(): value for name, _, value in fields}
        text = await _read_body(reader, known)
        if known.get("connection", "").lower() == "close":
            self.close()
        set_cookies = [value for name, _, value in fields if name.lower() == "set-cookie"]
        pairs = (value.partition(";")[0].partition("=") for value in set_cookies)
        cookies = {name: value for name, _, value in pairs}
        return Answer(int(head[0].split()[1]), cookies, text.decode())

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readline()
    return b"".join(parts)


async def sign_in_by_steps(target: Target, count: int) -> dict[str, float]:
    """CPU milliseconds per operation of each step: everybody does one, then all do the next."""
    walkers = target.take(count)
    connection = Connection(target.server)
    costs = {}
    for step in target.sign_in:
        people.wait_for_room(4)
        before = target.server.cpu_seconds()
        for person in walkers:
            await person.take(connection, step)
        costs[step.label] = (target.server.cpu_seconds() - before) * 1000 / count
    connection.close()
    return costs


async def sign_ins_a_second(target: Target, count: int, at_once: int = 4) -> float:
    """Whole sign-ins a second with `at_once` people at a time."""
    waiting = target.take(count)
    people.wait_for_room(12)
    begun = time.perf_counter()

    async def walk() -> None:
        connection = Connection(target.server)
        while waiting:
            person = waiting.pop()
            for step in target.sign_in:
                await person.take(connection, step)
        connection.close()

    await asyncio.gather(*(walk() for _ in range(at_once)))
    return count / (time.perf_counter() - begun)


async def sign_in(target: Target, person: Person) -> None:
    people.wait_for_room(4)
    connection = Connection(target.server)
    for step in target.sign_in:
        await person.take(connection, step)
    connection.close()


async def repeat(target: Target, person: Person, step: Step, count: int) -> float:
    """CPU milliseconds of one step that the same person does again and again."""
    connection = Connection(target.server)
    await person.take(connection, step)
    before = target.server.cpu_seconds()
    for _ in range(count):
        await person.take(connection, step)
    cost = (target.server.cpu_seconds() - before) * 1000 / count
    connection.close()
    return cost


async def refusals(target: Target, count: int) -> float:
    """CPU milliseconds of a refusal, once five wrong codes have used up the free attempts."""
    (person,) = target.take(1)
    connection = Connection(target.server)
    before_code = [step for step in target.sign_in if step is not target.challenge]
    for step in before_code[: target.sign_in.index(target.challenge)]:
        await person.take(connection, step)
    for _ in range(5):
        await person.send(connection, target.refused)
    connection.close()
    return await repeat(target, person, target.refused, count)
