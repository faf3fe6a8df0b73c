"""Who is calling: a code shown to a signed-in person, typed by the one who must know."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from portal.rules.terms import Role
from tests.support.house import GUESTS, House, Visitor
from tests.support.resets import (
    ASKED,
    CODE,
    PROOF,
    audited,
    confirm,
    newcomer,
    prove,
    second_partner_admin,
    somebody,
)
from tests.support.web import half_signed_in, lands_on, rows, signed_in

BY_CODE: dict[str, Any] = {**ASKED, "verification": "caller_code"}


def shown_code(visitor: Visitor) -> str:
    visitor.get("/security/caller-code")
    page = visitor.post("/security/caller-code")
    assert page.status_code == 200
    found = CODE.search(page.text)
    assert found
    return found.group(1)


def wrong(code: str) -> str:
    return f"{(int(code.replace(' ', '')) + 1) % 10**6:06d}"


def test_the_code_is_shown_once_and_kept_as_a_hash(house: House) -> None:
    tara = signed_in(house, "tara")
    assert not CODE.search(tara.get("/security/caller-code").text)
    code = shown_code(tara)
    assert not CODE.search(tara.get("/security/caller-code").text)
    (row,) = rows(house, "caller_codes")
    assert code.replace(" ", "") not in str(row)
    assert code.replace(" ", "") not in str(rows(house, "audit_events"))
    assert row["expires_at"] - row["created_at"] == timedelta(minutes=10)


def test_it_comes_as_a_fragment_too(house: House) -> None:
    tara = signed_in(house, "tara")
    tara.get("/security/caller-code")
    fragment = tara.post("/security/caller-code", htmx=True)
    assert CODE.search(fragment.text)
    assert "<html" not in fragment.text


def test_half_signed_in_nobody_is_shown_a_code(house: House) -> None:
    tara = half_signed_in(house)
    assert lands_on(tara.post("/security/caller-code")) == "/login"
    assert rows(house, "caller_codes") == []


def test_the_desk_types_the_code_of_whoever_calls(house: House) -> None:
    tara, stan = somebody(house, "tara"), somebody(house, "stan")
    path = f"/admin/users/{tara.id}/caller-check"
    page = stan.visitor.get(path)
    assert page.status_code == 200
    assert tara.email in page.text
    code = shown_code(tara.visitor)
    assert lands_on(stan.visitor.post(path, code=code)) == path
    assert "was right" in stan.visitor.get(path).text
    (heard,) = audited(house, "caller.verified", tara.id)
    assert heard["actor_id"] == stan.id


def test_a_code_is_good_once(house: House) -> None:
    tara, stan = somebody(house, "tara"), somebody(house, "stan")
    path = f"/admin/users/{tara.id}/caller-check"
    code = shown_code(tara.visitor)
    assert stan.visitor.post(path, code=code).status_code == 303
    assert stan.visitor.post(path, code=code).status_code == 422


def test_a_code_is_of_its_person_alone(house: House) -> None:
    tara, stan = somebody(house, "tara"), somebody(house, "stan")
    tom = newcomer(house, "tom@guests.example", GUESTS, Role.TRAVELER)
    shown_code(tom.visitor)
    code = shown_code(tara.visitor)
    answer = stan.visitor.post(f"/admin/users/{tom.id}/caller-check", code=code)
    assert answer.status_code == 422
    assert audited(house, "caller.verified") == []


def test_a_code_lives_ten_minutes_to_the_second(house: House) -> None:
    tara, stan = somebody(house, "tara"), somebody(house, "stan")
    path = f"/admin/users/{tara.id}/caller-check"
    code = shown_code(tara.visitor)
    house.clock.advance(timedelta(minutes=10))
    assert stan.visitor.post(path, code=code).status_code == 422
    code = shown_code(tara.visitor)
    house.clock.advance(timedelta(minutes=10, seconds=-1))
    assert stan.visitor.post(path, code=code).status_code == 303


def test_a_code_dies_with_the_session_that_showed_it(house: House) -> None:
    tara, stan = somebody(house, "tara"), somebody(house, "stan")
    code = shown_code(tara.visitor)
    tara.visitor.post("/logout")
    answer = stan.visitor.post(f"/admin/users/{tara.id}/caller-check", code=code)
    assert answer.status_code == 422


def test_a_new_code_ends_the_one_before(house: House) -> None:
    tara, stan = somebody(house, "tara"), somebody(house, "stan")
    path = f"/admin/users/{tara.id}/caller-check"
    old, new = shown_code(tara.visitor), shown_code(tara.visitor)
    assert stan.visitor.post(path, code=old).status_code == 422
    assert stan.visitor.post(path, code=new).status_code == 303


def test_after_five_wrong_tries_the_right_one_is_refused(house: House) -> None:
    tara, stan = somebody(house, "tara"), somebody(house, "stan")
    path = f"/admin/users/{tara.id}/caller-check"
    code = shown_code(tara.visitor)
    answers = [stan.visitor.post(path, code=wrong(code)) for _ in range(5)]
    answers.append(stan.visitor.post(path, code=code))
    assert {answer.status_code for answer in answers} == {422}
    texts = {
        re.sub(r'value="[^"]*"', "", answer.text[answer.text.index("<main") :])
        for answer in answers
    }
    assert len(texts) == 1, "a wrong, a dead and a right but late code read the same"
    assert len(audited(house, "caller.refused", tara.id)) == 6


def test_without_a_code_any_code_is_wrong(house: House) -> None:
    tara, stan = somebody(house, "tara"), somebody(house, "stan")
    path = f"/admin/users/{tara.id}/caller-check"
    for typed in ("123456", "000000"):
        assert stan.visitor.post(path, code=typed).status_code == 422
    for typed in ("", "letters", "1" * 65):
        assert stan.visitor.post(path, code=typed).status_code == 422
    assert len(audited(house, "caller.refused", tara.id)) == 2


def test_nobody_else_checks_callers_at_the_desk(house: House) -> None:
    tara = somebody(house, "tara")
    code = shown_code(tara.visitor)
    for name in ("ada", "sol", "pam", "dan"):
        visitor = somebody(house, name).visitor
        assert visitor.get(f"/admin/users/{tara.id}/caller-check").status_code == 403
        answer = visitor.post(f"/admin/users/{tara.id}/caller-check", code=code)
        assert answer.status_code == 403
    assert rows(house, "caller_codes")[0]["failures"] == 0


def test_the_desk_does_not_check_itself(house: House) -> None:
    stan = somebody(house, "stan")
    code = shown_code(stan.visitor)
    answer = stan.visitor.post(f"/admin/users/{stan.id}/caller-check", code=code)
    assert answer.status_code == 403


def test_a_code_in_the_panel_verifies_the_caller_across_the_proof(house: House) -> None:
    tara, ada = somebody(house, "tara"), somebody(house, "ada")
    path = f"/admin/users/{tara.id}/resets"
    answer = ada.visitor.post(path, **BY_CODE, code=shown_code(tara.visitor))
    shown = prove(ada.visitor, answer)
    assert "They read a code" in shown.text
    assert 'name="code"' not in shown.text, "the code is not kept"
    assert confirm(ada.visitor, shown).status_code == 303
    (reset,) = rows(house, "reset_requests")
    assert reset["verification"] == "caller_code"


@pytest.mark.parametrize("code", ["", "wrong"])
def test_the_form_alone_does_not_say_that_a_caller_was_verified(house: House, code: str) -> None:
    tara, ada = somebody(house, "tara"), somebody(house, "ada")
    right = shown_code(tara.visitor)
    form: dict[str, Any] = {**BY_CODE, "code": wrong(right) if code else ""}
    answer = ada.visitor.post(f"/admin/users/{tara.id}/resets", **form)
    assert answer.status_code == 422
    assert not lands_on(answer)
    assert rows(house, "step_ups") == []
    assert rows(house, "caller_codes")[0]["failures"] == (1 if code else 0)
    assert len(audited(house, "caller.refused", tara.id)) == (1 if code else 0)


def test_what_one_heard_is_nobody_elses_to_say(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    path = f"/admin/users/{tara.id}/resets"
    ada.visitor.post(path, **BY_CODE, code=shown_code(tara.visitor))
    assert sol.visitor.post(path, **BY_CODE).status_code == 422
    assert lands_on(ada.visitor.post(path, **BY_CODE)).startswith("/step-ups/")


def test_what_was_heard_serves_one_request_and_ten_minutes(house: House) -> None:
    tara, ada = somebody(house, "tara"), somebody(house, "ada")
    path = f"/admin/users/{tara.id}/resets"
    answer = ada.visitor.post(path, **BY_CODE, code=shown_code(tara.visitor))
    reset = lands_on(confirm(ada.visitor, prove(ada.visitor, answer)))
    ada.visitor.get(reset)
    assert ada.visitor.post(f"{reset}/withdrawal").status_code == 303
    assert ada.visitor.post(path, **BY_CODE).status_code == 422, "it served already"
    answer = ada.visitor.post(path, **BY_CODE, code=shown_code(tara.visitor))
    assert lands_on(answer).startswith("/step-ups/")
    house.clock.advance(timedelta(minutes=10))
    assert ada.visitor.post(path, **BY_CODE).status_code == 422


def test_an_admin_of_another_tenant_tries_no_code(house: House) -> None:
    tara, pam = somebody(house, "tara"), somebody(house, "pam")
    code = shown_code(tara.visitor)
    answer = pam.visitor.post(f"/admin/users/{tara.id}/resets", **BY_CODE, code=code)
    assert answer.status_code == 404
    assert rows(house, "caller_codes")[0]["failures"] == 0


def test_the_desk_uses_a_code_in_its_own_panel(house: House) -> None:
    pia, stan = second_partner_admin(house), somebody(house, "stan")
    form: dict[str, Any] = {**PROOF, "verification": "caller_code", "code": shown_code(pia.visitor)}
    answer = stan.visitor.post(f"/admin/users/{pia.id}/desk-resets", **form)
    shown = prove(stan.visitor, answer)
    assert "Passport shown in a video call" in shown.text
    assert lands_on(confirm(stan.visitor, shown)).startswith("/admin/resets/")


def test_what_the_desk_checked_first_is_known_to_its_panel(house: House) -> None:
    pia, stan = second_partner_admin(house), somebody(house, "stan")
    code = shown_code(pia.visitor)
    stan.visitor.post(f"/admin/users/{pia.id}/caller-check", code=code)
    page = stan.visitor.get(f"/admin/users/{pia.id}/desk-resets/new")
    assert "was right" in page.text
    assert 'value="caller_code" checked' in page.text
