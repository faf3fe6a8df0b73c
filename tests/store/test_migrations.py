"""The migrations lead to the tables that the portal uses, and back, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, make_url

from portal.migrate import config_for
from portal.store.engine import Database
from portal.store.health import SCHEMA_VERSION
from portal.store.schema import metadata
from portal.store.user_index import is_compared
from tests.support.databases import KINDS, Databases


@pytest.fixture(params=KINDS)
def bare_url(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> Iterator[str]:
    """A database with nothing in it at all."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.db'}"
        return
    url = databases.fresh("postgresql")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    metadata.drop_all(engine)
    engine.dispose()
    yield url


def tables(url: str) -> set[str]:
    database = Database(url, pool_size=1)
    try:
        names = inspect(database.engine).get_table_names()
        return {name for name in names if is_compared(name, "table", {})} - {"alembic_version"}
    finally:
        database.dispose()


def differences(url: str) -> list[object]:
    """What autogenerate would still write: nothing, when models match head."""
    database = Database(url, pool_size=1)
    try:
        with database.engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_type": True,
                    "target_metadata": metadata,
                    "include_name": is_compared,
                },
            )
            return compare_metadata(context, metadata)
    finally:
        database.dispose()


def test_up_gives_the_tables_of_the_models_and_down_takes_them_away(bare_url: str) -> None:
    config = config_for(bare_url)
    assert tables(bare_url) == set()
    command.upgrade(config, "head")
    assert tables(bare_url) == set(metadata.tables)
    assert differences(bare_url) == []
    command.downgrade(config, "base")
    assert tables(bare_url) == set()
    command.upgrade(config, "head")
    assert differences(bare_url) == []


def test_upgrading_twice_changes_nothing(bare_url: str) -> None:
    for _ in range(2):
        command.upgrade(config_for(bare_url), "head")
    assert differences(bare_url) == []


def test_the_databases_of_other_tests_equal_the_migrations(database_url: str) -> None:
    assert differences(database_url) == []


def test_there_is_one_head_and_readiness_asks_for_it() -> None:
    script = ScriptDirectory.from_config(config_for("sqlite://"))
    assert script.get_heads() == [SCHEMA_VERSION]
