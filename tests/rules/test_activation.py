"""An invited account: what its invitation's session may do, and that no other has any."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.rules.access import Allow, Enrol, SignIn, decide
from portal.rules.actions import ACTIONS, Entry
from portal.rules.facts import Facts
from portal.rules.policy import DEFAULT
from portal.rules.terms import AccountState, Action, Role
from tests.support.clock import START as NOW
from tests.support.facts import held, memberships, proof

OPEN = {Entry.GATE, Entry.ANY, Entry.LAPSED}


def invited(*, ticketed: bool = True, role: Role = Role.PARTNER_ADMIN, kinds: str = "") -> Facts:
    """A session with the password of an invited person, proved a minute ago."""
    return Facts(
        now=NOW,
        signed_in=True,
        state=AccountState.INVITED,
        authentications=(proof("password", minutes=1),),
        enrolled=held(f"password {kinds}"),
        enrollable=held("totp passkey"),
        memberships=memberships([role]),
        ticketed=ticketed,
        policy=DEFAULT,
    )


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("role", [Role.PARTNER_ADMIN, Role.TRAVELER])
def test_the_session_of_the_invitation_may_enrol_and_nothing_else(
    action: Action, role: Role
) -> None:
    decision = decide(action, invited(role=role))
    if ACTIONS[action].entry in OPEN:
        assert isinstance(decision, Allow)
    else:
        assert isinstance(decision, Enrol)
        assert decision.choices


@pytest.mark.parametrize("action", list(Action))
def test_no_other_session_of_an_invited_account_is_one(action: Action) -> None:
    assert decide(action, invited(ticketed=False)) == SignIn("account_invited")
    disabled = replace(invited(), state=AccountState.DISABLED)
    assert decide(action, disabled) == SignIn("account_disabled")


def test_it_goes_on_being_the_gate_when_policy_asks_no_more_and_says_why() -> None:
    decision = decide(Action.HOME, invited(role=Role.TRAVELER))
    assert isinstance(decision, Enrol)
    assert decision.why == "activation"


def test_who_is_active_is_not_kept_by_the_invitation_that_they_came_with() -> None:
    active = replace(invited(role=Role.TRAVELER), state=AccountState.ACTIVE)
    assert isinstance(decide(Action.HOME, active), Allow)
