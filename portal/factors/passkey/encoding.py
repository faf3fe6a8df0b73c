"""base64url without padding, as WebAuthn writes every byte string; and how an answer is refused."""

from __future__ import annotations

import base64
import binascii

from portal.ceremony import Data, Reason


class Refusal(Exception):
    """An answer does not prove anything; it never leaves this folder, `Rejected` does.

    `why`: in the standard's words and never in the answer's own, because it goes to the log.
    """

    def __init__(self, reason: Reason, why: str, data: Data | None = None) -> None:
        super().__init__(why)
        self.reason = reason
        self.why = why
        self.data = data


# What stands at the end of base64url without padding, by the length's remainder: other characters
# there would carry bits that nobody reads, a second spelling of the same bytes.
_LAST = {2: b"AQgw", 3: b"AEIMQUYcgkosw048"}
_PADDING = {0: b"", 2: b"==", 3: b"="}
_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes, of one spelling only: no padding, no foreign characters (ValueError)."""
    raw = text.encode("ascii")
    rest = len(raw) % 4
    if rest == 1 or (rest and raw[-1] not in _LAST[rest]):
        raise ValueError("not base64url")
    return binascii.a2b_base64(raw.translate(_STANDARD) + _PADDING[rest], strict_mode=True)
