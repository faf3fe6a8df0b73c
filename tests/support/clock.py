"""The time and the randomness that tests give to the portal, through its Edge.

A test moves the clock; nothing here sleeps, and nothing patches a module. In-process tests use
Clock and Entropy; server processes can share a FileClock.
"""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # A Monday morning, far from any summer time.


class Clock:
    """A clock that moves only when it is told to. Call it for the time, as the portal does."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        with self._lock:
            return self._now

    def advance(self, delta: timedelta | None = None, **units: float) -> datetime:
        """Move by `delta` or by named units, `advance(minutes=5)`; a negative one moves back."""
        with self._lock:
            self._now += delta if delta is not None else timedelta(**units)
            return self._now

    def set(self, instant: datetime) -> None:
        """Jump to an aware instant."""
        assert instant.tzinfo is not None, "an instant without a zone is a mistake"
        with self._lock:
            self._now = instant.astimezone(UTC)


class FileClock(Clock):
    """The machine's clock plus an offset in seconds that is kept in a file.

    Several processes that read the same file move together, which a clock in memory cannot.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    @property
    def offset(self) -> timedelta:
        """How far this clock is ahead of the machine's; zero before it was ever moved."""
        text = self._file.read_text() if self._file.exists() else "0"
        return timedelta(seconds=float(text))

    def advance(self, delta: timedelta | None = None, **units: float) -> datetime:
        """Move every process that reads the file."""
        moved = self.offset + (delta if delta is not None else timedelta(**units))
        # A rename, so that a process which reads at this moment sees the old offset or the new.
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(moved.total_seconds()))
        fresh.replace(self._file)
        return self()

    def set(self, instant: datetime) -> None:
        """Go on from an aware instant, at the machine's pace."""
        self.advance(instant - self())


class Entropy:
    """Random-looking bytes that are the same in every run with the same seed.

    No two calls return the same bytes, as the portal may rely on for ids and nonces.
    """

    def __init__(self, seed: str = "house") -> None:
        self._seed = seed.encode()
        self._calls = 0
        self._lock = threading.Lock()

    def __call__(self, size: int) -> bytes:
        with self._lock:
            self._calls += 1
            counter = self._calls.to_bytes(8, "big")
        return hashlib.shake_256(counter + self._seed).digest(size)
