"""Two who act on one another at the same instant: each has an answer, and neither is a failure.

Each request holds the row of who acts, then waits for the row of whom it is about. PostgreSQL ends
one of two that wait for one another; on SQLite they write in turn anyway.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from flask import g
from sqlalchemy import text
from werkzeug.test import TestResponse

from portal.edge import Deadlock, Edge
from portal.flows import session
from portal.rules.terms import AccountState, Role
from portal.store import users
from portal.web.application import Portal
from tests.support.house import PARTNER, House, Visitor
from tests.support.memberships import another, events, user
from tests.support.threads import at_once
from tests.support.web import lands_on

PAM, PAUL, DAN = "pam@partner.example", "paul@partner.example", "dan@partner.example"
# How many wait for a row that this transaction holds.
WAITING = text(
    "SELECT count(*) FROM pg_locks AS asked JOIN pg_locks AS held USING (transactionid) "
    "WHERE NOT asked.granted AND held.granted AND held.pid = pg_backend_pid()"
)
LOOKS_MAX = 20_000
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def administrators(house: House) -> tuple[Visitor, Visitor]:
    pam, paul = (another(house, email, PARTNER, Role.PARTNER_ADMIN) for email in (PAM, PAUL))
    return pam, paul


def disabling(house: House, visitor: Visitor, email: str) -> Callable[[], TestResponse]:
    """Everything but the last click."""
    page = f"/admin/users/{user(house, email)['id']}"
    assert visitor.get(page).status_code == 200
    return lambda: visitor.post(f"{page}/disabled", reason="left")


def meeting(
    house: House, click: Callable[[], TestResponse], then: Callable[[Edge, str], object]
) -> TestResponse:
    """The answer to Pam's click about Paul, which meets what Paul does to Pam, and always loses.

    `then`: what Paul does once both rows are his.
    """
    pam, paul = (user(house, email)["id"] for email in (PAM, PAUL))

    def act(edge: Edge, pool: ThreadPoolExecutor) -> Future[TestResponse]:
        # Whoever looks for a circle first is ended: it is not to be this one.
        edge.db.execute(text("SET LOCAL deadlock_timeout = '60s'"))
        users.lock(edge, paul)
        clicked = pool.submit(click)
        looks = 0
        while not edge.db.execute(WAITING).scalar() and not clicked.done():
            assert (looks := looks + 1) < LOOKS_MAX, "Pam's request waits for nobody"
        assert not clicked.done(), clicked.result().status_code
        users.lock(edge, pam)
        then(edge, pam)
        return clicked

    with ThreadPoolExecutor(max_workers=1) as pool:
        return house.run(act, pool).result(timeout=30)


def test_two_who_disable_one_another_at_once_are_both_answered(house: House) -> None:
    pam, paul = administrators(house)
    clicks = (disabling(house, pam, PAUL), disabling(house, paul, PAM))
    answers = at_once(2, lambda number: clicks[number]())
    assert [answer.status_code for answer in answers] == [303, 303]
    assert sorted(lands_on(answer) == "/login" for answer in answers) == [False, True]
    assert sorted(user(house, email)["state"] for email in (PAM, PAUL)) == ["active", "disabled"]
    assert len(events(house, "user.disabled")) == 1


@on_postgresql
def test_what_a_deadlock_ended_is_done_after_all(house: House) -> None:
    pam, _ = administrators(house)
    answer = meeting(house, disabling(house, pam, PAUL), lambda _edge, _pam: None)
    assert answer.status_code == 303
    assert user(house, PAUL)["state"] == "disabled"
    assert len(events(house, "user.disabled")) == 1


@on_postgresql
def test_what_a_deadlock_ended_is_asked_anew_whether_it_may(house: House) -> None:
    pam, _ = administrators(house)

    def disable(edge: Edge, user_id: str) -> None:
        users.set_state(edge, user_id, AccountState.DISABLED)
        session.end_all(edge, user_id, "account_disabled", browsers_too=False)

    answer = meeting(house, disabling(house, pam, PAUL), disable)
    assert lands_on(answer) == "/login"
    assert user(house, PAUL)["state"] == "active"
    assert events(house, "user.disabled") == []


def probe(house: House, *, committed: bool) -> tuple[Portal, list[Edge]]:
    """An application whose view meets a deadlock each time, with the edge of each time."""
    app, edges = Portal("probe"), []

    @app.before_request
    def enter() -> None:
        g.edge = house.runner.edge()
        g.edge.committed = committed
        edges.append(g.edge)

    @app.post("/")
    def view() -> str:
        assert "left" not in g, "it begins as a new request does"
        g.left = True
        raise Deadlock

    app.register_error_handler(Deadlock, lambda _error: ("no", 503))
    return app, edges


def test_it_is_begun_again_twice_at_most(house: House) -> None:
    app, edges = probe(house, committed=False)
    assert app.test_client().post("/").status_code == 503
    assert len({id(edge) for edge in edges}) == 3


def test_what_is_durable_in_part_is_not_begun_again(house: House) -> None:
    app, edges = probe(house, committed=True)
    assert app.test_client().post("/").status_code == 503
    assert len(edges) == 1


def test_what_brought_a_file_is_not_begun_again(house: House) -> None:
    app, edges = probe(house, committed=False)
    sent = {"file": (io.BytesIO(b"read to its end"), "people.csv")}
    assert app.test_client().post("/", data=sent).status_code == 503
    assert len(edges) == 1


def test_a_commit_is_remembered(house: House) -> None:
    edge = house.runner.edge()
    house.runner.run(edge, lambda edge: edge.now)
    assert edge.committed
