"""What the next page may say has happened: a cookie names the sentence, the words are here."""

from __future__ import annotations

from portal.values import frozen
from portal.web.notice_keys import NoticeKey
from portal.web.words import Phrase, lazy_gettext


@frozen
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
    NoticeKey.PASSWORD_RESET: (
        "success",
        lazy_gettext("Your new password is set. Sign in with it."),
    ),
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
    NoticeKey.ANNOUNCED: (
        "success",
        lazy_gettext("It is announced. The mail goes out now, and below you see who has read it."),
    ),
    NoticeKey.ANNOUNCEMENT_WITHDRAWN: (
        "success",
        lazy_gettext("It is withdrawn: nobody sees it any more, and no more mail goes out."),
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
    NoticeKey.APPROVAL_COUNTED: (
        "info",
        lazy_gettext("Your approval counts. One more is needed, of another person."),
    ),
    NoticeKey.EXCEPTION_ASKED: (
        "info",
        lazy_gettext("It is asked for. A super-admin decides, and you hear about it by mail."),
    ),
    NoticeKey.EXCEPTION_APPROVED: ("success", lazy_gettext("It is approved.")),
    NoticeKey.EXCEPTION_REJECTED: ("success", lazy_gettext("It is rejected.")),
    NoticeKey.EXCEPTION_WITHDRAWN: ("success", lazy_gettext("It is taken back.")),
    NoticeKey.EXEMPTION_ENDED: (
        "success",
        lazy_gettext("The exemption is ended. Policy asks again from their next click on."),
    ),
    NoticeKey.BYPASS_GONE: (
        "warning",
        lazy_gettext("That code was used or is over. Use another way, or ask the service desk."),
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
    NoticeKey.PLAN_CHANGED: (
        "success",
        lazy_gettext("The plan is changed. It holds from everybody’s next click on."),
    ),
    NoticeKey.API_TOKEN_REVOKED: (
        "success",
        lazy_gettext("The token is revoked. Its machine is refused from now on."),
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
    NoticeKey.POLICY_DRAFT_SAVED: (
        "success",
        lazy_gettext("The draft is saved. It asks nothing of anybody before it is published."),
    ),
    NoticeKey.POLICY_DRAFT_DISCARDED: ("success", lazy_gettext("The draft is discarded.")),
    NoticeKey.POLICY_DRAFT_CHANGED: (
        "warning",
        lazy_gettext("Somebody changed the draft meanwhile. Look at it again, then decide."),
    ),
    NoticeKey.POLICY_ANNOUNCED: (
        "success",
        lazy_gettext("The policy is announced. It holds from its date on."),
    ),
    NoticeKey.POLICY_ENFORCED: ("success", lazy_gettext("The policy is in force.")),
    NoticeKey.POLICY_RETURNED: (
        "success",
        lazy_gettext("The version before is in force again. What was on its way is given up."),
    ),
    NoticeKey.POLICY_CHANGED: (
        "warning",
        lazy_gettext("Somebody published another version meanwhile. Look again, then decide."),
    ),
    NoticeKey.PAYOUT_REJECTED: ("success", lazy_gettext("The payout will not be paid.")),
}


def notice(key: str) -> NoticeText | None:
    """The sentence behind a notice cookie; anything else says nothing."""
    if key not in NoticeKey.__members__.values():
        return None
    tone, text = NOTICES[NoticeKey(key)]
    return NoticeText(tone, text)
