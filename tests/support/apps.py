"""An authenticator app that computes its codes by itself.

So a mistake of the portal's library cannot hide in the test.
"""

from __future__ import annotations

import base64
import hmac
import struct
from dataclasses import dataclass
from datetime import datetime


@dataclass
class App:
    """An authenticator app: a key, and the code of a moment (RFC 6238 with SHA-1, 6, 30 s)."""

    key: str

    def code(self, now: datetime, *, steps: int = 0) -> str:
        counter = int(now.timestamp()) // 30 + steps
        padded = self.key + "=" * (-len(self.key) % 8)
        digest = hmac.digest(base64.b32decode(padded), struct.pack(">Q", counter), "sha1")
        offset = digest[19] & 15
        number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
        return f"{number % 10**6:06d}"
