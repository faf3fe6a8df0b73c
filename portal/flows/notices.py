"""Mail about security events: queued in the transaction of what it tells about."""

from __future__ import annotations

import enum
from typing import Any

from portal.edge import Edge
from portal.store import outbox
from portal.store.users import User


class Notice(enum.StrEnum):
    """The mails that the portal writes; each has `templates/mail/<name>.txt` and `.html`."""

    ACTIVATION = "activation"
    ALREADY_REGISTERED = "already_registered"
    AUTHENTICATOR_ENROLLED = "authenticator_enrolled"
    AUTHENTICATOR_RENAMED = "authenticator_renamed"
    AUTHENTICATOR_REVOKED = "authenticator_revoked"
    AUTHENTICATOR_SUSPECT = "authenticator_suspect"
    BACKUP_CODE_USED = "backup_code_used"
    BACKUP_CODES_RENEWED = "backup_codes_renewed"
    NEW_BROWSER = "new_browser"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_RESET = "password_reset"
    EMAIL_CHANGE_CONFIRM = "email_change_confirm"
    EMAIL_CHANGE_NOTICE = "email_change_notice"
    EMAIL_CHANGED = "email_changed"
    UNLOCK = "unlock"
    LOCKOUT = "lockout"
    ACCOUNT_UNLOCKED = "account_unlocked"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    SESSIONS_ENDED = "sessions_ended"
    ENROL_REMINDER = "enrol_reminder"
    PASSWORD_DUE = "password_due"
    POLICY_ANNOUNCED = "policy_announced"
    POLICY_REMINDER = "policy_reminder"
    ANNOUNCEMENT = "announcement"
    RESET_REQUESTED = "reset_requested"
    RESETS_TO_DECIDE = "resets_to_decide"
    RESET_NOTED = "reset_noted"
    RESET_DECIDED = "reset_decided"
    RESET_CLOSED = "reset_closed"
    RESET_APPROVED = "reset_approved"
    EXCEPTION_REQUESTED = "exception_requested"
    EXCEPTION_TO_DECIDE = "exception_to_decide"
    EXCEPTION_NOTED = "exception_noted"
    EXCEPTION_DECIDED = "exception_decided"
    EXCEPTION_CLOSED = "exception_closed"
    EXCEPTION_APPROVED = "exception_approved"
    EXCEPTION_ENDED = "exception_ended"
    BYPASS_SHOWN = "bypass_shown"
    BYPASS_USED = "bypass_used"
    INVITATION = "invitation"
    ROLE_OFFERED = "role_offered"
    ROLE_GIVEN = "role_given"
    ROLE_TAKEN = "role_taken"
    ROLE_REQUESTED = "role_requested"
    ROLE_DECIDED = "role_decided"
    LEFT = "left_organisation"
    HOME_CHANGED = "home_changed"
    WEBHOOK_ADDED = "webhook_added"
    WEBHOOK_REMOVED = "webhook_removed"
    BILLING_CHANGED = "billing_changed"
    PLAN_CHANGED = "plan_changed"
    API_TOKEN_CREATED = "api_token_created"
    API_TOKEN_REVOKED = "api_token_revoked"
    EXPORT_MADE = "export_made"
    PAYEES_BROUGHT_IN = "payees_brought_in"
    PAYEE_REQUESTED = "payee_requested"
    PAYEE_APPROVED = "payee_approved"
    PAYEE_STOPPED = "payee_stopped"
    PAYEE_EFFECTIVE = "payee_effective"
    PAYOUT_PREPARED = "payout_prepared"
    PAYOUT_APPROVED = "payout_approved"
    PAYOUT_REJECTED = "payout_rejected"
    PAYOUT_VOIDED = "payout_voided"


def tell(edge: Edge, notice: Notice, user: User, *, to: str | None = None, **values: Any) -> None:
    """Queue a mail to a person, in their language and zone. `to`: another address of theirs."""
    write(
        edge,
        notice,
        to=to or user.email,
        name=user.name,
        locale=user.locale,
        time_zone=user.time_zone,
        user_id=user.id,
        **values,
    )


def write(
    edge: Edge, notice: Notice, *, to: str, locale: str, user_id: str | None = None, **values: Any
) -> None:
    """Queue a mail to an address. `values` are what its template shows; `token` makes its link."""
    payload = {
        "to": to,
        "locale": locale,
        "at": edge.now.isoformat(),
        "user_agent": edge.client.user_agent,
        "place": edge.place(),
        **values,
    }
    outbox.add(edge, kind=str(notice), user_id=user_id, payload=payload)
