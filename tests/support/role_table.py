"""Who may do what to whose, beside whom, and with which proof: the table of roles.

Written out here and not read from ACTIONS: a changed requirement must fail a row.
"""

from __future__ import annotations

from dataclasses import replace

from portal.rules.access import Allow, StepUp
from portal.rules.facts import Facts
from portal.rules.terms import AAL, Action, Authentication, Role, Target
from tests.support.facts import acting_for, proof, session

TRAVELER, DISPATCHER, LEAD = Role.TRAVELER, Role.DISPATCHER, Role.DISPATCH_LEAD
CONTROLLER, PARTNER = Role.FINANCE_CONTROLLER, Role.PARTNER_ADMIN
HQ, SUPER, DESK = Role.HQ_ADMIN, Role.SUPER_ADMIN, Role.SERVICE_DESK

# Who may do it in the organisation that they act for.
ROLES: dict[Action, set[Role]] = {
    Action.VIEW_SETTLEMENTS: {CONTROLLER, PARTNER},
    Action.EXPORT_SETTLEMENTS: {CONTROLLER},
    Action.VIEW_PAYEES: {CONTROLLER, PARTNER},
    Action.CHANGE_PAYEE: {CONTROLLER, PARTNER},
    Action.APPROVE_PAYEE: {CONTROLLER, PARTNER},
    Action.REJECT_PAYEE: {CONTROLLER, PARTNER},
    Action.VIEW_INTEGRATIONS: {CONTROLLER, PARTNER},
    Action.CHANGE_WEBHOOKS: {PARTNER},
    Action.CHANGE_BILLING: {CONTROLLER, PARTNER},
    Action.VIEW_PAYOUTS: {HQ, SUPER},
    Action.PREPARE_PAYOUT: {HQ},
    Action.APPROVE_PAYOUT: {HQ, SUPER},
    Action.REJECT_PAYOUT: {HQ, SUPER},
    Action.VIEW_CARDS: {TRAVELER},
    Action.VIEW_PASSENGERS: {TRAVELER},
    Action.CHANGE_PASSENGERS: {TRAVELER},
    Action.VIEW_PLAN: {PARTNER, HQ, SUPER},
    Action.CHANGE_PLAN: {SUPER},
    Action.VIEW_API_TOKENS: {PARTNER, SUPER},
    Action.CHANGE_API_TOKENS: {PARTNER, SUPER},
    Action.VIEW_POLICY: {PARTNER, HQ, SUPER, DESK},
    Action.DRAFT_POLICY: {PARTNER, SUPER},
    Action.PUBLISH_POLICY: {PARTNER, SUPER},
    Action.VIEW_USERS: {PARTNER, HQ, SUPER, DESK},
    Action.EXPORT_USERS: {PARTNER, HQ, SUPER, DESK},
    Action.ADMINISTER_USER: {PARTNER, HQ, SUPER},
    Action.REQUEST_RESET: {PARTNER, HQ, SUPER},
    Action.REQUEST_DESK_RESET: {DESK},
    Action.VIEW_RESETS: {PARTNER, HQ, SUPER, DESK},
    Action.WITHDRAW_RESET: {PARTNER, HQ, SUPER, DESK},
    Action.APPROVE_RESET: {SUPER},
    Action.REJECT_RESET: {SUPER},
    Action.VIEW_EXCEPTIONS: {PARTNER, HQ, SUPER, DESK},
    Action.REQUEST_EXEMPTION: {PARTNER, HQ, SUPER},
    Action.APPROVE_EXEMPTION: {SUPER},
    Action.END_EXEMPTION: {PARTNER, HQ, SUPER},
    Action.REQUEST_BYPASS: {HQ, SUPER, DESK},
    Action.APPROVE_BYPASS: {SUPER},
    Action.ISSUE_BYPASS: {HQ, SUPER, DESK},
    Action.REJECT_EXCEPTION: {SUPER},
    Action.WITHDRAW_EXCEPTION: {PARTNER, HQ, SUPER, DESK},
    Action.CHECK_CALLER: {DESK},
    Action.INVITE_USER: {PARTNER, HQ, SUPER},
    Action.CHANGE_MEMBERSHIP: {PARTNER, HQ, SUPER},
    Action.APPROVE_MEMBERSHIP: {PARTNER, SUPER},
    Action.REJECT_MEMBERSHIP: {PARTNER, SUPER},
    Action.WITHDRAW_MEMBERSHIP: {PARTNER, HQ, SUPER},
}
# What must be proved: for this very operation, within 5 minutes, within 15, or nothing more.
GRANTED = {
    Action.EXPORT_SETTLEMENTS,
    Action.CHANGE_PAYEE,
    Action.APPROVE_PAYEE,
    Action.APPROVE_PAYOUT,
    Action.REQUEST_RESET,
    Action.REQUEST_DESK_RESET,
    Action.APPROVE_RESET,
    Action.REQUEST_EXEMPTION,
    Action.APPROVE_EXEMPTION,
    Action.REQUEST_BYPASS,
    Action.APPROVE_BYPASS,
    Action.APPROVE_MEMBERSHIP,
}
FRESH = {
    Action.END_EXEMPTION,
    Action.ISSUE_BYPASS,
    Action.DRAFT_POLICY,
    Action.PUBLISH_POLICY,
    Action.CHANGE_WEBHOOKS,
    Action.CHANGE_BILLING,
    Action.CHANGE_PLAN,
    Action.CHANGE_API_TOKENS,
    Action.PREPARE_PAYOUT,
    Action.EXPORT_USERS,
    Action.ADMINISTER_USER,
    Action.INVITE_USER,
    Action.CHANGE_MEMBERSHIP,
    Action.WITHDRAW_MEMBERSHIP,
}
RECENT = {Action.VIEW_CARDS, Action.VIEW_PASSENGERS, Action.CHANGE_PASSENGERS}
# Whose objects, seen from /hq/partner/; an action that is not here has no object of its own.
OWN = {
    Action.EXPORT_SETTLEMENTS,
    Action.CHANGE_PAYEE,
    Action.APPROVE_PAYEE,
    Action.REJECT_PAYEE,
}
BELOW = {Action.VIEW_PLAN, Action.VIEW_POLICY, Action.VIEW_USERS, Action.EXPORT_USERS}
SERVED = {
    Action.DRAFT_POLICY,
    Action.PUBLISH_POLICY,
    Action.ADMINISTER_USER,
    Action.REQUEST_RESET,
    Action.WITHDRAW_RESET,
    Action.REQUEST_EXEMPTION,
    Action.END_EXEMPTION,
    Action.CHANGE_MEMBERSHIP,
}
# As served; and from the root any organisation's, or any without an administrator.
SERVED_OR_ANY = {
    Action.WITHDRAW_EXCEPTION,
    Action.APPROVE_MEMBERSHIP,
    Action.REJECT_MEMBERSHIP,
    Action.WITHDRAW_MEMBERSHIP,
}
SERVED_OR_UNATTENDED = {Action.INVITE_USER}
ANYWHERE = {
    Action.CHANGE_PLAN,
    Action.APPROVE_PAYOUT,
    Action.REJECT_PAYOUT,
    Action.REQUEST_DESK_RESET,
    Action.APPROVE_RESET,
    Action.REJECT_RESET,
    Action.APPROVE_EXEMPTION,
    Action.REQUEST_BYPASS,
    Action.APPROVE_BYPASS,
    Action.ISSUE_BYPASS,
    Action.REJECT_EXCEPTION,
    Action.CHECK_CALLER,
}
TARGETED = OWN | BELOW | SERVED | SERVED_OR_ANY | SERVED_OR_UNATTENDED | ANYWHERE
SECOND_PERSON = {
    Action.APPROVE_PAYEE,
    Action.APPROVE_PAYOUT,
    Action.APPROVE_RESET,
    Action.APPROVE_EXEMPTION,
    Action.APPROVE_BYPASS,
    Action.APPROVE_MEMBERSHIP,
}
NEVER_ONESELF = {
    Action.REQUEST_EXEMPTION,
    Action.APPROVE_EXEMPTION,
    Action.END_EXEMPTION,
    Action.REQUEST_BYPASS,
    Action.APPROVE_BYPASS,
    Action.ISSUE_BYPASS,
    Action.REJECT_EXCEPTION,
    Action.WITHDRAW_EXCEPTION,
    Action.ADMINISTER_USER,
    Action.REQUEST_RESET,
    Action.REQUEST_DESK_RESET,
    Action.WITHDRAW_RESET,
    Action.APPROVE_RESET,
    Action.REJECT_RESET,
    Action.CHECK_CALLER,
    Action.CHANGE_MEMBERSHIP,
    Action.APPROVE_MEMBERSHIP,
    Action.WITHDRAW_MEMBERSHIP,
}
# Roles have ranks of their own: rules/roles.py.
WITHIN_RANK = {
    Action.ADMINISTER_USER,
    Action.REQUEST_EXEMPTION,
    Action.REQUEST_BYPASS,
    Action.ISSUE_BYPASS,
}
# Path and mark of the organisation that an object belongs to, and which standings reach it.
PLACES = {
    "one's own": ("/hq/partner/", False, {"own", "below", "served", "any"}),
    "an independent child's": ("/hq/partner/branch/", False, {"below", "any"}),
    "a managed child's": ("/hq/partner/guests/", True, {"below", "served", "any"}),
    "a managed grandchild's": ("/hq/partner/branch/guests/", True, {"below", "any"}),
    "a neighbour's": ("/hq/other/", False, {"any"}),
    "a managed neighbour's": ("/hq/guests/", True, {"any"}),
    "the parent's": ("/hq/", False, {"any"}),
    "a neighbour's with a name that begins alike": ("/hq/partner2/", False, {"any"}),
}
BOTH = (proof("password"), proof("totp"))
ALLOWED = Allow(AAL.AAL2)
GRANT = StepUp(("totp",), "grant", grant=True)


def somebody(action: Action, *proofs: Authentication) -> Facts:
    """Whoever may do it, just signed in with two factors, acting where that is done."""
    given = proofs or BOTH
    role = sorted(ROLES[action])[0]
    return acting_for(session(*given), role, path=home_of(action))


def home_of(action: Action) -> str:
    """Where whoever does it acts: HQ's own rights are held at the root."""
    return "/hq/" if action in ANYWHERE else "/hq/partner/"


def target_for(action: Action, path: str = "/hq/partner/", *, managed: bool = False) -> Target:
    roles = {HQ} if action is Action.REQUEST_DESK_RESET else {DISPATCHER}
    return Target(path, managed, frozenset(), "them", frozenset(roles))


def about(action: Action, facts: Facts) -> Facts:
    """With an object of one's own organisation, where the action has one."""
    return replace(facts, target=target_for(action)) if action in TARGETED else facts
