"""Races over real HTTP, across two processes, on both databases: of any number one wins."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from werkzeug.test import TestResponse

from portal.ceremony import Reason, Rejected
from portal.flows import challenge, hosts, session
from portal.flows.device_answers import Answer as Typed
from portal.rules.terms import Action, Role
from tests.support.apps import App
from tests.support.deployment import Deployment
from tests.support.house import PARTNER, PASSWORD, House
from tests.support.http import Answer, Caller, at_once

TARA = "tara@guests.example"
LIVE_APPS = (
    "SELECT id FROM authenticators WHERE user_id = :id AND kind = 'totp' AND revoked_at IS NULL"
)
CROWDS = pytest.mark.parametrize("crowd", [20, 50])


def _owner(deployment: Deployment) -> Caller:
    """Tara with an authenticator app and backup codes, and two processes to serve her."""
    deployment.serve()
    deployment.house.person("tara")
    tara = deployment.caller()
    tara.sign_in(TARA)
    assert tara.enrol_app().status_code == 303
    assert tara.make_codes().status_code == 303
    deployment.clock.advance(seconds=30)  # The code that enrolled the app is spent.
    return tara


def _pending(deployment: Deployment, crowd: int, kind: str) -> list[Caller]:
    """Browsers that gave the password and show the page that asks for a code."""
    callers = deployment.callers(crowd)
    for caller in callers:
        assert caller.password(TARA).headers["Location"] == "/login/challenge"
        assert caller.get(f"/login/challenge/{kind}").status_code == 200
    return callers


def _answers(callers: list[Caller], kind: str, code: str) -> list[TestResponse]:
    path = f"/login/challenge/{kind}"
    return at_once([partial(caller.post, path, code=code) for caller in callers])


def _statuses(answers: Sequence[Answer | TestResponse]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def _tara_id(deployment: Deployment) -> str:
    return deployment.rows("SELECT id FROM users WHERE email = :email", email=TARA)[0][0]


def _wrong_code(app: App, deployment: Deployment) -> str:
    near = {app.code(deployment.clock(), steps=steps) for steps in range(-2, 4)}
    return next(code for code in ("111111", "222222", "333333", "444444") if code not in near)


def _signed_in(callers: list[Caller]) -> int:
    return sum(caller.get("/").status_code == 200 for caller in callers)


@CROWDS
def test_one_code_of_an_app_signs_in_once(deployment: Deployment, crowd: int) -> None:
    app = _owner(deployment).app
    assert app is not None
    callers = _pending(deployment, crowd, "totp")
    statuses = _statuses(_answers(callers, "totp", app.code(deployment.clock())))
    assert statuses[303] == 1, statuses
    assert set(statuses) <= {303, 422, 429}
    assert _signed_in(callers) == 1


@CROWDS
def test_one_backup_code_signs_in_once(deployment: Deployment, crowd: int) -> None:
    code = _owner(deployment).codes[3]
    callers = _pending(deployment, crowd, "backup_codes")
    statuses = _statuses(_answers(callers, "backup_codes", code))
    assert statuses[303] == 1, statuses
    assert set(statuses) <= {303, 422, 429}
    assert _signed_in(callers) == 1
    assert deployment.count("backup_codes.used", _tara_id(deployment)) == 1


@pytest.mark.parametrize("kind", ["totp", "backup_codes"])
def test_of_fifty_wrong_codes_at_once_five_are_compared(deployment: Deployment, kind: str) -> None:
    app = _owner(deployment).app
    assert app is not None
    callers = _pending(deployment, 50, kind)
    wrong = _wrong_code(app, deployment) if kind == "totp" else "0000-0000-0000-0000-0000"
    assert _statuses(_answers(callers, kind, wrong)) == {422: 5, 429: 45}
    assert deployment.count("challenge.failed", _tara_id(deployment)) == 5


def test_of_fifty_wrong_passwords_at_once_five_are_compared(deployment: Deployment) -> None:
    deployment.serve()
    tara = deployment.house.person("tara")
    callers = deployment.callers(50)
    for caller in callers:
        caller.get("/login")
    post = [
        partial(caller.post, "/login", email=TARA, password=f"{PASSWORD} {number}")
        for number, caller in enumerate(callers)
    ]
    assert _statuses(at_once(post)) == {422: 5, 429: 45}
    assert deployment.count("sign_in.refused", tara.id) == 5


def test_a_machine_whose_clock_is_behind_makes_nobody_wait(house: House) -> None:
    house.person("tara")
    assert house.visitor().password(TARA, "wrong, all of it").status_code == 422
    house.clock.advance(seconds=-1)
    assert house.visitor().password(TARA, "wrong, all of it").status_code == 422
    house.clock.advance(seconds=-1)
    assert house.visitor().password(TARA).status_code == 303
    house.clock.advance(seconds=-1)
    assert house.visitor().password(TARA).status_code == 303


def test_a_right_password_among_fifty_wrong_ones_signs_in_only_if_it_was_compared(
    deployment: Deployment,
) -> None:
    deployment.serve()
    tara = deployment.house.person("tara")
    callers = deployment.callers(50)
    for caller in callers:
        caller.get("/login")
    post: list[Callable[[], Answer | TestResponse]] = [
        partial(caller.post, "/login", email=TARA, password="wrong, all of it")
        for caller in callers[1:]
    ]
    right = partial(callers[0].post, "/login", email=TARA, password=PASSWORD)
    statuses = _statuses(at_once([*post[:25], right, *post[25:]]))
    # A success starts the count anew: five before it and five after it at most.
    assert deployment.count("sign_in.refused", tara.id) == statuses[422] <= 10
    assert _signed_in(callers) == statuses[303] <= 1


@pytest.mark.parametrize(("kind", "replays"), [("totp", 1000), ("backup_codes", 100)])
def test_a_used_code_is_refused_every_time(house: House, kind: str, replays: int) -> None:
    house.person("tara")
    tara = house.visitor()
    tara.sign_in(TARA)
    tara.enrol_app()
    tara.make_codes()
    house.clock.advance(seconds=30)
    assert tara.app is not None
    code = tara.app.code(house.clock()) if kind == "totp" else tara.codes[5]
    browser = house.visitor()
    browser.app = tara.app
    browser.password(TARA)
    assert browser.prove(code, f"/login/challenge/{kind}").status_code == 303
    again = house.visitor()
    again.password(TARA)
    cookie = again.client.get_cookie("__Host-session", "portal.example")
    assert cookie is not None
    for number in range(replays):
        if number % 4 == 0:
            # The host's decision, so that every replay is compared and none merely throttled.
            house.run(hosts.unlock, TARA)
        edge = house.runner.edge()
        house.runner.prepare(edge, writing=True)
        visit = session.load(edge, cookie.value)
        outcome = house.runner.run(edge, challenge.answer, visit, Action.HOME, kind, Typed(code))
        assert outcome == Rejected(Reason.USED)
    assert again.get("/").status_code == 303


def test_replays_over_the_wire_sign_nobody_in(deployment: Deployment) -> None:
    app = _owner(deployment).app
    assert app is not None
    code = app.code(deployment.clock())
    (first,) = _pending(deployment, 1, "totp")
    assert first.post("/login/challenge/totp", code=code).status_code == 303
    callers = _pending(deployment, 20, "totp")
    assert _statuses(_answers(callers, "totp", code)) == {422: 5, 429: 15}
    assert _signed_in(callers) == 0


def test_one_enrolment_finished_many_times_at_once_makes_one_authenticator(
    deployment: Deployment,
) -> None:
    deployment.serve()
    tara = deployment.house.person("tara")
    browser = deployment.caller()
    browser.sign_in(TARA)
    action, app = browser.begin_app()
    code = app.code(deployment.clock())
    tabs = [browser.tab(server.url) for server in deployment.servers * 10]
    statuses = _statuses(at_once([partial(tab.post, action, code=code) for tab in tabs]))
    assert len(deployment.rows(LIVE_APPS, id=tara.id)) == 1
    assert deployment.count("authenticator.enrolled", tara.id) == 1
    # The losers come with a session token that the winner's proof has replaced, or too late.
    assert set(statuses) <= {303, 410}, statuses
    assert _signed_in(tabs) == 1


def test_one_mailed_link_used_many_times_at_once_is_good_once(deployment: Deployment) -> None:
    deployment.serve()
    tara = deployment.house.person("tara")
    caller = deployment.caller()
    caller.get("/login/unlock")
    assert caller.post("/login/unlock", email=TARA).status_code == 200
    path = deployment.house.link(TARA)
    callers = deployment.callers(20)
    for reader in callers:
        assert reader.follow(reader.get(path)).status_code == 200
    statuses = _statuses(at_once([partial(reader.post, "/unlock") for reader in callers]))
    assert statuses == {303: 1, 410: 19}
    assert deployment.count("unlock.completed", tara.id) == 1


def test_two_registrations_of_one_address_confirmed_at_once_make_one_account(
    deployment: Deployment,
) -> None:
    deployment.serve()
    house = deployment.house
    house.organise()
    address = "nora@guests.example"
    passwords = [f"{PASSWORD} {number}" for number in range(2)]
    for password in passwords:
        caller = deployment.caller()
        caller.get("/register")
        sent = caller.post("/register", name="Nora", email=address, password=password)
        assert sent.status_code == 200
    house.work()
    paths = [
        found.group(1)
        for letter in house.letters.to(address)
        if (found := re.search(r"http://localhost(/activate/\S{43})", letter.text))
    ]
    assert len(set(paths)) == 2
    confirmations = []
    callers = deployment.callers(4)
    for number, caller in enumerate(callers):
        caller.follow(caller.get(paths[number % 2]))
        confirmations.append(partial(caller.post, "/activate", password=passwords[number % 2]))
    statuses = _statuses(at_once(confirmations))
    assert statuses == {303: 1, 410: 3}
    accounts = deployment.rows("SELECT id FROM users WHERE email = :email", email=address)
    assert len(accounts) == 1
    held = "SELECT count(*) FROM authenticators WHERE user_id = :id"
    assert deployment.rows(held, id=accounts[0][0])[0][0] == 1
    assert _signed_in(callers) == 1


def test_the_last_two_authenticators_of_a_required_role_are_not_both_revoked(
    deployment: Deployment,
) -> None:
    deployment.serve()
    for number in range(4):
        email = f"piet.{number}@partner.example"
        piet = deployment.house.user(email, PARTNER, Role.FINANCE_CONTROLLER)
        browser = deployment.caller()
        browser.sign_in(email)
        for _ in range(2):
            assert browser.enrol_app().status_code == 303
            browser.get("/security")
        apps = [row[0] for row in deployment.rows(LIVE_APPS, id=piet.id)]
        assert len(apps) == 2
        tabs = [browser.tab(server.url) for server in deployment.servers]
        revocations = [
            partial(tab.post, f"/security/authenticators/{app}/revocation")
            for tab, app in zip(tabs, apps, strict=True)
        ]
        assert _statuses(at_once(revocations)) == {303: 1, 409: 1}
        assert len(deployment.rows(LIVE_APPS, id=piet.id)) == 1
