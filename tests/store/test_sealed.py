"""Sealed columns open where they were sealed, whole, with a key of the ring, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from portal.edge import Edge
from portal.rules.terms import Category, Strength
from portal.store import authenticators, outbox
from portal.store.authenticators import New
from portal.store.sealed import (
    HEADER_BYTES,
    NONCE_BYTES,
    KeyRing,
    Resealed,
    SealBroken,
    reseal_page,
)
from portal.store.tables import authenticators as table
from tests.store.conftest import Store

KEY_1, KEY_2 = bytes(range(32)), bytes(range(32, 64))
PLACE = "authenticators:data:row-1"
NONCE = bytes(NONCE_BYTES)
RING = KeyRing({1: KEY_1})
SEALED = RING.seal(b"a secret", PLACE, NONCE)


def test_what_is_sealed_opens_again_and_shows_nothing() -> None:
    assert RING.open(SEALED, PLACE) == b"a secret"
    assert b"secret" not in SEALED
    assert SEALED[:HEADER_BYTES] == b"\x01" + NONCE


@pytest.mark.parametrize(
    ("ring", "sealed", "place"),
    [
        pytest.param(RING, SEALED, "authenticators:data:row-2", id="moved to another row"),
        pytest.param(RING, SEALED, "authenticators:name:row-1", id="moved to another column"),
        pytest.param(RING, SEALED, "ceremonies:data:row-1", id="moved to another table"),
        pytest.param(KeyRing({1: KEY_2}), SEALED, PLACE, id="another key of that number"),
        pytest.param(KeyRing({2: KEY_1}), SEALED, PLACE, id="the key left the ring"),
        pytest.param(RING, b"\x02" + SEALED[1:], PLACE, id="a key number that is not there"),
        pytest.param(RING, b"", PLACE, id="empty"),
        pytest.param(RING, SEALED[:1], PLACE, id="only the key number"),
        pytest.param(RING, SEALED[:HEADER_BYTES], PLACE, id="only the header"),
        pytest.param(RING, SEALED[:-1], PLACE, id="a byte short"),
        pytest.param(RING, SEALED[:-16], PLACE, id="without its tag"),
        pytest.param(RING, SEALED + b"\x00", PLACE, id="a byte more"),
    ],
)
def test_a_value_does_not_open(ring: KeyRing, sealed: bytes, place: str) -> None:
    with pytest.raises(SealBroken) as broken:
        ring.open(sealed, place)
    assert broken.value.place == place


def test_no_bit_can_be_flipped() -> None:
    for bit in range(len(SEALED) * 8):
        flipped = bytearray(SEALED)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            RING.open(bytes(flipped), PLACE)


def test_the_greatest_number_seals_and_every_key_opens() -> None:
    both = KeyRing({1: KEY_1, 2: KEY_2})
    assert both.open(SEALED, PLACE) == b"a secret"
    assert both.seal(b"new", PLACE, NONCE)[0] == both.current == 2


def test_a_ring_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        KeyRing({})


def enrol(store: Store, user_id: str, data: dict[str, object]) -> str:
    def add(edge: Edge) -> str:
        identity = edge.new_id()
        strength = Strength(Category.POSSESSION)
        authenticators.add(edge, New(identity, user_id, "totp", "", data, strength))
        return identity

    store.clock.advance(seconds=1)  # Ids keep the order in which rows were made.
    return store.run(add)


def raw(store: Store, identity: str) -> bytes:
    with store.transaction(writing=False) as edge:
        found = edge.db.execute(select(table.c.data).where(table.c.id == identity)).scalar_one()
    return bytes(found)


def test_a_ciphertext_that_changed_rows_does_not_open(store: Store) -> None:
    user_id = store.user()
    one, other = (enrol(store, user_id, {"secret": name}) for name in ("one", "other"))
    store.tamper(update(table).where(table.c.id == other).values(data=raw(store, one)))
    assert store.run(authenticators.by_id, user_id, one).data == {"secret": "one"}
    with pytest.raises(SealBroken):
        store.run(authenticators.by_id, user_id, other)


def test_a_list_opens_only_what_is_asked_for(store: Store) -> None:
    user_id = store.user()
    good, bad = (enrol(store, user_id, {"secret": name}) for name in ("good", "bad"))
    store.tamper(update(table).where(table.c.id == bad).values(data=raw(store, good)))
    one, other = store.run(authenticators.of_user, user_id)
    assert (one.id, one.data) == (good, {"secret": "good"})
    with pytest.raises(SealBroken):
        _ = other.data


@pytest.mark.parametrize("length", [0, 5])
def test_rotation_goes_on_past_a_value_that_does_not_open(store: Store, length: int) -> None:
    user_id = store.user()
    bad, good = (enrol(store, user_id, {"secret": name}) for name in ("bad", "good"))
    spoilt = raw(store, bad)[:length]
    store.tamper(update(table).where(table.c.id == bad).values(data=spoilt))
    store.keys({1: KEY_1, 2: KEY_2})
    done = store.run(authenticators.reseal_page, "", 10)
    assert done == Resealed(good, (f"authenticators:data:{bad}",))
    assert raw(store, bad) == spoilt
    assert raw(store, good)[0] == 2


def test_rotation_reseals_every_row_and_the_old_key_can_go(store: Store) -> None:
    user_id = store.user()
    ids = [enrol(store, user_id, {"number": number}) for number in range(5)]
    store.run(outbox.add, kind="unlock", user_id=user_id, payload={"path": "/unlock/x"})
    store.keys({1: KEY_1, 2: KEY_2})
    after: str | None = ""
    pages = 0
    while (after := store.run(authenticators.reseal_page, after, 2).last) is not None:
        pages += 1
    assert pages == 3
    store.run(outbox.reseal_page, "", 10)
    store.keys({2: KEY_2})
    held = store.run(authenticators.of_user, user_id)
    assert [(one.id, one.data) for one in held] == [(ids[n], {"number": n}) for n in range(5)]
    assert store.run(outbox.claim).payload == {"path": "/unlock/x"}


def test_rotation_leaves_alone_what_has_the_newest_key(store: Store) -> None:
    identity = enrol(store, store.user(), {"secret": "one"})
    before = raw(store, identity)
    store.run(authenticators.reseal_page, "", 10)
    assert raw(store, identity) == before


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_code_accepted_during_rotation_stays_used(store: Store) -> None:
    """The row changes between the rotation's reading and its writing."""
    user_id = store.user()
    identity = enrol(store, user_id, {"last_step": 1})
    store.keys({1: KEY_1, 2: KEY_2})
    rotating = store.runner.edge()

    class Meanwhile:
        """A connection on which somebody signs in right after the rotation has read."""

        def __init__(self, connection: Any) -> None:
            self.connection = connection
            self.dialect = store.database.engine.dialect

        def execute(self, statement: Any, *more: Any) -> Any:
            result = self.connection.execute(statement, *more)
            if str(statement).startswith("SELECT"):
                with store.transaction() as edge:
                    held = authenticators.by_id(edge, user_id, identity)
                    assert held is not None
                    assert authenticators.replace(edge, held, {"last_step": 2})
            return result

    store.runner.prepare(rotating, writing=True)
    transaction = rotating.transaction
    assert transaction is not None
    real, transaction.connection = transaction.connection, Meanwhile(transaction.connection)
    reseal_page(rotating, table, "data", "", 10)
    transaction.connection = real
    transaction.commit()
    assert store.run(authenticators.by_id, user_id, identity).data == {"last_step": 2}
