"""Writes CBOR as authenticators do: definite lengths, shortest heads. From RFC 8949."""

from __future__ import annotations

from typing import Any


def encode(value: Any) -> bytes:
    """Integers, byte strings, text, lists, maps in the order given, booleans."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(encode, value))
    assert isinstance(value, dict), type(value)
    members = (encode(key) + encode(member) for key, member in value.items())
    return head(5, len(value)) + b"".join(members)


def head(major: int, number: int) -> bytes:
    """The head of a data item: its major type and its number."""
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 256**size:
            return bytes([major << 5 | code]) + number.to_bytes(size)
    raise ValueError(number)
