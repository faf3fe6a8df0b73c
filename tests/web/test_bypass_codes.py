"""Bypass codes by two people: shown once, good once, for an hour, and for a sign-in alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.flows import exception_decisions, hosts
from portal.rules.terms import AccountState
from tests.support.clock import Clock, Entropy
from tests.support.exceptions import (
    ASKED,
    CHALLENGE,
    approve,
    ask_bypass,
    caller,
    desk_and_caller,
    show,
    state_of,
    without_phone,
)
from tests.support.house import House, build
from tests.support.resets import (
    audited,
    held,
    somebody,
    subjects,
    user_row,
)
from tests.support.rollouts import roll_out
from tests.support.web import dump, lands_on, rows

KIND = "bypass"
HOUR = timedelta(hours=1)
DESK_CODE = "A code from the service desk"


def test_the_desk_asks_a_super_admin_approves_and_the_caller_gets_in_once(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    assert DESK_CODE not in without_phone(house, dan).get("/login/challenge").text
    exception = ask_bypass(stan.visitor, dan.id)
    assert "Somebody asks for a code into your account" in subjects(house, dan.email)
    assert "A bypass code waits for your decision" in subjects(house, sol.email)
    assert "You asked for a bypass code: Dan" in subjects(house, stan.email)
    assert stan.visitor.post(f"/admin/exceptions/{exception}/code").status_code == 409
    assert approve(sol.visitor, KIND, exception).status_code == 303
    assert "Bypass code for Dan: approved" in subjects(house, stan.email)
    assert held(house, dan.id) == ["password", "totp"], "nothing is made before it is shown"
    code = show(stan.visitor, exception)
    assert "A code into your account was given out" in subjects(house, dan.email)
    assert stan.visitor.post(f"/admin/exceptions/{exception}/code").status_code == 409
    visitor = without_phone(house, dan)
    page = visitor.get("/login/challenge")
    assert DESK_CODE in page.text
    visitor.get(CHALLENGE)
    assert visitor.post(CHALLENGE, code=code.lower().replace("-", " ")).status_code == 303
    assert visitor.get("/").status_code == 200
    assert state_of(house, exception) == "ended"
    assert held(house, dan.id) == ["password", "totp"]
    assert "You signed in with a code from the service desk" in subjects(house, dan.email)
    assert "Bypass code for Dan: used" in subjects(house, stan.email)
    assert len(audited(house, "bypass.code_used", dan.id)) == 1
    assert "A code from the service desk was used" in visitor.get("/security/activity").text
    again = without_phone(house, dan)
    assert DESK_CODE not in again.get("/login/challenge").text
    assert again.post(CHALLENGE, code=code).status_code == 303
    assert again.get("/").status_code == 303


@pytest.mark.parametrize(
    ("lifetime", "words"), [({"hours": 1}, "60 minutes"), ({"minutes": 20}, "20 minutes")]
)
def test_who_decides_and_who_waits_read_how_long_a_code_is_good_for(
    database_url: str, clock: Clock, entropy: Entropy, lifetime: dict[str, int], words: str
) -> None:
    house = build(database_url, clock, entropy, bypass_code_lifetime=timedelta(**lifetime))
    dan, stan, sol = desk_and_caller(house)
    exception = ask_bypass(stan.visitor, dan.id)
    page = sol.visitor.get(f"/admin/exceptions/{exception}").text
    assert f"with the password, within {words} of that." in page
    assert approve(sol.visitor, KIND, exception).status_code == 303
    house.work()
    told = [mail for mail in house.letters.to(dan.email) if "Two people agreed" in mail.text]
    assert all(f"for {words} after it is made" in text for m in told for text in (m.text, m.html))
    assert len(told) == 1
    house.close()


def test_the_code_is_in_clear_nowhere_but_in_its_one_answer(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    code = caller(house, stan, sol, dan)
    house.work()
    kept = str(dump(house)) + "".join(letter.text for letter in house.letters.sent)
    assert code not in kept
    assert code.replace("-", "") not in kept
    assert len(code.replace("-", "")) == 16


def test_it_lives_for_an_hour_to_the_second(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    code = caller(house, stan, sol, dan)
    house.clock.advance(HOUR - timedelta(seconds=1))
    visitor = without_phone(house, dan)
    assert DESK_CODE in visitor.get("/login/challenge").text
    visitor.get(CHALLENGE)
    house.clock.advance(timedelta(seconds=1))
    answer = visitor.follow(visitor.post(CHALLENGE, code=code))
    assert "That code was used or is over" in answer.text
    assert DESK_CODE not in answer.text
    assert visitor.get("/").status_code == 303
    assert house.run(exception_decisions.expire_next)
    assert held(house, dan.id) == ["password", "totp"]
    (ended,) = audited(house, "bypass.ended", dan.id)
    assert ended["reason"] == "time"
    assert "The code into your account is over" in subjects(house, dan.email)


def test_a_code_that_is_over_keeps_nobody_from_what_they_hold(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    caller(house, stan, sol, dan)
    house.clock.advance(HOUR)
    visitor = house.visitor()
    visitor.app = dan.visitor.app
    assert visitor.sign_in(dan.email).status_code == 200
    assert visitor.get("/").status_code == 200


def test_it_completes_a_sign_in_and_proves_nothing_for_an_operation(house: House) -> None:
    ada, stan, sol = somebody(house, "ada"), somebody(house, "stan"), somebody(house, "sol")
    tara = somebody(house, "tara")
    code = caller(house, stan, sol, ada)
    visitor = without_phone(house, ada)
    visitor.get(CHALLENGE)
    visitor.post(CHALLENGE, code=code)
    assert visitor.get("/admin/users").status_code == 200
    for path in (
        f"/admin/users/{tara.id}/resets",
        f"/admin/users/{tara.id}/disabled",
        "/security/authenticators/new/passkey",
        "/security/backup-codes",
    ):
        answer = visitor.post(path, reason="x", verification="in_person")
        step_up = lands_on(answer)
        assert step_up.startswith("/step-ups/"), (path, answer.status_code)
        page = visitor.get(step_up)
        assert "Authenticator app" in page.text or "Code" in page.text
        assert visitor.get(f"{step_up}/bypass_code").status_code == 404
    assert held(house, ada.id) == ["password", "totp"]


def test_a_waiting_code_is_nobodys_authenticator(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    before = user_row(house, dan.id)
    exception = ask_bypass(stan.visitor, dan.id)
    approve(sol.visitor, KIND, exception)
    show(stan.visitor, exception)
    after = user_row(house, dan.id)
    for same in ("strongest", "resistance", "enrol_by"):
        assert before[same] == after[same]
    assert before["security"]["counts"] == after["security"]["counts"]
    dan.visitor.sign_in(dan.email)
    page = dan.visitor.get("/security")
    assert DESK_CODE not in page.text
    path = f"/security/authenticators/{exception}"
    assert dan.visitor.get(path).status_code == 404
    assert dan.visitor.post(f"{path}/name", name="mine").status_code == 404
    assert dan.visitor.post(f"{path}/revocation").status_code == 404
    assert dan.visitor.post("/security/authenticators/new/bypass_code").status_code != 200
    assert not [row for row in rows(house, "ceremonies") if row["kind"] == "bypass_code"]
    assert DESK_CODE not in sol.visitor.get(f"/admin/users/{dan.id}").text.split("Activity")[0]
    assert held(house, dan.id) == ["bypass_code", "password", "totp"]


def test_who_is_left_with_nothing_that_may_be_used_is_led_to_enrol_without_it(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    code = caller(house, stan, sol, dan)
    roll_out(house, {"required_roles": ["dispatcher"], "methods": ["passkey"]}, days=0)
    house.clock.advance(seconds=1)
    visitor = without_phone(house, dan)
    assert lands_on(visitor.get("/")) == "/login/enrol"
    visitor.get("/login/enrol")
    assert lands_on(visitor.post(CHALLENGE, code=code)) == "/"
    assert lands_on(visitor.get("/")) == "/login/enrol"
    step_up = lands_on(visitor.post("/security/authenticators/new/passkey"))
    assert step_up.startswith("/step-ups/"), "the app that they still have opens the gate"
    assert DESK_CODE not in visitor.get(step_up).text, "and no code does in its place"
    assert stan.visitor.post(f"/admin/users/{dan.id}/bypass", **ASKED).status_code == 409


def test_no_method_that_a_policy_leaves_out_takes_the_code_away(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    roll_out(house, {"methods": ["totp"]}, days=0)
    house.clock.advance(seconds=1)
    code = caller(house, stan, sol, dan)
    visitor = without_phone(house, dan)
    visitor.get(CHALLENGE)
    assert visitor.post(CHALLENGE, code=code).status_code == 303
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize("what", ["withdrawal", "reset", "disable"])
def test_taking_it_back_a_reset_and_disabling_clear_it(house: House, what: str) -> None:
    dan, stan, sol = desk_and_caller(house)
    exception = ask_bypass(stan.visitor, dan.id)
    approve(sol.visitor, KIND, exception)
    code = show(stan.visitor, exception)
    visitor = without_phone(house, dan)
    visitor.get(CHALLENGE)
    if what == "withdrawal":
        stan.visitor.get(f"/admin/exceptions/{exception}")
        answer = stan.visitor.post(f"/admin/exceptions/{exception}/withdrawal", note="Not him")
        assert answer.status_code == 303
    elif what == "reset":
        house.run(hosts.reset_factors, dan.email, "lost it all")
    else:
        house.run(hosts.set_state, dan.email, AccountState.DISABLED)
    assert state_of(house, exception) == "ended"
    assert "bypass_code" not in held(house, dan.id)
    assert "bypass_code" not in user_row(house, dan.id)["security"]["held"]
    visitor.post(CHALLENGE, code=code)
    assert visitor.get("/").status_code == 303
    assert len(audited(house, "bypass.ended", dan.id)) == 1


def test_a_restored_backup_gives_no_code_again(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    exception = ask_bypass(stan.visitor, dan.id)
    approve(sol.visitor, KIND, exception)
    house.run(hosts.restored)
    assert state_of(house, exception) == "ended"
    assert held(house, dan.id) == ["password", "totp"]
