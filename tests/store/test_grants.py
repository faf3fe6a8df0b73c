"""A grant: one proof for one session, action, object and content, good once and for minutes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.rules.terms import Action
from portal.store import step_ups
from portal.store.step_ups import Interrupted
from tests.support.house import House
from tests.support.web import rows, signed_in

MINUTES = timedelta(minutes=5)
OBJECT, BINDING = str(uuid.UUID(int=5)), b"what was shown"
SPENT = {"action": Action.APPROVE_PAYOUT, "object_id": OBJECT, "binding": BINDING}


def session_of(house: House) -> str:
    signed_in(house, "sol")
    return str(rows(house, "sessions")[-1]["id"])


def keep(house: House, session: str, *, granted: bool = True, **more: Any) -> str:
    """A waiting task of a session, granted unless told otherwise."""
    task = Interrupted(
        id=str(uuid.uuid4()),
        action=Action.APPROVE_PAYOUT,
        method="POST",
        path="/payouts/1/approval",
        form={},
        expires_at=house.clock() + MINUTES,
        object_id=OBJECT,
        binding=BINDING,
    )
    house.run(step_ups.add, replace(task, **more), session)
    if granted:
        assert house.run(step_ups.grant, task.id, session, house.clock() + MINUTES)
    return task.id


def spend(house: House, session: str, **other: Any) -> bool:
    what = SPENT | other
    action = what.pop("action")
    return bool(house.run(step_ups.spend, session, action, **what))


def test_a_grant_is_spent_once(house: House) -> None:
    session = session_of(house)
    keep(house, session)
    assert spend(house, session)
    assert not spend(house, session)


@pytest.mark.parametrize(
    "other",
    [
        {"action": Action.APPROVE_RESET},
        {"object_id": str(uuid.UUID(int=6))},
        {"binding": b"something else"},
    ],
    ids=["another action", "another object", "other content"],
)
def test_a_grant_opens_nothing_else(house: House, other: dict[str, Any]) -> None:
    session = session_of(house)
    keep(house, session)
    assert not spend(house, session, **other)
    assert spend(house, session), "and it was not used up by trying"


def test_a_grant_serves_no_other_session(house: House) -> None:
    session = session_of(house)
    keep(house, session)
    assert not spend(house, str(uuid.UUID(int=8)))
    assert spend(house, session)


def test_a_task_that_nobody_proved_for_is_no_grant(house: House) -> None:
    session = session_of(house)
    keep(house, session, granted=False)
    assert not spend(house, session)


def test_a_grant_ends_to_the_second(house: House) -> None:
    session = session_of(house)
    keep(house, session)
    keep(house, session)
    house.clock.advance(MINUTES - timedelta(seconds=1))
    assert spend(house, session)
    keep(house, session)
    house.clock.advance(MINUTES)
    assert not spend(house, session)


def test_a_proof_grants_a_task_once_and_only_while_it_waits(house: House) -> None:
    session = session_of(house)
    task = keep(house, session)
    assert not house.run(step_ups.grant, task, session, house.clock() + MINUTES)
    late = keep(house, session, granted=False)
    house.clock.advance(MINUTES)
    assert not house.run(step_ups.grant, late, session, house.clock() + MINUTES)


def test_a_task_without_a_binding_never_becomes_a_grant(house: House) -> None:
    session = session_of(house)
    task = keep(house, session, granted=False, binding=None)
    assert not house.run(step_ups.grant, task, session, house.clock() + MINUTES)


def test_what_was_shown_lies_sealed(house: House) -> None:
    session = session_of(house)
    keep(house, session, shown=[["reason", "lost at the harbour"]])
    assert "harbour" not in repr(rows(house, "step_ups"))
