"""Codes that are read from paper or over the telephone: base 32 with nothing that looks alike.

Crockford's alphabet. Not a factor; factors whose codes people copy by hand write them with it.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})
TYPED_MAX = 60
GROUP = 4


def canonical(answer: str, length: int) -> str | None:
    """The typed code without spaces and dashes, look-alikes read as digits; None if misshapen."""
    if not answer.isascii() or len(answer) > TYPED_MAX:
        return None
    code = answer.upper().translate(READ_AS)
    return code if len(code) == length and set(code) <= set(ALPHABET) else None


def encode(value: bytes) -> str:
    """Base 32 with 5 bits a character, from the most significant bit."""
    number = int.from_bytes(value)
    length = len(value) * 8 // 5
    shift = len(value) * 8 - length * 5
    number >>= shift
    return "".join(ALPHABET[number >> 5 * i & 31] for i in reversed(range(length)))


def grouped(code: str) -> str:
    return "-".join(code[i : i + GROUP] for i in range(0, len(code), GROUP))
