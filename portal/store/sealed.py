"""Sealed columns: AES-256-GCM, bound to the place where they stand (table, column, row).

Layout: key number (1 byte) ‖ nonce (12 bytes) ‖ ciphertext with tag. The associated data is
`table:column:row id`, so a ciphertext moved to another row, or cut short, does not open. Keys
come from settings and never from the database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Table, select, update

from portal.edge import Edge, SealBroken
from portal.values import frozen

NONCE_BYTES = 12
HEADER_BYTES = 1 + NONCE_BYTES


class KeyRing:
    """The keys of the house. The greatest number seals; every key opens what it sealed."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        if not keys:
            raise ValueError("a key ring needs a key")
        self._ciphers = {number: AESGCM(key) for number, key in keys.items()}
        self.current = max(keys)

    def seal(self, value: bytes, place: str, nonce: bytes) -> bytes:
        """Encrypt `value` for `place`. `nonce`: 12 random bytes, never used twice."""
        cipher = self._ciphers[self.current]
        return bytes([self.current]) + nonce + cipher.encrypt(nonce, value, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt a value that was sealed for `place`. Raises SealBroken."""
        cipher = self._ciphers.get(sealed[0]) if len(sealed) > HEADER_BYTES else None
        if cipher is None:
            raise SealBroken(place)
        try:
            return cipher.decrypt(sealed[1:HEADER_BYTES], sealed[HEADER_BYTES:], place.encode())
        except InvalidTag as broken:
            raise SealBroken(place) from broken


def seal_json(edge: Edge, place: str, row_id: str, value: Any) -> bytes:
    """Seal a JSON value for a row. `place` is `table:column`."""
    encoded = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return edge.sealer.seal(encoded, f"{place}:{row_id}", edge.entropy(NONCE_BYTES))


def open_json(edge: Edge, place: str, row_id: str, sealed: bytes) -> Any:
    """Open what `seal_json` made. Raises SealBroken."""
    # As text: from bytes `json` would guess the encoding each time.
    return json.loads(edge.sealer.open(bytes(sealed), f"{place}:{row_id}").decode())


@frozen
class Resealed:
    """A page of rows that were sealed anew. `last`: where the next page starts, None at the end.

    `broken` holds the places that did not open; they were left as they are.
    """

    last: str | None
    broken: tuple[str, ...]


def reseal_page(edge: Edge, table: Table, column: str, after: str, size: int) -> Resealed:
    """Seal a page of rows with the current key.

    A row is exchanged only if it still holds the ciphertext that was read, so that a code which
    is accepted meanwhile is never undone.
    """
    sealed = table.c[column]
    statement = select(table.c.id, sealed).where(sealed.is_not(None))
    if after:
        statement = statement.where(table.c.id > after)
    rows = edge.db.execute(statement.order_by(table.c.id).limit(size)).all()
    broken = []
    for identity, before in rows:
        if before and bytes(before)[0] == edge.sealer.current:
            continue
        try:
            opened = open_json(edge, f"{table.name}:{column}", identity, before)
        except SealBroken as seal:
            broken.append(seal.place)
            continue
        again = seal_json(edge, f"{table.name}:{column}", identity, opened)
        edge.db.execute(
            update(table).where(table.c.id == identity, sealed == before).values({column: again})
        )
    return Resealed(rows[-1][0] if rows else None, tuple(broken))
