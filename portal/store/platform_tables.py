"""Tables of what the portal guards: settlements, exports, payees, payouts, cards, passengers.

It describes, as `tables` does; statements live in the module of their aggregate. Money is in
minor units with its ISO 4217 currency, never a fraction.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from portal.store.tables import metadata
from portal.store.types import Identifier, Instant

# One ride that a partner is paid for.
settlements = Table(
    "settlements",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("reference", String(64), nullable=False),  # The platform's; an import twice is one row.
    Column("finished_at", Instant, nullable=False),
    Column("period", String(7), nullable=False),  # "2026-10", in the partner's time zone.
    Column("description", String(200), nullable=False),
    Column("driver", String(120), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("fee", BigInteger, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("organisation_id", "reference"),
    Index("ix_settlements_organisation_id_period_id", "organisation_id", "period", "id"),
)

exports = Table(
    "exports",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("period", String(7), nullable=False),
    Column("currency", String(3), nullable=False, server_default=""),  # "" for every currency.
    Column("rows", Integer, nullable=False),
    Column("totals", JSON, nullable=False),  # Currency -> net in minor units.
    Column("content", LargeBinary, nullable=False),  # The file itself, as it is given out.
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the content.
    Column("receipt", String(40), nullable=False, unique=True),
    Column("made_by", Identifier, ForeignKey("users.id"), nullable=False),
    Column("session_id", Identifier, nullable=False),
    Column("open_until", Instant, nullable=False),  # For that session; then it needs a new grant.
    Column("created_at", Instant, nullable=False),
    Index("ix_exports_organisation_id_id", "organisation_id", "id"),
)

export_fetches = Table(
    "export_fetches",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("export_id", Identifier, ForeignKey("exports.id"), nullable=False, index=True),
    Column("fetched_by", Identifier, ForeignKey("users.id"), nullable=False),
    Column("at", Instant, nullable=False),
)

payees = Table(
    "payees",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("name", String(120), nullable=False),
    Column("account", LargeBinary),  # Sealed JSON; empty until the first change is approved.
    Column("account_shown", String(40), nullable=False, server_default=""),  # Last four only.
    Column("currency", String(3), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Index("ix_payees_organisation_id_id", "organisation_id", "id"),
)

payee_changes = Table(
    "payee_changes",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("payee_id", Identifier, ForeignKey("payees.id"), nullable=False, index=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("account", LargeBinary, nullable=False),  # Sealed JSON.
    Column("account_shown", String(40), nullable=False),
    Column("state", String(12), nullable=False),
    Column("requested_by", Identifier, ForeignKey("users.id"), nullable=False),
    Column("decided_by", Identifier, ForeignKey("users.id")),
    Column("decided_at", Instant),
    Column("effective_at", Instant),  # Approved and past this instant: paid to from then on.
    Column("note", String(400), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    CheckConstraint(
        "state IN ('waiting', 'approved', 'effective', 'rejected', 'withdrawn')", name="state"
    ),
    Index("ix_payee_changes_state_effective_at", "state", "effective_at"),
)

payouts = Table(
    "payouts",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("payee_id", Identifier, ForeignKey("payees.id"), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("prepared_by", Identifier),  # None: came in through the import API.
    Column("approvals_needed", SmallInteger, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("note", String(400), nullable=False, server_default=""),
    Column("decided_by", Identifier, ForeignKey("users.id")),  # Of a rejected one; see approvals.
    Column("decided_at", Instant),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("state IN ('waiting', 'approved', 'rejected', 'withdrawn')", name="state"),
    UniqueConstraint("organisation_id", "reference"),
    Index("ix_payouts_state_id", "state", "id"),
)

payout_approvals = Table(
    "payout_approvals",
    metadata,
    Column("payout_id", Identifier, ForeignKey("payouts.id"), primary_key=True),
    Column("approved_by", Identifier, ForeignKey("users.id"), primary_key=True),
    Column("binding", LargeBinary, nullable=False),  # What was shown to this approver.
    Column("at", Instant, nullable=False),
)

cards = Table(
    "cards",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("user_id", Identifier, ForeignKey("users.id"), nullable=False, index=True),
    Column("brand", String(20), nullable=False),
    Column("last_four", String(4), nullable=False),
    Column("expires", String(7), nullable=False),  # "2029-04".
    Column("token", LargeBinary, nullable=False),  # Sealed JSON: the payment service's, no number.
    Column("created_at", Instant, nullable=False),
    Column("removed_at", Instant),
)

passengers = Table(
    "passengers",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("user_id", Identifier, ForeignKey("users.id"), nullable=False, index=True),
    Column("profile", LargeBinary, nullable=False),  # Sealed JSON: name, phone, needs.
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Column("removed_at", Instant),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), nullable=False),
    Column("url", String(500), nullable=False),
    Column("events", JSON, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # Sealed JSON.
    Column("created_by", Identifier, ForeignKey("users.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("removed_at", Instant),
    Index("ix_webhooks_organisation_id_id", "organisation_id", "id"),
)

billing = Table(
    "billing",
    metadata,
    Column("organisation_id", Identifier, ForeignKey("organisations.id"), primary_key=True),
    Column("company", String(200), nullable=False),
    Column("address", String(400), nullable=False),
    Column("tax_id", String(40), nullable=False),
    Column("email", String(320), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("changed_at", Instant, nullable=False),
)
