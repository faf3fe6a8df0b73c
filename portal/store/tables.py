"""Every table of the portal, as SQLAlchemy Core metadata that Alembic reads too.

It describes; statements live in the module of their aggregate.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from portal.store.types import Identifier, Instant, SortKey

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("parent_id", Identifier, ForeignKey("organisations.id"), index=True),
    # Ids from the root down, "/a/b/": a subtree is one range of this column.
    Column("path", String(600), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("managed_by_parent", Boolean, nullable=False, default=False),
    Column("time_zone", String(64), nullable=False, server_default="UTC"),  # Of its periods.
    # What its own policy asks, and what all above ask with it; NULL: nothing, and the built-in one.
    Column("policy_line", JSON),
    Column("effective_policy", JSON),
    Column("shared_desks", Boolean, nullable=False, server_default=false()),  # Shared computers.
    Column("plan", String(20), nullable=False, server_default="enterprise"),
    Column("add_ons", JSON, nullable=False, server_default="[]"),
    Column("announced_until", Instant),  # Of what is announced and asks nothing of anybody.
    Column("created_at", Instant, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("email", String(320), nullable=False, unique=True),  # Normalised.
    Column("name", String(120), nullable=False),
    Column("locale", String(10), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("home_organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    # Denormalised from authenticators in the transaction that changes them; see `users.py`.
    Column("security", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_signed_in_at", Instant),
    Column("last_kind", String(32)),
    # What the list of users sorts, filters and searches by; all written with what they repeat.
    Column("sort_name", SortKey(120), nullable=False, server_default=""),
    # `last_signed_in_at` in seconds, 0 for never: pages go on from a key, and a key has no NULL.
    Column("signed_in_order", BigInteger, nullable=False, server_default="0"),
    Column("strongest", SmallInteger, nullable=False, server_default="0"),  # AAL in reach.
    Column("resistance", SmallInteger, nullable=False, server_default="0"),  # `Resistance`.
    Column("locked_until", Instant),
    Column("reset_id", Identifier),  # The reset request that waits for a decision.
    # Factors were reset: nothing but enrolling with the mailed ticket is open until then.
    Column("reset_at", Instant),
    # WebAuthn's user handle, random; made with the first passkey.
    Column("handle", LargeBinary),
    Column("password_due_at", Instant),  # The password must be renewed at the next sign-in.
    Column("activated_at", Instant),  # Once for ever. NULL: the release before, see `users`.
    Column("exempt_until", Instant),  # Until then policy asks nothing of a sign-in.
    Column("enrol_by", Instant),  # For lists: from then on policy stops them. NULL: nobody does.
    # The same in seconds, far off for NULL, as `signed_in_order`.
    Column("enrol_order", BigInteger, nullable=False, server_default=str(2**40)),
    # Nobody ever opened it, and no invitation is left: whoever has the mailbox may register.
    Column("withdrawn_at", Instant),
    Index("ix_users_home_organisation_id_id", "home_organisation_id", "id"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("user_id", Identifier, ForeignKey("users.id"), nullable=False),
    Column(
        "organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False, index=True
    ),
    Column("role", String(32), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("user_id", "organisation_id", "role"),
    # The few who administer an organisation are found without reading its many.
    Index("ix_memberships_organisation_id_role", "organisation_id", "role"),
)

authenticators = Table(
    "authenticators",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("user_id", Identifier, ForeignKey("users.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("name", String(80), nullable=False),
    Column("data", LargeBinary, nullable=False),  # Sealed JSON.
    Column("strength", JSON, nullable=False),
    Column("version", Integer, nullable=False, default=1),
    Column("lookup", LargeBinary, unique=True),
    Column("variant", String(16), nullable=False, server_default=""),  # A form of its kind.
    Column("suspect_at", Instant),  # It may be a copy, and opens nothing since.
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
    Index("ix_authenticators_user_id_kind", "user_id", "kind"),
)

browsers = Table(
    "browsers",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("user_id", Identifier, ForeignKey("users.id"), nullable=False, index=True),
    Column("user_agent", String(400), nullable=False),
    Column("address", String(64), nullable=False),
    Column("place", String(120)),
    # Set by one full sign-in here; a mailed unlock alone gives attempts, not familiarity.
    Column("known_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    UniqueConstraint("token_hash", "user_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("user_id", Identifier, ForeignKey("users.id"), nullable=False),
    Column("browser_id", Identifier, ForeignKey("browsers.id")),
    Column("authentications", JSON, nullable=False),
    Column("csrf_secret", LargeBinary, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
    Column("acting_organisation_id", Identifier, ForeignKey("organisations.id")),
    Column("user_agent", String(400), nullable=False),
    Column("address", String(64), nullable=False),
    Column("place", String(120)),
    Column("ticket_id", Identifier),  # The mailed link that a session after a reset was opened by.
    Column("revoked_at", Instant),
    Column("revoked_for", String(40)),
    Index("ix_sessions_user_id_id", "user_id", "id"),
)

ceremonies = Table(
    "ceremonies",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("purpose", String(16), nullable=False),
    # A stranger's, who signs in with a passkey alone, belongs to a browser instead: the hash of its
    # anonymous cookie.
    Column("session_id", Identifier, ForeignKey("sessions.id"), index=True),
    Column("user_id", Identifier, ForeignKey("users.id")),
    Column("browser", LargeBinary),
    Column("state", LargeBinary, nullable=False),  # Sealed JSON.
    Column("failures", Integer, nullable=False, default=0),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
)

step_ups = Table(
    "step_ups",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("session_id", Identifier, ForeignKey("sessions.id"), nullable=False, index=True),
    Column("action", String(40), nullable=False),
    Column("method", String(8), nullable=False),
    Column("path", String(600), nullable=False),
    # Sealed JSON: the allow-listed fields of the form, and what was shown of the object.
    Column("form", LargeBinary, nullable=False),
    Column("origin", String(600)),  # The page that "cancel" leads back to.
    # What a grant is bound to: an object, and the hash of what was shown of it.
    Column("object_id", String(64), nullable=False, server_default=""),
    Column("binding", LargeBinary),
    Column("organisation_id", Identifier),  # Which the session acted for.
    Column("granted_at", Instant),
    Column("spent_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

budgets = Table(
    "budgets",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # HMAC of factor and normalised e-mail.
    Column("lane", String(36), primary_key=True),  # "" for strangers, else the browser's id.
    Column("failures", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    # Refusals since the last compared attempt, and how many there were before it.
    Column("refused", Integer, nullable=False),
    Column("refused_before", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False, index=True),
)

links = Table(
    "links",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    # A registration has no user yet: nobody has an account before the address is verified.
    Column("user_id", Identifier, ForeignKey("users.id")),
    Column("data", LargeBinary, nullable=False),  # Sealed JSON.
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
    Index("ix_links_user_id_kind", "user_id", "kind"),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("event", String(60), nullable=False),
    Column("actor_id", Identifier),
    Column("subject_id", Identifier),
    Column("organisation_id", Identifier),
    Column("session_id", Identifier),
    Column("level", String(8), nullable=False),
    Column("address", String(64), nullable=False),
    Column("place", String(120)),
    Column("user_agent", String(400), nullable=False),
    Column("reason", String(200)),
    Column("request_id", String(64), nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_audit_events_subject_id_id", "subject_id", "id"),
    Index("ix_audit_events_organisation_id_id", "organisation_id", "id"),
)

audit_seals = Table(
    "audit_seals",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("event_id", Identifier, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
)

# What purge left behind: the chain goes on from here.
audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("events_removed", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("ends_at", Instant, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("user_id", Identifier),
    Column("payload", LargeBinary),  # Sealed JSON; emptied once sent, for links are in it.
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("state", String(10), nullable=False),
    Column("finished_at", Instant),
    Column("error", Text),
    CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state"),
    Index("ix_outbox_state_due_at", "state", "due_at"),
)
