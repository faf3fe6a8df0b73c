"""What the next page may say has happened: a cookie names the sentence, the words are here."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from portal.web.words import Phrase, lazy_gettext


class NoticeKey(enum.StrEnum):
    """What the next page may say has happened."""

    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    ENROLLED = "enrolled"
    CODES_RENEWED = "codes_renewed"
    RENAMED = "renamed"
    REVOKED = "revoked"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    BROWSER_FORGOTTEN = "browser_forgotten"
    PROFILE_SAVED = "profile_saved"
    PASSWORD_CHANGED = "password_changed"
    EMAIL_REQUESTED = "email_requested"
    EMAIL_CONFIRMED = "email_confirmed"
    EMAIL_CANCELLED = "email_cancelled"
    EMAIL_NOT_RESTORED = "email_not_restored"
    UNLOCKED = "unlocked"
    CODES_LOW = "codes_low"
    CODE_USED = "code_used"
    SWITCHED = "switched"
    PERSON_CHANGED = "person_changed"
    INVITATION_SENT = "invitation_sent"
    INVITATION_TAKEN_BACK = "invitation_taken_back"
    INVITATION_ACCEPTED = "invitation_accepted"
    ROLE_CHANGED = "role_changed"
    ROLE_WAITS = "role_waits"
    ROLE_APPROVED = "role_approved"
    ROLE_REJECTED = "role_rejected"
    ROLE_WITHDRAWN = "role_withdrawn"
    HOME_CHANGED = "home_changed"
    LEFT = "left"
    LEFT_WAITS = "left_waits"
    LEFT_CLOSED = "left_closed"
    FILE_DONE = "file_done"
    FILE_PARTLY_DONE = "file_partly_done"
    USER_UNLOCKED = "user_unlocked"
    USER_SESSIONS_ENDED = "user_sessions_ended"
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    USER_REMINDED = "user_reminded"
    USER_PASSWORD_DUE = "user_password_due"
    NOTHING_TO_DO = "nothing_to_do"
    RESET_ASKED = "reset_asked"
    RESETS_ASKED = "resets_asked"
    RESET_APPROVED = "reset_approved"
    RESET_REJECTED = "reset_rejected"
    RESET_WITHDRAWN = "reset_withdrawn"
    CALLER_VERIFIED = "caller_verified"
    CARD_REMOVED = "card_removed"
    PASSENGER_ADDED = "passenger_added"
    PASSENGER_SAVED = "passenger_saved"
    PASSENGER_REMOVED = "passenger_removed"
    WEBHOOK_REMOVED = "webhook_removed"
    BILLING_SAVED = "billing_saved"
    PAYEE_REQUESTED = "payee_requested"
    PAYEE_APPROVED = "payee_approved"
    PAYEE_REJECTED = "payee_rejected"
    PAYEE_WITHDRAWN = "payee_withdrawn"
    PAYOUT_PREPARED = "payout_prepared"
    PAYOUT_APPROVED = "payout_approved"
    PAYOUT_COUNTED = "payout_counted"
    PAYOUT_REJECTED = "payout_rejected"


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice as the page shows it. `tone`: success, info or warning."""

    tone: str
    text: Phrase | str


