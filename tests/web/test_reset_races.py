"""Two people at the same instant about one reset: one outcome, audited, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from portal.edge import Edge
from portal.flows import hosts, reset_decisions
from portal.flows.outcomes import Done
from portal.rules.terms import Role
from portal.store import resets, users
from tests.support.house import PARTNER, PASSWORD, House, Visitor
from tests.support.resets import (
    ACTION,
    ASKED,
    CODE,
    HIDDEN,
    Somebody,
    ask,
    audited,
    held,
    prove,
    second_super_admin,
    somebody,
    state_of,
    user_row,
)
from tests.support.threads import at_once
from tests.support.web import rows

DECISIONS = ("reset.approved", "reset.rejected", "reset.withdrawn", "reset.refused")


def asked(house: House) -> tuple[Somebody, Somebody, Somebody, str]:
    dan, pam, sol = (somebody(house, name) for name in ("dan", "pam", "sol"))
    return dan, pam, sol, ask(pam.visitor, dan.id)


def ready(sol: Somebody, reset: str) -> Callable[[], int]:
    """Everything but the last click of an approval."""
    shown = prove(sol.visitor, sol.visitor.post(f"/admin/resets/{reset}/approval"))
    assert ACTION.search(shown.text)
    csrf = dict(HIDDEN.findall(shown.text))["csrf_token"]
    path = f"/admin/resets/{reset}/approval"
    return lambda: sol.visitor.post(path, csrf=csrf, note="").status_code


def run_together(*work: Callable[[], int]) -> list[int]:
    return at_once(len(work), lambda number: work[number]())


def decided_once(house: House, user_id: str) -> str:
    """The one decision that was audited."""
    events = Counter(
        row["event"] for row in audited_of(house, user_id) if row["event"] in DECISIONS
    )
    assert sum(events.values()) == 1, events
    return next(iter(events))


def audited_of(house: House, user_id: str) -> list[dict[str, Any]]:
    return [row for row in rows(house, "audit_events") if row["subject_id"] == user_id]


def consistent(house: House, person: Somebody, reset: str) -> None:
    """The request, the account, the ticket and the sessions tell the same story."""
    approved = state_of(house, reset) == "approved"
    tickets = [row for row in rows(house, "links") if row["kind"] == "ticket"]
    assert held(house, person.id) == (["password"] if approved else ["password", "totp"])
    assert (user_row(house, person.id)["reset_at"] is not None) is approved
    assert user_row(house, person.id)["reset_id"] is None
    assert len(tickets) == approved
    assert (person.visitor.get("/").status_code == 200) is not approved
    kinds = Counter(row["kind"] for row in rows(house, "outbox"))
    assert kinds["reset_approved"] == approved
    assert kinds["reset_decided"] == 1


def test_two_approvers_at_once_one_wins(house: House) -> None:
    dan, _, sol, reset = asked(house)
    sue = second_super_admin(house)
    answers = run_together(ready(sol, reset), ready(sue, reset))
    assert sorted(answers) == [303, 409]
    assert state_of(house, reset) == "approved"
    assert decided_once(house, dan.id) == "reset.approved"
    consistent(house, dan, reset)


def test_approve_against_withdraw_is_one_of_them(house: House) -> None:
    dan, pam, sol, reset = asked(house)
    pam.visitor.get(f"/admin/resets/{reset}")
    path = f"/admin/resets/{reset}/withdrawal"
    answers = run_together(ready(sol, reset), lambda: pam.visitor.post(path).status_code)
    assert sorted(answers) == [303, 409]
    won = decided_once(house, dan.id)
    assert state_of(house, reset) == won.removeprefix("reset.")
    consistent(house, dan, reset)


def test_approve_against_reject_is_one_of_them(house: House) -> None:
    dan, _, sol, reset = asked(house)
    sue = second_super_admin(house)
    sue.visitor.get(f"/admin/resets/{reset}")
    path = f"/admin/resets/{reset}/rejection"
    answers = run_together(ready(sol, reset), lambda: sue.visitor.post(path, note="no").status_code)
    assert sorted(answers) == [303, 409]
    assert state_of(house, reset) == decided_once(house, dan.id).removeprefix("reset.")
    consistent(house, dan, reset)


def test_one_grant_clicked_twice_at_once_approves_once(house: House) -> None:
    dan, _, sol, reset = asked(house)
    click = ready(sol, reset)
    tab = Visitor(house, house.app.test_client(), {})
    cookie = sol.visitor.client.get_cookie("__Host-session", domain="portal.example")
    assert cookie is not None
    tab.client.set_cookie(
        "__Host-session", cookie.value, domain="portal.example", secure=True, path="/"
    )
    path = f"/admin/resets/{reset}/approval"
    answers = run_together(
        click, lambda: tab.post(path, csrf=sol.visitor.csrf, note="").status_code
    )
    assert answers.count(303) >= 1
    assert decided_once(house, dan.id) == "reset.approved"
    consistent(house, dan, reset)


def test_approve_while_the_target_is_promoted_is_before_or_never(house: House) -> None:
    dan, _, sol, reset = asked(house)

    def promote() -> int:
        assert house.run(hosts.grant, dan.email, PARTNER, Role.PARTNER_ADMIN) == Done()
        return 0

    answer, _ = run_together(ready(sol, reset), promote)
    won = decided_once(house, dan.id)
    order = [row["event"] for row in audited_of(house, dan.id)]
    if answer == 303:
        assert won == "reset.approved"
    else:
        assert answer == 409
        assert won == "reset.refused"
        assert "membership.added" in order
    consistent(house, dan, reset)


def _lose_roles(edge: Edge, user_id: str) -> Done:
    """What taking a role does: the person's row held first, then the roles go."""
    users.lock(edge, user_id)
    edge.db.execute(text("DELETE FROM memberships WHERE user_id = :id"), {"id": user_id})
    return Done()


