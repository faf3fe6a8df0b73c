"""Demo people and organisations for development: always the same, printed by `./dev run`."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyotp

from portal import demo_data
from portal.ceremony import ENTROPY_BYTES, Ceremony, Purpose, Subject, Verified
from portal.edge import Edge
from portal.flows import enrolment, hosts, organisation_plans
from portal.flows.hosts import NewUser
from portal.rules.plans import PROFESSIONAL
from portal.rules.terms import Role
from portal.store import authenticators, users
from portal.store.authenticators import New
from portal.values import frozen
from portal.web.run import Runner

PASSWORD = "amber lantern over the quiet harbour"
HQ = "Livery HQ"
PARTNER = "Northline Cars"
BRANCH = "Northline Harbour"
GUESTS = "Guests"
TRAVELER = "tara@guests.example"
TIME_ZONES = {PARTNER: "Europe/Amsterdam", BRANCH: "Europe/Amsterdam"}
ORGANISATIONS = (
    (HQ, None, False),
    (GUESTS, HQ, True),
    ("Atlas Group", HQ, True),
    (PARTNER, HQ, False),
    (BRANCH, PARTNER, False),
)


@frozen
class DemoPerson:
    """A demo person; `app` says that an authenticator app is enrolled from the start."""

    email: str
    name: str
    organisation: str
    role: Role
    app: bool


PEOPLE = (
    DemoPerson(TRAVELER, "Tara Lindqvist", GUESTS, Role.TRAVELER, False),
    DemoPerson("piet@partner.example", "Piet de Vries", PARTNER, Role.FINANCE_CONTROLLER, True),
    DemoPerson("dora@partner.example", "Dora Okafor", PARTNER, Role.DISPATCH_LEAD, False),
    DemoPerson("dan@partner.example", "Dan Moreau", PARTNER, Role.DISPATCHER, False),
    DemoPerson("pam@partner.example", "Pam Castillo", PARTNER, Role.PARTNER_ADMIN, False),
    DemoPerson("kim@branch.example", "Kim Sato", BRANCH, Role.DISPATCHER, False),
    DemoPerson("ada@hq.example", "Ada Winter", HQ, Role.HQ_ADMIN, True),
    DemoPerson("sol@hq.example", "Sol Haddad", HQ, Role.SUPER_ADMIN, True),
    DemoPerson("sue@hq.example", "Sue Novak", HQ, Role.SUPER_ADMIN, True),
    DemoPerson("stan@hq.example", "Stan Petrov", HQ, Role.SERVICE_DESK, True),
)


def seed(run: Callable[..., Any], runner: Runner) -> None:
    """Make what is missing; running it again changes nothing."""
    if not run(_is_seeded):
        _make_people(run, runner)
    run(demo_data.bring_in, partner=PARTNER, traveler=TRAVELER)


def _make_people(run: Callable[..., Any], runner: Runner) -> None:
    for name, parent, managed in ORGANISATIONS:
        run(
            hosts.create_organisation,
            name,
            parent=parent,
            managed_by_parent=managed,
            time_zone=TIME_ZONES.get(name, "UTC"),
        )
    # A dispatch office, whose people share its computers.
    run(hosts.mark_shared_desks, BRANCH, shared=True)
    # It bought less than the partner above it, so that one sees what that means.
    run(organisation_plans.change_by_host, BRANCH, PROFESSIONAL, ())
    for person in PEOPLE:
        add(run, runner, person)
    # Somebody with roles in two organisations, to try switching between them.
    run(hosts.grant, "dora@partner.example", BRANCH, Role.DISPATCH_LEAD)


def add(run: Callable[..., Any], runner: Runner, person: DemoPerson, *, locale: str = "en") -> None:
    """Make one person with the demo password, and their app if they have one."""
    roles = (person.role,)
    new = NewUser(person.email, person.name, PASSWORD, person.organisation, roles, locale=locale)
    run(hosts.create_user, new)
    if person.app:
        run(_enrol_app, person, runner)


def _is_seeded(edge: Edge) -> bool:
    return users.by_email(edge, PEOPLE[-1].email) is not None


def _key(email: str) -> bytes:
    return hashlib.sha1(f"livery demo {email}".encode(), usedforsecurity=False).digest()


def key_of(email: str) -> str:
    """The key that a demo person's authenticator app holds, in base 32."""
    return base64.b32encode(_key(email)).decode()


def code_of(email: str, now: datetime) -> str:
    return pyotp.TOTP(key_of(email)).at(now)


def _enrol_app(edge: Edge, person: DemoPerson, runner: Runner) -> None:
    """Enrol through the factor itself, with a key that is known."""
    found = users.by_email(edge, person.email)
    assert found is not None
    factor = runner.factors["totp"]
    subject = Subject(found.id, found.email, found.name, runner.settings.product_name, False)
    begun = factor.begin_enrolment(subject, _key(person.email).ljust(ENTROPY_BYTES, b"\x00"))
    ceremony = Ceremony("", "totp", Purpose.ENROLMENT, "", begun.state, edge.now)
    verdict = factor.finish_enrolment(ceremony, code_of(person.email, edge.now), edge.now)
    assert isinstance(verdict, Verified)
    # The step of this very moment stays free, so that the first sign-in need not wait for the next.
    data = {**verdict.data, "last_step": -1}
    authenticators.add(edge, New(edge.new_id(), found.id, "totp", "", data, factor.strength))
    enrolment.refresh_summary(edge, found.id)


def introduction(base_url: str) -> str:
    """What `./dev run` prints: where the portal is, who can sign in and how."""
    lines = [
        "",
        f"  Livery Portal        {base_url}",
        f"  Development mailbox  {base_url}/development/mailbox",
        "",
        f"  Everybody's password: {PASSWORD}",
        "",
    ]
    for person in PEOPLE:
        app = f"app key {key_of(person.email)}" if person.app else "no second factor yet"
        lines.append(f"  {person.email:<24}{str(person.role).replace('_', ' '):<20}{app}")
    lines += [
        "",
        "  The code that an app shows now: flask --app app demo-code EMAIL",
        "  Stop with Ctrl-C.",
        "",
    ]
    return "\n".join(lines)
