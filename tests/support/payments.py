"""What tests of payees and payouts share: accounts, people, and a click that was proved for."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from werkzeug.test import TestResponse

from portal.edge import Edge
from portal.flows import payee_intake, payouts
from portal.rules.terms import Role
from portal.store import organisations
from tests.support.house import PARTNER, House, Visitor
from tests.support.web import lands_on, rows

GERMAN = "DE89370400440532013000"
DUTCH = "NL91ABNA0417164300"
BRITISH = "GB29NWBK60161331926819"
PAYEE: dict[str, Any] = {
    "name": "Garage Noord",
    "currency": "EUR",
    "holder": "Noord BV",
    "iban": GERMAN,
    "bic": "",
}
PAYOUT: dict[str, Any] = {
    "reference": "P-1",
    "payee": "Garage Noord",
    "currency": "EUR",
    "amount": "1250.00",
}
ACCOUNT: dict[str, Any] = {"holder": "Noord Holding BV", "iban": DUTCH, "bic": "ABNANL2A"}
HIDDEN = re.compile(r'<input type="hidden" name="(?!csrf_token")([^"]+)" value="([^"]*)"')


def take_payee(house: House, partner: str = PARTNER, **changed: Any) -> str | None:
    """A payee that the platform sends; why it was refused, if it was."""
    return _take(house, payee_intake.take, partner, {**PAYEE, **changed})


def take_payout(house: House, partner: str = PARTNER, **changed: Any) -> str | None:
    """A payout that the platform sends; why it was refused, if it was."""
    return _take(house, payouts.take, partner, {**PAYOUT, **changed})


def _take(house: House, flow: Any, partner: str, record: dict[str, Any]) -> str | None:
    house.organise()

    def take(edge: Edge) -> str | None:
        organisation = organisations.by_name(edge, partner)
        assert organisation is not None
        refused = flow(edge, organisation, record)
        return refused if isinstance(refused, str) else None

    return house.run(take)


def with_app(
    house: House, email: str, role: Role = Role.HQ_ADMIN, organisation: str = "Test HQ"
) -> Visitor:
    """Somebody more, wholly signed in with an app."""
    house.user(email, organisation, role)
    visitor = house.visitor()
    visitor.sign_in(email)
    assert visitor.enrol_app().status_code == 303
    visitor.get("/security")
    return visitor


def granted(visitor: Visitor, asked: TestResponse) -> str:
    """Prove for what was asked for; the address of the step-up, that waits for one click."""
    step_up = lands_on(asked)
    assert step_up.startswith("/step-ups/"), (asked.status, step_up)
    assert visitor.prove(path=f"{step_up}/totp").status_code == 303
    return step_up


def confirm(visitor: Visitor, step_up: str, path: str) -> TestResponse:
    """The one click: exactly the form that the page holds."""
    page = visitor.get(step_up)
    assert f'action="{path}"' in page.text, (page.status, page.text)
    form = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
    form.pop("next", None)
    return visitor.post(path, form)


def proved(visitor: Visitor, path: str, **form: Any) -> TestResponse:
    """Ask, prove, confirm: the answer to the one click."""
    return confirm(visitor, granted(visitor, visitor.post(path, **form)), path)


def payee_path(house: House, number: int = 0) -> str:
    return f"/partner/payees/{rows(house, 'payees')[number]['id']}"


def change_path(house: House, number: int = 0) -> str:
    change = rows(house, "payee_changes")[number]
    return f"/partner/payees/{change['payee_id']}/changes/{change['id']}"


def payout_path(house: House, number: int = 0) -> str:
    return f"/payouts/{rows(house, 'payouts')[number]['id']}"


def events(house: House, name: str) -> list[dict[str, Any]]:
    return [row for row in rows(house, "audit_events") if row["event"] == name]
