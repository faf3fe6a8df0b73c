"""The decision table: a person's situation in words, and what each action gets there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.rules.access import SignIn, decide
from portal.rules.facts import Facts
from portal.rules.terms import AccountState, Action
from tests.support.facts import NOW, proof, session
from tests.support.role_table import ROLES
from tests.support.situations import (
    CONTROLLER,
    GROUPS,
    ONE,
    SECOND,
    TWO,
    Row,
    both,
    cases,
    fresh,
    lapsed,
    row,
    second,
)

STRANGERS = {
    "without a session everything leads to sign-in": row(Facts(NOW), SignIn("no_session")),
    "a session without a proof is none": row(session(), SignIn("no_session")),
    "a revoked session is none, whatever it had proved": row(
        Facts(NOW, authentications=both()), SignIn("no_session")
    ),
    "a session that has ended is over for every action": row(
        session(*both(), ends_at=NOW), SignIn("session_ended")
    ),
    "a session lives to its last second": row(session(*both(), ends_at=NOW + SECOND), TWO),
    "a disabled account has no session": row(
        session(*both(), state=AccountState.DISABLED), SignIn("account_disabled")
    ),
    "an invited account has no session yet": row(
        session(*both(), state=AccountState.INVITED), SignIn("account_invited")
    ),
    "a disabled account tells a stranger nothing of its gate": row(
        session(proof("password"), holds="password", roles=CONTROLLER, state=AccountState.DISABLED),
        SignIn("account_disabled"),
    ),
    "a proof of 30 days ago proves nothing": row(
        session(proof("password", days=30), holds="password"), SignIn("proofs_expired")
    ),
}

PENDING = {
    "a password alone opens nothing for whoever holds an app": row(
        session(proof("password")), second("totp"), open=ONE
    ),
    "half signed in, the stronger kind is offered first and backup codes last": row(
        session(proof("password"), holds="backup_codes password totp passkey sms"),
        second("passkey", "totp", "sms", "backup_codes"),
        open=ONE,
    ),
    "half signed in, the kind used last is offered first": row(
        session(proof("password"), holds="password totp passkey", last_kind="totp"),
        second("totp", "passkey"),
        open=ONE,
    ),
    "backup codes stay last even when they were used last": row(
        session(proof("password"), holds="password totp backup_codes", last_kind="backup_codes"),
        second("totp", "backup_codes"),
        open=ONE,
    ),
    "a code alone is not a sign-in either": row(
        session(proof("totp")), second("password"), open=ONE
    ),
    "half signed in with a required role asks for the same": row(
        session(proof("password"), roles=CONTROLLER), second("totp"), open=ONE
    ),
    "an app proved a day ago must be proved again": row(
        session(proof("password", hours=23), proof("totp", hours=24)), second("totp"), open=ONE
    ),
    "a password of long ago completes nothing, so any held kind may begin anew": row(
        session(proof("password", days=5)), second("password", "totp"), open=ONE
    ),
}

LAPSED = {
    "an hour without use lapses to one factor, and any held kind restores it": row(
        session(*both(minutes=90), idle=timedelta(hours=1)),
        lapsed("password", "totp"),
        open=ONE,
        step=ONE,
    ),
    "after idling backup codes come last and the kind used last first": row(
        session(
            *both(minutes=90),
            holds="password totp backup_codes",
            idle=timedelta(hours=2),
            last_kind="totp",
        ),
        lapsed("totp", "password", "backup_codes"),
        open=ONE,
        step=ONE,
    ),
    "a second before the hour nothing has lapsed": row(
        session(*both(), idle=timedelta(minutes=59, seconds=59)), TWO
    ),
    "one factor alone never idles out": row(
        session(proof("password"), holds="password", idle=timedelta(days=20)), ONE
    ),
}

LEVELS = {
    "one factor, just proved, is all that a traveler has and needs": row(
        session(proof("password"), holds="password"), ONE
    ),
    "one factor of 5 minutes ago is still fresh": row(
        session(proof("password", minutes=5), holds="password"), ONE
    ),
    "one factor older than 5 minutes opens no security settings": row(
        session(proof("password", minutes=5, seconds=1), holds="password"),
        ONE,
        secure=fresh("password"),
        enrol=fresh("password"),
        end=fresh("password"),
    ),
    "a proof from before the clock was set back is never fresh": row(
        session(proof("password", seconds=-1), holds="password"),
        ONE,
        secure=fresh("password"),
        enrol=fresh("password"),
        end=fresh("password"),
    ),
    "two factors, just proved, open everything": row(session(*both()), TWO),
    "two factors of 5 minutes ago are still fresh": row(session(*both(minutes=5)), TWO),
    "two factors older than 5 minutes: the app again, and ending sessions takes either": row(
        session(*both(minutes=5, seconds=1)),
        TWO,
        secure=fresh("totp"),
        enrol=fresh("totp"),
        end=fresh("password", "totp"),
    ),
    "a password typed again refreshes nothing above one factor": row(
        session(proof("password"), proof("totp", minutes=6)),
        TWO,
        secure=fresh("totp"),
        enrol=fresh("totp"),
    ),
    "a fresh possession refreshes a two-factor session": row(
        session(proof("password", hours=3), proof("totp", minutes=4)), TWO
    ),
    "a backup code refreshes too, but is offered last": row(
        session(*both(minutes=6), holds="password totp backup_codes", last_kind="backup_codes"),
        TWO,
        secure=fresh("totp", "backup_codes"),
        enrol=fresh("totp", "backup_codes"),
        end=fresh("password", "totp", "backup_codes"),
    ),
    "a multi-factor proof is two factors by itself": row(
        session(proof("passkey"), holds="password passkey"), TWO
    ),
    "backup codes alone raise nothing: they may all be spent": row(
        session(proof("password"), holds="password backup_codes"), ONE
    ),
}

TABLE = STRANGERS | PENDING | LAPSED | LEVELS


@pytest.mark.parametrize(("action", "situation", "group"), cases(TABLE))
def test_the_decision_is(action: Action, situation: Row, group: str) -> None:
    assert decide(action, situation.facts) == situation.answers.get(group, situation.rest)


def test_the_tables_ask_for_every_action_once() -> None:
    listed = [action for actions in GROUPS.values() for action in actions]
    assert sorted([*listed, *ROLES]) == sorted(Action)
