"""What a policy raises and what AAL3 asks: rows of the decision table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.rules.access import Allow, Decision, Enrol, StepUp, decide, decide_grant
from portal.rules.facts import Facts
from portal.rules.policy import Raised
from portal.rules.terms import AAL, Action, Role, Target
from tests.support.facts import STRENGTHS, acting_for, held, proof, session
from tests.support.policies import raised

ONE, TWO, THREE = Allow(AAL.AAL1), Allow(AAL.AAL2), Allow(AAL.AAL3)
HARDWARE, RESISTANT = Raised(AAL.AAL3), Raised(phishing_resistant=True)
BOTH = (proof("password"), proof("totp"))
EVERYTHING = "password totp backup_codes passkey key sms"
PAYOUT = Action.APPROVE_PAYOUT
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def profile(more: Raised, *proofs: object, **about: object) -> Decision:
    """What changing one's profile needs, where that was raised."""
    facts = session(*proofs, **about)  # ty: ignore[invalid-argument-type]
    facts = replace(facts, enrollable=held("totp backup_codes password passkey"))
    return decide(Action.CHANGE_PROFILE, raised(facts, {Action.CHANGE_PROFILE: more}))


def payout(more: Raised | None, *proofs: object, **about: object) -> Facts:
    """An HQ admin before a payout of a partner's."""
    granted = bool(about.pop("granted", False))
    facts = session(*proofs, **about)  # ty: ignore[invalid-argument-type]
    facts = replace(facts, enrollable=held("totp backup_codes password passkey"), granted=granted)
    facts = replace(acting_for(facts, Role.HQ_ADMIN, path="/hq/"), target=Target("/hq/partner/"))
    return raised(facts, {} if more is None else {PAYOUT: more})


def level_3(*choices: str, why: str = "level") -> StepUp:
    return StepUp(choices, why, hardware=True)


def resistant(*choices: str, why: str = "phishing_resistant") -> StepUp:
    return StepUp(choices, why, phishing_resistant=True)


