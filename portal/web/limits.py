"""A brake per network address on the few routes that cost much or write mail.

Only a brake: what must hold (attempts, one-time use) is counted in the database. When the
limiter's store is gone the brake falls back to this process's memory, and nothing is let in by it.
"""

from __future__ import annotations

import ipaddress
import math
from typing import TYPE_CHECKING, TypeVar

from flask import Flask, current_app, g, request

from portal.values import frozen
from portal.web.logs import log

SWEEP_EVERY = 500
T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable

    from limits import RateLimitItem
    from limits.storage import Storage
    from limits.strategies import RateLimiter


@frozen
class Count:
    """How a limit stands after a hit: `left` of `amount` for `ends_in` more of `window` seconds.

    `wait`: for how long nothing more may go on; 0 when this hit may.
    """

    amount: int
    window: int
    left: int
    ends_in: int
    wait: int


class Brake:
    """Counts hits per address and route."""

    def __init__(self, storage_url: str) -> None:
        # Imported on use: the library brings every store that it knows, and asynchronous ones too.
        from limits.strategies import FixedWindowRateLimiter

        self.fallback: RateLimiter = FixedWindowRateLimiter(_memory())
        self.strategy: RateLimiter = self.fallback
        if not storage_url.startswith("memory:"):
            self.strategy = self._remote(storage_url)

    def _remote(self, storage_url: str) -> RateLimiter:
        from flask_limiter import Limiter

        limiter = Limiter(
            key_func=lambda: network(request.remote_addr or ""),
            storage_uri=storage_url,
            # A store that hangs must not hang sign-ins with it.
            storage_options={"socket_timeout": 1, "socket_connect_timeout": 1},
            strategy="fixed-window",
        )
        # Given to an application of its own: on ours its hooks would check every request
        # (170 µs each), and the few routes that need it call the strategy directly.
        limiter.init_app(Flask("limiter"))
        return limiter.limiter

    def wait(self, limit: str, name: str, subject: str | None = None) -> int:
        """Count one hit on `name`; seconds to wait, or 0 when it may go on.

        Hits are counted per `network`, or per `subject` (a pseudonym) where one is given.
        """
        return self._ask(_hit, limit, name, subject)

    def count(self, limit: str, name: str, subject: str | None = None) -> Count:
        """Count one hit as `wait` does, and say how the limit stands."""
        return self._ask(_count, limit, name, subject)

    def _ask(self, ask: Callable[..., T], limit: str, name: str, subject: str | None) -> T:
        from limits import parse

        item = parse(limit)
        keys = (name, subject or network(request.remote_addr or ""))
        try:
            return ask(self.strategy, item, keys)
        except Exception:  # Whatever the store's client raises, the answer is the same.
            log.warning("limiter.store_unreachable")
            return ask(self.fallback, item, keys)


def _memory() -> Storage:
    """Counts in this process's memory."""
    from limits.storage import MemoryStorage

    class Quiet(MemoryStorage):
        """The library's own starts a thread at every hit, which costs more than the hit.

        That thread only frees what has ended, since an ended count is never read as one: here the
        hits do it, now and then.
        """

        hits = 0

        def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802
            self.hits += 1
            if self.hits % SWEEP_EVERY == 0:
                # Its own name for what that thread would have called.
                vars(MemoryStorage)["_MemoryStorage__expire_events"](self)

    return Quiet()


def _hit(strategy: RateLimiter, item: RateLimitItem, keys: tuple[str, str]) -> int:
    if strategy.hit(item, *keys):
        return 0
    # The window began at most its own length ago, by the store's clock.
    now = current_app.extensions["portal"].clock().timestamp()
    left = strategy.get_window_stats(item, *keys).reset_time - now
    return min(max(1, math.ceil(left)), item.get_expiry())


def _count(strategy: RateLimiter, item: RateLimitItem, keys: tuple[str, str]) -> Count:
    wait = _hit(strategy, item, keys)
    stands = strategy.get_window_stats(item, *keys)
    window = item.get_expiry()
    now = current_app.extensions["portal"].clock().timestamp()
    ends_in = wait or min(max(1, math.ceil(stands.reset_time - now)), window)
    return Count(item.amount, window, 0 if wait else max(0, stands.remaining), ends_in, wait)


def network(address: str) -> str:
    """The network that an address is counted with: of IPv6 its /64, which one customer has whole.

    IPv4 written as IPv6 is IPv4: else all of it were one network.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address  # A socket's path, or nothing: it is at least the same each time.
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))


def brake_person(limit: str, name: str) -> int:
    """Count one hit of the signed-in person; seconds to wait, or 0.

    The request's transaction is given up first: a store that is slow must not hold anybody else.
    """
    current_app.extensions["portal"].close(g.edge)
    return brake().wait(limit, name, g.visit.user.id)


def brake() -> Brake:
    return current_app.extensions["portal_brake"]
