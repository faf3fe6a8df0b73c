"""What both databases promise alike: durability, foreign keys, instants, transactions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from portal.edge import Unavailable
from portal.store.engine import Database
from portal.store.prepared import Prepared
from portal.store.tables import leases, memberships
from tests.store.conftest import Store

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
INSTANT = datetime(2026, 11, 2, 9, 0, 0, 123456, tzinfo=UTC)


def lease(name: str, ends_at: datetime) -> dict[str, object]:
    return {"name": name, "holder": "tests", "ends_at": ends_at}


@SQLITE
@pytest.mark.parametrize(
    ("pragma", "expected"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)],
)
def test_sqlite_survives_a_power_cut(store: Store, pragma: str, expected: object) -> None:
    with store.transaction() as one, store.transaction(writing=False) as other:
        for edge in (one, other):  # Every connection of the pool, not the first alone.
            assert edge.db.execute(text(f"PRAGMA {pragma}")).scalar() == expected


def test_a_row_without_its_parent_is_refused(store: Store) -> None:
    with store.transaction() as edge, pytest.raises(IntegrityError):
        edge.db.execute(
            insert(memberships),
            {
                "id": edge.new_id(),
                "user_id": edge.new_id(),
                "organisation_id": edge.new_id(),
                "role": "traveler",
                "created_at": edge.now,
            },
        )


@pytest.mark.parametrize("offset", [0, 2, -11])
def test_an_instant_comes_back_aware_in_utc_to_the_microsecond(store: Store, offset: int) -> None:
    zone = timezone(timedelta(hours=offset))
    with store.transaction() as edge:
        edge.db.execute(insert(leases), lease("zone", INSTANT.astimezone(zone)))
    with store.transaction(writing=False) as edge:
        found = edge.db.execute(select(leases.c.ends_at)).scalar_one()
    assert found == INSTANT
    assert found.utcoffset() == timedelta(0)


def test_instants_of_different_zones_are_compared_as_instants(store: Store) -> None:
    east = timezone(timedelta(hours=9))
    with store.transaction() as edge:
        edge.db.execute(insert(leases), lease("a", INSTANT))
        same = select(leases.c.name).where(leases.c.ends_at == INSTANT.astimezone(east))
        assert edge.db.execute(same).scalar() == "a"


def test_a_naive_instant_is_refused(store: Store) -> None:
    with store.transaction() as edge, pytest.raises(StatementError, match="without a zone"):
        edge.db.execute(insert(leases), lease("naive", INSTANT.replace(tzinfo=None)))


def test_what_is_not_committed_is_not_there(store: Store) -> None:
    edge = store.runner.edge()
    store.runner.prepare(edge, writing=True)
    edge.db.execute(insert(leases), lease("a", INSTANT))
    store.runner.close(edge)
    with store.transaction(writing=False) as after:
        assert after.db.execute(select(leases.c.name)).all() == []


def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    with store.transaction() as writer:
        writer.db.execute(insert(leases), lease("a", INSTANT))
        with store.transaction(writing=False) as reader:
            assert reader.db.execute(select(leases.c.name)).all() == []
    with store.transaction(writing=False) as reader:
        assert reader.db.execute(select(leases.c.name)).scalar() == "a"


ONE_LEASE = insert(leases).values(lease("one", INSTANT))


@SQLITE
@pytest.mark.parametrize("way", ["begin", "statement", "prepared"])
def test_a_locked_database_is_unavailable(database_url: str, way: str) -> None:
    database = Database(database_url, busy_max=timedelta(milliseconds=20))
    holder = database.open(writing=True)
    with pytest.raises(Unavailable):
        waiting = database.open(writing=way == "begin")
        try:
            if way == "prepared":
                Prepared(ONE_LEASE).run(waiting.connection, {})
            waiting.connection.execute(ONE_LEASE)
        finally:
            waiting.rollback()
    holder.rollback()
    later = database.open(writing=True)  # Nothing of it stays in the pool.
    later.connection.execute(ONE_LEASE)
    later.rollback()
    database.dispose()


@SQLITE
def test_what_begins_elsewhere_is_one_transaction_too(database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(ZeroDivisionError), database.engine.begin() as connection:
        connection.execute(ONE_LEASE)  # As a migration does, before it fails.
        raise ZeroDivisionError
    with database.engine.connect() as connection:
        assert connection.execute(select(leases.c.name)).all() == []
    database.dispose()


@SQLITE
@pytest.mark.parametrize("way", ["prepared", "statement", "both"])
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_transaction_ends_whoever_ran_its_statements(
    database_url: str, way: str, end: str
) -> None:
    database = Database(database_url)
    opened = database.open(writing=True)
    if way != "statement":
        Prepared(ONE_LEASE).run(opened.connection, {})
    if way != "prepared":
        opened.connection.execute(insert(leases).values(lease("two", INSTANT)))
    getattr(opened, end)()
    again = database.open(writing=True)
    assert again.connection is opened.connection  # It was kept, with nothing open.
    names = set(again.connection.execute(select(leases.c.name)).scalars())
    again.rollback()
    written = {"prepared": {"one"}, "statement": {"two"}, "both": {"one", "two"}}[way]
    assert names == (written if end == "commit" else set())
    database.dispose()


@SQLITE
@pytest.mark.parametrize("way", ["prepared", "statement"])
def test_a_commit_that_is_refused_leaves_nothing_and_nothing_open(
    database_url: str, way: str
) -> None:
    database = Database(database_url)
    opened = database.open(writing=True)
    assert opened.driver is not None
    opened.driver.execute("PRAGMA defer_foreign_keys=ON")  # Asked at the commit, for once.
    nobody = dict.fromkeys(("id", "user_id", "organisation_id"), str(UUID(int=7)))
    orphan = insert(memberships).values(**nobody, role="traveler", created_at=INSTANT)
    if way == "prepared":
        Prepared(orphan).run(opened.connection, {})
    else:
        opened.connection.execute(orphan)
    with pytest.raises(IntegrityError):
        opened.commit()
    assert opened.connection.closed
    later = database.open(writing=True)
    assert later.connection.execute(select(memberships.c.id)).all() == []
    later.rollback()
    database.dispose()
