"""The gate's last line: what came in provisionally commits and shows nothing before it asked."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import abort, g

from portal.edge import Edge
from portal.flows import permission
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules.terms import Action, Target
from portal.store import audit, users
from portal.web import gate, render
from portal.web.gate import requires
from portal.web.run import read, run
from tests.support.clock import Clock, Entropy
from tests.support.house import House, build
from tests.support.web import cookie, email_of, lands_on, rows, signed_in, signed_in_again

PAYOUT = str(uuid.UUID(int=9))


def _write(edge: Edge, _visit: Visit) -> str:
    audit.add(edge, "payout.approved")
    return "done"


def _settle(edge: Edge, visit: Visit, path: str = "/anywhere/") -> Any:
    subject = Subject(Target(path), PAYOUT, (("reference", "P-1"),))
    return permission.settle(edge, visit, Action.REJECT_PAYOUT, subject)


def _ask(edge: Edge, visit: Visit, path: str) -> str | Unsettled:
    verdict = _settle(edge, visit, path)
    return verdict if isinstance(verdict, Unsettled) else _write(edge, visit)


def routed(house: House, view: Any, *, method: str = "POST") -> None:
    house.add_url_rule("/trial", "trial", requires(Action.REJECT_PAYOUT)(view), methods=[method])


def written(house: House) -> int:
    return sum(row["event"] == "payout.approved" for row in rows(house, "audit_events"))


def test_a_flow_that_never_asked_about_its_object_commits_nothing(house: House) -> None:
    routed(house, lambda: run(_write, g.visit))
    sol = signed_in(house, "sol")
    assert sol.post("/trial").status_code == 500
    assert written(house) == 0


def _page(title: str) -> Any:
    return render.page("link/stale.html", title=title, text="", next_url="/", next_label="")


def _settled_page() -> Any:
    read(permission.settle, g.visit, Action.REJECT_PAYOUT, Subject(Target("/anywhere/"), PAYOUT))
    return _page("the secret")


@pytest.mark.parametrize(
    "view",
    [lambda: _page("the secret"), lambda: "the secret", lambda: render.leave_for("/the-secret")],
    ids=["a page", "a plain answer", "a redirect"],
)
def test_nothing_goes_out_before_its_object_was_asked_about(house: House, view: Any) -> None:
    routed(house, view, method="GET")
    answer = signed_in(house, "sol").get("/trial")
    assert answer.status_code == 500
    assert "secret" not in answer.text + answer.headers.get("Location", "")


def test_the_same_page_goes_out_once_it_was_asked_about(house: House) -> None:
    routed(house, _settled_page, method="GET")
    answer = signed_in(house, "sol").get("/trial")
    assert answer.status_code == 200
    assert "the secret" in answer.text


def test_a_refusal_that_a_flow_ignores_commits_nothing(house: House) -> None:
    def ignore(edge: Edge, visit: Visit) -> str:
        permission.settle(edge, visit, Action.VIEW_USERS, Subject(Target("/elsewhere/")))
        return _write(edge, visit)

    view = requires(Action.VIEW_USERS)(lambda: run(ignore, g.visit))
    house.add_url_rule("/trial", "trial", view, methods=["POST"])
    assert signed_in(house, "pam").post("/trial").status_code == 500
    assert written(house) == 0


def test_what_was_written_before_a_refusal_is_undone(house: House) -> None:
    def write_first(edge: Edge, visit: Visit) -> Any:
        _write(edge, visit)
        return permission.settle(edge, visit, Action.VIEW_USERS, Subject(Target("/elsewhere/")))

    view = requires(Action.VIEW_USERS)(lambda: gate.refuse(run(write_first, g.visit)))
    house.add_url_rule("/trial", "trial", view, methods=["POST"])
    assert signed_in(house, "pam").post("/trial").status_code == 404
    assert written(house) == 0
    assert len(refusals(house)) == 1


def test_what_was_settled_before_slow_work_is_asked_again(house: House) -> None:
    def work(edge: Edge, visit: Visit) -> Any:
        verdict = _settle(edge, visit)
        yield lambda: None
        return verdict if isinstance(verdict, Unsettled) else _write(edge, visit)

    routed(house, lambda: run(work, g.visit))
    assert signed_in(house, "sol").post("/trial").status_code == 500
    assert written(house) == 0


def test_a_grant_is_never_asked_of_a_flow_that_only_reads(house: House) -> None:
    def approve(edge: Edge, visit: Visit) -> Any:
        return permission.settle(edge, visit, Action.APPROVE_PAYOUT, Subject(Target("/x/")))

    view = requires(Action.APPROVE_PAYOUT)(lambda: gate.refuse(read(approve, g.visit)))
    house.add_url_rule("/trial", "trial", view, methods=["GET"])
    assert signed_in(house, "sol").get("/trial").status_code == 500


def test_a_role_that_the_gate_refuses_is_audited_when_it_tries(house: House) -> None:
    routed(house, lambda: run(_ask, g.visit, "/anywhere/"))
    piet = signed_in(house, "piet")
    assert piet.post("/trial").status_code == 403
    assert refusals(house) == [("role", {"action": "reject_payout", "object": ""})]


def test_a_password_that_is_due_closes_every_page_but_its_own(house: House) -> None:
    sol = signed_in(house, "sol")
    house.run(users.set_password_due, house_user(house, "sol"), house.clock())
    assert lands_on(sol.get("/security")) == "/account/password"
    assert sol.get("/security", htmx=True).headers["HX-Redirect"] == "/account/password"
    assert lands_on(sol.post("/security/authenticators/new/totp")) == "/account/password"


def test_a_sign_in_with_a_due_password_is_told_like_any_other(house: House) -> None:
    sol = signed_in(house, "sol")
    house.run(users.set_password_due, house_user(house, "sol"), house.clock())
    other = signed_in_again(house, "sol", sol)
    assert cookie(other, "browser"), "the browser is known from now on"
    signed = [row for row in rows(house, "audit_events") if row["event"] == "sign_in.completed"]
    assert len(signed) == 2


def house_user(house: House, name: str) -> str:
    return next(row["id"] for row in rows(house, "users") if row["email"] == email_of(name))


def test_a_flow_that_asks_goes_on(house: House) -> None:
    routed(house, lambda: run(_ask, g.visit, "/anywhere/"))
    sol = signed_in(house, "sol")
    assert sol.post("/trial").status_code == 200
    assert written(house) == 1


def test_asking_about_another_action_settles_nothing(house: House) -> None:
    def ask_another(edge: Edge, visit: Visit) -> str:
        permission.settle(edge, visit, Action.VIEW_USERS, Subject(Target("/anywhere/")))
        return _write(edge, visit)

    routed(house, lambda: run(ask_another, g.visit))
    sol = signed_in(house, "sol")
    assert sol.post("/trial").status_code == 500
    assert written(house) == 0


def test_a_role_that_does_not_include_it_is_told_whom_to_ask(house: House) -> None:
    routed(house, lambda: run(_ask, g.visit, "/anywhere/"))
    piet = signed_in(house, "piet")
    answer = piet.post("/trial")
    assert answer.status_code == 403
    assert "ask an administrator of your organisation" in answer.text
    assert written(house) == 0


def test_another_tenants_object_is_like_one_that_does_not_exist(house: House) -> None:
    def look(edge: Edge, visit: Visit, path: str) -> Any:
        return permission.settle(edge, visit, Action.VIEW_USERS, Subject(Target(path)))

    def view(thing: str) -> Any:
        if thing == "unknown":
            abort(404)
        return gate.refuse(read(look, g.visit, f"/{thing}/"))

    house.add_url_rule("/things/<thing>", "things", requires(Action.VIEW_USERS)(view))
    pam = signed_in(house, "pam")
    theirs, nothing = pam.get("/things/theirs"), pam.get("/things/unknown")
    assert theirs.status_code == nothing.status_code == 404
    assert theirs.text == nothing.text


def test_a_refused_attempt_is_audited_and_a_refused_look_is_not(house: House) -> None:
    def attempt(edge: Edge, visit: Visit) -> Any:
        subject = Subject(Target("/elsewhere/"), PAYOUT)
        return permission.settle(edge, visit, Action.VIEW_USERS, subject)

    view = requires(Action.VIEW_USERS)
    house.add_url_rule("/look", "look", view(lambda: gate.refuse(read(attempt, g.visit))))
    house.add_url_rule(
        "/try", "try", view(lambda: gate.refuse(run(attempt, g.visit))), methods=["POST"]
    )
    pam = signed_in(house, "pam")
    assert pam.get("/look").status_code == 404
    assert refusals(house) == []
    assert pam.post("/try").status_code == 404
    assert refusals(house) == [("another_tenant", {"action": "view_users", "object": PAYOUT})]


def refusals(house: House) -> list[tuple[str, object]]:
    found = (row for row in rows(house, "audit_events") if row["event"] == "action.refused")
    return [(row["reason"], row["detail"]) for row in found]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_locked_database_is_answered_as_busy_not_as_broken(
    database_url: str, clock: Clock, entropy: Entropy
) -> None:
    house = build(database_url, clock, entropy, database_busy_max=timedelta(milliseconds=20))
    tara = signed_in(house, "tara", app=False)
    tara.get("/security")
    holder = house.runner.database.open(writing=True)
    refused = tara.post("/logout")
    holder.rollback()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert tara.get("/security").status_code == 200  # Nothing was changed.
    assert tara.post("/logout").status_code == 303
    house.close()
