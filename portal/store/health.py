"""What readiness asks the database: its schema's version and its clock."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.edge import Edge, Unavailable

SCHEMA_VERSION = "0005"  # The newest migration; a test holds it to the head of migrations/.


def schema_version(edge: Edge) -> str | None:
    """The migration that the database stands at; None before the first."""
    try:
        found = edge.db.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except (SQLAlchemyError, Unavailable):
        return None
    return str(found) if found else None


def database_now(edge: Edge) -> datetime:
    """The database's clock. SQLite runs in this process and has none of its own."""
    if edge.db.dialect.name == "sqlite":
        return edge.now
    found: datetime = edge.db.execute(text("SELECT clock_timestamp()")).scalar_one()
    return found.astimezone(UTC)
