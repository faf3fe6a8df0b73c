"""Two at the same instant about one exception: one outcome, audited, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.support.exceptions import (
    CHALLENGE,
    approval,
    approve,
    ask_bypass,
    ask_exemption,
    caller,
    desk_and_caller,
    row_of,
    state_of,
    without_phone,
)
from tests.support.house import GUESTS, House
from tests.support.resets import (
    HIDDEN,
    Somebody,
    held,
    prove,
    second_super_admin,
    somebody,
    user_row,
)
from tests.support.rollouts import roll_out
from tests.support.threads import at_once
from tests.support.web import rows

KINDS = ("exemption", "bypass")
DECIDED = ("approved", "rejected", "withdrawn", "refused")


def ready(approver: Somebody, kind: str, exception: str) -> Callable[[], int]:
    """Everything but the last click of an approval."""
    path = approval(kind, exception)
    shown = prove(approver.visitor, approver.visitor.post(path))
    csrf = dict(HIDDEN.findall(shown.text))["csrf_token"]
    return lambda: approver.visitor.post(path, csrf=csrf, note="").status_code


def together(*work: Callable[[], int]) -> list[int]:
    return at_once(len(work), lambda number: work[number]())


def asked(house: House, kind: str) -> tuple[Somebody, Somebody, Somebody, str]:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    ask = ask_exemption if kind == "exemption" else ask_bypass
    return tara, ada, sol, ask(ada.visitor, tara.id)


def decision(house: House, kind: str) -> str:
    """The one decision that was audited."""
    found = Counter(row["event"] for row in rows(house, "audit_events"))
    made = [what for what in DECIDED for _ in range(found[f"{kind}.{what}"])]
    assert len(made) == 1, made
    return made[0]


def consistent(house: House, person: Somebody, kind: str, exception: str) -> None:
    """The exception, the account and the mail tell the same story."""
    assert state_of(house, exception) == decision(house, kind)
    approved = state_of(house, exception) == "approved"
    exempt = user_row(house, person.id)["exempt_until"]
    assert exempt == (row_of(house, exception)["until"] if approved else None)
    mail = Counter(row["kind"] for row in rows(house, "outbox"))
    assert mail["exception_approved"] == approved
    assert mail["exception_decided"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_two_approvers_at_once_one_wins(house: House, kind: str) -> None:
    tara, _, sol, exception = asked(house, kind)
    sue = second_super_admin(house)
    answers = together(ready(sol, kind, exception), ready(sue, kind, exception))
    assert sorted(answers) == [303, 409]
    assert decision(house, kind) == "approved"
    consistent(house, tara, kind, exception)


@pytest.mark.parametrize("kind", KINDS)
def test_approve_against_withdraw_is_one_of_them(house: House, kind: str) -> None:
    tara, ada, sol, exception = asked(house, kind)
    ada.visitor.get(f"/admin/exceptions/{exception}")
    path = f"/admin/exceptions/{exception}/withdrawal"
    answers = together(ready(sol, kind, exception), lambda: ada.visitor.post(path).status_code)
    if kind == "bypass" and answers == [303, 303]:
        # Approved, and taken back at once: what is approved can be.
        assert state_of(house, exception) == "ended"
        return
    assert sorted(answers) == [303, 409]
    consistent(house, tara, kind, exception)


def test_two_approvals_that_are_needed_at_once_are_both_counted(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    sue = second_super_admin(house)
    roll_out(house, {"reset_approvals": 2}, name=GUESTS, days=0)
    exception = ask_exemption(ada.visitor, tara.id)
    answers = together(ready(sol, "exemption", exception), ready(sue, "exemption", exception))
    # The later one is shown who approved first, and agrees to that anew.
    assert answers == [303, 303]
    assert state_of(house, exception) == "waiting"
    assert row_of(house, exception)["first_approved_by"] in {sol.id, sue.id}
    assert user_row(house, tara.id)["exempt_until"] is None


def test_a_code_shown_twice_at_once_is_made_once(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    ada = somebody(house, "ada")
    exception = ask_bypass(stan.visitor, dan.id)
    approve(sol.visitor, "bypass", exception)
    path = f"/admin/exceptions/{exception}/code"
    for one in (stan, ada):
        one.visitor.sign_in(one.email)
        one.visitor.get(f"/admin/exceptions/{exception}")
    answers = together(
        lambda: stan.visitor.post(path).status_code, lambda: ada.visitor.post(path).status_code
    )
    assert sorted(answers) == [200, 409]
    assert held(house, dan.id).count("bypass_code") == 1
    shown = [row for row in rows(house, "audit_events") if row["event"] == "bypass.code_shown"]
    assert len(shown) == 1


def test_a_code_used_twice_at_once_lets_one_in(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    code = caller(house, stan, sol, dan)
    visitors = [without_phone(house, dan) for _ in range(2)]
    for visitor in visitors:
        visitor.get(CHALLENGE)
    together(
        *(
            lambda visitor=visitor: visitor.post(CHALLENGE, code=code).status_code
            for visitor in visitors
        )
    )
    assert sorted(visitor.get("/").status_code for visitor in visitors) == [200, 303]
    used = Counter(row["event"] for row in rows(house, "audit_events"))
    assert used["bypass.code_used"] == 1
    assert held(house, dan.id) == ["password", "totp"]


def test_a_code_used_while_it_is_taken_back_is_one_of_them(house: House) -> None:
    dan, stan, sol = desk_and_caller(house)
    code = caller(house, stan, sol, dan)
    (exception,) = (row["id"] for row in rows(house, "exceptions"))
    visitor = without_phone(house, dan)
    visitor.get(CHALLENGE)
    stan.visitor.get(f"/admin/exceptions/{exception}")
    path = f"/admin/exceptions/{exception}/withdrawal"
    _, taken = together(
        lambda: visitor.post(CHALLENGE, code=code).status_code,
        lambda: stan.visitor.post(path).status_code,
    )
    got_in = visitor.get("/").status_code == 200
    assert got_in is (taken == 409)
    assert state_of(house, exception) == "ended"
    assert held(house, dan.id) == ["password", "totp"]
    events = Counter(row["event"] for row in rows(house, "audit_events"))
    assert (events["bypass.code_used"], events["bypass.ended"]) == (int(got_in), int(not got_in))
