"""While a version is watched nobody is stopped; whom it then stops is written down before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from portal.edge import Edge
from portal.flows import compliance, findings, hosts, policies
from portal.rules.terms import Role
from portal.store.findings import Counts
from portal.store.tables import users
from tests.support.crowd import id_of, staff
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House, Visitor
from tests.support.passkey_pages import enrol
from tests.support.passkeys import Device
from tests.support.rollouts import DISPATCHERS, RESISTANT, roll_out, tell
from tests.support.web import Work, email_of, lands_on, rows, signed_in

PATH = "/admin/policy/{}/findings"
NO_APPS: dict[str, Any] = {"required_roles": ["dispatcher"], "methods": ["passkey"]}


@dataclass
class Person:
    """Somebody in the roll-out, in their browser."""

    name: str
    email: str
    visitor: Visitor


def found(house: House) -> set[str]:
    """Who is written down, and not cleared."""
    names = {row["id"]: row["email"] for row in rows(house, "users")}
    return {
        names[row["user_id"]] for row in rows(house, "policy_findings") if not row["cleared_at"]
    }


def counts(house: House, number: int = 1, name: str = PARTNER) -> Counts:
    return house.run(findings.counts, id_of(house, name), number)


def exempt(house: House, email: str, until: Any) -> None:
    def write(edge: Edge) -> None:
        edge.db.execute(update(users).where(users.c.email == email).values(exempt_until=until))
        found = edge.db.execute(users.select().where(users.c.email == email)).first()
        compliance.note(edge, found.id)

    house.run(write)


def member(house: House, name: str, *, place: str = PARTNER, app: bool = False) -> Person:
    email = f"{name}@partner.example"
    house.user(email, place, Role.DISPATCHER)
    visitor = house.visitor()
    visitor.sign_in(email)
    if app:
        assert visitor.enrol_app().status_code == 303
    return Person(name, email, visitor)


def wake(house: House, people: list[Person]) -> None:
    """Everybody comes back after a pause, and goes on with what their role opens."""
    house.clock.advance(minutes=2)
    for person in people:
        person.visitor.get("/")


def test_what_is_watched_is_exactly_what_enforcement_then_does(house: House) -> None:
    """People of every sort, each in a session that lives on past the deadline."""
    people = [
        member(house, "has_all"),
        member(house, "lacks"),
        member(house, "only_forbidden", app=True),
        member(house, "exempt_beyond"),
        member(house, "exempt_before"),
        member(house, "branch", place=BRANCH),
        member(house, "two_places", place=GUESTS),
        member(house, "elsewhere", place=GUESTS),
        member(house, "enrols_in_time"),
        member(house, "told_later_exempt"),
    ]
    by_name = {person.name: person for person in people}
    house.run(hosts.grant, by_name["two_places"].email, PARTNER, Role.DISPATCHER)
    assert enrol(by_name["has_all"].visitor, Device()).status_code == 303
    start = house.clock()
    exempt(house, by_name["exempt_beyond"].email, start + timedelta(hours=9))
    exempt(house, by_name["exempt_before"].email, start + timedelta(minutes=40))
    roll_out(house, NO_APPS, days=1 / 48, watched=1 / 144)
    house.clock.advance(minutes=1)
    people.append(member(house, "newcomer"))
    wake(house, people)
    assert found(house) == set(), "it is announced, and not watched yet"
    house.clock.advance(minutes=8)
    wake(house, people)
    in_time = by_name["enrols_in_time"]
    in_time.visitor = house.visitor()
    in_time.visitor.sign_in(in_time.email)
    assert enrol(in_time.visitor, Device()).status_code == 303
    exempt(house, by_name["told_later_exempt"].email, start + timedelta(hours=9))
    wake(house, people)
    watched = found(house)
    assert watched == {
        f"{name}@partner.example"
        for name in ("lacks", "only_forbidden", "branch", "two_places", "newcomer")
    }
    assert counts(house) == Counts(found=7, left=5)
    for person in people:
        assert person.visitor.get("/").status_code == 200, f"nobody is stopped: {person.name}"
    house.clock.set(start + timedelta(minutes=30))
    stopped = {
        person.email for person in people if lands_on(person.visitor.get("/")) == "/login/enrol"
    }
    assert stopped == watched


def test_grace_counts_for_those_alone_who_have_it(house: House) -> None:
    old = member(house, "old")
    roll_out(house, days=1 / 96, grace=1 / 96)
    house.clock.advance(minutes=1)
    new = member(house, "new")
    wake(house, [old, new])
    assert found(house) == {old.email, new.email}
    house.clock.advance(minutes=13)
    wake(house, [old, new])
    assert lands_on(new.visitor.get("/")) == "/login/enrol"
    assert old.visitor.get("/").status_code == 200
    assert counts(house) == Counts(2, 2)
    house.clock.advance(minutes=15)
    assert lands_on(old.visitor.get("/")) == "/login/enrol"


def test_each_person_is_written_down_once_and_costs_requests_nothing(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    roll_out(house)
    dan.get("/account")
    with Work(house) as work:
        dan.get("/account")
    assert work.commits == 0 and rows(house, "policy_findings") == []
    house.clock.advance(minutes=1)
    dan.get("/account")
    (first,) = rows(house, "policy_findings")
    house.clock.advance(minutes=1)
    with Work(house) as work:
        dan.get("/account")
    assert work.commits == 1, "the use of the session is noted in the same transaction"
    assert rows(house, "policy_findings") == [first]
    assert first["reason"] == "policy_requires_second_factor"


def test_a_sign_in_is_noted_at_the_door_with_one_factor_and_with_two(house: House) -> None:
    known = signed_in(house, "dan")
    known.post("/logout")
    roll_out(house, RESISTANT)
    house.user("dora@partner.example", PARTNER, Role.DISPATCHER)
    dora = house.visitor()
    dora.sign_in("dora@partner.example")
    assert found(house) == {"dora@partner.example"}
    dan = house.visitor()
    dan.password(email_of("dan"))
    assert found(house) == {"dora@partner.example"}, "half signed in is not let on"
    dan.app = known.app
    dan.prove()
    assert sorted(row["reason"] for row in rows(house, "policy_findings")) == [
        "policy_requires_phishing_resistant",
        "policy_requires_second_factor",
    ]


def test_whoever_needs_nothing_more_is_never_written_down(house: House) -> None:
    dan = signed_in(house, "dan")
    tara = signed_in(house, "tara", app=False)
    roll_out(house)
    house.clock.advance(minutes=2)
    for visitor in (dan, tara):
        assert visitor.get("/").status_code == 200
    assert rows(house, "policy_findings") == []


def test_enrolling_clears_it_and_revoking_brings_it_back(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    roll_out(house)
    house.clock.advance(minutes=2)
    dan.get("/")
    assert counts(house) == Counts(1, 1)
    dan.enrol_app()
    assert counts(house) == Counts(1, 0)
    (cleared,) = rows(house, "policy_findings")
    house.clock.advance(minutes=2)
    dan.get("/")
    assert rows(house, "policy_findings") == [cleared], "once"
    text = dan.get("/security").text
    row = re.search(r'href="(/security/authenticators/[0-9a-f-]+)"', text)
    totp = next(one for one in rows(house, "authenticators") if one["kind"] == "totp")
    assert row is not None
    house.clock.advance(seconds=30)
    assert dan.post(f"/security/authenticators/{totp['id']}/revocation").status_code == 303
    house.clock.advance(minutes=2)
    dan.get("/")
    assert counts(house) == Counts(1, 1)


def test_what_went_back_is_watched_no_more(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    roll_out(house)
    house.run(policies.back, PARTNER)
    house.clock.advance(minutes=2)
    dan.get("/")
    assert rows(house, "policy_findings") == []


def test_the_page_names_them_with_the_reason_and_what_they_know(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    pam = signed_in(house, "pam")
    roll_out(house, days=30)
    house.clock.advance(minutes=2)
    dan.get("/")
    path = PATH.format(id_of(house, PARTNER))
    page = pam.get(path).text
    assert email_of("dan") in page and "A second factor is missing." in page
    assert "Not by mail" in page and "Saw it" in page
    tell(house)
    page = pam.get(path).text
    assert "Got the mail" in page and "Would be stopped" in page
    (row,) = rows(house, "announcements")
    dan.post(f"/announcements/{row['id']}/dismissal")
    assert "Dismissed it" in pam.get(path, htmx=True).text
    dan.enrol_app()
    assert "Put right" in pam.get(path).text
    assert pam.get(path + "?version=1").status_code == 200
    for wrong in ("2", "0", "99999999999"):
        assert pam.get(f"{path}?version={wrong}").status_code == 404


def test_the_page_goes_on_where_the_last_one_ended(house: House) -> None:
    pam = signed_in(house, "pam")
    roll_out(house, DISPATCHERS)
    for number in range(52):
        house.user(f"d{number:02}@partner.example", PARTNER, Role.DISPATCHER)
        visitor = house.visitor()
        visitor.sign_in(f"d{number:02}@partner.example")
    path = PATH.format(id_of(house, PARTNER))
    with Work(house) as work:
        first = pam.get(path).text
    assert len(work.statements) <= 7
    assert first.count("Would be stopped</span>") == 50
    following = re.search(r'href="([^"]+after=[^"]+)"', first)
    assert following
    second = pam.get(following.group(1).replace("&amp;", "&")).text
    assert second.count("Would be stopped</span>") == 2


def test_another_tenants_findings_are_nobodys(house: House) -> None:
    pam, ada, dan = (signed_in(house, name) for name in ("pam", "ada", "dan"))
    branch = staff(house, "ben@branch.example", BRANCH, Role.PARTNER_ADMIN)
    roll_out(house)
    roll_out(house, name=HQ)
    own, above = PATH.format(id_of(house, PARTNER)), PATH.format(id_of(house, HQ))
    for visitor, path, status in (
        (pam, own, 200),
        (ada, own, 200),
        (ada, above, 200),
        (pam, above, 404),
        (branch, own, 404),
        (pam, PATH.format(id_of(house, BRANCH)), 200),
        (pam, PATH.format("00000000-0000-4000-8000-000000000000"), 404),
        (dan, own, 403),
    ):
        assert visitor.get(path).status_code == status
        assert visitor.get(path, htmx=True).status_code == status
