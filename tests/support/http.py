"""A browser's manners over a real connection: cookies, forms, redirects by hand.

A Caller signs in like the in-process Visitor, page by page, but every request is raw HTTP to one
of the portal's processes.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import Message
from http.cookies import SimpleCookie
from threading import Barrier
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from tests.support.house import House, Visitor

TIMEOUT_SECONDS = 60
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, with the names that the in-process one has."""

    status_code: int
    headers: Message
    text: str

    @property
    def status(self) -> str:
        return str(self.status_code)


@dataclass
class Connection:
    """What Visitor calls a client: sends one request to `url` and keeps the cookies."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, *, headers: Mapping[str, str], **_more: Any) -> Answer:
        return self._send("GET", path, None, headers)

    def post(
        self, path: str, *, data: Mapping[str, str], headers: Mapping[str, str], **_more: Any
    ) -> Answer:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, urlencode(data), {**headers, **form})

    def _send(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        port = urlsplit(self.url).port
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection("localhost", port, timeout=TIMEOUT_SECONDS)
        try:
            sent = {**headers, "Cookie": cookies} if cookies else dict(headers)
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie", []):
            self._keep(line)
        return Answer(response.status, response.headers, text)

    def _keep(self, line: str) -> None:
        for name, morsel in SimpleCookie(line).items():
            if morsel["max-age"] == "0" or not morsel.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value


class Caller(Visitor):
    """A visitor whose requests go over the wire, to the process at `url`."""

    def __init__(self, house: House, url: str) -> None:
        self.connection = Connection(url)
        super().__init__(house, self.connection, {})  # ty: ignore[invalid-argument-type]

    def call(self, url: str) -> Caller:
        """The same browser, served by another process from now on."""
        self.connection.url = url
        return self

    def tab(self, url: str) -> Caller:
        """A copy of this browser as it is now, for requests at the same instant."""
        copy = Caller(self.house, url)
        copy.connection.cookies.update(self.connection.cookies)
        copy.csrf = self.csrf
        return copy


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Start every call at the same instant, each in a thread of its own; their results."""
    barrier = Barrier(len(calls))

    def start(call: Callable[[], T]) -> T:
        barrier.wait(timeout=TIMEOUT_SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(start, calls))
