"""Who gets no bypass code: the wrong person, by the wrong person, for the wrong account."""

from __future__ import annotations

import uuid
from datetime import timedelta

from portal.flows import hosts
from portal.rules.terms import Role
from tests.support.exceptions import (
    ASKED,
    CHALLENGE,
    CODE,
    approval,
    approve,
    ask_bypass,
    caller,
    desk_and_caller,
    show,
    state_of,
    without_phone,
)
from tests.support.house import HQ, House
from tests.support.resets import (
    audited,
    held,
    newcomer,
    second_super_admin,
    somebody,
)
from tests.support.web import lands_on, rows

NOBODY = str(uuid.UUID(int=7))
KIND = "bypass"


def test_wrong_codes_are_counted_and_refused(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    code = caller(house, stan, sol, dan)
    visitor = without_phone(house, dan)
    visitor.get(CHALLENGE)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for _ in range(5):
        answer = visitor.post(CHALLENGE, code=wrong)
        assert answer.status_code == 422
        assert "That code did not match" in answer.text
    assert visitor.post(CHALLENGE, code=code).status_code == 429
    assert len(audited(house, "challenge.failed", dan.id)) == 5


def test_another_persons_code_opens_nothing(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    tara = somebody(house, "tara")
    dans = caller(house, stan, sol, dan)
    taras = caller(house, stan, sol, tara)
    visitor = without_phone(house, tara)
    visitor.get(CHALLENGE)
    assert visitor.post(CHALLENGE, code=dans).status_code == 422
    assert visitor.post(CHALLENGE, code=taras).status_code == 303


def test_it_is_asked_for_only_where_it_would_let_somebody_in(house: House) -> None:
    stan, sol = somebody(house, "stan"), somebody(house, "sol")
    nothing = house.person("tara")
    page = stan.visitor.get(f"/admin/users/{nothing.id}/bypass")
    assert "there is nothing to get past" in page.text
    assert stan.visitor.post(f"/admin/users/{nothing.id}/bypass", **ASKED).status_code == 409
    dan = somebody(house, "dan")
    house.run(hosts.reset_factors, dan.email, "lost")
    assert stan.visitor.post(f"/admin/users/{dan.id}/bypass", **ASKED).status_code == 409
    assert rows(house, "exceptions") == []
    assert sol


def test_one_at_a_time(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    exception = ask_bypass(stan.visitor, dan.id)
    for words in ("One waits for a decision", "is approved already"):
        answer = stan.visitor.post(f"/admin/users/{dan.id}/bypass", **ASKED)
        assert answer.status_code == 409
        assert words in answer.text
        if words.startswith("One"):
            approve(sol.visitor, KIND, exception)


def test_own_requests_and_ones_own_account(house: House) -> None:
    dan = somebody(house, "dan")
    sol, sue = somebody(house, "sol"), second_super_admin(house)
    exception = ask_bypass(sol.visitor, dan.id)
    for htmx in (False, True):
        assert sol.visitor.post(approval(KIND, exception), htmx=htmx).status_code == 403
        assert sol.visitor.post(approval(KIND, NOBODY), htmx=htmx).status_code == 404
    own = f"/admin/users/{sol.id}/bypass"
    assert sol.visitor.get(own).status_code == 403
    assert sol.visitor.post(own, **ASKED).status_code == 403
    theirs = ask_bypass(sue.visitor, sol.id)
    for what in ("bypass-approval", "rejection", "withdrawal", "code"):
        answer = sol.visitor.post(f"/admin/exceptions/{theirs}/{what}", note="x")
        assert answer.status_code == 403, what
    assert state_of(house, theirs) == "waiting"


def test_a_partner_looks_at_its_own_and_shows_no_code(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    pam = somebody(house, "pam")
    exception = ask_bypass(stan.visitor, dan.id)
    approve(sol.visitor, KIND, exception)
    assert pam.visitor.get(f"/admin/exceptions/{exception}").status_code == 200
    assert pam.visitor.get(f"/admin/users/{dan.id}/bypass").status_code == 404
    for what in ("code", "bypass-approval", "rejection"):
        answer = pam.visitor.post(f"/admin/exceptions/{exception}/{what}", note="x")
        assert answer.status_code == 403
    assert pam.visitor.post(f"/admin/users/{dan.id}/bypass", **ASKED).status_code == 403


def test_an_hq_admin_needs_a_fresh_proof_to_show_it(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    exception = ask_bypass(stan.visitor, dan.id)
    approve(sol.visitor, KIND, exception)
    stan.visitor.get(f"/admin/exceptions/{exception}")
    house.clock.advance(timedelta(minutes=6))
    answer = stan.visitor.post(f"/admin/exceptions/{exception}/code")
    assert lands_on(answer).startswith("/step-ups/")
    assert not CODE.search(answer.text)
    assert "bypass_code" not in held(house, dan.id)


def test_a_super_admins_account_is_their_likes(house: House) -> None:
    stan, sol = somebody(house, "stan"), somebody(house, "sol")
    assert stan.visitor.get(f"/admin/users/{sol.id}/bypass").status_code == 403
    assert stan.visitor.post(f"/admin/users/{sol.id}/bypass", **ASKED).status_code == 403
    ben = newcomer(house, "ben@hq.example", HQ, Role.HQ_ADMIN)
    assert ask_bypass(stan.visitor, ben.id)
    sue, sid = second_super_admin(house), newcomer(house, "sid@hq.example", HQ, Role.SUPER_ADMIN)
    exception = ask_bypass(sol.visitor, sid.id)
    approve(sue.visitor, KIND, exception)
    path = f"/admin/exceptions/{exception}"
    for lesser in (stan, ben):
        lesser.visitor.prove(path="/login/challenge/totp")
        assert f"{path}/code" not in lesser.visitor.get(path).text
        answer = lesser.visitor.post(f"{path}/code")
        assert (answer.status_code, CODE.search(answer.text)) == (403, None)
    assert "bypass_code" not in held(house, sid.id)
    assert show(sol.visitor, exception)
