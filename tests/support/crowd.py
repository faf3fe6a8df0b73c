"""People for lists: organisations with administrators of their own, and many users at once."""

from __future__ import annotations

from typing import Any

from portal.edge import Edge
from portal.flows import hosts
from portal.rules.terms import AccountState, Holdings, Role
from portal.store import organisations, users
from portal.store.users import User
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House, Visitor
from tests.support.web import rows

OTHER = "Other Cars"
# One user at home in each organisation, who administers nobody.
MEMBERS = {
    HQ: "hans@hq.example",
    GUESTS: "gina@guests.example",
    PARTNER: "pia@partner.example",
    BRANCH: "bea@branch.example",
    OTHER: "otto@other.example",
}
ADMINS = {
    HQ: "ada@hq.example",
    PARTNER: "pam@partner.example",
    BRANCH: "ben@branch.example",
    OTHER: "olga@other.example",
}
# What an administrator does to an account, as its page posts it.
OPERATIONS = (
    "unlock",
    "sessions/end",
    "disabled",
    "enabled",
    "reminder",
    "password-renewal",
)


def populate(house: House) -> dict[str, User]:
    """Five organisations, a member in each; by organisation."""
    house.organise()
    house.run(hosts.create_organisation, OTHER, parent=HQ)
    return {name: house.user(email, name) for name, email in MEMBERS.items()}


def admin(house: House, organisation: str) -> Visitor:
    """An administrator of an organisation, signed in with two factors."""
    role = Role.HQ_ADMIN if organisation == HQ else Role.PARTNER_ADMIN
    return staff(house, ADMINS[organisation], organisation, role)


def staff(house: House, email: str, organisation: str, role: Role) -> Visitor:
    house.user(email, organisation, role)
    visitor = house.visitor()
    visitor.sign_in(email)
    assert visitor.enrol_app().status_code == 303
    visitor.get("/security")
    return visitor


def id_of(house: House, organisation: str) -> str:
    found = [row["id"] for row in rows(house, "organisations") if row["name"] == organisation]
    return found[0]


def user_row(house: House, email: str) -> dict[str, Any]:
    return next(row for row in rows(house, "users") if row["email"] == email)


def page_of(house: House, email: str) -> str:
    """The address of a user's page."""
    return f"/admin/users/{user_row(house, email)['id']}"


def events(house: House, event: str) -> list[dict[str, Any]]:
    return [row for row in rows(house, "audit_events") if row["event"] == event]


def add_many(house: House, organisation: str, names: list[str], *, prefix: str = "person") -> None:
    """Users without a password, one transaction for all of them."""

    def add(edge: Edge) -> None:
        home = organisations.by_name(edge, organisation)
        assert home is not None
        for number, name in enumerate(names):
            user = User(
                id=edge.new_id(),
                email=f"{prefix}{number:04d}@crowd.example",
                name=name,
                locale="en",
                time_zone="UTC",
                state=AccountState.INVITED,
                home_organisation_id=home.id,
                summary=Holdings(),
                created_at=edge.now,
            )
            assert users.add(edge, user)

    house.organise()
    house.run(add)
