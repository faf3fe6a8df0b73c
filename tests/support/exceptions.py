"""Exceptions as people make them: asked for on a person's page, decided in the queue, used."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from werkzeug.test import TestResponse

from portal.rules.terms import Role
from portal.store import memberships
from tests.support.house import PEOPLE, House, Visitor
from tests.support.resets import Somebody, granted, somebody
from tests.support.rollouts import roll_out
from tests.support.web import lands_on, rows

CODE = re.compile(r">([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})<")
ASKED: dict[str, Any] = {"reason": "Her phone is at home", "verification": "call_back"}
CHALLENGE = "/login/challenge/bypass_code"


def day(house: House, ahead: int) -> str:
    """A day so many days ahead, as a date field sends it."""
    return (house.clock() + timedelta(days=ahead)).date().isoformat()


def ask_exemption(visitor: Visitor, user_id: str, *, days: int = 7) -> str:
    """Ask for an exemption; its id."""
    form = {"reason": "She is abroad", "until": day(visitor.house, days)}
    return exception_id(granted(visitor, f"/admin/users/{user_id}/exemption", **form))


def ask_bypass(visitor: Visitor, user_id: str) -> str:
    return exception_id(granted(visitor, f"/admin/users/{user_id}/bypass", **ASKED))


def exception_id(answer: TestResponse) -> str:
    assert lands_on(answer).startswith("/admin/exceptions/"), (answer.status_code, answer.text)
    return lands_on(answer).rpartition("/")[2]


def approval(kind: str, exception: str) -> str:
    return f"/admin/exceptions/{exception}/{kind}-approval"


def approve(visitor: Visitor, kind: str, exception: str) -> TestResponse:
    return granted(visitor, approval(kind, exception))


def show(visitor: Visitor, exception: str) -> str:
    """Have the code shown; in clear."""
    visitor.get(f"/admin/exceptions/{exception}")
    answer = visitor.post(f"/admin/exceptions/{exception}/code")
    found = CODE.search(answer.text)
    assert found, (answer.status_code, answer.text)
    return found.group(1)


def row_of(house: House, exception: str) -> dict[str, Any]:
    (found,) = (row for row in rows(house, "exceptions") if row["id"] == exception)
    return found


def state_of(house: House, exception: str) -> str:
    return str(row_of(house, exception)["state"])


def stopped(house: House, name: str = "dan") -> Somebody:
    """A dispatcher whose organisation asks for a second factor, who has none, and is signed in."""
    user = house.person(name)
    roll_out(house, days=0)
    house.clock.advance(timedelta(seconds=1))
    visitor = house.visitor()
    visitor.sign_in(PEOPLE[name][0])
    return Somebody(user.id, user.email, visitor)


def caller(house: House, stan: Somebody, sol: Somebody, person: Somebody) -> str:
    """Everything until the person hears a code."""
    exception = ask_bypass(stan.visitor, person.id)
    assert approve(sol.visitor, "bypass", exception).status_code == 303
    stan.visitor.get("/admin/exceptions")
    return show(stan.visitor, exception)


def without_phone(house: House, person: Somebody) -> Visitor:
    """The same person in another browser, asked for a second factor that is not with them."""
    visitor = house.visitor()
    visitor.password(person.email)
    visitor.get("/login/challenge")
    return visitor


def desk_and_caller(house: House) -> tuple[Somebody, Somebody, Somebody]:
    """Somebody who cannot get in, the service desk, and a super-admin."""
    return somebody(house, "dan"), somebody(house, "stan"), somebody(house, "sol")


def take_role(house: House, user_id: str, role: Role) -> None:
    """Somebody loses their only role, as if it had happened a second ago."""
    (found,) = (row for row in rows(house, "memberships") if row["user_id"] == user_id)
    assert house.run(memberships.remove, user_id, found["organisation_id"], role)
