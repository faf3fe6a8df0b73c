"""What tests of memberships share: ids, the forms that administrators post, links, accounts."""

from __future__ import annotations

import io
import uuid
from typing import Any

from werkzeug.test import TestResponse

from portal.flows import hosts
from portal.rules.terms import Role
from tests.support.house import HQ, PASSWORD, House, Visitor
from tests.support.web import email_of, lands_on, rows, signed_in

INDEX = "/admin/memberships"
ID = str(uuid.UUID(int=7))
NINA = "nina@new.example"  # Whom nobody knows.
TARA = email_of("tara")


def organisation(house: House, name: str) -> str:
    """The id of an organisation."""
    return next(row["id"] for row in rows(house, "organisations") if row["name"] == name)


def user(house: House, email: str) -> dict[str, Any]:
    return next(row for row in rows(house, "users") if row["email"] == email)


def roles_of(house: House, email: str) -> set[tuple[str, str]]:
    """Organisation and role of everything that somebody holds."""
    names = {row["id"]: row["name"] for row in rows(house, "organisations")}
    mine = user(house, email)["id"]
    held = (row for row in rows(house, "memberships") if row["user_id"] == mine)
    return {(names[row["organisation_id"]], row["role"]) for row in held}


def requests(house: House) -> list[dict[str, Any]]:
    return rows(house, "membership_requests")


def links(house: House) -> list[dict[str, Any]]:
    """Every invitation that was mailed, whatever became of it."""
    return [row for row in rows(house, "links") if row["kind"] == "invitation"]


def events(house: House, event: str) -> list[dict[str, Any]]:
    return [row for row in rows(house, "audit_events") if row["event"] == event]


def subjects(house: House, address: str) -> list[str]:
    """The subjects of every mail to an address."""
    house.work()
    return [message.subject for message in house.letters.to(address)]


def another(house: House, email: str, place: str, role: Role) -> Visitor:
    """One more person, signed in with an app of their own."""
    house.user(email, place, role)
    visitor = house.visitor()
    visitor.sign_in(email)
    assert visitor.enrol_app().status_code == 303
    visitor.get("/security")
    return visitor


def sue(house: House) -> Visitor:
    """A second super-admin."""
    return another(house, "sue@hq.example", HQ, Role.SUPER_ADMIN)


def invite(visitor: Visitor, place: str, email: str, role: str, **more: str) -> TestResponse:
    form = {"email": email, "name": "New Person", "role": role, "locale": "en", **more}
    return visitor.post("/admin/invitations", form, organisation=organisation(visitor.house, place))


def change(
    visitor: Visitor, email: str, verb: str, role: str, place: str, *, htmx: bool = False
) -> TestResponse:
    """Give or take a role on a person's page."""
    return visitor.post(
        f"/admin/users/{user(visitor.house, email)['id']}/roles",
        htmx=htmx,
        change=verb,
        role=role,
        organisation=organisation(visitor.house, place),
    )


def granted(visitor: Visitor, path: str) -> TestResponse:
    """Post, prove for exactly that, and post again by the one click of the step-up page."""
    answer = visitor.post(path)
    step_up = lands_on(answer)
    assert step_up.startswith("/step-ups/"), (answer.status, step_up)
    assert visitor.prove(path=f"{step_up}/totp").status_code == 303
    visitor.get(step_up)
    return visitor.post(path)


def approve(visitor: Visitor, request_id: str) -> TestResponse:
    return granted(visitor, f"{INDEX}/{request_id}/approval")


def upload(visitor: Visitor, place: str, content: str | bytes) -> TestResponse:
    """Choose a file of people for an organisation."""
    raw = content if isinstance(content, bytes) else content.encode()
    return visitor.post(
        f"{INDEX}/csv",
        organisation=organisation(visitor.house, place),
        file=(io.BytesIO(raw), "people.csv"),
    )


def open_invitation(house: House, address: str) -> Visitor:
    """A stranger's browser with the newest invitation to an address opened."""
    guest = house.visitor()
    assert guest.follow(guest.get(house.link(address))).status_code == 200
    return guest


def admin(house: House, name: str) -> Visitor:
    """A standing administrator, fresh, on the page of memberships."""
    visitor = signed_in(house, name)
    visitor.get(INDEX)
    return visitor


def take_role(house: House, name: str) -> None:
    """A standing person loses every role, behind the portal's back: as a second ago."""
    house.run(_forget, email_of(name))


def _forget(edge: Any, email: str) -> None:
    from portal.store import memberships, users

    found = users.by_email(edge, email)
    assert found is not None
    for held in memberships.held_by(edge, found.id):
        memberships.remove(edge, found.id, held.organisation.id, held.role)


def grant(house: House, name: str, place: str, role: Role) -> None:
    house.run(hosts.grant, email_of(name), place, role)


__all__ = ["HQ", "ID", "PASSWORD"]