@pytest.mark.parametrize(
    ("more", "proofs", "about", "expected"),
    [
        pytest.param(Raised(), BOTH, {}, TWO, id="nothing more is asked"),
        pytest.param(
            Raised(AAL.AAL2),
            (proof("password"),),
            {"holds": "password"},
            Enrol(("passkey", "totp"), "action_needs_second_factor"),
            id="two factors of somebody who holds one",
        ),
        pytest.param(
            HARDWARE,
            BOTH,
            {},
            Enrol(("passkey",), "action_needs_hardware"),
            id="AAL3 of somebody without a key leads to enrol one, and nothing that could not be",
        ),
        pytest.param(
            HARDWARE,
            (proof("passkey"),),
            {"holds": "password passkey"},
            Enrol(("passkey",), "action_needs_hardware"),
            id="a synced passkey is not AAL3, however often it is proved",
        ),
        pytest.param(
            HARDWARE, BOTH, {"holds": EVERYTHING}, level_3("key"), id="AAL3 offers the key alone"
        ),
        pytest.param(
            HARDWARE,
            (*BOTH, proof("passkey"), proof("backup_codes")),
            {"holds": EVERYTHING},
            level_3("key"),
            id="all the weaker ones together are not AAL3, and no code stands in for it",
        ),
        pytest.param(
            HARDWARE, (proof("key"),), {"holds": EVERYTHING}, THREE, id="the key alone is AAL3"
        ),
        pytest.param(
            HARDWARE,
            (proof("key", hours=11, minutes=59),),
            {"holds": "password key"},
            THREE,
            id="AAL3 lasts 12 hours",
        ),
        pytest.param(
            HARDWARE,
            (proof("key", hours=12),),
            {"holds": "password key"},
            level_3("key"),
            id="after 12 hours the key is asked for again",
        ),
        pytest.param(
            HARDWARE,
            (proof("key", hours=1),),
            {"holds": "password key", "idle": 15 * MINUTE - SECOND},
            THREE,
            id="a second before 15 minutes without use nothing has lapsed",
        ),
        pytest.param(
            HARDWARE,
            (proof("key", hours=1),),
            {"holds": "password key", "idle": 15 * MINUTE},
            level_3("key"),
            id="after 15 minutes without use the key is asked for again",
        ),
        pytest.param(
            Raised(),
            (proof("key", hours=13),),
            {"holds": "password key", "idle": 59 * MINUTE},
            TWO,
            id="what needs no AAL3 goes on at AAL2",
        ),
        pytest.param(
            RESISTANT,
            BOTH,
            {},
            Enrol(("passkey",), "action_needs_phishing_resistant"),
            id="a phishing-resistant proof of somebody who holds none leads to enrol such a one",
        ),
        pytest.param(
            RESISTANT,
            BOTH,
            {"holds": EVERYTHING},
            resistant("key", "passkey"),
            id="where it must be phishing-resistant only such kinds are offered",
        ),
        pytest.param(
            RESISTANT,
            (*BOTH, proof("passkey", hours=23)),
            {"holds": EVERYTHING},
            TWO,
            id="a phishing-resistant proof that the session still rests on will do",
        ),
        pytest.param(
            RESISTANT,
            (*BOTH, proof("passkey", hours=24)),
            {"holds": EVERYTHING},
            resistant("key", "passkey"),
            id="one that it does not rest on any more will not",
        ),
        pytest.param(
            Raised(phishing_resistant=True, age_max=MINUTE),
            (*BOTH, proof("passkey", minutes=2)),
            {"holds": EVERYTHING},
            resistant("key", "passkey", why="freshness"),
            id="a fresh code does not refresh what must be phishing-resistant",
        ),
        pytest.param(
            Raised(AAL.AAL3, age_max=MINUTE),
            (proof("key", minutes=2), proof("passkey")),
            {"holds": EVERYTHING},
            level_3("key", why="freshness"),
            id="a fresh passkey does not refresh AAL3",
        ),
        pytest.param(
            Raised(age_max=MINUTE),
            (proof("password", minutes=2), proof("totp", minutes=2)),
            {},
            StepUp(("totp",), "freshness"),
            id="a shorter time is asked of what the table asks no time of",
        ),
        pytest.param(
            Raised(AAL.AAL3, phishing_resistant=True),
            BOTH,
            {},
            Enrol(("passkey",), "action_needs_hardware"),
            id="of two things that are lacking the greater is named",
        ),
    ],
)
def test_a_raised_action_needs(
    more: Raised, proofs: tuple, about: dict, expected: Decision
) -> None:
    assert profile(more, *proofs, **about) == expected


def test_a_longer_time_than_the_tables_changes_nothing() -> None:
    facts = session(proof("password", minutes=6), proof("totp", minutes=6))
    more = {Action.CHANGE_EMAIL: Raised(age_max=60 * MINUTE)}
    assert decide(Action.CHANGE_EMAIL, raised(facts, more)) == StepUp(("totp",), "freshness")


def test_what_must_stay_open_is_not_raised_even_if_a_policy_says_so() -> None:
    facts = raised(session(*BOTH), dict.fromkeys(Action, HARDWARE))
    for action in (Action.HOME, Action.ENROL, Action.END_SESSIONS, Action.CHANGE_PASSWORD):
        assert decide(action, facts) == TWO


def test_a_grant_for_hardware_is_given_by_nothing_less() -> None:
    facts = payout(HARDWARE, *BOTH, proof("passkey"), holds=EVERYTHING)
    asked = StepUp(("key",), "grant", grant=True, hardware=True, phishing_resistant=True)
    assert decide(PAYOUT, facts) == asked
    assert decide(PAYOUT, replace(facts, granted=True)) == asked, "given under an easier policy"
    assert decide_grant(PAYOUT, facts, granted=True) == asked
    proved = payout(HARDWARE, *BOTH, proof("key", minutes=5), holds=EVERYTHING)
    assert decide(PAYOUT, proved) == asked, "a grant is its own proof"
    assert decide(PAYOUT, replace(proved, granted=True)) == THREE
    assert decide_grant(PAYOUT, proved, granted=True) == THREE


