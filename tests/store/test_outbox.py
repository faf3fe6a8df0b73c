"""The outbox: each mail claimed by one worker, tried again later and later, emptied in the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.store import outbox
from portal.store.outbox import ATTEMPTS_MAX, LEASE, Entry
from portal.store.tables import outbox as table
from tests.store.conftest import Store
from tests.support.threads import at_once

SECOND = timedelta(seconds=1)


def add(store: Store, number: int = 0) -> str:
    return store.run(outbox.add, kind="unlock", user_id=None, payload={"number": number})


def claim(store: Store) -> Entry | None:
    return store.run(outbox.claim)


def claimed(store: Store) -> Entry:
    entry = claim(store)
    assert entry is not None
    return entry


def row(store: Store) -> Any:
    with store.transaction(writing=False) as edge:
        return edge.db.execute(select(table)).mappings().one()


def test_the_oldest_is_claimed_first_and_opened(store: Store) -> None:
    ids = []
    for number in range(3):
        ids.append(add(store, number))
        store.clock.advance(seconds=1)
    entries = [claimed(store) for _ in range(3)]
    assert [(entry.id, entry.payload, entry.attempts) for entry in entries] == [
        (ids[number], {"number": number}, 1) for number in range(3)
    ]
    assert claim(store) is None


def test_workers_at_once_never_claim_the_same_row(store: Store) -> None:
    ids = {add(store, number) for number in range(12)}

    def work(_: int) -> list[str]:
        found = []
        while (entry := claim(store)) is not None:
            found.append(entry.id)
        return found

    found = [identity for part in at_once(4, work) for identity in part]
    assert len(found) == 12
    assert set(found) == ids


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_worker_does_not_wait_for_another_ones_claim(store: Store) -> None:
    ids = [add(store, number) for number in range(2)]
    with store.transaction() as one, store.transaction() as other:
        first, second = outbox.claim(one), outbox.claim(other)
        assert first is not None and second is not None
        assert [first.id, second.id] == ids


def test_a_claim_that_is_rolled_back_was_none(store: Store) -> None:
    add(store)
    edge = store.runner.edge()
    store.runner.prepare(edge, writing=True)
    assert outbox.claim(edge) is not None
    store.runner.close(edge)
    assert claimed(store).attempts == 1


def test_a_worker_that_dies_leaves_a_row_that_becomes_due_again(store: Store) -> None:
    add(store)
    first = claimed(store)
    store.clock.advance(LEASE - SECOND)
    assert claim(store) is None
    store.clock.advance(SECOND)
    second = claimed(store)
    assert (second.id, second.attempts) == (first.id, 2)


def test_what_was_sent_is_emptied_and_never_due_again(store: Store) -> None:
    add(store)
    store.run(outbox.sent, claimed(store))
    store.clock.advance(days=30)
    assert claim(store) is None
    kept = row(store)
    assert (kept["state"], kept["payload"], kept["error"]) == ("sent", None, None)
    assert store.run(outbox.waiting) == 0


def test_a_failure_is_tried_again_later_each_time(store: Store) -> None:
    add(store)
    waits = []
    for _ in range(12):
        store.run(outbox.failed, claimed(store), error="busy", permanent=False)
        waits.append((row(store)["due_at"] - store.clock()).total_seconds())
        store.clock.advance(seconds=waits[-1] - 1)
        assert claim(store) is None
        store.clock.advance(seconds=1)
    assert waits == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]
    assert store.run(outbox.waiting) == 1


def test_a_permanent_failure_is_final_and_emptied(store: Store) -> None:
    add(store)
    store.run(outbox.failed, claimed(store), error="no such mailbox " * 100, permanent=True)
    store.clock.advance(days=1)
    assert claim(store) is None
    kept = row(store)
    assert (kept["state"], kept["payload"], len(kept["error"])) == ("failed", None, 500)


def test_patience_ends(store: Store) -> None:
    add(store)
    store.tamper(update(table).values(attempts=ATTEMPTS_MAX - 2))
    for state in ("waiting", "failed"):
        store.run(outbox.failed, claimed(store), error="busy", permanent=False)
        assert row(store)["state"] == state
        store.clock.advance(hours=2)


def test_a_row_that_does_not_open_holds_nothing_up(store: Store) -> None:
    add(store, 1)
    store.tamper(update(table).values(payload=b"\x01 spoilt, and long enough to look at"))
    add(store, 2)
    assert [claimed(store).payload, claimed(store).payload] == [None, {"number": 2}]


@pytest.mark.parametrize("permanent", [True, False])
def test_a_worker_that_comes_late_changes_nothing_of_the_next_ones_work(
    store: Store, permanent: bool
) -> None:
    add(store)
    late = claimed(store)
    store.clock.advance(LEASE)
    prompt = claimed(store)
    before = row(store)
    store.run(outbox.failed, late, error="timed out", permanent=permanent)
    assert row(store) == before
    store.run(outbox.sent, prompt)
    store.run(outbox.failed, prompt, error="timed out", permanent=permanent)
    assert row(store)["state"] == "sent"


def test_a_queued_mail_is_unreadable_in_the_database(store: Store) -> None:
    store.run(outbox.add, kind="unlock", user_id=None, payload={"path": "/unlock/very-secret"})
    assert b"very-secret" not in bytes(row(store)["payload"])


def test_purge_takes_the_finished_and_leaves_the_waiting(store: Store) -> None:
    add(store)
    store.run(outbox.sent, claimed(store))
    add(store)
    store.clock.advance(days=31)
    assert store.run(outbox.purge, store.clock()) == 1
    assert row(store)["state"] == "waiting"
