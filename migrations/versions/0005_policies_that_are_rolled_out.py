"""Policies that are rolled out, exceptions from them, plans, and the API that manages them

Revises: 0004
Created: 2026-11-22 11:20:00
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

import portal.store.types
from portal.store import user_index

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = portal.store.types.Identifier(length=36)
_INSTANT = portal.store.types.Instant
# Lists by when somebody has to enrol, and of who is exempt.
_LISTS = (*user_index.lists("", sorts=("enrol",)), *user_index.lists("exempt"))


def upgrade() -> None:
    for name in ("activated_at", "exempt_until", "enrol_by"):
        op.add_column("users", sa.Column(name, _INSTANT(), nullable=True))
    op.add_column(
        "users",
        sa.Column("enrol_order", sa.BigInteger(), server_default=str(2**40), nullable=False),
    )
    for index in _LISTS:
        index.create(op.get_bind())
    # The release before goes on writing none: `created_at` stands in, as for these.
    op.execute("UPDATE users SET activated_at = created_at WHERE state <> 'invited'")
    op.add_column(
        "organisations",
        sa.Column("plan", sa.String(length=20), server_default="enterprise", nullable=False),
    )
    op.add_column(
        "organisations", sa.Column("add_ons", sa.JSON(), server_default="[]", nullable=False)
    )
    op.add_column("organisations", sa.Column("policy_line", sa.JSON(), nullable=True))
    _write_lines()
    op.add_column("policies", sa.Column("monitored_at", _INSTANT(), nullable=True))
    op.add_column("policies", sa.Column("enforced_at", _INSTANT(), nullable=True))
    op.add_column(
        "policies", sa.Column("grace_s", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("policies", sa.Column("message", sa.Text(), server_default="", nullable=False))
    _rolling_out()
    _compliance()
    _exceptions()
    op.create_table(
        "idempotency_keys",
        sa.Column("token_id", _ID, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT(), nullable=False),
        sa.Column("expires_at", _INSTANT(), nullable=False),
        _foreign("idempotency_keys", "token_id", "api_tokens"),
        sa.PrimaryKeyConstraint("token_id", "key_hash", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"])
    op.add_column("reset_requests", sa.Column("api_token_id", _ID, nullable=True))
    op.add_column("reset_requests", sa.Column("first_approved_by", _ID, nullable=True))
    op.create_index("ix_api_tokens_organisation_id_id", "api_tokens", ["organisation_id", "id"])


def _write_lines() -> None:
    """What each organisation asks by itself: its newest version, in force already."""
    newest = {}
    rows = op.get_bind().execute(
        sa.text("SELECT organisation_id, document, number FROM policies ORDER BY number")
    )
    for organisation_id, document, number in rows:
        # The driver of SQLite gives the text of a JSON column, that of PostgreSQL its value.
        base = json.loads(document) if isinstance(document, str) else document
        newest[organisation_id] = {"base": base, "steps": [], "number": number}
    statement = sa.text("UPDATE organisations SET policy_line = :line WHERE id = :id").bindparams(
        sa.bindparam("line", type_=sa.JSON())
    )
    for organisation_id, line in newest.items():
        op.get_bind().execute(statement, {"line": line, "id": organisation_id})


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name)


def _rolling_out() -> None:
    op.create_table(
        "policy_drafts",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("dates", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author_id", _ID, nullable=True),
        sa.Column("changed_at", _INSTANT(), nullable=False),
        _foreign("policy_drafts", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_policy_drafts")),
    )
    op.create_table(
        "policy_findings",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("seen_at", _INSTANT(), nullable=False),
        sa.Column("cleared_at", _INSTANT(), nullable=True),
        _foreign("policy_findings", "organisation_id", "organisations"),
        _foreign("policy_findings", "user_id", "users"),
        sa.PrimaryKeyConstraint(
            "organisation_id", "number", "user_id", name=op.f("pk_policy_findings")
        ),
    )
    op.create_index("ix_policy_findings_user_id", "policy_findings", ["user_id"])
    _announcements()


def _announcements() -> None:
    op.add_column("organisations", sa.Column("announced_until", _INSTANT(), nullable=True))
    op.create_table(
        "announcements",
        sa.Column("id", _ID, nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("author_id", _ID, nullable=True),
        sa.Column("published_at", _INSTANT(), nullable=False),
        sa.Column("enforced_at", _INSTANT(), nullable=True),
        sa.Column("ends_at", _INSTANT(), nullable=False),
        sa.Column("withdrawn_at", _INSTANT(), nullable=True),
        sa.Column("mailed_after", _ID, nullable=True),
        sa.Column("due_at", _INSTANT(), nullable=True),
        _foreign("announcements", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_index(
        "ix_announcements_organisation_id_id", "announcements", ["organisation_id", "id"]
    )
    op.create_index("ix_announcements_due_at", "announcements", ["due_at"])
    op.create_table(
        "announcement_readers",
        sa.Column("announcement_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("mailed_at", _INSTANT(), nullable=True),
        sa.Column("seen_at", _INSTANT(), nullable=True),
        sa.Column("dismissed_at", _INSTANT(), nullable=True),
        sa.Column("reminded_of", _INSTANT(), nullable=True),
        sa.Column("reminded_days", sa.SmallInteger(), nullable=True),
        _foreign("announcement_readers", "announcement_id", "announcements"),
        _foreign("announcement_readers", "user_id", "users"),
        sa.PrimaryKeyConstraint("announcement_id", "user_id", name=op.f("pk_announcement_readers")),
    )
    op.create_index("ix_announcement_readers_user_id", "announcement_readers", ["user_id"])


def _compliance() -> None:
    """Everybody's deadline is worked out at once, and again when the release before is gone."""
    op.create_table(
        "compliance_jobs",
        sa.Column("id", _ID, nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("due_at", _INSTANT(), nullable=False),
        sa.Column("after", _ID, nullable=True),
        _foreign("compliance_jobs", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compliance_jobs")),
    )
    op.create_index("ix_compliance_jobs_due_at", "compliance_jobs", ["due_at"])
    root = op.get_bind().execute(
        sa.text("SELECT CAST(id AS text) FROM organisations WHERE parent_id IS NULL")
    )
    now = datetime.now(UTC)  # noqa: TID251 - a migration is run by nobody's request
    for organisation_id in root.scalars().all():
        for due_at in (now, now + timedelta(days=1)):
            op.get_bind().execute(
                sa.text(
                    "INSERT INTO compliance_jobs (id, organisation_id, due_at) "
                    "VALUES (:id, :organisation, :due_at)"
                ).bindparams(
                    sa.bindparam("id", type_=_ID),
                    sa.bindparam("organisation", type_=_ID),
                    sa.bindparam("due_at", type_=_INSTANT()),
                ),
                {"id": _new_id(), "organisation": organisation_id, "due_at": due_at},
            )


def _new_id() -> str:
    return str(uuid.uuid4())  # noqa: TID251 - no Edge here, and nothing is ordered by it


def _exceptions() -> None:
    op.create_table(
        "exceptions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("requested_by", _ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("verification", sa.String(length=40), server_default="", nullable=False),
        sa.Column("until", _INSTANT(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("first_approved_by", _ID, nullable=True),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("decided_at", _INSTANT(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("issued_at", _INSTANT(), nullable=True),
        sa.Column("reminded_days", sa.SmallInteger(), nullable=True),
        sa.Column("created_at", _INSTANT(), nullable=False),
        sa.Column("expires_at", _INSTANT(), nullable=False),
        sa.CheckConstraint("kind IN ('exemption', 'bypass')", name=op.f("ck_exceptions_kind")),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'rejected', 'withdrawn', 'expired', 'ended')",
            name=op.f("ck_exceptions_state"),
        ),
        _foreign("exceptions", "user_id", "users"),
        _foreign("exceptions", "organisation_id", "organisations"),
        _foreign("exceptions", "requested_by", "users"),
        _foreign("exceptions", "first_approved_by", "users"),
        _foreign("exceptions", "decided_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exceptions")),
    )
    op.create_index("ix_exceptions_state_id", "exceptions", ["state", "id"])
    op.create_index("ix_exceptions_user_id_id", "exceptions", ["user_id", "id"])
    op.create_index(
        "ix_exceptions_organisation_id_state_id", "exceptions", ["organisation_id", "state", "id"]
    )


def downgrade() -> None:
    op.drop_index("ix_api_tokens_organisation_id_id", table_name="api_tokens")
    for table in (
        "idempotency_keys",
        "exceptions",
        "compliance_jobs",
        "announcement_readers",
        "announcements",
        "policy_findings",
        "policy_drafts",
    ):
        op.drop_table(table)
    op.drop_column("reset_requests", "first_approved_by")
    op.drop_column("reset_requests", "api_token_id")
    for name in ("message", "grace_s", "enforced_at", "monitored_at"):
        op.drop_column("policies", name)
    op.drop_column("organisations", "announced_until")
    op.drop_column("organisations", "policy_line")
    op.drop_column("organisations", "add_ons")
    op.drop_column("organisations", "plan")
    for index in _LISTS:
        index.drop(op.get_bind())
    for name in ("enrol_order", "enrol_by", "exempt_until", "activated_at"):
        op.drop_column("users", name)
