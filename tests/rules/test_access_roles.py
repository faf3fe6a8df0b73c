"""The decision table of roles: who may do what to whose, beside whom, and with which proof.

Written out here and not read from ACTIONS: a changed requirement must fail a row.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.rules.access import Allow, Deny, Enrol, NotFound, Renew, StepUp, decide, decide_grant
from portal.rules.facts import Facts
from portal.rules.terms import AAL, Action, Authentication, Membership, Role, Target
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


@pytest.mark.parametrize("action", ROLES)
@pytest.mark.parametrize("role", Role)
def test_the_role_decides_who_may_come_near(action: Action, role: Role) -> None:
    facts = about(action, acting_for(session(*BOTH), role, path=home_of(action)))
    decision = decide(action, facts)
    if role not in ROLES[action]:
        assert decision == Deny("role")
    else:
        assert decision == (GRANT if action in GRANTED else ALLOWED)


@pytest.mark.parametrize("action", ROLES)
def test_a_role_in_another_organisation_counts_for_nothing_here(action: Action) -> None:
    elsewhere = acting_for(session(*BOTH), *ROLES[action], path="/hq/other/").memberships
    here = acting_for(session(*BOTH), LEAD, path=home_of(action))
    facts = replace(here, memberships=(*here.memberships, *(
        replace(one, organisation_id="other") for one in elsewhere
    )))  # fmt: skip
    assert decide(action, about(action, facts)) == Deny("role")


@pytest.mark.parametrize("action", ROLES)
def test_before_its_object_is_known_an_action_is_provisional(action: Action) -> None:
    expected = Allow(AAL.AAL2, provisional=action in TARGETED)
    assert decide(action, somebody(action)) == expected


@pytest.mark.parametrize("action", sorted(TARGETED))
@pytest.mark.parametrize("place", PLACES)
def test_the_tenant_decides_before_anything_else(action: Action, place: str) -> None:
    path, managed, reached_by = PLACES[place]
    facts = replace(somebody(action), target=target_for(action, path, managed=managed))
    standing = next(
        name
        for name, actions in (
            ("own", OWN),
            ("below", BELOW),
            ("served", SERVED | SERVED_OR_ANY | SERVED_OR_UNATTENDED),
            ("any", ANYWHERE),
        )
        if action in actions
    )
    if standing in reached_by:
        assert decide(action, facts) == (GRANT if action in GRANTED else ALLOWED)
        return
    assert decide(action, facts) == NotFound("another_tenant")
    roleless = replace(facts, memberships=())
    assert decide(action, roleless) == NotFound("another_tenant"), "no role, no other answer"


@pytest.mark.parametrize("action", sorted(ANYWHERE))
def test_the_right_of_hq_is_held_at_the_root_whatever_a_role_is_called(action: Action) -> None:
    elsewhere = acting_for(session(*BOTH), *sorted(ROLES[action]))
    for path, managed, _ in PLACES.values():
        facts = replace(elsewhere, target=target_for(action, path, managed=managed))
        assert decide(action, facts) == NotFound("another_tenant")


@pytest.mark.parametrize("action", sorted(SERVED_OR_ANY | SERVED_OR_UNATTENDED))
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("unattended", [False, True])
def test_hq_reaches_beyond_whom_it_serves(action: Action, place: str, unattended: bool) -> None:
    path, managed, _ = PLACES[place]
    facts = acting_for(session(*BOTH), sorted(ROLES[action] - {PARTNER})[-1], path="/hq/")
    target = replace(target_for(action, path, managed=managed), unattended=unattended)
    served = path == "/hq/" or (managed and path == "/hq/guests/")
    decision = decide(action, replace(facts, target=target))
    if served or unattended or action in SERVED_OR_ANY:
        assert decision == (GRANT if action in GRANTED else ALLOWED)
    else:
        assert decision == NotFound("another_tenant")
    partner = acting_for(session(*BOTH), PARTNER, path="/hq/elsewhere/")
    assert decide(action, replace(partner, target=target)) == NotFound("another_tenant")


@pytest.mark.parametrize("action", sorted(TARGETED))
def test_what_does_not_exist_is_nobodys_not_even_hqs(action: Action) -> None:
    for path in ("/hq/", "/hq/partner/"):
        facts = acting_for(session(*BOTH), sorted(ROLES[action])[0], path=path)
        nothing = replace(target_for(action, ""), unattended=True)
        assert decide(action, replace(facts, target=nothing)) == NotFound("another_tenant")


@pytest.mark.parametrize("action", sorted(TARGETED))
def test_acting_for_no_organisation_reaches_nothing(action: Action) -> None:
    for acting in (None, Membership("o", "O", sorted(ROLES[action])[0], "")):
        facts = replace(about(action, somebody(action)), acting=acting)
        assert decide(action, facts) == NotFound("another_tenant")


@pytest.mark.parametrize("action", sorted(TARGETED))
def test_whoever_had_a_part_is_no_second_person(action: Action) -> None:
    facts = about(action, somebody(action))
    assert facts.target is not None
    mine = replace(facts, target=replace(facts.target, parties=frozenset({"me", "another"})))
    if action in SECOND_PERSON:
        assert decide(action, mine) == Deny("second_person")
        assert decide(action, replace(mine, granted=True)) == Deny("second_person")
    else:
        assert decide(action, mine) == decide(action, facts)


@pytest.mark.parametrize("action", sorted(TARGETED))
def test_nobody_administers_themselves(action: Action) -> None:
    facts = about(action, somebody(action))
    assert facts.target is not None
    mine = replace(facts, target=replace(facts.target, subject_id="me"))
    expected = Deny("oneself") if action in NEVER_ONESELF else decide(action, facts)
    assert decide(action, mine) == expected


@pytest.mark.parametrize("action", sorted(TARGETED))
def test_a_super_admins_account_is_changed_by_their_like_alone(action: Action) -> None:
    theirs = Target("/hq/", subject_id="them", subject_roles=frozenset({SUPER}))
    for role in sorted(ROLES[action]):
        facts = replace(acting_for(session(*BOTH), role, path="/hq/"), target=theirs)
        denied = decide(action, facts) == Deny("above")
        assert denied is (action in WITHIN_RANK and role is not SUPER)


@pytest.mark.parametrize("role", [PARTNER, HQ, SUPER, DESK])
def test_administrators_are_reset_by_the_service_desk_alone(role: Role) -> None:
    theirs = Target("/hq/partner/", subject_id="them", subject_roles=frozenset({TRAVELER, role}))
    admin = replace(acting_for(session(*BOTH), PARTNER), target=theirs)
    assert decide(Action.REQUEST_RESET, admin) == Deny("administrator")
    desk = replace(acting_for(session(*BOTH), DESK, path="/hq/"), target=theirs)
    assert decide(Action.REQUEST_DESK_RESET, desk) == GRANT


@pytest.mark.parametrize("role", [TRAVELER, DISPATCHER, LEAD, CONTROLLER])
def test_the_service_desk_resets_nobody_else(role: Role) -> None:
    theirs = Target("/hq/partner/", subject_id="them", subject_roles=frozenset({role}))
    desk = replace(acting_for(session(*BOTH), DESK, path="/hq/"), target=theirs)
    assert decide(Action.REQUEST_DESK_RESET, desk) == Deny("no_administrator")


@pytest.mark.parametrize("action", sorted(GRANTED))
def test_a_grant_is_asked_for_however_fresh_the_session_is(action: Action) -> None:
    facts = about(action, somebody(action))
    assert decide(action, facts) == GRANT
    assert decide(action, replace(facts, granted=True)) == ALLOWED


@pytest.mark.parametrize("action", sorted(GRANTED))
def test_a_grant_takes_no_backup_code_and_the_strongest_kind_that_is_held(action: Action) -> None:
    for holds, choices in (
        ("password totp backup_codes", ("totp",)),
        ("password totp sms", ("totp", "sms")),
        ("password totp passkey backup_codes", ("passkey",)),
    ):
        role = sorted(ROLES[action])[0]
        facts = acting_for(session(*BOTH, holds=holds), role, path=home_of(action))
        assert decide(action, about(action, facts)) == StepUp(
            choices, "grant", grant=True, phishing_resistant=choices == ("passkey",)
        )


@pytest.mark.parametrize(("actions", "limit"), [(FRESH, 5), (RECENT, 15)])
def test_a_proof_is_recent_enough_to_its_last_second(actions: set[Action], limit: int) -> None:
    for action in actions:
        on_time = (proof("password", hours=1), proof("totp", minutes=limit))
        late = (proof("password", hours=1), proof("totp", minutes=limit, seconds=1))
        assert decide(action, about(action, somebody(action, *on_time))) == ALLOWED
        refreshed = StepUp(("totp",), "freshness")
        assert decide(action, about(action, somebody(action, *late))) == refreshed


def test_what_needs_two_factors_leads_whoever_has_one_to_enrol() -> None:
    for action in sorted(RECENT):
        facts = acting_for(session(proof("password"), holds="password"), TRAVELER)
        assert decide(action, facts) == Enrol(("totp",), "action_needs_second_factor")


def test_after_a_reset_a_password_alone_opens_nothing_not_even_the_gate() -> None:
    facts = acting_for(session(proof("password"), holds="password", reset=True), TRAVELER)
    for action in (Action.HOME, Action.ENROL, Action.FINISH_ENROLMENT, Action.CHANGE_PASSWORD):
        assert decide(action, facts) == Enrol((), "ticket_needed")


def test_after_a_reset_password_and_ticket_open_the_gate_and_nothing_else() -> None:
    facts = acting_for(
        session(proof("password"), holds="password", reset=True, ticketed=True), TRAVELER
    )
    assert decide(Action.ENROL, facts) == Allow(AAL.AAL1)
    assert decide(Action.FINISH_ENROLMENT, facts) == Allow(AAL.AAL1)
    for action in (Action.HOME, Action.VIEW_SECURITY, Action.CHANGE_EMAIL, Action.VIEW_CARDS):
        assert decide(action, facts) == Enrol(("totp",), "reset")


def test_a_password_that_is_due_is_renewed_before_anything_else() -> None:
    facts = acting_for(session(*BOTH, password_due=True), SUPER)
    everything = set(ROLES) | {Action.HOME, Action.CHANGE_EMAIL, Action.ENROL}
    for action in sorted(everything | {Action.FINISH_ENROLMENT, Action.CHANGE_SECURITY}):
        assert decide(action, about(action, facts)) == Renew("password_due")
    assert decide(Action.CHANGE_PASSWORD, facts) == ALLOWED
    assert decide(Action.SIGN_OUT, facts) == ALLOWED


def test_the_gate_of_an_enrolment_stays_open_while_a_password_is_due() -> None:
    facts = acting_for(session(proof("password"), holds="password", password_due=True), CONTROLLER)
    assert decide(Action.ENROL, facts) == Allow(AAL.AAL1)


@pytest.mark.parametrize("action", sorted(GRANTED))
def test_a_waiting_grant_asks_for_its_own_proof_once(action: Action) -> None:
    facts = somebody(action)
    assert decide_grant(action, facts, granted=False) == GRANT
    assert decide_grant(action, facts, granted=True) == Allow(AAL.AAL2)


@pytest.mark.parametrize("granted", [True, False])
@pytest.mark.parametrize("action", sorted(GRANTED))
def test_a_waiting_grant_asks_first_what_every_entrance_asks(action: Action, granted: bool) -> None:
    facts = somebody(action)
    away = replace(facts, seen_at=facts.now - timedelta(hours=1))
    lapsed = decide_grant(action, away, granted=granted)
    assert isinstance(lapsed, StepUp)
    assert lapsed.lapsed
    demoted = replace(facts, memberships=())
    assert decide_grant(action, demoted, granted=granted) == Deny("role")
    due = replace(facts, password_due=True)
    assert decide_grant(action, due, granted=granted) == Renew("password_due")
    cleared = replace(facts, reset=True)
    assert decide_grant(action, cleared, granted=granted) == Enrol((), "ticket_needed")


def test_an_idle_session_is_asked_to_come_back_before_a_grant() -> None:
    away = session(*(replace(one, at=one.at - timedelta(hours=2)) for one in BOTH),
                   idle=timedelta(hours=1))  # fmt: skip
    for action in sorted(GRANTED):
        role = sorted(ROLES[action])[0]
        facts = about(action, acting_for(away, role, path=home_of(action)))
        decision = decide(action, replace(facts, granted=True))
        assert isinstance(decision, StepUp)
        assert decision.lapsed
