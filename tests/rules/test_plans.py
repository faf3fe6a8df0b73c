"""Plans: what is bought may be enrolled, what policy asks for too, and nothing else."""

from __future__ import annotations

import pytest

from portal.rules import plans
from portal.rules.plans import ADD_ONS, ENTERPRISE, PROFESSIONAL, enrollable, includes, sources
from portal.rules.policy import Demand, Policy, Raised
from portal.rules.terms import AAL, Action, Membership, Role
from tests.support.facts import held

EVERY = held("passkey totp backup_codes password")
WITHOUT = {"totp", "backup_codes", "password"}
KEYS = frozenset({"passkeys"})
NOTHING = Policy("", frozenset())
CONTROLLER, DISPATCHER = Role.FINANCE_CONTROLLER, Role.DISPATCHER
RESISTANT = {CONTROLLER: Demand(AAL.AAL2, phishing_resistant=True)}


def member(
    plan: str = PROFESSIONAL, add_ons: frozenset[str] = frozenset(), role: Role = DISPATCHER
) -> Membership:
    return Membership(f"{plan}{len(add_ons)}", "Somewhere", role, plan=plan, add_ons=add_ons)


def kinds(*memberships: Membership, policy: Policy = NOTHING) -> set[str]:
    return {one.kind for one in enrollable(EVERY, memberships, policy)}


def test_the_table_says_what_each_plan_includes() -> None:
    for kind in ("password", "totp", "sms", "backup_codes"):
        assert includes(PROFESSIONAL, (), kind)
    assert not includes(PROFESSIONAL, (), "passkey")
    assert includes(PROFESSIONAL, KEYS, "passkey")
    assert includes(ENTERPRISE, (), "passkey")
    assert includes(ENTERPRISE, (), "anything that comes later")
    assert not includes(PROFESSIONAL, KEYS, "anything that comes later")


def test_what_a_later_release_wrote_counts_as_the_smallest() -> None:
    assert not includes("platinum", ("lasers",), "passkey")
    assert includes("platinum", (), "totp")
    assert kinds(member("platinum")) == WITHOUT


def test_what_would_bring_a_kind_is_named() -> None:
    assert sources("passkey") == ((ENTERPRISE,), ("passkeys",))
    assert sources("totp") == ((PROFESSIONAL, ENTERPRISE), ())


def test_every_add_on_has_a_field_of_its_own() -> None:
    assert len({plans.field_of(one) for one in ADD_ONS}) == len(ADD_ONS)


def test_what_is_not_bought_may_not_be_enrolled() -> None:
    assert kinds(member()) == WITHOUT
    assert kinds(member(add_ons=KEYS)) == WITHOUT | {"passkey"}
    assert kinds(member(ENTERPRISE)) == WITHOUT | {"passkey"}


def test_one_organisation_that_bought_it_is_enough() -> None:
    for other in (member(ENTERPRISE), member(add_ons=KEYS)):
        assert kinds(member(), other) == kinds(other, member()) == WITHOUT | {"passkey"}
    assert kinds(member(), member("platinum")) == WITHOUT


def test_whoever_belongs_to_nothing_is_kept_from_nothing() -> None:
    assert kinds() == WITHOUT | {"passkey"}
    only_codes = Policy("p", frozenset(), methods=frozenset({"totp"}))
    assert kinds(policy=only_codes) == {"totp", "password"}


def test_policy_takes_away_what_is_bought() -> None:
    only_keys = Policy("p", frozenset(), methods=frozenset({"passkey"}))
    assert kinds(member(ENTERPRISE), policy=only_keys) == {"passkey", "password"}


def test_what_policy_leaves_alone_may_be_enrolled_though_nobody_bought_it() -> None:
    only_keys = Policy("p", frozenset(), methods=frozenset({"passkey"}))
    assert kinds(member(), policy=only_keys) == {"passkey", "password"}


@pytest.mark.parametrize(
    "policy",
    [
        Policy("p", frozenset(), demands=RESISTANT),
        Policy("p", frozenset(), demands={CONTROLLER: Demand(AAL.AAL3)}),
        Policy("p", frozenset(), raised={Action.EXPORT_SETTLEMENTS: Raised(AAL.AAL3)}),
        Policy(
            "p",
            frozenset(),
            raised={Action.VIEW_SETTLEMENTS: Raised(phishing_resistant=True)},
        ),
    ],
)
def test_what_policy_asks_of_a_role_may_be_enrolled_by_that_role_alone(policy: Policy) -> None:
    assert kinds(member(role=CONTROLLER), policy=policy) == WITHOUT | {"passkey"}
    assert kinds(member(role=DISPATCHER), policy=policy) == WITHOUT
    assert kinds(member(role=DISPATCHER), member(role=CONTROLLER), policy=policy) >= {"passkey"}


def test_what_is_raised_for_everybody_opens_it_to_everybody() -> None:
    policy = Policy("p", frozenset(), raised={Action.CHANGE_SECURITY: Raised(AAL.AAL3)})
    assert kinds(member(), policy=policy) == WITHOUT | {"passkey"}


def test_a_policy_that_the_plan_can_meet_opens_nothing() -> None:
    required = Policy("p", frozenset({DISPATCHER}), demands={DISPATCHER: Demand()})
    raised = Policy("p", frozenset(), raised={Action.CHANGE_SECURITY: Raised(AAL.AAL2)})
    assert kinds(member(), policy=required) == kinds(member(), policy=raised) == WITHOUT


def test_what_is_published_for_later_may_be_enrolled_before() -> None:
    later = Policy("p", frozenset(), demands=RESISTANT)
    asked: list[int] = []

    def then() -> Policy:
        asked.append(1)
        return later

    def found(*memberships: Membership) -> set[str]:
        return {one.kind for one in enrollable(EVERY, memberships, NOTHING, then)}

    assert found(member(role=CONTROLLER)) == WITHOUT | {"passkey"}
    assert found(member(role=DISPATCHER)) == WITHOUT
    assert asked == [1, 1]
    found(member(ENTERPRISE))
    assert asked == [1, 1], "a plan that has everything asks nobody"


def test_the_order_of_the_registry_is_kept() -> None:
    policy = Policy("p", frozenset(), demands=RESISTANT)
    found = enrollable(EVERY, (member(role=CONTROLLER),), policy)
    assert found == EVERY
