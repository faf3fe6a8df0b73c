"""Decisions where policy asks more of every session of a role, or forbids what is held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.rules.access import Allow, Enrol, SignIn, StepUp, decide, session_end
from portal.rules.actions import GATE_AGE_MAX, PENDING_MAX
from portal.rules.facts import Facts
from portal.rules.policy import Demand, Policy, Raised
from portal.rules.terms import AAL, Action, Role
from tests.support.clock import START as NOW
from tests.support.facts import STRENGTHS, at_shared_desk, held, proof, proved_now, session

ROLE = (Role.DISPATCHER,)
SECOND = timedelta(seconds=1)


def demanding(**asked: Any) -> Policy:
    return Policy("a/1", frozenset(), demands={Role.DISPATCHER: Demand(**asked)})


RESISTANT = demanding(phishing_resistant=True)
HARDWARE = demanding(level=AAL.AAL3)


def dispatcher(
    *kinds: str,
    holds: str,
    policy: Policy,
    forbidden: str = "",
    ids: Iterable[str] = (),
    **more: Any,
) -> Facts:
    facts = session(
        *(proof(kind) for kind in kinds), holds=holds, roles=ROLE, policy=policy, **more
    )
    return replace(
        facts,
        enrollable=held("passkey totp backup_codes"),
        forbidden=held(forbidden),
        forbidden_ids=frozenset(ids),
    )


# What is forbidden.
def test_a_passkey_that_is_forbidden_now_opens_the_gate_and_nothing_else() -> None:
    facts = dispatcher(
        "passkey",
        holds="password",
        forbidden="passkey",
        ids=["the passkey"],
        policy=Policy("", frozenset()),
    )
    assert decide(Action.HOME, facts) == Enrol(("passkey", "totp"), "method_forbidden")
    assert decide(Action.CHANGE_SECURITY, facts) == decide(Action.HOME, facts)
    assert isinstance(decide(Action.ENROL, facts), Allow)
    assert isinstance(decide(Action.FINISH_ENROLMENT, facts), Allow)
    assert session_end(facts) == NOW + GATE_AGE_MAX


def test_a_password_opens_it_only_after_the_forbidden_app() -> None:
    policy = Policy("", frozenset(ROLE), methods=frozenset({"passkey"}))
    facts = dispatcher("password", holds="password", forbidden="totp", policy=policy)
    assert decide(Action.HOME, facts) == Enrol(("passkey", "totp"), "method_forbidden")
    asked = decide(Action.ENROL, facts)
    assert asked == StepUp(("totp",), "enrolment_needs_fresh_proof")
    assert isinstance(decide(Action.ENROL, proved_now(facts, "totp")), Allow)


def test_it_opens_to_a_fresh_proof_alone() -> None:
    policy = Policy("", frozenset(ROLE), methods=frozenset({"passkey"}))
    old = dispatcher(holds="password", forbidden="totp", policy=policy)
    for minutes, expected in ((30, Allow), (31, StepUp)):
        facts = replace(old, authentications=(proof("password"), proof("totp", minutes=minutes)))
        assert isinstance(decide(Action.ENROL, facts), expected)


@pytest.mark.parametrize("forbidden", ["", "passkey"])
def test_an_app_enrols_nothing_in_place_of_a_passkey_that_would_not_do(forbidden: str) -> None:
    """A false page gets the password and a code of the app: it must not get a key of its own."""
    holds = "password totp backup_codes" + ("" if forbidden else " passkey")
    facts = dispatcher("password", "totp", holds=holds, forbidden=forbidden, policy=HARDWARE)
    assert isinstance(decide(Action.HOME, facts), Enrol)
    assert decide(Action.ENROL, facts) == StepUp(
        ("passkey", "backup_codes"), "enrolment_needs_fresh_proof", phishing_resistant=True
    )
    for kind in ("passkey", "backup_codes"):
        assert isinstance(decide(Action.ENROL, proved_now(facts, kind)), Allow)


def test_a_code_that_was_given_out_enrols_nothing() -> None:
    given = replace(STRENGTHS["backup_codes"], issued=True)
    facts = dispatcher("password", holds="password totp", policy=RESISTANT)
    facts = replace(
        facts,
        authentications=(
            proof("password"),
            replace(proof("backup_codes"), kind="bypass_code", strength=given),
        ),
    )
    assert decide(Action.ENROL, facts) == StepUp(("totp",), "enrolment_needs_fresh_proof")


def test_a_copy_of_a_passkey_does_not_leave_the_password_enough_to_enrol() -> None:
    facts = replace(
        dispatcher("password", holds="password", policy=HARDWARE), copies=held("passkey")
    )
    assert decide(Action.HOME, facts) == Enrol(("passkey",), "policy_requires_hardware")
    asked = StepUp(("passkey",), "enrolment_needs_fresh_proof", phishing_resistant=True)
    assert decide(Action.ENROL, facts) == asked, "and it is refused"
    coded = replace(facts, enrolled=held("password backup_codes"))
    assert isinstance(decide(Action.ENROL, proved_now(coded, "backup_codes")), Allow)


def test_of_two_passkeys_the_forbidden_one_counts_for_nothing() -> None:
    facts = dispatcher(
        "password", "passkey", holds="password passkey", ids=["the passkey"], policy=RESISTANT
    )
    assert facts.level is AAL.AAL1
    asked = decide(Action.HOME, facts)
    assert isinstance(asked, StepUp)
    assert asked.choices == ("passkey",)
    other = replace(proof("passkey"), authenticator_id="another passkey")
    assert decide(
        Action.HOME, replace(facts, authentications=(*facts.authentications, other))
    ) == Allow(AAL.AAL2)


def test_a_forbidden_app_makes_no_session_of_somebody_who_holds_a_passkey_too() -> None:
    policy = Policy("", frozenset(ROLE), methods=frozenset({"passkey"}))
    facts = dispatcher(
        "password", "totp", holds="password passkey", forbidden="totp", policy=policy
    )
    asked = decide(Action.HOME, facts)
    assert asked == StepUp(("passkey",), "policy_asks_more"), "its form is kept meanwhile"
    alone = replace(facts, authentications=(proof("password"),))
    assert decide(Action.HOME, alone) == StepUp(("passkey",), "second_factor", pending=True)


def test_the_gate_closes_at_a_shared_desk_whatever_opened_it() -> None:
    facts = at_shared_desk(
        dispatcher("passkey", holds="password", forbidden="passkey", policy=Policy("", frozenset()))
    )
    assert isinstance(decide(Action.HOME, facts), Enrol)
    left = replace(facts, seen_at=NOW - timedelta(minutes=5))
    assert decide(Action.HOME, left) == StepUp(("passkey", "password"), "idle", lapsed=True)
    assert decide(Action.ENROL, left) == decide(Action.HOME, left)
    nearly = replace(facts, seen_at=NOW - timedelta(minutes=5) + SECOND)
    assert isinstance(decide(Action.HOME, nearly), Enrol)


def test_what_proves_nobody_any_more_is_a_strangers() -> None:
    facts = dispatcher(holds="password", forbidden="passkey", policy=Policy("", frozenset()))
    facts = replace(facts, authentications=(proof("passkey", days=31),))
    assert decide(Action.ENROL, facts) == SignIn("proofs_expired")


# What is asked of every session.
def test_whoever_holds_both_is_asked_for_the_passkey() -> None:
    facts = dispatcher("password", holds="password totp passkey backup_codes", policy=RESISTANT)
    asked = StepUp(("passkey",), "second_factor", pending=True, phishing_resistant=True)
    assert decide(Action.HOME, facts) == asked
    assert session_end(facts) == NOW + PENDING_MAX
    assert decide(Action.HOME, proved_now(facts, "passkey")) == Allow(AAL.AAL2)


def test_a_session_that_was_whole_is_asked_for_the_passkey_where_it_is() -> None:
    facts = dispatcher("password", "totp", holds="password totp passkey", policy=RESISTANT)
    for action in (Action.HOME, Action.VIEW_SECURITY, Action.ENROL):
        asked = decide(action, facts)
        assert asked == StepUp(("passkey",), "policy_asks_more", phishing_resistant=True)
    assert isinstance(decide(Action.STEP_UP, facts), Allow)
    assert session_end(facts) == NOW + timedelta(hours=24), "and is not cut short for it"
    assert decide(Action.HOME, proved_now(facts, "passkey")) == Allow(AAL.AAL2)


def test_a_code_stands_in_for_no_passkey_that_policy_asks_for() -> None:
    facts = dispatcher("password", holds="password backup_codes passkey", policy=RESISTANT)
    assert isinstance(decide(Action.HOME, proved_now(facts, "backup_codes")), StepUp)


def test_resistance_lasts_as_long_as_its_proof() -> None:
    facts = dispatcher(holds="password totp passkey", policy=RESISTANT)
    day = timedelta(hours=24)
    for ago, expected in ((day - SECOND, Allow), (day, StepUp)):
        old = replace(proof("passkey"), at=NOW - ago)
        whole = replace(facts, authentications=(proof("password"), proof("totp"), old))
        assert isinstance(decide(Action.HOME, whole), expected)


def test_an_idle_session_of_a_passkey_is_restored_by_any_factor() -> None:
    facts = dispatcher(
        "password",
        "passkey",
        holds="password totp passkey",
        policy=RESISTANT,
        idle=timedelta(hours=1),
    )
    asked = decide(Action.HOME, facts)
    assert asked == StepUp(("passkey", "password", "totp"), "idle", lapsed=True)
    assert decide(Action.HOME, proved_now(facts, "totp")) == Allow(AAL.AAL2)


def test_aal3_that_is_asked_of_every_session_idles_out_and_the_key_alone_restores_it() -> None:
    facts = dispatcher("password", "key", holds="password totp key", policy=HARDWARE)
    quarter = timedelta(minutes=15)
    assert decide(Action.HOME, replace(facts, seen_at=NOW - quarter + SECOND)) == Allow(AAL.AAL3)
    left = replace(facts, seen_at=NOW - quarter)
    asked = decide(Action.HOME, left)
    assert asked == StepUp(("key",), "idle", lapsed=True, hardware=True)
    assert isinstance(decide(Action.STEP_UP, left), Allow), "its form is kept meanwhile"
    assert decide(Action.HOME, proved_now(left, "key")) == Allow(AAL.AAL3)


def test_after_twelve_hours_aal3_is_asked_for_again() -> None:
    facts = dispatcher(holds="password totp key", policy=HARDWARE)
    for ago, expected in ((timedelta(hours=12) - SECOND, Allow), (timedelta(hours=12), StepUp)):
        old = replace(proof("key"), at=NOW - ago)
        whole = replace(facts, authentications=(proof("password"), old))
        decision = decide(Action.HOME, whole)
        assert isinstance(decision, expected)
        if isinstance(decision, StepUp):
            assert decision.hardware
            assert decision.choices == ("key",)


@pytest.mark.parametrize(
    ("policy", "holds", "why"),
    [
        (RESISTANT, "password totp", "policy_requires_phishing_resistant"),
        (RESISTANT, "password", "policy_requires_second_factor"),
        (HARDWARE, "password totp", "policy_requires_hardware"),
        (HARDWARE, "password passkey", "policy_requires_hardware"),
    ],
)
def test_whoever_holds_nothing_that_would_do_must_enrol_what_does(
    policy: Policy, holds: str, why: str
) -> None:
    kinds = holds.split()
    facts = dispatcher(*kinds, holds=holds, policy=policy)
    assert decide(Action.HOME, facts) == Enrol(("passkey",), why)
    assert isinstance(decide(Action.ENROL, facts), Allow)


def test_where_nothing_would_do_there_is_no_choice_and_no_way_round() -> None:
    facts = replace(
        dispatcher("password", "totp", holds="password totp", policy=RESISTANT),
        enrollable=held("totp backup_codes"),
    )
    for action in (Action.HOME, Action.ENROL, Action.FINISH_ENROLMENT):
        assert decide(action, facts) == Enrol((), "policy_requires_phishing_resistant")


def test_a_code_refreshes_no_operation_where_aal3_is_asked_of_every_session() -> None:
    """It stands in for one's own lost key where one's own account is changed, and nowhere else."""
    policy = Policy("", frozenset(), demands={Role.PARTNER_ADMIN: Demand(AAL.AAL3)})
    facts = session(
        proof("password"),
        proof("key", minutes=10),
        proof("backup_codes"),
        holds="password key backup_codes",
        roles=(Role.PARTNER_ADMIN,),
        policy=policy,
    )
    facts = replace(facts, acting=facts.memberships[0])
    asked = decide(Action.CHANGE_WEBHOOKS, facts)
    assert asked == StepUp(("key",), "freshness", hardware=True)
    assert isinstance(decide(Action.CHANGE_SECURITY, facts), Allow)


def test_others_are_asked_for_nothing_more() -> None:
    for policy in (RESISTANT, HARDWARE):
        facts = replace(
            session(proof("password"), holds="password", roles=(Role.TRAVELER,)), policy=policy
        )
        assert decide(Action.HOME, facts) == Allow(AAL.AAL1)


def test_an_action_that_is_raised_asks_for_the_passkey_there_alone() -> None:
    policy = Policy("", frozenset(), raised={Action.VIEW_CARDS: Raised(phishing_resistant=True)})
    facts = session(proof("password"), proof("totp"), holds="password totp passkey", policy=policy)
    facts = replace(facts, acting=facts.memberships[0])
    assert decide(Action.HOME, facts) == Allow(AAL.AAL2)
    assert decide(Action.VIEW_CARDS, facts) == StepUp(
        ("passkey",), "phishing_resistant", phishing_resistant=True
    )
