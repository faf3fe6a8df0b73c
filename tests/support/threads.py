"""Several callers at the same instant, in threads that start together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """What `work(0)` to `work(count - 1)` return when they begin together; raises what they do."""
    start = Barrier(count)

    def begin(number: int) -> T:
        start.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(begin, range(count)))
