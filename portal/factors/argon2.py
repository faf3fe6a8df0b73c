"""argon2id by libsodium: the standard hash strings at about half of the usual cost.

Salts come from the caller, so that randomness has one source. Not a factor; factors that keep a
low-entropy secret use it (RFC 9106; OWASP's 19 MiB, 2 passes, 1 lane by default).
"""

from __future__ import annotations

import base64

from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from portal.settings import PasswordHash

SALT_BYTES = argon2id.SALTBYTES
HASH_BYTES = 32


def _unpadded(value: bytes) -> str:
    return base64.b64encode(value).rstrip(b"=").decode()


def _head(cost: PasswordHash) -> str:
    return f"$argon2id$v=19$m={cost.memory // 1024},t={cost.passes},p=1$"


def make(secret: bytes, salt: bytes, cost: PasswordHash) -> str:
    """Hash `secret` with a 16-byte salt into the PHC string that every argon2 library reads."""
    digest = argon2id.kdf(HASH_BYTES, secret, salt, opslimit=cost.passes, memlimit=cost.memory)
    return f"{_head(cost)}{_unpadded(salt)}${_unpadded(digest)}"


def decoy(cost: PasswordHash) -> str:
    """A string that no secret matches and that costs as much to refuse as a real one."""
    return f"{_head(cost)}{_unpadded(bytes(SALT_BYTES))}${_unpadded(bytes(HASH_BYTES))}"


def matches(encoded: str, secret: bytes) -> bool:
    """Whether `secret` is the one behind the string; False for a string it cannot read."""
    try:
        return bool(argon2id.verify(encoded.encode(), secret))
    except (CryptoError, ValueError):
        return False


def outdated(encoded: str, cost: PasswordHash) -> bool:
    """Whether the string was made at another cost than today's."""
    return not encoded.startswith(_head(cost))
