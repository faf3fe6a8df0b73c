"""Tables of policy: its versions, drafts, what was seen of a roll-out, who is told, who is exempt.

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
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from portal.store.tables import metadata
from portal.store.types import Identifier, Instant

# Versions of an organisation's policy; never overwritten. Without dates: in force when published.
policies = Table(
    "policies",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("author_id", Identifier),  # NULL: a host command.
    Column("published_at", Instant, nullable=False),
    Column("monitored_at", Instant),
    Column("enforced_at", Instant),
    Column("grace_s", Integer, nullable=False, server_default="0"),
    Column("message", Text, nullable=False, server_default=""),  # To the people affected.
    UniqueConstraint("organisation_id", "number"),
)

# What is being written, one for each organisation; it asks nothing of anybody.
policy_drafts = Table(
    "policy_drafts",
    metadata,
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), primary_key=True),
    Column("document", JSON, nullable=False),
    Column("dates", JSON, nullable=False),  # Of the roll-out: see `flows.drafts`.
    Column("revision", Integer, nullable=False),  # Counts changes: nobody overwrites another's.
    Column("author_id", Identifier),
    Column("changed_at", Instant, nullable=False),
)

# Who would have been stopped by a version that was not in force yet; each person once.
policy_findings = Table(
    "policy_findings",
    metadata,
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("user_id", Identifier, ForeignKey("users.id"), primary_key=True),
    Column("reason", String(40), nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("cleared_at", Instant),  # It would stop them no more: they enrolled, or were let off.
    Index("ix_policy_findings_user_id", "user_id"),
)

# Organisations whose people's deadlines are to be worked out anew, with those below them.
compliance_jobs = Table(
    "compliance_jobs",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    Column("after", Identifier),  # The worker's place in the list of people; NULL: before all.
)

# What the people of an organisation, and of those below it, are told.
announcements = Table(
    "announcements",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("number", Integer),  # The version of the policy that it announces.
    Column("message", Text, nullable=False),
    Column("author_id", Identifier),
    Column("published_at", Instant, nullable=False),
    Column("enforced_at", Instant),
    Column("ends_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Column("mailed_after", Identifier),  # The worker's place in the list of people.
    Column("due_at", Instant),  # When the worker goes through them, to tell or to remind.
    Index("ix_announcements_due_at", "due_at"),
    Index("ix_announcements_organisation_id_id", "organisation_id", "id"),
)

announcement_readers = Table(
    "announcement_readers",
    metadata,
    Column("announcement_id", Identifier, ForeignKey("announcements.id"), primary_key=True),
    Column("user_id", Identifier, ForeignKey("users.id"), primary_key=True),
    Column("mailed_at", Instant),
    Column("seen_at", Instant),
    Column("dismissed_at", Instant),
    # Of which deadline they were reminded last, and how many days before it.
    Column("reminded_of", Instant),
    Column("reminded_days", SmallInteger),
    Index("ix_announcement_readers_user_id", "user_id"),
)

# A person let off until a date, or let in with a code: asked for by one, approved by another.
exceptions = Table(
    "exceptions",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("user_id", Identifier, ForeignKey("users.id"), nullable=False),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("requested_by", Identifier, ForeignKey("users.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("verification", String(40), nullable=False, server_default=""),  # Of who called.
    Column("until", Instant),  # An exemption's last moment.
    Column("state", String(12), nullable=False),
    Column("first_approved_by", Identifier, ForeignKey("users.id")),  # Of two who must.
    Column("decided_by", Identifier, ForeignKey("users.id")),
    Column("decided_at", Instant),
    Column("note", Text, nullable=False, server_default=""),
    Column("issued_at", Instant),  # When a bypass code was shown, once.
    Column("reminded_days", SmallInteger),  # How long before its end the person was reminded last.
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    CheckConstraint("kind IN ('exemption', 'bypass')", name="kind"),
    CheckConstraint(
        "state IN ('waiting', 'approved', 'rejected', 'withdrawn', 'expired', 'ended')",
        name="state",
    ),
    Index("ix_exceptions_state_id", "state", "id"),
    Index("ix_exceptions_user_id_id", "user_id", "id"),
    Index("ix_exceptions_organisation_id_state_id", "organisation_id", "state", "id"),
)
