"""What stands behind the portal goes away and comes back: refused without harm, then well again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from portal.store.health import SCHEMA_VERSION
from tests.support.databases import Databases
from tests.support.deployment import TARGET, Deployment, prepare
from tests.support.house import PASSWORD
from tests.support.http import at_once
from tests.support.server import Server, run_command
from tests.support.services import valkey

TARA = "tara@guests.example"


@pytest.fixture
def on_postgresql(
    tmp_path: Path, databases: Databases, start_servers: Callable[..., list[Server]]
) -> Iterator[Deployment]:
    made = prepare(tmp_path, databases.fresh("postgresql"), start_servers)
    yield made
    made.house.close()


@contextmanager
def _database_gone(database_url: str, server_url: str) -> Generator[None]:
    """Every connection is cut and none is accepted, as while a server restarts."""
    name = make_url(database_url).database
    assert name is not None
    allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(allow.format(sql.Identifier(name), sql.Literal(False)))
        connection.execute(cut, (name,))
        try:
            yield
        finally:
            connection.execute(allow.format(sql.Identifier(name), sql.Literal(True)))


def test_a_database_that_restarts_costs_a_sentence_and_no_session(
    on_postgresql: Deployment, postgres_url: str
) -> None:
    deployment = on_postgresql
    deployment.serve(1)
    tara = deployment.house.person("tara")
    browser = deployment.caller()
    assert browser.sign_in(TARA).status_code == 200
    stranger = deployment.caller()
    stranger.get("/login")
    with _database_gone(deployment.environment["DATABASE_URL"], postgres_url):
        for answer in (
            browser.get("/"),
            stranger.post("/login", email=TARA, password=PASSWORD),
            browser.post("/logout"),
        ):
            assert answer.status_code in {500, 503}
            assert "Nothing was changed" in answer.text
            assert "psycopg" not in answer.text
        assert deployment.caller().get("/healthz").status_code == 200
        ready = deployment.caller().get("/readyz")
        assert (ready.status_code, ready.text) == (503, "database\n")
    assert browser.get("/").status_code == 200
    assert stranger.password(TARA).status_code == 303
    assert deployment.count("session.signed_out", tara.id) == 0
    assert deployment.count("sign_in.completed", tara.id) == 2


def test_cut_connections_are_replaced_before_anybody_notices(
    on_postgresql: Deployment, postgres_url: str
) -> None:
    deployment = on_postgresql
    deployment.serve(1)
    deployment.house.person("tara")
    browser = deployment.caller()
    browser.sign_in(TARA)
    with _database_gone(deployment.environment["DATABASE_URL"], postgres_url):
        pass
    assert browser.get("/").status_code == 200


def test_without_the_limiter_sign_in_goes_on_and_five_guesses_are_compared(
    tmp_path: Path, databases: Databases, start_servers: Callable[..., list[Server]]
) -> None:
    with valkey() as url:
        environment = {"RATELIMIT_STORAGE_URI": url}
        deployment = prepare(tmp_path, databases.fresh("postgresql"), start_servers, **environment)
        deployment.serve()
        tara = deployment.house.person("tara")
        assert deployment.caller().password(TARA).status_code == 303
    callers = deployment.callers(50)
    for caller in callers:
        caller.get("/login")
    guesses = [partial(caller.post, "/login", email=TARA, password="no") for caller in callers]
    statuses = sorted(answer.status_code for answer in at_once(guesses))
    assert statuses == [422] * 5 + [429] * 45
    assert deployment.count("sign_in.refused", tara.id) == 5
    deployment.clock.advance(minutes=1)
    assert deployment.caller(1).password(TARA).status_code == 303
    deployment.house.close()


def test_readiness_asks_for_the_schema_and_for_clocks_that_agree(
    on_postgresql: Deployment,
) -> None:
    deployment = on_postgresql
    deployment.serve(1)
    ready = deployment.caller().get("/readyz")
    # Tables made without the migrations have no version: a half-restored database looks like it.
    assert (ready.status_code, ready.text) == (503, "schema\n")
    for statement in (
        "CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)",
        f"INSERT INTO alembic_version VALUES ('{SCHEMA_VERSION}')",
    ):
        transaction = deployment.house.runner.database.open(writing=True)
        transaction.connection.exec_driver_sql(statement)
        transaction.commit()
    assert deployment.caller().get("/readyz").status_code == 200
    for seconds in (-3, 6):
        deployment.clock.advance(seconds=seconds)
        ready = deployment.caller().get("/readyz")
        assert (ready.status_code, ready.text) == (503, "clock\n")
    deployment.clock.advance(seconds=-3)
    assert deployment.caller().get("/readyz").status_code == 200


def test_a_migrated_sqlite_portal_is_ready(
    tmp_path: Path, start_servers: Callable[..., list[Server]]
) -> None:
    deployment = prepare(tmp_path, f"sqlite:///{tmp_path / 'new.db'}", start_servers)
    servers = start_servers(deployment.environment, target=TARGET)
    deployment.servers = servers
    assert deployment.caller().get("/readyz").text == "schema\n"
    run_command(deployment.environment, "migrate")
    assert deployment.caller().get("/readyz").text == "ready\n"
    deployment.house.close()
