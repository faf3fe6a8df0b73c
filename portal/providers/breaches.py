"""Passwords that are known from breaches: a local file of SHA-1 hashes, sorted, one a line.

The format is the published one ("ordered by hash", `HASH:count`). Nothing leaves the machine.
"""

from __future__ import annotations

from pathlib import Path

LINE_MAX = 128


class BreachedPasswords:
    """Looks a hash up by bisection in the file; without a file nothing is known."""

    def __init__(self, path: str = "") -> None:
        self.path = Path(path) if path else None
        if self.path is not None and not self.path.is_file():
            raise FileNotFoundError(path)

    def __call__(self, digest: str) -> bool:
        """Whether the SHA-1 (hex) of a password is in the file."""
        if self.path is None:
            return False
        wanted = digest.upper().encode()
        with self.path.open("rb") as file:
            low, high = 0, self.path.stat().st_size
            while low < high:
                middle = (low + high) // 2
                file.seek(middle)
                if middle:
                    file.readline(LINE_MAX)  # The rest of a line that was cut.
                line = file.readline(LINE_MAX)
                if line and line[:40].upper() < wanted:
                    low = middle + 1
                else:
                    high = middle
            file.seek(low)
            if low:
                file.readline(LINE_MAX)
            return file.readline(LINE_MAX)[:40].upper() == wanted
