"""The words of payees and payouts: states, and why something is not done."""

from __future__ import annotations

from portal.web.words import Phrase, lazy_gettext

# Tone and words of a change of an account.
CHANGES: dict[str, tuple[str, Phrase]] = {
    "waiting": ("warning", lazy_gettext("Waits for a second person")),
    "approved": ("brass", lazy_gettext("Approved, not in use yet")),
    "effective": ("good", lazy_gettext("In use")),
    "rejected": ("danger", lazy_gettext("Rejected")),
    "withdrawn": ("quiet", lazy_gettext("Withdrawn")),
}
PAYOUTS: dict[str, tuple[str, Phrase]] = {
    "waiting": ("warning", lazy_gettext("Waits for approval")),
    "approved": ("good", lazy_gettext("Approved")),
    "rejected": ("danger", lazy_gettext("Rejected")),
    "withdrawn": ("quiet", lazy_gettext("Withdrawn")),
}
FILTERS: dict[str, Phrase] = {
    "waiting": lazy_gettext("Waiting"),
    "approved": lazy_gettext("Approved"),
    "rejected": lazy_gettext("Rejected or withdrawn"),
    "all": lazy_gettext("All"),
}

# Why the portal ended a change of an account that nobody decided about.
CLOSED: dict[str, Phrase] = {
    "requester": lazy_gettext(
        "Closed by the portal: whoever asked for it may not ask for it any more."
    ),
    "approver": lazy_gettext(
        "Closed by the portal: whoever approved it may not approve it any more. Ask for it again."
    ),
    "reset": lazy_gettext(
        "Closed by the portal: the sign-in of somebody who agreed to it was reset since. Ask for "
        "it again."
    ),
}

# Why a flow said no; each says what to do next.
PROBLEMS: dict[str, Phrase] = {
    "payee_name_taken": lazy_gettext(
        "There is a payee of this name. Choose it from the list, or use another name."
    ),
    "payee_change_waits": lazy_gettext(
        "Another account is already waiting for this payee. It must be decided or withdrawn first."
    ),
    "payee_same_account": lazy_gettext("This is the account that is in use already."),
    "payee_decided": lazy_gettext(
        "Somebody decided this meanwhile. Below is how it stands now; nothing else was changed."
    ),
    "payee_not_yours": lazy_gettext(
        "Only who asked for a new account can withdraw it. You can reject it instead."
    ),
    **{f"payee_closed_{why}": words for why, words in CLOSED.items()},
    "payout_preparer_left": lazy_gettext(
        "Whoever asked for this may no longer do so. Reject it; another administrator can ask."
    ),
    "payout_payee": lazy_gettext("Choose a payee from the list."),
    "payout_amount": lazy_gettext(
        "Write a sum over zero, like 1250.00, with no more digits than its currency has."
    ),
    "payout_reference_taken": lazy_gettext(
        "This partner has a payout with that reference. Look whether it is the same, or use "
        "another reference."
    ),
    "payout_decided": lazy_gettext(
        "Somebody decided this meanwhile. Below is how it stands now; nothing else was changed."
    ),
    "payout_account_waits": lazy_gettext(
        "The account of this payee is being changed. Wait until the partner has decided and the "
        "new account is in use; then approve."
    ),
    "payout_no_account": lazy_gettext(
        "This payee has no bank account yet. The partner adds one under “Payees” first."
    ),
}