def test_a_grant_that_must_be_phishing_resistant_is_given_by_nothing_else() -> None:
    asked = StepUp(("key", "passkey"), "grant", grant=True, phishing_resistant=True)
    facts = payout(RESISTANT, *BOTH, proof("passkey", minutes=6), holds=EVERYTHING)
    assert decide(PAYOUT, replace(facts, granted=True)) == asked
    facts = payout(RESISTANT, *BOTH, proof("passkey", minutes=5), holds=EVERYTHING)
    assert decide(PAYOUT, replace(facts, granted=True)) == TWO
    without = payout(RESISTANT, *BOTH, holds="password totp", granted=True)
    assert decide(PAYOUT, without) == Enrol(("passkey",), "action_needs_phishing_resistant")


def test_an_easier_grant_is_as_good_as_ever() -> None:
    facts = payout(None, *BOTH, holds="password totp")
    assert decide(PAYOUT, facts) == StepUp(("totp",), "grant", grant=True)
    assert decide(PAYOUT, replace(facts, granted=True)) == TWO


def test_of_the_choices_only_what_is_strong_enough_is_accepted() -> None:
    key, passkey, totp, code = (
        STRENGTHS[kind] for kind in ("key", "passkey", "totp", "backup_codes")
    )
    hardware = StepUp(("passkey", "backup_codes"), "level", hardware=True)
    assert [hardware.accepts(one) for one in (key, passkey, totp, code)] == [
        True,
        False,
        False,
        True,  # Offered only where it stands in.
    ]
    resists = StepUp(("passkey",), "grant", phishing_resistant=True)
    assert [resists.accepts(one) for one in (key, passkey, totp)] == [True, True, False]
    assert StepUp(("totp",), "level").accepts(totp)


class TestTheStrongestThatIsHeld:
    """Security settings ask for the highest level that a person holds, which may be AAL3."""

    change = Action.CHANGE_SECURITY

    def test_whoever_holds_a_key_proves_it(self) -> None:
        facts = session(*BOTH, holds="password totp passkey key")
        assert decide(self.change, facts) == level_3("key")
        assert decide(Action.ENROL, facts) == level_3("key")
        assert decide(self.change, session(proof("key"), holds="password key")) == THREE

    def test_lately(self) -> None:
        late = session(proof("key", minutes=5, seconds=1), holds="password key")
        assert decide(self.change, late) == level_3("key", why="freshness")

    def test_a_backup_code_stands_in_for_a_key_that_is_lost(self) -> None:
        holds = "password totp key backup_codes"
        facts = session(*BOTH, holds=holds)
        assert decide(self.change, facts) == level_3("key", "backup_codes")
        assert decide(self.change, session(*BOTH, proof("backup_codes"), holds=holds)) == TWO

    def test_a_code_of_six_minutes_ago_stands_in_for_nothing(self) -> None:
        facts = session(*BOTH, proof("backup_codes", minutes=6), holds="password totp key")
        assert decide(self.change, facts) == level_3("key")

    def test_nor_does_one_where_policy_asks_for_hardware(self) -> None:
        facts = session(*BOTH, proof("backup_codes"), holds="password totp key backup_codes")
        assert decide(self.change, raised(facts, {self.change: HARDWARE})) == level_3("key")

    def test_a_lost_key_keeps_nobody_from_signing_in_and_ending_sessions(self) -> None:
        facts = session(*BOTH, holds="password totp key")
        assert decide(Action.HOME, facts) == TWO
        assert decide(Action.END_SESSIONS, facts) == TWO
