"""Resets as people do them: asked for in the panel, decided in the queue, ended by the ticket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from werkzeug.test import TestResponse

from portal.rules.terms import Role
from tests.support.house import HQ, PARTNER, PEOPLE, House, Visitor
from tests.support.web import lands_on, rows

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
ACTION = re.compile(r'<form class="form" method="post" action="([^"]+)">')
CODE = re.compile(r"(\d{3} \d{3})")
ASKED: dict[str, Any] = {"reason": "Her phone fell into the lake", "verification": "call_back"}
PROOF: dict[str, Any] = {**ASKED, "proof": "Passport shown in a video call"}


@dataclass
class Somebody:
    """A person with an authenticator app, and their browser."""

    id: str
    email: str
    visitor: Visitor


def somebody(house: House, name: str) -> Somebody:
    """A standing person, wholly signed in with an app."""
    email, organisation, role = PEOPLE[name]
    return newcomer(house, email, organisation, role)


def newcomer(house: House, email: str, organisation: str, role: Role) -> Somebody:
    user = house.user(email, organisation, role)
    visitor = house.visitor()
    visitor.sign_in(email)
    assert visitor.enrol_app().status_code == 303
    visitor.get("/security")
    return Somebody(user.id, email, visitor)


def second_super_admin(house: House) -> Somebody:
    return newcomer(house, "sue@hq.example", HQ, Role.SUPER_ADMIN)


def second_partner_admin(house: House) -> Somebody:
    return newcomer(house, "pia@partner.example", PARTNER, Role.PARTNER_ADMIN)


def prove(visitor: Visitor, answer: TestResponse) -> TestResponse:
    """From a refusal that asks for a grant to the page that shows what it is for."""
    step_up = lands_on(answer)
    assert step_up.startswith("/step-ups/"), (answer.status_code, answer.text)
    visitor.house.clock.advance(seconds=30)
    visitor.get(step_up)
    assert visitor.app is not None
    code = visitor.app.code(visitor.house.clock())
    assert visitor.post(f"{step_up}/totp", code=code).status_code == 303
    return visitor.get(step_up)


def confirm(visitor: Visitor, shown: TestResponse) -> TestResponse:
    """The one click: the form that the page carries, sent where it leads."""
    action = ACTION.search(shown.text)
    assert action, shown.text
    form: dict[str, Any] = {name: unescape(value) for name, value in HIDDEN.findall(shown.text)}
    csrf = form.pop("csrf_token")
    return visitor.post(unescape(action.group(1)), csrf=csrf, **form)


def granted(visitor: Visitor, path: str, **form: Any) -> TestResponse:
    """Post a form, prove what is asked for, and confirm."""
    return confirm(visitor, prove(visitor, visitor.post(path, **form)))


def ask(visitor: Visitor, user_id: str, **more: Any) -> str:
    """Ask for a member's reset; the request's id."""
    answer = granted(visitor, f"/admin/users/{user_id}/resets", **{**ASKED, **more})
    return request_id(answer)


def ask_at_desk(visitor: Visitor, user_id: str, **more: Any) -> str:
    answer = granted(visitor, f"/admin/users/{user_id}/desk-resets", **{**PROOF, **more})
    return request_id(answer)


def request_id(answer: TestResponse) -> str:
    assert lands_on(answer).startswith("/admin/resets/"), (answer.status_code, answer.text)
    return lands_on(answer).rpartition("/")[2]


def approve(visitor: Visitor, reset_id: str) -> TestResponse:
    return granted(visitor, f"/admin/resets/{reset_id}/approval")


def state_of(house: House, reset_id: str) -> str:
    (found,) = (row for row in rows(house, "reset_requests") if row["id"] == reset_id)
    return str(found["state"])


def audited(house: House, event: str, subject_id: str | None = None) -> list[dict[str, Any]]:
    return [
        row
        for row in rows(house, "audit_events")
        if row["event"] == event and subject_id in {None, row["subject_id"]}
    ]


def held(house: House, user_id: str) -> list[str]:
    """The kinds of the live authenticators of a person."""
    return sorted(
        row["kind"]
        for row in rows(house, "authenticators")
        if row["user_id"] == user_id and row["revoked_at"] is None
    )


def user_row(house: House, user_id: str) -> dict[str, Any]:
    (found,) = (row for row in rows(house, "users") if row["id"] == user_id)
    return found


def subjects(house: House, address: str) -> list[str]:
    """The subjects of every mail to an address, once the worker has sent them."""
    house.work()
    return [letter.subject for letter in house.letters.to(address)]
