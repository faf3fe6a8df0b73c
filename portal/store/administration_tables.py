"""Tables of administration: policies, resets, memberships in waiting, the service desk's checks.

It describes, as `tables` does; statements live in the module of their aggregate.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from portal.store.tables import metadata
from portal.store.types import Identifier, Instant

# Versions of an organisation's policy; never overwritten.
policies = Table(
    "policies",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("author_id", Identifier),  # NULL: a host command.
    Column("published_at", Instant, nullable=False),
    UniqueConstraint("organisation_id", "number"),
)

reset_requests = Table(
    "reset_requests",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("user_id", Identifier, ForeignKey("users.id"), nullable=False),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("requested_by", Identifier, ForeignKey("users.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("verification", String(40), nullable=False),  # How the caller was verified.
    Column("proof", Text, nullable=False, server_default=""),  # The service desk's note of it.
    Column("state", String(12), nullable=False),
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
)
