"""Policies that ask for two approvals: of resets, exemptions and bypass codes alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.rules.terms import Role
from tests.support.exceptions import (
    approval,
    approve,
    ask_bypass,
    ask_exemption,
    state_of,
    take_role,
)
from tests.support.house import GUESTS, HQ, House
from tests.support.resets import (
    Somebody,
    ask,
    audited,
    confirm,
    granted,
    held,
    newcomer,
    prove,
    second_super_admin,
    somebody,
    user_row,
)
from tests.support.resets import state_of as reset_state
from tests.support.rollouts import roll_out

TWO = {"reset_approvals": 2}
KINDS = ("reset", "exemption", "bypass")
ASKING: dict[str, Callable[..., str]] = {
    "reset": ask,
    "exemption": ask_exemption,
    "bypass": ask_bypass,
}


def where(kind: str, made: str) -> str:
    """The page of a request."""
    return f"/admin/{'resets' if kind == 'reset' else 'exceptions'}/{made}"


def to_approve(kind: str, made: str) -> str:
    return f"/admin/resets/{made}/approval" if kind == "reset" else approval(kind, made)


def state(house: House, kind: str, made: str) -> str:
    return reset_state(house, made) if kind == "reset" else state_of(house, made)


def asked(house: House, kind: str) -> tuple[Somebody, Somebody, Somebody, Somebody, str]:
    """Tara, whose guests ask for two approvals; who asked; two super-admins; the request."""
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    sue = second_super_admin(house)
    roll_out(house, TWO, name=GUESTS, days=0)
    return tara, ada, sol, sue, ASKING[kind](ada.visitor, tara.id)


def changed(house: House, tara: Somebody, kind: str, made: str) -> bool:
    """Whether anything of the account is other than it was."""
    return (
        held(house, tara.id) != ["password", "totp"]
        or user_row(house, tara.id)["exempt_until"] is not None
        or (kind == "bypass" and state_of(house, made) == "approved")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_of_two_changes_nothing_and_the_second_decides(house: House, kind: str) -> None:
    tara, _, sol, sue, made = asked(house, kind)
    assert "asks for two approvals" in sol.visitor.get(where(kind, made)).text
    answer = granted(sol.visitor, to_approve(kind, made))
    assert answer.status_code == 303
    assert "One more is needed" in sol.visitor.follow(answer).text
    assert state(house, kind, made) == "waiting"
    assert not changed(house, tara, kind, made)
    page = sue.visitor.get(where(kind, made)).text
    assert "One more approval is needed" in page
    assert "Sol" in page
    assert granted(sue.visitor, to_approve(kind, made)).status_code == 303
    assert state(house, kind, made) == "approved"
    assert changed(house, tara, kind, made)
    given = audited(house, f"{kind}.approval_given", tara.id)
    decided = audited(house, f"{kind}.approved", tara.id)
    assert [row["actor_id"] for row in (*given, *decided)] == [sol.id, sue.id]


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_gives_both(house: House, kind: str) -> None:
    _, _, sol, _, made = asked(house, kind)
    granted(sol.visitor, to_approve(kind, made))
    assert to_approve(kind, made) not in sol.visitor.get(where(kind, made)).text
    for htmx in (False, True):
        assert sol.visitor.post(to_approve(kind, made), htmx=htmx).status_code == 403
    assert state(house, kind, made) == "waiting"


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_approval_by_who_may_no_more_is_none(house: House, kind: str) -> None:
    tara, _, sol, sue, made = asked(house, kind)
    granted(sol.visitor, to_approve(kind, made))
    take_role(house, sol.id, Role.SUPER_ADMIN)
    granted(sue.visitor, to_approve(kind, made))
    assert state(house, kind, made) == "waiting", "one of the two is left"
    assert not changed(house, tara, kind, made)
    sid = newcomer(house, "sid@hq.example", HQ, Role.SUPER_ADMIN)
    granted(sid.visitor, to_approve(kind, made))
    assert state(house, kind, made) == "approved"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_asked_when_it_is_decided_counts(house: House, kind: str) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    made = ASKING[kind](ada.visitor, tara.id)
    roll_out(house, TWO, name=GUESTS, days=0)
    granted(sol.visitor, to_approve(kind, made))
    assert state(house, kind, made) == "waiting"


@pytest.mark.parametrize("kind", KINDS)
def test_another_organisations_two_are_not_asked_here(house: House, kind: str) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    roll_out(house, TWO, days=0)
    made = ASKING[kind](ada.visitor, tara.id)
    granted(sol.visitor, to_approve(kind, made))
    assert state(house, kind, made) == "approved"


def test_a_first_approval_asks_who_was_proving_again(house: House) -> None:
    tara, _, sol, sue, made = asked(house, "exemption")
    path = approval("exemption", made)
    ready = prove(sue.visitor, sue.visitor.post(path))
    approve(sol.visitor, "exemption", made)
    answer = confirm(sue.visitor, ready)
    assert answer.headers["Location"].startswith("/step-ups/"), "it says who approved first now"
    assert not changed(house, tara, "exemption", made)
