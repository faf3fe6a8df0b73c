"""The audit chain: whatever is changed in it is found, and where; there is one chain only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from portal.edge import Edge
from portal.flows import delivery
from portal.store import audit
from portal.store.audit import Verdict
from portal.store.tables import audit_checkpoints, audit_events, audit_seals
from tests.store.conftest import Store
from tests.support.threads import at_once

CHANGED = "the event or its order was changed"


def write(store: Store, count: int, *, seconds: float = 1) -> None:
    for number in range(count):
        store.run(audit.add, "tests.happened", detail={"number": number, "words": "gr\u00fcn"})
        store.clock.advance(seconds=seconds)


def seal(store: Store) -> int:
    return store.run(audit.seal, size=1000)


def verify(store: Store) -> Verdict:
    return store.run(audit.verify, size=3)  # Small pages, so that the walk crosses their edges.


def sealed_event(store: Store, sequence: int) -> str:
    with store.transaction(writing=False) as edge:
        statement = select(audit_seals.c.event_id).where(audit_seals.c.sequence == sequence)
        return edge.db.execute(statement).scalar_one()


def event_of(sequence: int) -> Any:
    return (
        select(audit_seals.c.event_id).where(audit_seals.c.sequence == sequence).scalar_subquery()
    )


def test_a_chain_that_nobody_touched_verifies(store: Store) -> None:
    write(store, 10)
    assert verify(store) == Verdict(0, 10)
    assert seal(store) == 10
    write(store, 2)
    assert verify(store) == Verdict(10, 2)
    assert store.run(audit.count_waiting) == 2


def test_an_empty_log_verifies(store: Store) -> None:
    assert verify(store) == Verdict(0, 0)
    assert store.run(audit.head) == (0, bytes(32).hex())


@pytest.mark.parametrize(
    "change",
    [
        {"event": "tests.other"},
        {"reason": "nothing"},
        {"detail": {"number": 4, "words": "rot"}},
        {"address": "192.0.2.7"},
        {"request_id": "another"},
        {"level": "aal2"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_edited_row_is_found(store: Store, change: dict[str, Any]) -> None:
    write(store, 8)
    seal(store)
    edit = update(audit_events).where(audit_events.c.id == event_of(5))
    assert store.tamper(edit.values(**change)) == 1
    assert verify(store) == Verdict(4, 0, 5, CHANGED)


def test_an_instant_moved_by_a_microsecond_is_found(store: Store) -> None:
    write(store, 8)
    seal(store)
    moved = store.clock() - timedelta(seconds=4) + timedelta(microseconds=1)
    store.tamper(update(audit_events).where(audit_events.c.id == event_of(5)).values(at=moved))
    assert verify(store) == Verdict(4, 0, 5, CHANGED)


@pytest.mark.parametrize("sequence", [1, 5, 8])
def test_a_deleted_row_is_found(store: Store, sequence: int) -> None:
    write(store, 8)
    seal(store)
    gone = delete(audit_events).where(audit_events.c.id == sealed_event(store, sequence))
    assert store.tamper(gone) == 1
    assert verify(store) == Verdict(sequence - 1, 0, sequence, "the event was deleted")


@pytest.mark.parametrize("sequence", [1, 5])
def test_a_row_deleted_with_its_seal_is_found(store: Store, sequence: int) -> None:
    write(store, 8)
    seal(store)
    gone = sealed_event(store, sequence)
    store.tamper(delete(audit_events).where(audit_events.c.id == gone))
    store.tamper(delete(audit_seals).where(audit_seals.c.sequence == sequence))
    assert verify(store) == Verdict(sequence - 1, 0, sequence, "a seal is missing")


def test_a_head_that_was_cut_off_is_seen_by_whoever_kept_it(store: Store) -> None:
    write(store, 8)
    seal(store)
    kept = store.run(audit.head)
    gone = sealed_event(store, 8)
    store.tamper(delete(audit_events).where(audit_events.c.id == gone))
    store.tamper(delete(audit_seals).where(audit_seals.c.sequence == 8))
    assert verify(store) == Verdict(7, 0)
    assert store.run(audit.head) != kept


def test_two_rows_that_changed_places_are_found(store: Store) -> None:
    write(store, 8)
    seal(store)
    three, four = sealed_event(store, 3), sealed_event(store, 4)
    spare = store.run(lambda edge: edge.new_id())
    for sequence, event in ((3, spare), (4, three), (3, four)):
        swap = update(audit_seals).where(audit_seals.c.sequence == sequence)
        store.tamper(swap.values(event_id=event))
    assert verify(store) == Verdict(2, 0, 3, CHANGED)


def test_an_inserted_row_is_found(store: Store) -> None:
    write(store, 8)
    seal(store)
    write(store, 1)  # The forged one, which wants the place of the fifth.
    with store.transaction() as edge:
        newest = edge.db.execute(
            select(audit_events.c.id).order_by(audit_events.c.id.desc()).limit(1)
        ).scalar_one()
        for sequence in (8, 7, 6, 5):
            edge.db.execute(
                update(audit_seals)
                .where(audit_seals.c.sequence == sequence)
                .values(sequence=sequence + 1)
            )
        forged = {"sequence": 5, "event_id": newest, "hash": bytes(32)}
        edge.db.execute(insert(audit_seals), forged)
    assert verify(store) == Verdict(4, 0, 5, CHANGED)


def test_rows_that_were_committed_out_of_order_are_sealed_in_the_order_of_commits(
    store: Store,
) -> None:
    slow = store.runner.edge()
    slow_id = slow.new_id()
    store.clock.advance(seconds=1)
    write(store, 2)
    assert seal(store) == 2

    def commit_late(edge: Edge) -> None:
        edge.now = slow.now
        audit.add(edge, "tests.late")

    store.run(commit_late)
    with store.transaction(writing=False) as edge:
        oldest = select(audit_events.c.id).order_by(audit_events.c.id).limit(1)
        assert edge.db.execute(oldest).scalar_one()[:13] == slow_id[:13]
    assert seal(store) == 1
    assert verify(store) == Verdict(3, 0)


def test_the_worker_looks_at_young_rows_and_once_at_all(store: Store) -> None:
    write(store, 3)
    store.clock.advance(delivery.SEALED_WITHIN + timedelta(minutes=1))
    write(store, 2)
    assert store.run(delivery.seal_audit, "one") == 2
    assert store.run(delivery.seal_audit, "one", everything=True) == 3
    assert verify(store) == Verdict(5, 0)


def test_one_of_two_sealers_holds_the_lease(store: Store) -> None:
    write(store, 4)
    assert sorted(at_once(2, lambda n: store.run(delivery.seal_audit, f"worker {n}"))) == [0, 4]
    assert verify(store) == Verdict(4, 0)


def test_a_lease_passes_on_when_it_ends_or_is_given_back(store: Store) -> None:
    def take(holder: str) -> bool:
        return store.run(audit.take_lease, "sealer", holder, timedelta(seconds=30))

    assert take("one") and take("one") and not take("other")
    store.clock.advance(seconds=30)
    assert take("other") and not take("one")
    store.run(audit.release_lease, "sealer", "other")
    assert take("one")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_sealers_without_a_lease_make_one_chain(store: Store) -> None:
    write(store, 4)

    def extend(_: int) -> int:
        try:
            return seal(store)
        except IntegrityError:
            return 0

    at_once(2, extend)
    assert verify(store) == Verdict(4, 0)


def purge_after(store: Store, old: int, young: int) -> int:
    write(store, old, seconds=60)
    store.clock.advance(days=10)
    before = store.clock()
    write(store, young)
    seal(store)
    return store.run(audit.purge, before)


def test_purge_takes_the_old_end_and_leaves_a_checkpoint(store: Store) -> None:
    assert purge_after(store, old=5, young=3) == 5
    assert verify(store) == Verdict(3, 0)
    with store.transaction(writing=False) as edge:
        left = edge.db.execute(select(audit_checkpoints)).mappings().one()
    assert (left["sequence"], left["events_removed"]) == (5, 5)
    write(store, 2)
    assert seal(store) == 2
    assert verify(store) == Verdict(5, 0)


def test_after_everything_was_purged_the_chain_goes_on(store: Store) -> None:
    write(store, 4)
    seal(store)
    head = store.run(audit.head)
    assert store.run(audit.purge, store.clock() + timedelta(days=1)) == 4
    assert store.run(audit.head) == head
    write(store, 1)
    seal(store)
    assert verify(store) == Verdict(1, 0)
    assert store.run(audit.head)[0] == 5


def test_a_first_row_missing_after_a_purge_is_found(store: Store) -> None:
    purge_after(store, old=5, young=3)
    gone = sealed_event(store, 6)
    store.tamper(delete(audit_events).where(audit_events.c.id == gone))
    assert verify(store) == Verdict(0, 0, 6, "the event was deleted")


def test_purge_leaves_what_is_not_sealed_or_not_old(store: Store) -> None:
    write(store, 3)
    assert store.run(audit.purge, store.clock() + timedelta(days=1)) == 0
    seal(store)
    assert store.run(audit.purge, store.clock() - timedelta(days=1)) == 0
    assert verify(store) == Verdict(3, 0)


def test_a_young_row_with_a_small_number_keeps_what_follows_it(store: Store) -> None:
    """Sealed out of order: old, young, old. Only what stands before the young one may go."""

    def at(days: int) -> Callable[[Edge], None]:
        def late(edge: Edge) -> None:
            edge.now -= timedelta(days=days)
            audit.add(edge, "tests.happened")

        return late

    for days in (20, 0, 20):
        store.run(at(days))
        seal(store)
    assert store.run(audit.purge, store.clock() - timedelta(days=10)) == 1
    assert verify(store) == Verdict(2, 0)
