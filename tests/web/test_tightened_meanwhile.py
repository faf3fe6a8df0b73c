"""Whichever mailed link somebody comes by, they end in the challenge or gate that holds by then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.rules.policy_values import Demand, Policy
from portal.rules.terms import Role
from tests.support.compliance import TRAVELERS, publish
from tests.support.house import GUESTS, PASSWORD, House, Visitor
from tests.support.resets import approve, ask, somebody
from tests.support.web import cookie, email_of, lands_on, signed_in

RESISTANT = replace(TRAVELERS, demands={Role.TRAVELER: Demand(phishing_resistant=True)})
TARA, MOVED = email_of("tara"), "tara@moved.example"
NEW = "nine loud bells under the hill"


def mailed(house: House, visitor: Visitor, path: str, address: str = TARA) -> Visitor:
    """The visitor with the link that a form of an address mails."""
    visitor.get(path)
    house.clock.advance(seconds=1)
    assert visitor.post(path, email=address).status_code in {200, 303}
    return visitor


@pytest.mark.parametrize("policy", [TRAVELERS, RESISTANT], ids=["required", "resistant"])
@pytest.mark.parametrize("app", [False, True], ids=["password alone", "with an app"])
@pytest.mark.parametrize("way", ["unlock", "password", "email"])
def test_a_link_from_before_ends_in_what_is_asked_for_now(
    house: House, policy: Policy, app: bool, way: str
) -> None:
    tara = signed_in(house, "tara", app=app)
    address, password = TARA, PASSWORD
    visitor = house.visitor()
    visitor.app = tara.app
    match way:
        case "unlock":
            mailed(house, visitor, "/login/unlock")
        case "password":
            mailed(house, visitor, "/password/reset")
        case "email":
            mailed(house, tara, "/account/email", MOVED)
            address = MOVED
    link = house.link(address)
    publish(house, GUESTS, policy)
    visitor.follow(visitor.get(link))
    match way:
        case "unlock":
            assert visitor.post("/unlock").status_code == 303
        case "password":
            assert visitor.post("/password/new", new=NEW).status_code == 303
            password = NEW
        case "email":
            assert visitor.post("/account/email/confirmation").status_code == 303
    assert cookie(visitor, "session") is None, "a link alone signs nobody in"
    shown = visitor.sign_in(address, password)
    if app and policy is TRAVELERS:
        assert "Hello" in shown.text
        return
    for path in ("/", "/account", "/wallet/cards"):
        assert lands_on(visitor.get(path)) == "/login/enrol"


def test_who_registers_where_travelers_must_enrol_stands_in_the_gate(house: House) -> None:
    house.organise()
    visitor = house.visitor()
    visitor.get("/register")
    visitor.post("/register", name="Nina", email=MOVED, password=NEW)
    link = house.link(MOVED)
    publish(house, GUESTS, TRAVELERS, days=1, grace=9)
    house.clock.advance(hours=23)
    visitor.follow(visitor.get(link))
    visitor.post("/activate", password=NEW)
    assert visitor.get("/").status_code == 200, "not enforced yet"
    house.clock.advance(minutes=59, seconds=59)
    assert visitor.get("/").status_code == 200
    house.clock.advance(seconds=1)
    assert lands_on(visitor.get("/")) == "/login/enrol", "no grace: it is newer than the policy"
    visitor = house.visitor()
    assert visitor.sign_in(MOVED, NEW).request.path == "/login/enrol"
    assert visitor.enrol_app().status_code == 303
    assert visitor.get("/").status_code == 200


def test_a_ticket_after_a_reset_enrols_what_is_asked_for_by_then(house: House) -> None:
    tara = somebody(house, "tara")
    ada, sol = somebody(house, "ada"), somebody(house, "sol")
    approve(sol.visitor, ask(ada.visitor, tara.id))
    publish(house, GUESTS, RESISTANT)
    ticket = house.visitor()
    ticket.follow(ticket.get(house.link(TARA)))
    page = ticket.follow(ticket.post("/re-enrol", password=PASSWORD))
    assert page.request.path == "/login/enrol"
    assert lands_on(ticket.get("/")) == "/login/enrol"
    house.clock.advance(seconds=30)
    ticket.post("/security/authenticators/new/totp")
    assert lands_on(ticket.get("/")) == "/login/enrol", "an app is not what is asked for"