NOTICES: dict[NoticeKey, tuple[str, Phrase]] = {
    NoticeKey.SIGNED_OUT: ("success", lazy_gettext("You are signed out.")),
    NoticeKey.SIGNED_OUT_EVERYWHERE: (
        "success",
        lazy_gettext("You are signed out everywhere. Sign in again to go on."),
    ),
    NoticeKey.ENROLLED: ("success", lazy_gettext("Your authenticator is enrolled.")),
    NoticeKey.CODES_RENEWED: (
        "success",
        lazy_gettext("Your new backup codes are active. Any older ones no longer work."),
    ),
    NoticeKey.RENAMED: ("success", lazy_gettext("The new name is saved.")),
    NoticeKey.REVOKED: ("success", lazy_gettext("It is revoked and can no longer be used.")),
    NoticeKey.SESSION_ENDED: ("success", lazy_gettext("That session is ended.")),
    NoticeKey.SESSIONS_ENDED: ("success", lazy_gettext("All other sessions are ended.")),
    NoticeKey.BROWSER_FORGOTTEN: ("success", lazy_gettext("That browser is forgotten.")),
    NoticeKey.PROFILE_SAVED: ("success", lazy_gettext("Your profile is saved.")),
    NoticeKey.PASSWORD_CHANGED: (
        "success",
        lazy_gettext("Your password is changed. All other sessions are ended."),
    ),
    NoticeKey.EMAIL_REQUESTED: (
        "info",
        lazy_gettext("Open the link that we sent to the new address. Until then nothing changes."),
    ),
    NoticeKey.EMAIL_CONFIRMED: (
        "success",
        lazy_gettext("Your email address is changed. Use the new one to sign in."),
    ),
    NoticeKey.EMAIL_CANCELLED: (
        "warning",
        lazy_gettext(
            "The change is stopped and everybody is signed out. Sign in and change your password."
        ),
    ),
    NoticeKey.EMAIL_NOT_RESTORED: (
        "warning",
        lazy_gettext(
            "Everybody is signed out, but your old address belongs to another account now. "
            "Write to support."
        ),
    ),
    NoticeKey.UNLOCKED: (
        "success",
        lazy_gettext("This browser may try again. Sign in with your password."),
    ),
    NoticeKey.CODES_LOW: (
        "warning",
        lazy_gettext("You are running out of backup codes. Make a new set now."),
    ),
    NoticeKey.CODE_USED: ("info", lazy_gettext("That backup code is used up. Cross it out.")),
    NoticeKey.PERSON_CHANGED: (
        "success",
        lazy_gettext("You are signed out here. The next person can sign in."),
    ),
    NoticeKey.INVITATION_SENT: (
        "success",
        lazy_gettext("The invitation is on its way. It waits below until it is accepted."),
    ),
    NoticeKey.INVITATION_TAKEN_BACK: (
        "success",
        lazy_gettext("The invitation is withdrawn. Its link no longer works."),
    ),
    NoticeKey.INVITATION_ACCEPTED: (
        "success",
        lazy_gettext("The role is yours. Sign in, and choose the organisation from your menu."),
    ),
    NoticeKey.ROLE_CHANGED: (
        "success",
        lazy_gettext("Done. It counts from their next click on."),
    ),
    NoticeKey.ROLE_WAITS: (
        "info",
        lazy_gettext("This takes a second person. It waits for another administrator."),
    ),
    NoticeKey.ROLE_APPROVED: ("success", lazy_gettext("Approved. It counts from now on.")),
    NoticeKey.ROLE_REJECTED: ("success", lazy_gettext("Rejected. Nothing was changed.")),
    NoticeKey.ROLE_WITHDRAWN: ("success", lazy_gettext("Withdrawn. Nothing was changed.")),
    NoticeKey.HOME_CHANGED: ("success", lazy_gettext("They have a new home organisation.")),
    NoticeKey.LEFT: (
        "success",
        lazy_gettext("They have left this organisation and keep what they have elsewhere."),
    ),
    NoticeKey.LEFT_WAITS: (
        "warning",
        lazy_gettext(
            "They have left. What administers others waits for a second person; disable the "
            "account if it cannot wait."
        ),
    ),
    NoticeKey.LEFT_CLOSED: (
        "success",
        lazy_gettext("They have left: every role is gone and the account is disabled."),
    ),
    NoticeKey.FILE_DONE: ("success", lazy_gettext("Every line that was shown as fine is done.")),
    NoticeKey.FILE_PARTLY_DONE: (
        "warning",
        lazy_gettext(
            "Some lines were no longer possible and were left out. Check the file again to see "
            "which."
        ),
    ),
    NoticeKey.SWITCHED: ("success", lazy_gettext("You now act for another organisation.")),
    NoticeKey.USER_UNLOCKED: (
        "success",
        lazy_gettext("The account is unlocked. They can try again at once."),
    ),
    NoticeKey.USER_SESSIONS_ENDED: ("success", lazy_gettext("All their sessions are ended.")),
    NoticeKey.USER_DISABLED: (
        "success",
        lazy_gettext("The account is disabled, and all its sessions are ended."),
    ),
    NoticeKey.USER_ENABLED: ("success", lazy_gettext("The account is enabled again.")),
    NoticeKey.USER_REMINDED: ("success", lazy_gettext("The reminder is on its way.")),
    NoticeKey.USER_PASSWORD_DUE: (
        "success",
        lazy_gettext("They must choose a new password before they can go on."),
    ),
    NoticeKey.NOTHING_TO_DO: ("info", lazy_gettext("There was nothing to do: it is so already.")),
    NoticeKey.RESET_ASKED: (
        "success",
        lazy_gettext("The reset is asked for. Nothing changes before a super-admin approves it."),
    ),
    NoticeKey.RESETS_ASKED: (
        "success",
        lazy_gettext("The resets are asked for. A super-admin decides about each of them."),
    ),
    NoticeKey.RESET_APPROVED: (
        "success",
        lazy_gettext("The reset is done. The person has a mail with the link to enrol again."),
    ),
    NoticeKey.RESET_REJECTED: ("success", lazy_gettext("The reset is rejected.")),
    NoticeKey.RESET_WITHDRAWN: ("success", lazy_gettext("The reset is withdrawn.")),
    NoticeKey.CALLER_VERIFIED: ("success", lazy_gettext("The code is right: it is them.")),
    NoticeKey.CARD_REMOVED: ("success", lazy_gettext("The card is removed.")),
    NoticeKey.PASSENGER_ADDED: ("success", lazy_gettext("The passenger is added.")),
    NoticeKey.PASSENGER_SAVED: ("success", lazy_gettext("The passenger is saved.")),
    NoticeKey.PASSENGER_REMOVED: ("success", lazy_gettext("The passenger is removed.")),
    NoticeKey.WEBHOOK_REMOVED: (
        "success",
        lazy_gettext("The webhook is removed and its secret is forgotten."),
    ),
    NoticeKey.BILLING_SAVED: ("success", lazy_gettext("The billing details are saved.")),
    NoticeKey.PAYEE_REQUESTED: (
        "info",
        lazy_gettext("The account waits for a second person. Everybody concerned gets a mail."),
    ),
    NoticeKey.PAYEE_APPROVED: (
        "success",
        lazy_gettext("The account is approved. It is used once its waiting time is over."),
    ),
    NoticeKey.PAYEE_REJECTED: ("success", lazy_gettext("The new account is rejected.")),
    NoticeKey.PAYEE_WITHDRAWN: ("success", lazy_gettext("The new account is withdrawn.")),
    NoticeKey.PAYOUT_PREPARED: (
        "success",
        lazy_gettext("The payout is prepared. Somebody else must approve it."),
    ),
    NoticeKey.PAYOUT_APPROVED: ("success", lazy_gettext("The payout is approved.")),
    NoticeKey.PAYOUT_COUNTED: (
        "info",
        lazy_gettext("Your approval counts. One more person must approve this payout."),
    ),
    NoticeKey.PAYOUT_REJECTED: ("success", lazy_gettext("The payout will not be paid.")),
}


def notice(key: str) -> NoticeText | None:
    """The sentence behind a notice cookie; anything else says nothing."""
    if key not in NoticeKey.__members__.values():
        return None
    tone, text = NOTICES[NoticeKey(key)]
    return NoticeText(tone, text)
