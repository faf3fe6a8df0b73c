"""What tests of a partner's pages share: rides that came in, and an export to its receipt."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

from sqlalchemy import delete, select, update
from werkzeug.test import TestResponse

from portal.edge import Edge
from portal.flows import settlements
from portal.rules.terms import Role
from portal.store import organisations
from portal.store import users as user_store
from portal.store.organisations import Organisation
from portal.store.tables import memberships, users
from portal.store.tables import organisations as organisation_table
from tests.support.house import PARTNER, House, Visitor
from tests.support.web import email_of, lands_on, rows, signed_in

RIDE = {
    "reference": "R-1",
    "finished_at": "2026-10-15T10:00:00+00:00",
    "description": "Airport to harbour",
    "driver": "Iris Bakker",
    "currency": "EUR",
    "gross": "123.40",
    "fee": "12.34",
}
PERIOD = "2026-10"
OPEN = 300  # Seconds that a file, and a grant, are good for.
FORM = re.compile(r'<input type="hidden" name="(period|currency)" value="([^"]*)"')


def take(house: House, partner: str | Organisation = PARTNER, **changed: Any) -> str | None:
    """One more ride of a partner; why it was refused, if it was."""
    house.organise()

    def flow(edge: Edge) -> str | None:
        named = isinstance(partner, str)
        organisation = organisations.by_name(edge, partner) if named else partner
        assert organisation is not None
        return settlements.take(edge, organisation, {**RIDE, **changed})

    return house.run(flow)


def organisation_in(house: House, name: str, time_zone: str) -> Organisation:
    """A partner of HQ whose months are those of a time zone."""
    house.organise()

    def flow(edge: Edge) -> Organisation:
        root = organisations.root(edge)
        assert root is not None
        identity = edge.new_id()
        path = f"{root.path}{identity}/"
        made = Organisation(identity, root.id, path, name, False, edge.now, time_zone)
        organisations.add(edge, made)
        return made

    return house.run(flow)


def control(house: House, organisation: Organisation) -> None:
    """Make Piet a controller of another partner too, found by its id and not by its name."""

    def flow(edge: Edge) -> None:
        piet = user_store.by_email(edge, email_of("piet"))
        assert piet is not None
        organisations.add_membership(
            edge,
            user_id=piet.id,
            organisation_id=organisation.id,
            role=Role.FINANCE_CONTROLLER,
        )

    house.run(flow)


def controller(house: House) -> Visitor:
    """Piet, with one ride of October."""
    assert take(house) is None
    return signed_in(house, "piet")


def ask(visitor: Visitor, period: str = PERIOD, currency: str = "EUR") -> TestResponse:
    """Ask for an export from the page that shows the month."""
    visitor.get(f"/partner/settlements?period={period}&currency={currency}")
    return visitor.post("/partner/exports", period=period, currency=currency)


def granted(visitor: Visitor, asked: TestResponse) -> str:
    """Prove for what was asked for; the address of the step-up, that waits for one click."""
    step_up = lands_on(asked)
    assert step_up.startswith("/step-ups/"), (asked.status, step_up)
    assert visitor.prove(path=f"{step_up}/totp").status_code == 303
    return step_up


def confirm(visitor: Visitor, step_up: str) -> TestResponse:
    """The one click: exactly the form that the page holds."""
    page = visitor.get(step_up)
    action = re.search(r'action="(/partner/exports[^"]*)"', page.text)
    assert action, (page.status, page.text)
    return visitor.post(unescape(action.group(1)), **dict(FORM.findall(page.text)))


def export(visitor: Visitor, period: str = PERIOD, currency: str = "EUR") -> str:
    """Make an export; the address of its receipt."""
    answer = confirm(visitor, granted(visitor, ask(visitor, period, currency)))
    assert answer.status_code == 303, answer.text
    return lands_on(answer).partition("#")[0]


def lose_role(house: House, email: str = "piet@partner.example") -> None:
    """Take all of a person's roles away in the database, as another process would."""
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    person = select(users.c.id).where(users.c.email == email).scalar_subquery()
    with engine.begin() as connection:
        connection.execute(delete(memberships).where(memberships.c.user_id == person))


def move(house: House, name: str, time_zone: str) -> None:
    """Let a partner's days begin in another time zone."""
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    with engine.begin() as connection:
        chosen = update(organisation_table).where(organisation_table.c.name == name)
        connection.execute(chosen.values(time_zone=time_zone))


def wait(visitor: Visitor, seconds: float) -> None:
    visitor.house.clock.advance(timedelta(seconds=seconds))


def cells(data: bytes) -> list[dict[str, str]]:
    """The lines of a file as a spreadsheet reads them."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def files_of(house: House) -> int:
    """How many exports were made."""
    return len(rows(house, "exports"))


def acting_for(visitor: Visitor, organisation_id: str) -> None:
    """Switch to another partner of one's own."""
    visitor.get("/")
    answer = visitor.post("/acting-organisation", organisation=organisation_id)
    assert answer.status_code == 303
