"""Column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, String, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite keeps it as text in UTC, so both directions are converted."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("an instant without a zone is a mistake")
        return value if value.tzinfo is UTC else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC)

    # SQLite's text is written and read at once: SQLAlchemy's own way takes it apart by a pattern,
    # and a page has a dozen instants.
    def bind_processor(self, dialect: Dialect) -> Any:
        usual = super().bind_processor(dialect)
        return _to_text if dialect.name == "sqlite" else usual

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        usual = super().result_processor(dialect, coltype)
        return _from_text if dialect.name == "sqlite" else usual


def _to_text(value: datetime | None) -> str | None:
    """`2026-01-31 12:00:00.000000`, in UTC and without saying so, as SQLAlchemy writes it."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise TypeError("an instant without a zone is a mistake")
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds")[:26]  # Without "+00:00".


def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


class Identifier(TypeDecorator[str]):
    """A UUID as text in Python: native on PostgreSQL, 36 characters elsewhere."""

    impl = String(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Uuid(as_uuid=False))
        return dialect.type_descriptor(String(36))


class SortKey(TypeDecorator[str]):
    """Text that is ordered by code point on both databases, so that a prefix is a range."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        length = self.impl_instance.length  # ty: ignore[missing-attribute]
        if dialect.name == "postgresql":
            return dialect.type_descriptor(String(length, collation="C"))
        return dialect.type_descriptor(String(length))
