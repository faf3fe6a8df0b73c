"""Mailed links: of one kind, for one click, for a while."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.store import links
from portal.store.links import LinkKind
from portal.store.sealed import open_json
from portal.store.tables import links as table
from tests.store.conftest import Store
from tests.support.threads import at_once

DAY = timedelta(hours=24)
TOKEN = b"t" * 32
OTHERS = [kind for kind in LinkKind if kind is not LinkKind.UNLOCK]


def add(
    store: Store,
    token: bytes = TOKEN,
    *,
    kind: LinkKind = LinkKind.UNLOCK,
    user_id: str | None = None,
) -> str:
    store.clock.advance(seconds=1)
    return store.run(
        links.add,
        kind=kind,
        token_hash=token,
        user_id=user_id,
        data={"email": "new@guests.example"},
        lifetime=DAY,
    )


def is_live(store: Store, token: bytes = TOKEN, kind: LinkKind = LinkKind.UNLOCK) -> bool:
    return store.run(links.find, kind, token) is not None


def test_a_live_link_is_found_with_what_it_carries(store: Store) -> None:
    user_id = store.user()
    identity = add(store, user_id=user_id)
    found = store.run(links.find, LinkKind.UNLOCK, TOKEN)
    assert (found.id, found.kind, found.user_id) == (identity, LinkKind.UNLOCK, user_id)
    assert found.data == {"email": "new@guests.example"}
    assert found.expires_at == store.clock() + DAY


@pytest.mark.parametrize("kind", OTHERS)
def test_a_link_of_one_kind_never_serves_another(store: Store, kind: LinkKind) -> None:
    add(store)
    assert not is_live(store, kind=kind)
    assert is_live(store)


def test_an_unknown_token_finds_nothing(store: Store) -> None:
    add(store)
    assert not is_live(store, b"u" * 32)


def test_a_link_works_once(store: Store) -> None:
    identity = add(store)
    assert store.run(links.use, identity)
    assert not store.run(links.use, identity)
    assert not is_live(store)


def test_of_many_clicks_at_once_one_wins(store: Store) -> None:
    identity = add(store)
    assert sum(at_once(8, lambda _: store.run(links.use, identity))) == 1


def test_a_link_expires_and_cannot_be_used_after_that(store: Store) -> None:
    identity = add(store)
    store.clock.advance(DAY - timedelta(seconds=1))
    assert is_live(store)
    store.clock.advance(seconds=1)
    assert not is_live(store)
    assert not store.run(links.use, identity)


def test_a_newer_link_leaves_the_older_to_the_flow(store: Store) -> None:
    tara = store.user()
    add(store, user_id=tara)
    newer = add(store, b"newer" * 6, user_id=tara)
    assert is_live(store)
    assert store.run(links.pending, tara, LinkKind.UNLOCK).id == newer


def test_voiding_the_younger_keeps_the_one_itself_its_elders_and_all_others(store: Store) -> None:
    tara, dan = store.user(), store.user("dan@partner.example")
    add(store, user_id=tara)
    middle = add(store, b"middle" * 5, user_id=tara)
    add(store, b"younger" * 4, user_id=tara)
    add(store, b"dan" * 11, user_id=dan)
    add(store, b"confirm" * 4, kind=LinkKind.EMAIL_CONFIRM, user_id=tara)
    store.run(links.void_younger, tara, LinkKind.UNLOCK, middle)
    assert not is_live(store, b"younger" * 4)
    assert is_live(store) and is_live(store, b"middle" * 5) and is_live(store, b"dan" * 11)
    assert is_live(store, b"confirm" * 4, LinkKind.EMAIL_CONFIRM)


def test_a_used_link_forgets_what_it_carried(store: Store) -> None:
    identity = add(store)
    store.run(links.use, identity)
    with store.transaction(writing=False) as edge:
        kept = edge.db.execute(select(table.c.data)).scalar_one()
        assert open_json(edge, links.PLACE, identity, kept) == {}


def test_registrations_have_no_person_and_end_nobody_elses(store: Store) -> None:
    add(store, kind=LinkKind.ACTIVATION)
    add(store, b"other" * 6, kind=LinkKind.ACTIVATION)
    assert is_live(store, kind=LinkKind.ACTIVATION)
    assert is_live(store, b"other" * 6, LinkKind.ACTIVATION)


def test_links_are_voided_by_kind_and_all_of_them_after_a_restore(store: Store) -> None:
    tara = store.user()
    add(store, user_id=tara)
    add(store, b"confirm" * 4, kind=LinkKind.EMAIL_CONFIRM, user_id=tara)
    store.run(links.void, tara, LinkKind.UNLOCK)
    assert not is_live(store)
    assert store.run(links.void_everything) == 1
    assert not is_live(store, b"confirm" * 4, LinkKind.EMAIL_CONFIRM)


def test_what_a_link_carries_is_unreadable_in_the_database(store: Store) -> None:
    add(store)
    with store.transaction(writing=False) as edge:
        assert b"guests" not in bytes(edge.db.execute(select(table.c.data)).scalar_one())
