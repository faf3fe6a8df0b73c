"""The decision table of roles: with which proof, how old, and what comes before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.rules.access import Allow, Deny, Enrol, Renew, StepUp, decide, decide_grant
from portal.rules.terms import AAL, Action
from tests.support.facts import acting_for, proof, session
from tests.support.role_table import (
    ALLOWED,
    BOTH,
    CONTROLLER,
    FRESH,
    GRANT,
    GRANTED,
    RECENT,
    ROLES,
    SUPER,
    TRAVELER,
    about,
    home_of,
    somebody,
)


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
