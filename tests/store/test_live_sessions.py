"""What a session's row says is known by sight, and never taken for what it said before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from portal.rules.terms import Role
from portal.store import organisations, sessions, users
from portal.store import tables as t
from portal.store.live_sessions import Live, find_live
from portal.store.sessions import Session
from tests.store.conftest import Store

TOKEN = b"t" * 32


@pytest.fixture
def signed_in(store: Store) -> str:
    """Somebody with a session and a role; their id."""
    user = store.run(users.by_id, store.user())

    def begin(edge: Any) -> None:
        home = user.home_organisation_id
        organisations.add_membership(
            edge, user_id=user.id, organisation_id=home, role=Role.TRAVELER
        )
        session = Session(
            id=edge.new_id(),
            user_id=user.id,
            browser_id=None,
            token_hash=TOKEN,
            authentications=(),
            csrf_secret=b"c" * 32,
            issued_at=edge.now,
            seen_at=edge.now,
            ends_at=edge.now + timedelta(hours=1),
            acting_organisation_id=None,
            user_agent="",
            address="",
            place=None,
            revoked_at=None,
        )
        sessions.add(edge, session)

    store.run(begin)
    return user.id


def look(store: Store) -> Live:
    with store.transaction(writing=False) as edge:
        found = find_live(edge, TOKEN)
    assert found is not None
    return found


def test_the_same_row_is_the_same_session(store: Store, signed_in: str) -> None:
    first = look(store)
    first.kept["a"] = "worked out of it"
    second = look(store)
    assert second == first
    assert second.kept == {"a": "worked out of it"}
    assert second.user.id == signed_in


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (t.sessions, {"csrf_secret": b"d" * 32}),
        (t.sessions, {"authentications": [["totp", {"category": "possession", "flags": []},
                                           "2026-01-01T00:00:00+00:00", "a"]]}),
        (t.users, {"name": "Somebody Else"}),
        (t.users, {"security": {"held": {}, "counts": {"totp": 1}}}),
        (t.memberships, {"role": "finance_controller"}),
        (t.organisations, {"name": "Elsewhere"}),
        (t.organisations, {"effective_policy": None, "plan": "professional"}),
    ],
)  # fmt: skip
def test_whatever_changes_in_it_makes_another(
    store: Store, signed_in: str, table: Any, values: dict[str, Any]
) -> None:
    before = look(store)
    before.kept["a"] = "worked out of it"
    store.tamper(update(table).values(**values))
    after = look(store)
    assert after != before
    assert after.kept == {}


@pytest.fixture
def known(store: Store, signed_in: str) -> str:
    """The session's browser, known and good for a minute; its id."""
    browser = {
        "id": signed_in,
        "user_id": signed_in,
        "token_hash": b"b" * 32,
        "user_agent": "",
        "address": "",
        "created_at": store.clock(),
        "seen_at": store.clock(),
        "known_at": store.clock(),
        "ends_at": store.clock() + timedelta(minutes=1),
    }
    store.tamper(t.browsers.insert().values(browser))
    store.tamper(update(t.sessions).values(browser_id=signed_in))
    return signed_in


def test_whether_a_browser_is_still_known_is_asked_of_the_clock(store: Store, known: str) -> None:
    assert look(store).browser_known
    store.clock.advance(timedelta(minutes=2))
    assert not look(store).browser_live
    assert not look(store).browser_known


def test_a_browser_that_was_forgotten_is_known_no_more(store: Store, known: str) -> None:
    assert look(store).browser_live
    store.tamper(update(t.browsers).values(revoked_at=store.clock()))
    assert not look(store).browser_live
    assert not look(store).browser_known