def test_approve_while_the_approver_is_demoted_is_before_or_never(house: House) -> None:
    dan, _, sol, reset = asked(house)

    def demote() -> int:
        house.run(_lose_roles, sol.id)
        return 0

    answer, _ = run_together(ready(sol, reset), demote)
    assert answer in {303, 403}
    assert state_of(house, reset) == ("approved" if answer == 303 else "waiting")
    assert len(audited(house, "reset.approved", dan.id)) == (answer == 303)
    assert held(house, dan.id) == (["password"] if answer == 303 else ["password", "totp"])


def test_approve_while_the_requester_is_demoted_is_before_or_never(house: House) -> None:
    dan, pam, sol, reset = asked(house)

    def demote() -> int:
        house.run(_lose_roles, pam.id)
        return 0

    answer, _ = run_together(ready(sol, reset), demote)
    assert (answer, decided_once(house, dan.id)) in {
        (303, "reset.approved"),
        (409, "reset.refused"),
    }
    consistent(house, dan, reset)


def test_two_requests_for_one_person_at_once_one_waits(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    path = f"/admin/users/{tara.id}/resets"
    clicks = []
    for admin in (ada, sol):
        shown = prove(admin.visitor, admin.visitor.post(path, **ASKED))
        csrf = dict(HIDDEN.findall(shown.text))["csrf_token"]
        visitor = admin.visitor
        clicks.append(
            lambda visitor=visitor, csrf=csrf: visitor.post(path, csrf=csrf, **ASKED).status_code
        )
    assert sorted(run_together(*clicks)) == [303, 409]
    assert len(rows(house, "reset_requests")) == 1
    assert len(audited(house, "reset.requested", tara.id)) == 1


def test_a_code_typed_twice_at_once_is_right_once(house: House) -> None:
    tara, stan = somebody(house, "tara"), somebody(house, "stan")
    tara.visitor.get("/security/caller-code")
    found = CODE.search(tara.visitor.post("/security/caller-code").text)
    assert found
    code = found.group(1)
    path = f"/admin/users/{tara.id}/caller-check"
    stan.visitor.get(path)
    cookie = stan.visitor.client.get_cookie("__Host-session", domain="portal.example")
    assert cookie is not None

    def click(_: int) -> int:
        tab = Visitor(house, house.app.test_client(), {})
        tab.client.set_cookie(
            "__Host-session", cookie.value, domain="portal.example", secure=True, path="/"
        )
        return tab.post(path, csrf=stan.visitor.csrf, code=code).status_code

    assert sorted(at_once(4, click)) == [303, 422, 422, 422]
    assert len(audited(house, "caller.verified", tara.id)) == 1


def test_one_ticket_enrols_one_factor_of_two_sessions_at_once(house: House) -> None:
    dan, _, sol, reset = asked(house)
    assert ready(sol, reset)() == 303
    link = house.link(dan.email)
    clicks = []
    for _ in range(2):
        visitor = house.visitor()
        visitor.follow(visitor.get(link))
        visitor.follow(visitor.post("/re-enrol", password=PASSWORD))
        action, app = visitor.begin_app()
        code = app.code(house.clock())
        clicks.append(
            lambda visitor=visitor, action=action, code=code: (
                visitor.post(action, code=code).status_code
            )
        )
    answers = run_together(*clicks)
    assert held(house, dan.id) == ["password", "totp"]
    assert len(audited(house, "authenticator.enrolled", dan.id)) == 2, "before and after"
    assert answers.count(410) + answers.count(303) == 2


def test_running_out_against_a_decision_is_one_of_them(house: House) -> None:
    dan, _, _sol, reset = asked(house)
    house.clock.advance(hours=24)

    def expire() -> int:
        return int(house.run(reset_decisions.expire_next))

    run_together(expire, expire)
    assert state_of(house, reset) == "expired"
    assert len(audited(house, "reset.expired", dan.id)) == 1


def test_a_decision_is_a_compare_and_set(house: House) -> None:
    _, _, sol, reset = asked(house)
    request = house.run(resets.find, reset)
    assert house.run(resets.decide, request, "rejected", by=sol.id)
    for state in ("approved", "withdrawn", "rejected"):
        assert not house.run(resets.decide, request, state, by=sol.id)
    house.clock.advance(hours=24)
    assert not house.run(resets.decide, request, "expired", by=None)
    assert state_of(house, reset) == "rejected"
