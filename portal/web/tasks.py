"""What operations are called, where cancelling one leads, and why one is refused."""

from __future__ import annotations

from portal.rules.terms import Action
from portal.web.words import Phrase, lazy_gettext

# After "You are about to"; everything that a policy can ask more for is among them.
OPERATIONS: dict[Action, Phrase] = {
    Action.ENROL: lazy_gettext("enrol an authenticator"),
    Action.CHANGE_SECURITY: lazy_gettext("change your sign-in methods"),
    Action.END_SESSIONS: lazy_gettext("end sessions"),
    Action.CHANGE_PASSWORD: lazy_gettext("change your password"),
    Action.CHANGE_EMAIL: lazy_gettext("change your email address"),
    Action.CHANGE_PROFILE: lazy_gettext("change your profile"),
    Action.SWITCH_ORGANISATION: lazy_gettext("act for another organisation"),
    Action.VIEW_SETTLEMENTS: lazy_gettext("see settlements"),
    Action.EXPORT_SETTLEMENTS: lazy_gettext("export settlements"),
    Action.VIEW_PAYEES: lazy_gettext("see payees"),
    Action.CHANGE_PAYEE: lazy_gettext("change where money is paid to"),
    Action.APPROVE_PAYEE: lazy_gettext("approve a new bank account"),
    Action.REJECT_PAYEE: lazy_gettext("reject a new bank account"),
    Action.VIEW_INTEGRATIONS: lazy_gettext("see webhooks and billing"),
    Action.CHANGE_WEBHOOKS: lazy_gettext("change webhooks"),
    Action.CHANGE_BILLING: lazy_gettext("change the billing details"),
    Action.VIEW_PLAN: lazy_gettext("see the plan"),
    Action.CHANGE_PLAN: lazy_gettext("change an organisation’s plan"),
    Action.VIEW_API_TOKENS: lazy_gettext("see API tokens"),
    Action.CHANGE_API_TOKENS: lazy_gettext("change API tokens"),
    Action.VIEW_POLICY: lazy_gettext("see the policy"),
    Action.DRAFT_POLICY: lazy_gettext("change the draft of a policy"),
    Action.PUBLISH_POLICY: lazy_gettext("publish a policy or an announcement"),
    Action.VIEW_PAYOUTS: lazy_gettext("see payouts"),
    Action.PREPARE_PAYOUT: lazy_gettext("prepare a payout"),
    Action.APPROVE_PAYOUT: lazy_gettext("approve a payout"),
    Action.REJECT_PAYOUT: lazy_gettext("reject a payout"),
    Action.VIEW_CARDS: lazy_gettext("manage your saved cards"),
    Action.VIEW_PASSENGERS: lazy_gettext("see your passengers"),
    Action.CHANGE_PASSENGERS: lazy_gettext("change your passengers"),
    Action.VIEW_USERS: lazy_gettext("see the list of users"),
    Action.EXPORT_USERS: lazy_gettext("export the list of users"),
    Action.ADMINISTER_USER: lazy_gettext("change somebody’s account"),
    Action.VIEW_RESETS: lazy_gettext("see resets"),
    Action.REQUEST_RESET: lazy_gettext("ask for a reset of somebody’s authenticators"),
    Action.REQUEST_DESK_RESET: lazy_gettext("ask for a reset of an administrator’s authenticators"),
    Action.WITHDRAW_RESET: lazy_gettext("withdraw a reset"),
    Action.APPROVE_RESET: lazy_gettext("approve a reset"),
    Action.REJECT_RESET: lazy_gettext("reject a reset"),
    Action.VIEW_EXCEPTIONS: lazy_gettext("see exceptions"),
    Action.REQUEST_EXEMPTION: lazy_gettext("ask for an exemption"),
    Action.APPROVE_EXEMPTION: lazy_gettext("approve an exemption"),
    Action.END_EXEMPTION: lazy_gettext("end an exemption"),
    Action.REQUEST_BYPASS: lazy_gettext("ask for a bypass code"),
    Action.APPROVE_BYPASS: lazy_gettext("approve a bypass code"),
    Action.ISSUE_BYPASS: lazy_gettext("show a bypass code"),
    Action.REJECT_EXCEPTION: lazy_gettext("reject an exception"),
    Action.WITHDRAW_EXCEPTION: lazy_gettext("take an exception back"),
    Action.CHECK_CALLER: lazy_gettext("check who is calling"),
    Action.INVITE_USER: lazy_gettext("invite somebody"),
    Action.CHANGE_MEMBERSHIP: lazy_gettext("change somebody’s roles"),
    Action.APPROVE_MEMBERSHIP: lazy_gettext("approve a role"),
    Action.REJECT_MEMBERSHIP: lazy_gettext("reject a role"),
    Action.WITHDRAW_MEMBERSHIP: lazy_gettext("withdraw a request for a role"),
}

# Where a form stands by itself when it was sent from a panel within a list: after its own address.
FORM_AT: dict[Action, str] = {
    Action.REQUEST_RESET: "/new",
    Action.REQUEST_DESK_RESET: "/new",
}

# Why `decide` says no, and whom to turn to.
DENIED: dict[str, Phrase] = {
    "role": lazy_gettext(
        "Your role here does not include this. If it should, ask an administrator of your "
        "organisation; or act for another organisation from the menu."
    ),
    "oneself": lazy_gettext("Nobody does this to their own account. Ask another administrator."),
    "above": lazy_gettext("This is a super-admin’s account. Ask another super-admin."),
    "administrator": lazy_gettext(
        "This person administers others, so the service desk handles it. Ask them to call it."
    ),
    "no_administrator": lazy_gettext(
        "The service desk handles administrators only. Their own administrator can do this."
    ),
    "second_person": lazy_gettext(
        "You had a part in this already, so somebody else must decide. Ask a colleague."
    ),
}
