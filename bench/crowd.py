"""A crowd: as many users and audit rows as asked for, written in bulk, always the same.

Every filter of the list names people in every size, so that its pages are full ones in both.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from portal.rules.terms import AccountState
from portal.store import user_index
from portal.store.engine import Database
from portal.store.schema import metadata
from portal.store.tables import audit_events, memberships, organisations, users
from portal.store.user_index import user_search

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ORGANISATIONS = 32
SUBJECT = 4  # Whose own history is paged through: an eighth of all audit rows.
GIVEN = """
Ada Aino Ali Amara Ana Andrea Anna Aoi Aylin Beatriz Ben Björn Camille Chen Chloé Dana Daniel Diego
Elif Elin Emma Farid Fatima Finn Giulia Grace Hana Hassan Hugo Ida Ines Isla Jakub Jana Javier Jonas
José Kaito Karin Kofi Lara Lea Leon Linh Lucia Luka Maja Malik Marek Maria Mateo Mia Milan Mohamed
Nadia Nele Nia Noah Nour Olga Omar Oskar Paul Petra Priya Rafael Ravi Rosa Sami Sara Selin Sofia
Stefan Tara Theo Tomas Uma Vera Viktor Wei Yara Yusuf Zoe
"""
FIRST = GIVEN.split()
SYLLABLES = "bar cas dor fel gan hol jun kes lin mor nov pel quist ros sand tor und vel wes zim"
LAST = SYLLABLES.split()


def organisation_id(number: int) -> str:
    return str(uuid.UUID(int=0x0190 << 112 | 0x7 << 76 | number))


def user_id(number: int) -> str:
    return str(uuid.UUID(int=0x0191 << 112 | 0x7 << 76 | 0b10 << 62 | number))


def home_of(number: int) -> int:
    """Two thirds are guests; every other organisation has its share of the rest."""
    return 1 if number % 3 else 2 + number // 3 % (ORGANISATIONS - 2)


def name_of(number: int) -> str:
    mixed = number * 2654435761 % 2**32
    parts = [LAST[mixed // 20**place % 20] for place in range(3)]
    return f"{FIRST[mixed % len(FIRST)]} {''.join(parts).title()}"


def email_of(number: int) -> str:
    given, family = name_of(number).casefold().split()
    return f"{given}.{family}{number}@people{home_of(number)}.example"


def seed(url: str, people: int, happenings: int) -> None:
    """Make the schema in an empty database, and everybody in it."""
    database = Database(url, pool_size=1)
    with database.engine.begin() as connection:
        metadata.create_all(connection)
    sqlite = database.dialect == "sqlite"
    # Indexes are made afterwards, in one go each.
    with database.engine.begin() as connection:
        for index in user_index.LISTS:
            index.drop(connection)
        if not sqlite:
            connection.execute(text(f"DROP INDEX {user_index.NAME}"))
        for trigger in ("added", "removed", "changed") if sqlite else ():
            connection.execute(text(f"DROP TRIGGER user_search_{trigger}"))
    raw = database.engine.raw_connection()
    try:
        write = _write_sqlite if sqlite else _copy
        write(raw, organisations.name, _organisations())
        for table, rows in (
            (users.name, (_user(number, sqlite=sqlite) for number in range(people))),
            (memberships.name, map(_membership, range(people))),
            (user_search.name, map(_searched, range(people))),
            (audit_events.name, (_event(n, people) for n in range(happenings))),
        ):
            write(raw, table, rows)
    finally:
        raw.close()
    _index(database)
    database.dispose()


def _index(database: Database) -> None:
    sqlite = database.dialect == "sqlite"
    with database.engine.begin() as connection:
        for index in user_index.LISTS:
            index.create(connection)
        for statement in user_index.CREATE[database.dialect]:
            if "TRIGGER" in statement or "CREATE INDEX" in statement:
                connection.execute(text(statement))
        if sqlite:
            rebuild = f"INSERT INTO {user_index.NAME}({user_index.NAME}) VALUES ('rebuild')"
            connection.execute(text(rebuild))
    with database.engine.connect() as connection:
        # What a database of some age has done by itself.
        automatic = connection.execution_options(isolation_level="AUTOCOMMIT")
        automatic.execute(text("PRAGMA optimize" if sqlite else "VACUUM ANALYZE"))


def _write_sqlite(raw: Any, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    names = ", ".join(first)
    marks = ", ".join("?" * len(first))
    cursor = raw.cursor()
    cursor.execute("BEGIN")
    cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", _flat(first))
    cursor.executemany(
        f"INSERT INTO {table} ({names}) VALUES ({marks})", (_flat(row) for row in rows)
    )
    cursor.execute("COMMIT")


def _copy(raw: Any, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    into = f"COPY {table} ({', '.join(first)}) FROM STDIN"
    with raw.cursor() as cursor, cursor.copy(into) as copy:
        copy.write_row(_flat(first))
        for row in rows:
            copy.write_row(_flat(row))
    raw.commit()


def _flat(row: dict[str, Any]) -> Sequence[Any]:
    return [
        value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value
        for value in row.values()
    ]


def _organisations() -> Iterator[dict[str, Any]]:
    for number in range(ORGANISATIONS):
        identity = organisation_id(number)
        path = f"/{organisation_id(0)}/" + (f"{identity}/" if number else "")
        yield {
            "id": identity,
            "parent_id": organisation_id(0) if number else None,
            "path": path,
            "name": f"Organisation {number}",
            "managed_by_parent": number == 1,
            "created_at": NOW,
        }


def _user(number: int, *, sqlite: bool) -> dict[str, Any]:
    counts = {"password": 1, "totp": 1} if number % 2 else {"password": 1}
    state = {0: AccountState.INVITED, 4: AccountState.DISABLED}.get(number % 8, AccountState.ACTIVE)
    last = NOW - timedelta(seconds=number * 7919 % 10_000_000)
    seen = number % 5 != 0
    # Of seven one is exempt, two must enrol by a date, two since one; nothing is missing of two.
    due = {1: 1, 2: 1, 3: -1, 4: -1}.get(number % 7)
    enrol_by = NOW + due * timedelta(seconds=1 + number * 7919 % 10_000_000) if due else None
    return {
        "id": user_id(number),
        "email": email_of(number),
        "name": name_of(number),
        "locale": "en",
        "time_zone": "UTC",
        "state": str(state),
        "home_organisation_id": organisation_id(home_of(number)),
        "security": json.dumps({"held": {}, "counts": counts}),
        "created_at": NOW,
        "last_signed_in_at": last if seen else None,
        "sort_name": name_of(number).casefold(),
        "signed_in_order": int(last.timestamp()) if seen else 0,
        "strongest": 2 if number % 2 else 1,
        "resistance": number // 2 % 2,
        "locked_until": NOW + timedelta(hours=1) if number % 8 == 2 else None,
        "reset_id": user_id(number) if number % 8 == 6 else None,
        "exempt_until": NOW + timedelta(days=9) if number % 7 == 0 else None,
        "enrol_by": enrol_by,
        "enrol_order": int(enrol_by.timestamp()) if enrol_by else user_index.FINE,
    }


def _membership(number: int) -> dict[str, Any]:
    return {
        "id": user_id(number),
        "user_id": user_id(number),
        "organisation_id": organisation_id(home_of(number)),
        "role": "traveler",
        "created_at": NOW,
    }


def _searched(number: int) -> dict[str, Any]:
    return {
        "user_id": user_id(number),
        "home": user_index.mark(organisation_id(home_of(number))),
        "text": f"{name_of(number).casefold()}\n{email_of(number)}",
    }


def _event(number: int, people: int) -> dict[str, Any]:
    subject = SUBJECT if number % 8 == 0 else number % people
    return {
        "id": user_id(number),
        "at": NOW + timedelta(milliseconds=number),
        "event": "sign_in.completed",
        "actor_id": user_id(subject),
        "subject_id": user_id(subject),
        "organisation_id": organisation_id(home_of(subject)),
        "level": "aal2",
        "address": "192.0.2.1",
        "user_agent": "bench",
        "request_id": "bench",
        "detail": json.dumps({"factor": "totp"}),
    }
