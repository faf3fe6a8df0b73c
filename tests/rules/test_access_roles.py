"""The decision table of roles: who may do what to whose, and beside whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.rules.access import Allow, Deny, NotFound, decide
from portal.rules.terms import AAL, Action, Membership, Role, Target
from tests.support.facts import acting_for, session
from tests.support.role_table import (
    ALLOWED,
    ANYWHERE,
    BELOW,
    BOTH,
    CONTROLLER,
    DESK,
    DISPATCHER,
    GRANT,
    GRANTED,
    HQ,
    LEAD,
    NEVER_ONESELF,
    OWN,
    PARTNER,
    PLACES,
    ROLES,
    SECOND_PERSON,
    SERVED,
    SERVED_OR_ANY,
    SERVED_OR_UNATTENDED,
    SUPER,
    TARGETED,
    TRAVELER,
    WITHIN_RANK,
    about,
    home_of,
    somebody,
    target_for,
)


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
