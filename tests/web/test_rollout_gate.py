"""The gate of a roll-out: every route before, one second before, at and after the deadline.

Nobody is stopped before it, whatever stage the roll-out is in; from its second on nothing but
enrolling is open, until that is done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from portal.flows import hosts, policies
from portal.flows.policies import Published
from portal.rules.terms import AccountState, Role
from portal.store import users
from tests.support.compliance import set_user
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, PASSWORD, House, Visitor
from tests.support.memberships import organisation, user
from tests.support.rollouts import DISPATCHERS, roll_out
from tests.support.web import lands_on, rows, signed_in
from tests.web.test_routes import ENDING, MATRIX, differs, public_token

SECOND = timedelta(seconds=1)
MINUTE = 1 / (24 * 60)
DAN = "dan@partner.example"
PROFILE = {"name": "Daniel Moreau", "locale": "en", "time_zone": "UTC"}
CLOSED = [row for row in MATRIX if row.answers["stranger"] == "in" and row.path not in ENDING]
AT_THE_END = [row for row in MATRIX if row.path in ENDING]


def soon(house: House, *, grace: int = 1, name: str = PARTNER) -> None:
    """Dispatchers must enrol: watched from now on, enforced in a minute, with minutes of grace."""
    roll_out(house, DISPATCHERS, days=MINUTE, grace=grace * MINUTE, name=name)


def dispatcher(house: House, name: str = "dan") -> Visitor:
    """A dispatcher with a password alone, signed in."""
    return signed_in(house, name, app=False)


def send(visitor: Visitor, method: str, path: str, *, htmx: bool = False) -> TestResponse:
    if method in {"GET", "POST"}:
        answer = (visitor.get if method == "GET" else visitor.post)(path, htmx=htmx)
    else:  # A machine's; no browser sends them.
        base_url = visitor.house.settings.base_url
        answer = visitor.client.open(path, method=method, base_url=base_url)
    answer.close()
    return answer


def is_stopped(visitor: Visitor, path: str = "/") -> bool:
    return lands_on(visitor.get(path)) == "/login/enrol"


def test_every_route_is_open_as_before_until_the_second_of_the_deadline(house: House) -> None:
    dan = dispatcher(house)
    csrf = dan.csrf

    def sweep() -> list[tuple[str, int, str]]:
        dan.csrf = csrf
        answers = [(row, send(dan, row.method, row.path)) for row in CLOSED]
        return [(row.path, one.status_code, lands_on(one)) for row, one in answers]

    before = sweep()
    assert sum(status == 200 for _, status, _ in before) > 10
    assert not any(target == "/login/enrol" for path, _, target in before if path == "/")
    soon(house)
    assert sweep() == before, "announced, and watched"
    house.clock.advance(minutes=1)
    assert sweep() == before, "enforced, and this account has its grace"
    house.clock.advance(seconds=59)
    assert sweep() == before, "one second before the deadline"
    house.clock.advance(seconds=1)
    assert not wrong_in_gate(dan, csrf)
    house.clock.advance(seconds=1)
    assert is_stopped(dan)


def wrong_in_gate(visitor: Visitor, csrf: str) -> list[str]:
    """What is open to somebody who must enrol, and may not be: pages, forms and fragments."""
    wrong = []
    public = public_token(visitor)
    for row in [*(row for row in MATRIX if row.path not in ENDING), *AT_THE_END[:1]]:
        expected = row.answers["gate"]
        visitor.csrf = csrf if row.answers["stranger"] == "in" else public
        for htmx in (True, False) if expected == "enrol" else (False,):
            answer = send(visitor, row.method, row.path, htmx=htmx)
            if problem := differs(answer, expected, htmx=htmx):
                wrong.append(f"{row.method} {row.path} htmx={htmx}: {expected}, got {problem}")
    return wrong


def test_the_ways_out_stay_open(house: House) -> None:
    dan = dispatcher(house)
    soon(house)
    house.clock.advance(minutes=2)
    for path in ("/logout", "/change-person"):
        assert is_stopped(dan)
        assert lands_on(dan.post(path)) == "/login"
        dan.sign_in(DAN)


def test_an_account_that_came_after_the_announcement_has_no_grace(house: House) -> None:
    soon(house, grace=60)
    house.clock.advance(seconds=1)
    old = dispatcher(house)
    set_user(house, DAN, activated_at=house.clock() - timedelta(hours=1))
    new = house.visitor()
    house.user("new@partner.example", PARTNER, Role.DISPATCHER)
    new.sign_in("new@partner.example")
    house.clock.advance(seconds=58)
    assert not is_stopped(new)
    house.clock.advance(seconds=1)
    assert is_stopped(new)
    assert not is_stopped(old)


def test_a_live_session_meets_it_at_its_next_request_and_goes_on_where_it_was(
    house: House,
) -> None:
    dan = dispatcher(house)
    soon(house)
    dan.get("/account")
    house.clock.advance(minutes=2)
    fragment = dan.get("/security", htmx=True)
    assert fragment.status_code == 403
    assert fragment.headers["HX-Redirect"].startswith("/login/enrol")
    kept = dan.post("/account", PROFILE)
    assert lands_on(kept) == "/login/enrol"
    assert "Moreau" not in str(rows(house, "users")), "nothing was done"
    gate = dan.get(kept.headers["Location"])
    assert gate.status_code == 200
    assert dan.enrol_app().status_code == 303
    (task,) = [row for row in rows(house, "step_ups") if row["path"] == "/account"]
    shown = dan.get(f"/step-ups/{task['id']}")
    assert f'value="{PROFILE["name"]}"' in shown.text
    assert dan.post("/account", PROFILE).status_code == 303
    assert PROFILE["name"] in dan.get("/account").text


def again(house: House, dan: Visitor) -> None:
    dan.follow(dan.get("/security"))
    assert lands_on(dan.post("/logout")) == "/login"
    dan.sign_in(DAN)


def another_role(house: House, _dan: Visitor) -> None:
    house.run(hosts.grant, DAN, BRANCH, Role.DISPATCHER)


def other_home(house: House, _dan: Visitor) -> None:
    house.run(users.set_home, user(house, DAN)["id"], organisation(house, HQ))


def disabled_for_a_while(house: House, dan: Visitor) -> None:
    house.run(hosts.set_state, DAN, AccountState.DISABLED)
    house.run(hosts.set_state, DAN, AccountState.ACTIVE)
    dan.sign_in(DAN)


def reset(house: House, dan: Visitor) -> None:
    """What was held is taken away, and a new factor would be enrolled with a ticket."""
    house.run(hosts.reset_factors, DAN, "lost")
    house.run(users.set_reset, user(house, DAN)["id"], None)
    dan.sign_in(DAN)


def new_password(house: House, dan: Visitor) -> None:
    dan.get("/account/password")
    assert dan.post("/account/password", current=PASSWORD, new=PASSWORD + " two").status_code == 303


@pytest.mark.parametrize(
    "change", [again, another_role, other_home, disabled_for_a_while, reset, new_password]
)
def test_nothing_restarts_the_deadline(
    house: House, change: Callable[[House, Visitor], None]
) -> None:
    dan = dispatcher(house)
    soon(house)
    house.clock.advance(seconds=90)
    change(house, dan)
    house.clock.advance(seconds=29)
    assert not is_stopped(dan)
    house.clock.advance(seconds=1)
    assert is_stopped(dan)


@pytest.mark.parametrize("change", [again, another_role, other_home, disabled_for_a_while, reset])
def test_nothing_puts_off_what_is_due(
    house: House, change: Callable[[House, Visitor], None]
) -> None:
    dan = dispatcher(house)
    soon(house)
    house.clock.advance(minutes=2)
    assert is_stopped(dan)
    change(house, dan)
    assert is_stopped(dan)


def test_publishing_anew_does_not_restart_it_either(house: House) -> None:
    dan = dispatcher(house)
    soon(house)
    house.clock.advance(seconds=60)
    soon(house, grace=30)
    house.clock.advance(seconds=59)
    assert not is_stopped(dan)
    house.clock.advance(seconds=1)
    assert is_stopped(dan), "the first one's deadline stands until the second one's"


def test_who_is_exempt_goes_on_until_the_very_second(house: House) -> None:
    dan = dispatcher(house)
    soon(house)
    set_user(house, DAN, exempt_until=house.clock() + timedelta(minutes=5))
    house.clock.advance(minutes=5)
    house.clock.advance(-SECOND)
    assert not is_stopped(dan)
    house.clock.advance(SECOND)
    assert is_stopped(dan)


def test_the_version_before_lets_everybody_go_on_at_their_next_request(house: House) -> None:
    dan = dispatcher(house)
    soon(house)
    house.clock.advance(minutes=2)
    assert is_stopped(dan)
    assert isinstance(house.run(policies.back, PARTNER), Published)
    assert dan.get("/").status_code == 200


def test_going_back_gives_up_what_was_on_its_way(house: House) -> None:
    dan = dispatcher(house)
    soon(house)
    assert isinstance(house.run(policies.back, PARTNER), Published)
    house.clock.advance(minutes=2)
    assert not is_stopped(dan)


@pytest.mark.parametrize("first", [PARTNER, GUESTS])
def test_of_two_organisations_the_stricter_one_counts(house: House, first: str) -> None:
    dan = dispatcher(house)
    house.run(hosts.grant, DAN, GUESTS, Role.TRAVELER)
    soon(house, name=first)
    soon(house, grace=30, name=GUESTS if first == PARTNER else PARTNER)
    house.clock.advance(seconds=119)
    assert not is_stopped(dan)
    house.clock.advance(seconds=1)
    assert is_stopped(dan)


def test_what_stands_above_is_enforced_below_by_its_own_dates(house: House) -> None:
    dan, tara = dispatcher(house), signed_in(house, "tara", app=False)
    soon(house, name=HQ)
    soon(house, grace=30)
    house.clock.advance(minutes=2)
    assert is_stopped(dan)
    assert not is_stopped(tara), "nobody asks it of travelers"


def test_whoever_enrolled_in_time_never_notices(house: House) -> None:
    dan = dispatcher(house)
    soon(house)
    assert dan.enrol_app().status_code == 303
    house.clock.advance(minutes=2)
    assert dan.get("/").status_code == 200
