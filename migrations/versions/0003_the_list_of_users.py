"""The list of users: what it is sorted, filtered and searched by

Revises: 0002
Created: 2026-11-22 05:10:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import portal.store.types
from portal.store import user_index

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LISTS = user_index.lists("", "none", "two_factors", "locked", "reset", "invited", "disabled")


def upgrade() -> None:
    op.add_column(
        "users",
        sa.Column("signed_in_order", sa.BigInteger(), server_default="0", nullable=False),
    )
    connection = op.get_bind()
    dialect = connection.dialect.name
    if dialect == "postgresql":
        op.execute('ALTER TABLE users ALTER COLUMN sort_name TYPE VARCHAR(120) COLLATE "C"')
    _fill_in(dialect)
    for index in _LISTS:
        index.create(connection)
    op.create_table(
        "user_search",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("user_id", portal.store.types.Identifier(length=36), nullable=False),
        sa.Column("home", sa.String(length=3), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_search_user_id_users")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_user_search")),
        sa.UniqueConstraint("user_id", name=op.f("uq_user_search_user_id")),
    )
    for statement in user_index.CREATE[dialect]:
        op.execute(statement)
    _fill_search(connection)


def _fill_in(dialect: str) -> None:
    op.execute("UPDATE users SET sort_name = lower(name) WHERE sort_name = ''")
    seconds = (
        "extract(epoch FROM last_signed_in_at)"
        if dialect == "postgresql"
        else "strftime('%s', last_signed_in_at)"
    )
    op.execute(
        f"UPDATE users SET signed_in_order = CAST({seconds} AS bigint) "  # noqa: S608
        "WHERE last_signed_in_at IS NOT NULL"
    )
    # What the releases before this one could enrol: an app beside the password, or that alone.
    for held, level in (("totp", 2), ("password", 1)):
        op.execute(
            f"UPDATE users SET strongest = {level} WHERE strongest = 0 "  # noqa: S608
            f"AND CAST(security AS text) LIKE '%\"{held}\"%'"
        )


def _fill_search(connection: sa.Connection) -> None:
    fill = sa.text(
        "INSERT INTO user_search (user_id, home, text) "
        "SELECT id, :mark, sort_name || :line || email FROM users "
        "WHERE home_organisation_id = :home"
    ).bindparams(sa.bindparam("home", type_=portal.store.types.Identifier()))
    homes = connection.execute(sa.text("SELECT CAST(id AS text) FROM organisations")).scalars()
    for home in homes.all():
        connection.execute(fill, {"mark": user_index.mark(home), "line": "\n", "home": home})


def downgrade() -> None:
    connection = op.get_bind()
    for statement in user_index.DROP[connection.dialect.name]:
        op.execute(statement)
    op.drop_table("user_search")
    for index in _LISTS:
        index.drop(connection)
    if connection.dialect.name == "postgresql":
        op.execute('ALTER TABLE users ALTER COLUMN sort_name TYPE VARCHAR(120) COLLATE "default"')
    op.drop_column("users", "signed_in_order")
