"""Reads CBOR with nothing before or behind it: the library would pass over what follows."""

from __future__ import annotations

import io
from typing import Any

import cbor2

from portal.ceremony import Reason
from portal.factors.passkey.encoding import Refusal

DEPTH_MAX = 8  # Three levels are used.


def only_map(raw: bytes) -> dict[Any, Any]:
    """The one map in `raw`. Raises Refusal, and what the reader raises for what is no CBOR."""
    stream = io.BytesIO(raw)
    decoder = cbor2.CBORDecoder(
        stream, max_depth=DEPTH_MAX, allow_indefinite=False, allow_duplicate_keys=False
    )
    item = decoder.decode()
    if stream.tell() != len(raw):
        raise Refusal(Reason.MALFORMED, "trailing bytes")
    if not isinstance(item, dict):
        raise Refusal(Reason.MALFORMED, "CBOR map")
    return item
