"""What policy makes of what somebody holds: forbidden kinds and makes, copies, what is lacking."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from portal.rules.holdings import Held, lacking, under
from portal.rules.policy import DEFAULT, Demand, Policy, Restrictions, without_demands
from portal.rules.terms import AAL, Holdings, Make, Role, Traits
from tests.support.facts import STRENGTHS, held
from tests.support.policies import holding, holdings, policies

DISPATCHER = frozenset({Role.DISPATCHER})
TRAVELER = frozenset({Role.TRAVELER})
REQUIRED = Policy("a/1", DISPATCHER)
RESISTANT = Policy("a/1", frozenset(), demands={Role.DISPATCHER: Demand(phishing_resistant=True)})
HARDWARE = Policy("a/1", frozenset(), demands={Role.DISPATCHER: Demand(AAL.AAL3)})
ATTESTED = Policy("a/1", DISPATCHER, Restrictions(attested=True))
NO_APP = Policy("a/1", DISPATCHER, methods=frozenset({"passkey", "backup_codes"}))
GOOD, BAD = Traits("one", attested=True), Traits("two")


@given(policies, holdings)
def test_everything_that_is_held_is_sorted_once(policy: Policy, own: Holdings) -> None:
    found = under(policy, own)
    kinds = [one.kind for one in (*found.enrolled, *found.copies, *found.forbidden)]
    assert sorted(kinds) == sorted(own.held)
    assert found.forbidden_ids <= own.makes.keys()


def test_a_kind_that_is_not_among_the_methods_is_forbidden() -> None:
    found = under(NO_APP, holding("password", "totp", "backup_codes"))
    assert found.enrolled == held("password backup_codes")
    assert found.forbidden == held("totp")
    assert under(replace(NO_APP, methods=None), holding("password", "totp")).forbidden == ()


def test_one_of_two_passkeys_of_a_forbidden_make_leaves_the_other() -> None:
    found = under(ATTESTED, holding("password", good=GOOD, bad=BAD))
    assert found.enrolled == held("password passkey")
    assert found.forbidden == ()
    assert found.forbidden_ids == {"bad"}


def test_the_kind_is_worth_what_is_left_of_it() -> None:
    own = holding("password", good=GOOD, bad=BAD)
    strong = {**own.makes, "bad": Make("passkey", STRENGTHS["key"], BAD)}
    own = replace(own, held={**own.held, "passkey": STRENGTHS["key"]}, makes=strong)
    assert Held("passkey", STRENGTHS["passkey"]) in under(ATTESTED, own).enrolled
    assert Held("passkey", STRENGTHS["key"]) in under(REQUIRED, own).enrolled


def test_two_of_forbidden_makes_leave_nothing_of_their_kind() -> None:
    found = under(ATTESTED, holding("password", one=BAD, two=BAD))
    assert found.enrolled == held("password")
    assert found.forbidden == held("passkey")
    assert found.forbidden_ids == {"one", "two"}


def test_beside_a_copy_a_forbidden_make_is_all_that_is_left() -> None:
    """The copy is counted and has no make here: it must not pass for one that may be used."""
    own = holding("password", bad=BAD)
    own = replace(own, counts={**own.counts, "passkey": 2})
    found = under(ATTESTED, own)
    assert found.forbidden == held("passkey")
    assert lacking(ATTESTED, DISPATCHER, found) == "method_forbidden"


def test_what_the_release_before_wrote_of_no_make_is_not_judged() -> None:
    found = under(ATTESTED, holding("password", "passkey"))
    assert found.enrolled == held("password passkey")


def test_a_model_that_was_found_unsafe_is_refused_by_its_factor_and_not_here() -> None:
    found = under(ATTESTED, holding("password", bad=replace(BAD, revoked=True)))
    assert found.forbidden == ()


def test_who_is_exempt_goes_on_with_what_they_hold() -> None:
    own = holding("password", "totp", bad=BAD)
    found = under(without_demands(replace(ATTESTED, methods=frozenset({"passkey"}))), own)
    assert (found.forbidden, found.forbidden_ids) == ((), frozenset())


SECOND, FORBIDDEN = "policy_requires_second_factor", "method_forbidden"


@pytest.mark.parametrize(
    ("policy", "own", "why"),
    [
        pytest.param(REQUIRED, holding("password"), SECOND, id="a password alone"),
        pytest.param(REQUIRED, holding("password", "backup_codes"), SECOND, id="codes alone"),
        pytest.param(REQUIRED, holding("password", "totp"), None, id="an app"),
        pytest.param(REQUIRED, holding("password", "sms"), None, id="a telephone"),
        pytest.param(REQUIRED, holding(one=GOOD), None, id="a passkey and no password"),
        pytest.param(REQUIRED, holding("password", copies="passkey"), None, id="only a copy"),
        pytest.param(NO_APP, holding("password", "totp"), FORBIDDEN, id="a forbidden app"),
        pytest.param(NO_APP, holding("password", "totp", one=BAD), None, id="and a passkey"),
        pytest.param(
            NO_APP, holding("password", "totp", "backup_codes"), FORBIDDEN, id="and codes"
        ),
        pytest.param(NO_APP, holding("password"), SECOND, id="nothing that is forbidden either"),
        pytest.param(ATTESTED, holding("password", one=BAD), FORBIDDEN, id="a forbidden make"),
        pytest.param(ATTESTED, holding("password", one=BAD, two=GOOD), None, id="and a good one"),
        pytest.param(ATTESTED, holding("password", "totp", one=BAD), None, id="and an app"),
        pytest.param(
            RESISTANT,
            holding("password", "totp"),
            "policy_requires_phishing_resistant",
            id="an app where a passkey is asked for",
        ),
        pytest.param(RESISTANT, holding("password"), SECOND, id="nothing at all"),
        pytest.param(RESISTANT, holding("password", one=GOOD), None, id="a passkey"),
        pytest.param(RESISTANT, holding("password", copies="passkey"), None, id="a copy of one"),
        pytest.param(
            replace(RESISTANT, restrictions=Restrictions(attested=True)),
            holding("password", "totp", one=BAD),
            "policy_requires_phishing_resistant",
            id="one of a forbidden make",
        ),
        pytest.param(
            HARDWARE,
            holding("password", one=GOOD),
            "policy_requires_hardware",
            id="a passkey where AAL3 is asked for",
        ),
        pytest.param(
            HARDWARE, holding("password", "totp"), "policy_requires_hardware", id="an app"
        ),
        pytest.param(
            HARDWARE,
            Holdings({"password": STRENGTHS["password"], "passkey": STRENGTHS["key"]}),
            None,
            id="a key that is worth AAL3",
        ),
    ],
)
def test_what_a_dispatcher_lacks(policy: Policy, own: Holdings, why: str | None) -> None:
    assert lacking(policy, DISPATCHER, under(policy, own)) == why


@pytest.mark.parametrize("policy", [REQUIRED, NO_APP, ATTESTED, RESISTANT, HARDWARE, DEFAULT])
def test_who_is_asked_for_nothing_lacks_nothing(policy: Policy) -> None:
    assert lacking(policy, TRAVELER, under(policy, holding("password"))) is None


def test_whoever_protected_themselves_stays_protected_without_their_app() -> None:
    """Nobody asks it of travelers, yet forbidding the app must not leave the password alone."""
    own = under(NO_APP, holding("password", "totp"))
    assert lacking(NO_APP, TRAVELER, own) == "method_forbidden"
