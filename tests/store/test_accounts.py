"""One account an address, and one winner for every change of an authenticator."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.edge import Edge
from portal.rules.terms import AAL, Category, Holdings, Strength
from portal.store import authenticators, users
from portal.store.authenticators import Authenticator, New
from portal.store.tables import users as users_table
from tests.store.conftest import Store, user_of
from tests.support.threads import at_once

STRENGTH = Strength(Category.POSSESSION)


def enrol(store: Store, user_id: str) -> str:
    def add(edge: Edge) -> str:
        identity = edge.new_id()
        new = New(identity, user_id, "totp", "", {"last_step": 0}, STRENGTH)
        authenticators.add(edge, new)
        return identity

    return store.run(add)


def read(store: Store, user_id: str, identity: str) -> Authenticator:
    found = store.run(authenticators.by_id, user_id, identity)
    assert found is not None
    return found


def replace(store: Store, held: Authenticator, **data: Any) -> bool:
    return store.run(authenticators.replace, held, data)


def test_of_many_registrations_of_one_address_one_wins(store: Store) -> None:
    home = store.run(users.by_id, store.user()).home_organisation_id

    def register(_: int) -> bool:
        def add(edge: Edge) -> bool:
            return users.add(edge, user_of(edge.now, edge.new_id(), "new@guests.example", home))

        return store.run(add)

    assert sum(at_once(5, register)) == 1
    with store.transaction(writing=False) as edge:
        assert edge.db.execute(select(func.count()).select_from(users_table)).scalar() == 2


def test_what_people_hold_is_read_alike_each_time_and_changed_by_nobody(store: Store) -> None:
    user_id = store.user()
    for worth in (STRENGTH, Strength(Category.KNOWLEDGE, restricted=True)):
        summary = Holdings({"totp": worth}, {"totp": 2})
        store.run(users.set_summary, user_id, summary, AAL.AAL1)
        found = store.run(users.by_id, user_id).summary
        assert found == summary
        for kept in (found.held, found.counts):
            with pytest.raises(TypeError):
                kept["password"] = 1


def test_of_two_people_who_take_one_address_one_wins(store: Store) -> None:
    people = [store.user("tara@guests.example"), store.user("dan@partner.example")]
    new = "wanted@guests.example"
    moved = at_once(2, lambda number: store.run(users.set_email, people[number], new))
    assert sorted(moved) == [False, True]
    assert store.run(users.by_email, new).id == people[moved.index(True)]


def test_of_many_acceptances_of_one_reading_one_wins(store: Store) -> None:
    user_id = store.user()
    identity = enrol(store, user_id)
    held = read(store, user_id, identity)
    wins = at_once(5, lambda number: replace(store, held, last_step=number))
    assert sum(wins) == 1
    assert read(store, user_id, identity).data == {"last_step": wins.index(True)}


def test_a_change_since_the_reading_loses_whatever_the_data(store: Store) -> None:
    user_id = store.user()
    identity = enrol(store, user_id)
    before = read(store, user_id, identity)
    assert replace(store, before, last_step=1)
    assert not replace(store, before, last_step=1)
    assert not store.run(authenticators.touch, before)
    after = read(store, user_id, identity)
    assert (after.version, after.used_at) == (2, store.clock())
    assert replace(store, after, last_step=2)


def test_a_revoked_authenticator_takes_no_change_and_keeps_no_secret(store: Store) -> None:
    user_id = store.user()
    identity = enrol(store, user_id)
    held = read(store, user_id, identity)
    assert store.run(authenticators.revoke, user_id, identity)
    assert not store.run(authenticators.revoke, user_id, identity)
    assert not replace(store, held, last_step=1)
    assert store.run(authenticators.by_id, user_id, identity) is None
    assert store.run(authenticators.of_user, user_id) == []


@pytest.mark.parametrize("change", [authenticators.revoke, authenticators.by_id])
def test_another_persons_authenticator_is_not_there(store: Store, change: Any) -> None:
    tara, dan = store.user(), store.user("dan@partner.example")
    identity = enrol(store, tara)
    assert not store.run(change, dan, identity)
    assert not store.run(authenticators.rename, dan, identity, "mine")
    assert read(store, tara, identity).name == ""
