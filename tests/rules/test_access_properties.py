"""What holds for every session: more proof never hurts, policy never opens, no choice is a trap."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from portal.rules.access import Allow, Decision, Enrol, SignIn, StepUp, decide
from portal.rules.actions import ACTIONS, Entry
from portal.rules.facts import Facts
from portal.rules.policy import DEFAULT, counts_as_second_factor
from portal.rules.terms import AccountState, Action, Authentication, Role
from tests.support.facts import (
    NOW,
    STRENGTHS,
    at_shared_desk,
    memberships,
    proof,
    proved_now,
    session,
)

HARD = timedelta(days=31).total_seconds()
# The edges of every limit, a second to each side, and anything between.
EDGES = [
    timedelta(**units).total_seconds() + beside
    for units in (
        {"minutes": 5},
        {"minutes": 10},
        {"minutes": 30},
        {"hours": 1},
        {"hours": 24},
        {"days": 30},
    )
    for beside in (-1, 0, 1)
]
ages = st.one_of(
    st.sampled_from([0.0, -1.0, *EDGES]),
    st.floats(min_value=0, max_value=3600),
    st.floats(min_value=0, max_value=HARD),
)
kinds = st.sampled_from(sorted(STRENGTHS))
roles = st.lists(st.sampled_from(Role), max_size=3)
actions = st.sampled_from(Action)
guarded = st.sampled_from([a for a in Action if ACTIONS[a].entry is Entry.SIGNED_IN])


def proofs_of(some: st.SearchStrategy[str]) -> st.SearchStrategy[Authentication]:
    return st.builds(lambda kind, age: proof(kind, seconds=age), some, ages)


def _own_desk(facts: Facts) -> Facts:
    return facts


@st.composite
def sessions(draw: st.DrawFn) -> Facts:
    """A session of a person whose proofs need not all be of factors still held.

    Mostly a live one of somebody with a password, so that few examples end at the first question.
    """
    holds = {*draw(st.sampled_from([("password",)] * 5 + [()])), *draw(st.sets(kinds))}
    of_held = st.sampled_from(sorted(holds)) if holds else kinds
    given_proofs = draw(
        st.lists(proofs_of(of_held | kinds), max_size=4, unique_by=lambda one: one.kind)
    )
    idle = draw(st.sampled_from([0.0] * 8 + [edge for edge in EDGES if edge >= 0]))
    desk = at_shared_desk if draw(st.booleans()) else _own_desk
    return replace(
        desk(
            session(
                *given_proofs,
                holds=" ".join(sorted(holds)),
                roles=draw(roles),
                idle=timedelta(seconds=idle),
            )
        ),
        last_kind=draw(st.none() | kinds),
        state=draw(st.sampled_from([AccountState.ACTIVE] * 8 + [*AccountState])),
        ends_at=draw(st.sampled_from([None] * 8 + [NOW, NOW + timedelta(seconds=1)])),
    )


def is_allowed(decision: Decision) -> bool:
    return isinstance(decision, Allow)


@given(sessions(), proofs_of(kinds), guarded)
def test_one_more_proof_never_turns_a_permission_into_a_refusal(
    facts: Facts, more: Authentication, action: Action
) -> None:
    stronger = replace(facts, authentications=(*facts.authentications, more))
    assert is_allowed(decide(action, stronger)) or not is_allowed(decide(action, facts))


@given(sessions(), guarded, st.floats(min_value=0, max_value=HARD))
def test_an_older_proof_never_opens_what_a_younger_one_does_not(
    facts: Facts, action: Action, age: float
) -> None:
    older = tuple(
        replace(one, at=min(one.at, NOW) - timedelta(seconds=age)) for one in facts.authentications
    )
    # A proof from the future is never fresh; that is its own row of the table.
    facts = replace(
        facts,
        authentications=tuple(replace(one, at=min(one.at, NOW)) for one in facts.authentications),
    )
    assert is_allowed(decide(action, facts)) or not is_allowed(
        decide(action, replace(facts, authentications=older))
    )


@given(sessions(), actions, st.sampled_from(sorted(DEFAULT.required_roles)))
@example(session(proof("password", minutes=20), holds="password"), Action.ENROL, Role.HQ_ADMIN)
def test_a_required_role_opens_nothing_but_the_gate(
    facts: Facts, action: Action, role: Role
) -> None:
    required = replace(facts, memberships=(*facts.memberships, *memberships([role])))
    if is_allowed(decide(action, facts)) or not is_allowed(decide(action, required)):
        return
    # The gate gives 30 minutes where a whole session has 5; nothing else may differ.
    assert ACTIONS[action].entry is Entry.GATE
    assert isinstance(decide(Action.HOME, required), Enrol)


@given(sessions(), actions)
def test_a_shared_desk_opens_nothing(facts: Facts, action: Action) -> None:
    shared = at_shared_desk(facts)
    assert is_allowed(decide(action, facts)) or not is_allowed(decide(action, shared))


@given(sessions(), guarded, guarded)
def test_half_signed_in_every_action_gets_the_same_answer(
    facts: Facts, one: Action, other: Action
) -> None:
    home = decide(Action.HOME, facts)
    if not isinstance(home, Allow):
        assert decide(one, facts) == decide(other, facts) == home


@given(sessions(), actions)
def test_the_answer_depends_on_the_facts_alone(facts: Facts, action: Action) -> None:
    assert decide(action, facts) == decide(action, replace(facts))


@given(sessions(), actions)
def test_a_choice_is_a_held_kind_and_an_offer_a_second_factor(facts: Facts, action: Action) -> None:
    match decide(action, facts):
        case StepUp(choices):
            held = {one.kind for one in facts.enrolled}
            assert set(choices) <= held
            assert len(set(choices)) == len(choices)
        case Enrol(choices):
            assert choices
            assert all(counts_as_second_factor(STRENGTHS[kind]) for kind in choices)


@given(sessions(), actions, st.data())
def test_whoever_proves_what_is_asked_for_gets_on(
    facts: Facts, action: Action, data: st.DataObject
) -> None:
    """Every road of choices ends within three proofs, and never at sign-in."""
    decision = decide(action, facts)
    if not facts.enrolled:
        return  # Whoever holds nothing cannot have come here.
    for _ in range(3):
        if not isinstance(decision, StepUp):
            break
        assert decision.choices, "a person is asked for a proof that nobody can give"
        facts = proved_now(facts, data.draw(st.sampled_from(decision.choices)))
        decision = decide(action, facts)
        assert not isinstance(decision, SignIn)
    assert not isinstance(decision, StepUp)


@given(sessions(), actions)
def test_nobody_passes_without_a_live_session_of_an_active_account(
    facts: Facts, action: Action
) -> None:
    ended = facts.ends_at is not None and facts.ends_at <= facts.now
    if ended or facts.state is not AccountState.ACTIVE or not facts.authentications:
        assert isinstance(decide(action, facts), SignIn)


@given(sessions(), guarded)
def test_no_guarded_action_passes_below_what_policy_asks(facts: Facts, action: Action) -> None:
    """The simplest oracle: a required role, or a second factor held, needs two kinds of proof."""
    required = facts.roles & DEFAULT.required_roles
    has_second = any(counts_as_second_factor(one.strength) for one in facts.enrolled)
    if not is_allowed(decide(action, facts)) or not (required or has_second):
        return
    assert has_second
    recent = [one for one in facts.authentications if facts.now - one.at < timedelta(hours=24)]
    kinds_proved = {one.kind for one in recent}
    assert kinds_proved & {"passkey", "key"} or (
        "password" in kinds_proved and kinds_proved & {"totp", "sms", "backup_codes"}
    )
