"""Tables of administration: resets, memberships in waiting, the service desk's checks.

It describes, as `tables` does; statements live in the module of their aggregate.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from portal.store.tables import metadata
from portal.store.types import Identifier, Instant

reset_requests = Table(
    "reset_requests",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("user_id", Identifier, ForeignKey("users.id"), nullable=False),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("requested_by", Identifier, ForeignKey("users.id"), nullable=False),
    Column("api_token_id", Identifier),  # The machine that asked, for the person who made it.
    Column("reason", Text, nullable=False),
    Column("verification", String(40), nullable=False),  # How the caller was verified.
    Column("proof", Text, nullable=False, server_default=""),  # The service desk's note of it.
    Column("state", String(12), nullable=False),
    Column("first_approved_by", Identifier),  # Of two who must.
    Column("decided_by", Identifier, ForeignKey("users.id")),
    Column("decided_at", Instant),
    Column("note", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    CheckConstraint(
        "state IN ('waiting', 'approved', 'rejected', 'withdrawn', 'expired')", name="state"
    ),
    Index("ix_reset_requests_state_id", "state", "id"),
    Index("ix_reset_requests_user_id_id", "user_id", "id"),
    Index("ix_reset_requests_organisation_id_state_id", "organisation_id", "state", "id"),
)

# A role that administers is given or taken by two people: what waits for the second.
membership_requests = Table(
    "membership_requests",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("user_id", Identifier, ForeignKey("users.id"), nullable=False, index=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("role", String(32), nullable=False),
    Column("change", String(8), nullable=False),
    Column("requested_by", Identifier, ForeignKey("users.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("decided_by", Identifier, ForeignKey("users.id")),
    Column("decided_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    CheckConstraint("change IN ('add', 'remove')", name="change"),
    CheckConstraint(
        "state IN ('waiting', 'approved', 'rejected', 'withdrawn', 'expired')", name="state"
    ),
    Index("ix_membership_requests_organisation_id_state_id", "organisation_id", "state", "id"),
    # HQ's queue is everybody's.
    Index("ix_membership_requests_state_id", "state", "id"),
)

# What a caller reads to the service desk from a portal where they are signed in.
caller_codes = Table(
    "caller_codes",
    metadata,
    Column("user_id", Identifier, ForeignKey("users.id"), primary_key=True),
    Column("code_hash", LargeBinary, nullable=False),
    Column("session_id", Identifier, nullable=False),
    Column("failures", SmallInteger, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("used_by", Identifier),  # Whom it was read to; None again once that served a request.
)

# Machines that bring data in: scoped, bound to one organisation, stored hashed.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("name", String(120), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("created_by", Identifier),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
    Index("ix_api_tokens_organisation_id_id", "organisation_id", "id"),
)

# What a machine's request was answered, so that sending it again does nothing twice.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("token_id", Identifier, ForeignKey("api_tokens.id"), primary_key=True),
    Column("key_hash", LargeBinary, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),  # Of method, path and body.
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)
