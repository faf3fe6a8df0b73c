"""How Alembic reaches the database: by the URL it is handed, against the portal's metadata."""

from __future__ import annotations

from alembic import context

from portal.store.engine import Database
from portal.store.schema import metadata
from portal.store.user_index import is_compared

database = Database(context.config.attributes["url"], pool_size=1)
with database.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite cannot alter most things in place: a table is copied instead.
        render_as_batch=True,
        compare_type=True,
        include_name=is_compared,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Beside a serving release: give up rather than queue behind it, and lock it out.
            connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        context.run_migrations()
    connection.commit()
database.dispose()
