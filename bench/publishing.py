"""What publishing a policy for everybody costs: row 12 of the performance gates.

A root with a thousand organisations below it and a hundred thousand people, on both databases. Once
nobody below asks anything by themselves, and once everybody does: then each has an answer of its
own. Nobody's row is touched in that request: what follows for people is the worker's.
"""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench import crowd
from bench.table import Row
from bench.targets import Portal, portal_on
from portal.edge import Edge
from portal.flows import policies
from portal.flows.policies import Published
from portal.flows.policy_plans import Dates
from portal.store import organisations
from portal.store.policy_tables import policies as policies_table
from portal.store.tables import organisations as organisations_table

ORGANISATIONS, PEOPLE = 1_000, 100_000
ROUNDS = 5
LIMIT_MS = 2_000.0
EVERYBODY: dict[str, Any] = {"required_roles": ["traveler", "dispatcher"]}


def measure(folder: Path, *, quick: bool) -> list[Row]:
    """The rows of the table, SQLite and then PostgreSQL."""
    # Imported on use: the package is for development only.
    from bench import postgres

    people = PEOPLE // 10 if quick else PEOPLE
    made = _on("SQLite", folder, people, f"sqlite:///{folder}/publishing.db")
    with postgres.running() as (url_of, _pid):
        made += _on("PostgreSQL", folder, people, url_of("publishing"))
    return made


def _on(name: str, folder: Path, people: int, url: str) -> list[Row]:
    crowd.seed(url, people, ORGANISATIONS)
    portal = portal_on(url, folder, clock=lambda: crowd.NOW)
    try:
        portal.run(_grow)
        alike = _ms(portal)
        portal.run(_ask_each)
        apart = _ms(portal)
    finally:
        portal.close()
    size = f"{ORGANISATIONS:,} organisations and {people:,} people, {name}"
    return [
        Row.at_most("12", f"publishing for {size}", alike, LIMIT_MS, unit="ms"),
        Row.at_most("12", f"the same, each with a policy, {name}", apart, LIMIT_MS, unit="ms"),
    ]


def _ms(portal: Portal) -> float:
    """The median of the writing transactions of as many requests."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        made = portal.run(_publish)
        times.append((time.perf_counter() - started) * 1000)
        assert isinstance(made, Published), made
        assert made.organisations >= ORGANISATIONS, made
    return statistics.median(times)


def _publish(edge: Edge) -> Any:
    root = organisations.root(edge)
    assert root is not None
    dates = Dates(edge.now, edge.now + timedelta(days=30), timedelta(days=14), "Please enrol.")
    return policies.publish_for(edge, root, EVERYBODY, crowd.user_id(1), dates)


def _grow(edge: Edge) -> None:
    """As many more organisations as are missing, below those of the crowd, three floors deep."""
    parents = [crowd.organisation_id(number) for number in range(2, crowd.ORGANISATIONS)]
    nodes = [found for one in parents if (found := organisations.by_id(edge, one))]
    for number in range(crowd.ORGANISATIONS, ORGANISATIONS):
        parent = nodes[number % len(nodes) if number % 3 else 0]
        identity = edge.new_id()
        node = organisations.Organisation(
            identity, parent.id, f"{parent.path}{identity}/", f"Harbour {number}", True, edge.now
        )
        organisations.add(edge, node)
        nodes.append(node)


def _ask_each(edge: Edge) -> None:
    """A version of its own for every organisation, in force, as if each had published it."""
    rows = edge.db.execute(organisations_table.select()).all()
    for row in rows:
        if row.parent_id is None:
            continue
        base = {**EVERYBODY, "version": f"{row.id}/1"}
        edge.db.execute(
            insert(policies_table),
            {
                "id": edge.new_id(),
                "organisation_id": row.id,
                "number": 1,
                "document": EVERYBODY,
                "published_at": edge.now,
            },
        )
        edge.db.execute(
            organisations_table.update()
            .where(organisations_table.c.id == row.id)
            .values(policy_line={"base": base, "steps": [], "number": 1})
        )
