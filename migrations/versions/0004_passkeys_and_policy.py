"""Passkeys, and a policy of an organisation's own

Revises: 0003
Created: 2026-11-22 07:50:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import portal.store.types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = portal.store.types.Identifier(length=36)


def upgrade() -> None:
    op.add_column("users", sa.Column("handle", sa.LargeBinary(), nullable=True))
    op.add_column("organisations", sa.Column("effective_policy", sa.JSON(), nullable=True))
    op.add_column(
        "organisations",
        sa.Column("shared_desks", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    with op.batch_alter_table("ceremonies") as table:
        table.add_column(sa.Column("browser", sa.LargeBinary(), nullable=True))
        table.alter_column("session_id", existing_type=_ID, nullable=True)
        table.alter_column("user_id", existing_type=_ID, nullable=True)
    op.create_table(
        "policies",
        sa.Column("id", _ID, nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("author_id", _ID, nullable=True),
        sa.Column("published_at", portal.store.types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_policies_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
        sa.UniqueConstraint(
            "organisation_id", "number", name=op.f("uq_policies_organisation_id_number")
        ),
    )


def downgrade() -> None:
    op.drop_table("policies")
    op.execute("DELETE FROM ceremonies WHERE session_id IS NULL OR user_id IS NULL")
    with op.batch_alter_table("ceremonies") as table:
        table.alter_column("user_id", existing_type=_ID, nullable=False)
        table.alter_column("session_id", existing_type=_ID, nullable=False)
        table.drop_column("browser")
    op.drop_column("organisations", "shared_desks")
    op.drop_column("organisations", "effective_policy")
    op.drop_column("users", "handle")
