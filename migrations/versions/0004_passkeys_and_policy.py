"""Passkeys, and a policy of an organisation's own

Revises: 0003
Created: 2026-11-22 07:50:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import portal.store.types
from portal.store import user_index

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = portal.store.types.Identifier(length=36)
# Lists by whether somebody holds a phishing-resistant authenticator.
_LISTS = user_index.lists("resistant", "not_resistant")

# The release before wrote "disabled" when it took back an invitation that nobody had opened. An
# account that somebody disabled has an event that says so. Old processes go on writing it: the same
# statement is in docs/operations.md, to be run again when they are gone.
LET_GO = """
UPDATE users SET state = 'invited', withdrawn_at = created_at
WHERE state = 'disabled'
  AND NOT EXISTS (SELECT 1 FROM authenticators WHERE user_id = users.id)
  AND NOT EXISTS (SELECT 1 FROM memberships WHERE user_id = users.id)
  AND NOT EXISTS (
    SELECT 1 FROM audit_events WHERE subject_id = users.id AND event = 'user.disabled'
  )
"""


def upgrade() -> None:
    op.add_column("users", sa.Column("handle", sa.LargeBinary(), nullable=True))
    op.add_column("users", sa.Column("withdrawn_at", portal.store.types.Instant(), nullable=True))
    # No release before this one could enrol anything phishing-resistant: 0 is true of everybody.
    op.add_column(
        "users", sa.Column("resistance", sa.SmallInteger(), server_default="0", nullable=False)
    )
    for index in _LISTS:
        index.create(op.get_bind())
    op.add_column(
        "authenticators",
        sa.Column("variant", sa.String(length=16), server_default="", nullable=False),
    )
    op.add_column(
        "authenticators", sa.Column("suspect_at", portal.store.types.Instant(), nullable=True)
    )
    op.create_index(
        "ix_memberships_organisation_id_role", "memberships", ["organisation_id", "role"]
    )
    op.create_index("ix_membership_requests_state_id", "membership_requests", ["state", "id"])
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
    op.execute(LET_GO)


def downgrade() -> None:
    op.execute(
        "UPDATE users SET state = 'disabled' WHERE state = 'invited' AND withdrawn_at IS NOT NULL"
    )
    op.drop_table("policies")
    op.execute("DELETE FROM ceremonies WHERE session_id IS NULL OR user_id IS NULL")
    with op.batch_alter_table("ceremonies") as table:
        table.alter_column("user_id", existing_type=_ID, nullable=False)
        table.alter_column("session_id", existing_type=_ID, nullable=False)
        table.drop_column("browser")
    op.drop_column("organisations", "shared_desks")
    op.drop_column("organisations", "effective_policy")
    op.drop_index("ix_membership_requests_state_id", table_name="membership_requests")
    op.drop_index("ix_memberships_organisation_id_role", table_name="memberships")
    op.drop_column("authenticators", "suspect_at")
    op.drop_column("authenticators", "variant")
    for index in _LISTS:
        index.drop(op.get_bind())
    op.drop_column("users", "resistance")
    op.drop_column("users", "withdrawn_at")
    op.drop_column("users", "handle")
