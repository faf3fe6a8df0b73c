"""The migrations lead to the tables that the portal uses, and back, on both databases."""

from __future__ import annotations

import json
import re
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

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
HOME = "00000000-0000-7000-8000-00000000000a"


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


def identity(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012d}"


def execute(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run SQL as it stands; the rows of the last statement."""
    database = Database(url, pool_size=1)
    try:
        with database.engine.begin() as connection:
            results = [connection.exec_driver_sql(statement) for statement in statements]
            return [tuple(row) for row in results[-1]] if results[-1].returns_rows else []
    finally:
        database.dispose()


def person(number: int, state: str) -> str:
    """An account as the release before wrote it."""
    return (
        "INSERT INTO users (id, email, name, locale, time_zone, state, home_organisation_id, "
        f"security, created_at) VALUES ('{identity(number)}', '{number}@new.example', 'N', 'en', "
        f"'UTC', '{state}', '{HOME}', '{{}}', '2026-01-0{number} 12:00:00.000000')"
    )


def states(url: str) -> dict[int, str]:
    found = execute(url, "SELECT email, state FROM users ORDER BY email")
    return {int(str(email)[0]): str(state) for email, state in found}


BEFORE_0004 = (
    "INSERT INTO organisations (id, path, name, managed_by_parent, created_at) "
    f"VALUES ('{HOME}', '/{HOME}/', 'HQ', false, '2026-01-01 12:00:00.000000')",
    *(person(number, "disabled") for number in (1, 2, 3, 4)),
    person(5, "invited"),
    person(6, "active"),
    # 2 had a password once, 3 has a role, 4 was disabled by somebody; nobody ever held 1.
    "INSERT INTO authenticators (id, user_id, kind, name, data, strength, version, created_at, "
    f"revoked_at) VALUES ('{identity(1)}', '{identity(2)}', 'password', '', '', '{{}}', 1, "
    "'2026-01-02 12:00:00.000000', '2026-01-03 12:00:00.000000')",
    "INSERT INTO memberships (id, user_id, organisation_id, role, created_at) "
    f"VALUES ('{identity(1)}', '{identity(3)}', '{HOME}', 'hq_admin', "
    "'2026-01-03 12:00:00.000000')",
    *(
        "INSERT INTO audit_events (id, at, event, subject_id, level, address, user_agent, "
        f"request_id, detail) VALUES ('{identity(mark)}', '2026-01-04 12:00:00.000000', '{event}', "
        f"'{identity(subject)}', 'AAL2', '', '', '', '{{}}')"
        for mark, event, subject in (
            (1, "user.disabled", 4),
            (2, "user.created", 1),
            (3, "invitation.withdrawn", 1),
        )
    ),
)


def test_an_invitation_that_the_release_before_took_back_disables_nobody(bare_url: str) -> None:
    config = config_for(bare_url)
    command.upgrade(config, "0003")
    execute(bare_url, *BEFORE_0004)
    before = states(bare_url)
    command.upgrade(config, "0004")
    moved = {**before, 1: "invited"}
    assert states(bare_url) == moved
    marked = "SELECT email, withdrawn_at = created_at FROM users WHERE withdrawn_at IS NOT NULL"
    assert execute(bare_url, marked) == [("1@new.example", True)]
    command.downgrade(config, "0003")
    assert states(bare_url) == before, "as the release before reads it"


def test_what_organisations_asked_before_is_where_their_roll_outs_begin(bare_url: str) -> None:
    config = config_for(bare_url)
    command.upgrade(config, "0004")
    published = (
        "INSERT INTO policies (id, organisation_id, number, document, published_at) VALUES "
        f"('{identity(1)}', '{HOME}', 1, '{{}}', '2026-01-01 12:00:00.000000'), "
        f"('{identity(2)}', '{HOME}', 2, '{{\"required_roles\": [\"traveler\"]}}', "
        "'2026-01-02 12:00:00.000000')"
    )
    execute(bare_url, *BEFORE_0004, published)
    command.upgrade(config, "0005")
    ((line,),) = execute(bare_url, "SELECT CAST(policy_line AS text) FROM organisations")
    base = {"required_roles": ["traveler"]}
    assert json.loads(str(line)) == {"base": base, "steps": [], "number": 2}
    since = "SELECT email FROM users WHERE activated_at = created_at ORDER BY email"
    assert [str(email)[0] for (email,) in execute(bare_url, since)] == ["1", "2", "3", "4", "6"]
    command.downgrade(config, "0004")


def test_what_an_old_process_disables_afterwards_is_moved_by_the_statement_in_the_docs(
    bare_url: str,
) -> None:
    command.upgrade(config_for(bare_url), "head")
    execute(bare_url, *BEFORE_0004)
    (statement,) = re.findall(r"```sql\n(.+?);\n```", OPERATIONS.read_text(), re.DOTALL)
    script = ScriptDirectory.from_config(config_for("sqlite://"))
    revision = script.get_revision("0004")
    assert revision is not None
    assert statement.split() == revision.module.LET_GO.split()
    for _ in range(2):
        execute(bare_url, statement)
        assert states(bare_url) == {
            1: "invited",
            2: "disabled",
            3: "disabled",
            4: "disabled",
            5: "invited",
            6: "active",
        }


def test_the_databases_of_other_tests_equal_the_migrations(database_url: str) -> None:
    assert differences(database_url) == []


def test_there_is_one_head_and_readiness_asks_for_it() -> None:
    script = ScriptDirectory.from_config(config_for("sqlite://"))
    assert script.get_heads() == [SCHEMA_VERSION]
