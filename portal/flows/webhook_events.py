"""What an organisation can ask to be told of. Names are part of what receivers are written for."""

from __future__ import annotations

import enum


class WebhookEvent(enum.StrEnum):
    """The events of webhooks; a name never changes its meaning."""

    SETTLEMENTS_IMPORTED = "settlements.imported"
    EXPORT_MADE = "export.made"
    PAYOUT_APPROVED = "payout.approved"
    PAYOUT_REJECTED = "payout.rejected"
    PAYEE_CHANGED = "payee.changed"


def field_of(event: WebhookEvent) -> str:
    """The field of forms that is ticked for an event: each field is sent once, or not at all."""
    return "on_" + event.replace(".", "_")
