"""Opaque secrets handed to browsers and mailboxes: made here, stored only as hashes."""

from __future__ import annotations

import base64
import hashlib
import hmac

from portal.edge import Edge

TOKEN_BYTES = 32
LENGTH_MAX = -(-TOKEN_BYTES * 4 // 3)  # Characters of a token: six bits each, without padding.


def make(edge: Edge) -> str:
    """256 random bits as base64url."""
    return base64.urlsafe_b64encode(edge.entropy(TOKEN_BYTES)).rstrip(b"=").decode()


def digest(token: str) -> bytes:
    """What is stored: SHA-256. The token has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def keyed(edge: Edge, purpose: str, value: str) -> bytes:
    """HMAC-SHA256 with the portal's secret key: pseudonyms that only this portal can make."""
    message = f"{purpose}\x00{value}".encode("utf-8", "replace")
    return hmac.digest(edge.settings.secret_key.encode(), message, "sha256")
