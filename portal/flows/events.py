"""The names of audit events: `source.what_happened`. A retired name stays here as a comment."""

from __future__ import annotations

import enum


class Event(enum.StrEnum):
    """Everything that is written to the audit log."""

    PASSWORD_ACCEPTED = "sign_in.password_accepted"
    SIGN_IN_REFUSED = "sign_in.refused"
    SIGNED_IN = "sign_in.completed"
    THROTTLED = "attempt.throttled"
    LANE_SPENT = "attempt.lane_spent"
    CHALLENGE_FAILED = "challenge.failed"
    CHALLENGE_PASSED = "challenge.passed"
    REPLAY_REFUSED = "challenge.replay_refused"
    UNLOCK_REQUESTED = "unlock.requested"
    UNLOCKED = "unlock.completed"
    SIGNED_OUT = "session.signed_out"
    SESSION_REVOKED = "session.revoked"
    SESSIONS_REVOKED = "session.revoked_all"
    BROWSER_REVOKED = "browser.revoked"
    ENROLMENT_BEGUN = "enrolment.begun"
    ENROLMENT_FAILED = "enrolment.failed"
    AUTHENTICATOR_ENROLLED = "authenticator.enrolled"
    AUTHENTICATOR_RENAMED = "authenticator.renamed"
    AUTHENTICATOR_REVOKED = "authenticator.revoked"
    AUTHENTICATOR_SUSPECT = "authenticator.suspect"
    BACKUP_CODES_RENEWED = "backup_codes.renewed"
    BACKUP_CODE_USED = "backup_codes.used"
    PASSWORD_CHANGED = "password.changed"
    PASSWORD_RESET_REQUESTED = "password.reset_requested"
    PASSWORD_RESET = "password.reset"
    REGISTRATION_REQUESTED = "registration.requested"
    ACTIVATION_REFUSED = "registration.activation_refused"
    REGISTERED = "registration.completed"
    PROFILE_CHANGED = "account.profile_changed"
    EMAIL_CHANGE_REQUESTED = "account.email_change_requested"
    EMAIL_CHANGED = "account.email_changed"
    EMAIL_CHANGE_CANCELLED = "account.email_change_cancelled"
    ORGANISATION_SWITCHED = "session.organisation_switched"
    USER_CREATED = "user.created"
    ACTIVATED = "user.activated"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    ENROL_REMINDED = "user.enrol_reminded"
    PASSWORD_DUE = "user.password_due"
    USERS_EXPORTED = "user.list_exported"
    MEMBERSHIP_ADDED = "membership.added"
    MEMBERSHIP_REMOVED = "membership.removed"
    MEMBERSHIP_REQUESTED = "membership.requested"
    MEMBERSHIP_APPROVED = "membership.approved"
    MEMBERSHIP_REJECTED = "membership.rejected"
    MEMBERSHIP_WITHDRAWN = "membership.withdrawn"
    MEMBERSHIP_EXPIRED = "membership.expired"
    MEMBERSHIP_LEFT = "membership.left"
    HOME_CHANGED = "membership.home_changed"
    INVITED = "invitation.sent"
    INVITATION_WITHDRAWN = "invitation.withdrawn"
    INVITATION_ACCEPTED = "invitation.accepted"
    ORGANISATION_CREATED = "organisation.created"
    ORGANISATION_MARKED = "organisation.marked"
    PLAN_CHANGED = "organisation.plan_changed"
    POLICY_PUBLISHED = "policy.published"
    ANNOUNCED = "announcement.published"
    ANNOUNCEMENT_WITHDRAWN = "announcement.withdrawn"
    POLICY_DRAFTED = "policy.drafted"
    POLICY_DRAFT_DISCARDED = "policy.draft_discarded"
    HOST_RESET = "host.factors_reset"
    RESTORED = "host.restored"
    ACTION_REFUSED = "action.refused"
    GRANT_GIVEN = "action.grant_given"
    RESET_REQUESTED = "reset.requested"
    RESET_APPROVAL_GIVEN = "reset.approval_given"
    RESET_APPROVED = "reset.approved"
    RESET_REJECTED = "reset.rejected"
    RESET_WITHDRAWN = "reset.withdrawn"
    RESET_EXPIRED = "reset.expired"
    RESET_REFUSED = "reset.refused"
    EXEMPTION_REQUESTED = "exemption.requested"
    EXEMPTION_APPROVAL_GIVEN = "exemption.approval_given"
    EXEMPTION_APPROVED = "exemption.approved"
    EXEMPTION_REJECTED = "exemption.rejected"
    EXEMPTION_WITHDRAWN = "exemption.withdrawn"
    EXEMPTION_EXPIRED = "exemption.expired"
    EXEMPTION_REFUSED = "exemption.refused"
    EXEMPTION_ENDED = "exemption.ended"
    BYPASS_REQUESTED = "bypass.requested"
    BYPASS_APPROVAL_GIVEN = "bypass.approval_given"
    BYPASS_APPROVED = "bypass.approved"
    BYPASS_REJECTED = "bypass.rejected"
    BYPASS_WITHDRAWN = "bypass.withdrawn"
    BYPASS_EXPIRED = "bypass.expired"
    BYPASS_REFUSED = "bypass.refused"
    BYPASS_SHOWN = "bypass.code_shown"
    BYPASS_USED = "bypass.code_used"
    BYPASS_ENDED = "bypass.ended"
    TICKET_ACCEPTED = "ticket.accepted"
    TICKET_REFUSED = "ticket.refused"
    CALLER_CODE_SHOWN = "caller.code_shown"
    CALLER_VERIFIED = "caller.verified"
    CALLER_REFUSED = "caller.refused"
    EXPORT_MADE = "export.made"
    EXPORT_RELEASED = "export.released"
    EXPORT_FETCHED = "export.fetched"
    KEYS_ROTATED = "host.keys_rotated"
    CARDS_VIEWED = "wallet.cards_viewed"
    CARD_REMOVED = "wallet.card_removed"
    PASSENGERS_VIEWED = "wallet.passengers_viewed"
    PASSENGER_ADDED = "wallet.passenger_added"
    PASSENGER_CHANGED = "wallet.passenger_changed"
    PASSENGER_REMOVED = "wallet.passenger_removed"
    WEBHOOK_ADDED = "webhook.added"
    WEBHOOK_REMOVED = "webhook.removed"
    BILLING_CHANGED = "billing.changed"
    IMPORTED = "import.completed"
    IMPORT_REFUSED = "import.refused"
    API_TOKEN_CREATED = "api_token.created"
    API_TOKEN_REVOKED = "api_token.revoked"
    PAYEE_IMPORTED = "payee.imported"
    PAYEE_REQUESTED = "payee.change_requested"
    PAYEE_APPROVED = "payee.change_approved"
    PAYEE_REJECTED = "payee.change_rejected"
    PAYEE_WITHDRAWN = "payee.change_withdrawn"
    PAYEE_EFFECTIVE = "payee.change_effective"
    PAYOUT_PREPARED = "payout.prepared"
    PAYOUT_CORRECTED = "payout.corrected"
    PAYOUT_APPROVAL_GIVEN = "payout.approval_given"
    PAYOUT_APPROVED = "payout.approved"
    PAYOUT_REJECTED = "payout.rejected"
    PAYOUT_WITHDRAWN = "payout.withdrawn"
    SEAL_BROKEN = "store.seal_broken"


# Events of the account itself, by source: they are its administrators' business wherever the
# person was acting. Every other one is the business of the organisation that it is about.
_ACCOUNT = {
    "account",
    "attempt",
    "authenticator",
    "backup_codes",
    "browser",
    "bypass",
    "caller",
    "challenge",
    "enrolment",
    "exemption",
    "host",
    "password",
    "registration",
    "reset",
    "session",
    "sign_in",
    "ticket",
    "unlock",
    "user",
}
OF_THE_ACCOUNT = frozenset(event for event in Event if event.partition(".")[0] in _ACCOUNT)
