"""Whom a preview counts, and for whom it offers an exemption."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.edge import Edge
from portal.flows import hosts
from portal.rules.terms import AccountState, Role
from portal.store import users
from tests.support.crowd import user_row
from tests.support.drafts import path, previewed, save, words
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House
from tests.support.rollouts import roll_out
from tests.support.web import email_of, rows, signed_in


def link(user_id: str) -> str:
    return f'href="/admin/users/{user_id}/exemption"'


def test_each_person_counts_once_for_a_role_and_only_where_the_draft_holds(house: House) -> None:
    pam, dan = signed_in(house, "pam"), house.person("dan")
    for organisation in (BRANCH, GUESTS):
        house.run(hosts.grant, dan.email, organisation, Role.DISPATCHER)
    house.user("otto@guests.example", GUESTS, Role.DISPATCHER)
    for number in range(4):  # Whatever the order of their ids.
        house.run(hosts.create_organisation, f"Annexe {number}", parent=PARTNER)
        name = f"anna{number}@annexe.example"
        house.user(name, f"Annexe {number}", Role.DISPATCHER)
        house.run(hosts.grant, name, GUESTS, Role.DISPATCHER)
    gone = house.user("gone@partner.example", PARTNER, Role.DISPATCHER)

    def disable(edge: Edge) -> None:
        table, state = users.users, str(AccountState.DISABLED)
        edge.db.execute(table.update().where(table.c.id == gone.id).values(state=state))

    house.run(disable)
    save(pam, role__dispatcher="required")
    assert "5 people with the role Dispatcher must have a second factor." in previewed(pam)
    sol = signed_in(house, "sol")
    save(sol, organisation=HQ, role__dispatcher="required")
    told = previewed(sol, HQ)
    assert "6 people with the role Dispatcher must have a second factor. 6 of them" in told


def test_who_is_stopped_as_early_by_something_else_is_told_apart_by_their_own_days(
    house: House,
) -> None:
    """Of what HQ announced, old accounts have days of grace and new ones have none."""
    pam, dan = signed_in(house, "pam"), house.person("dan")
    roll_out(house, days=5, grace=10, name=HQ)
    house.clock.advance(timedelta(days=1))
    new = house.user("nia@partner.example", PARTNER, Role.DISPATCHER)
    pam.sign_in(email_of("pam"))
    day = house.clock() + timedelta(days=10)
    save(pam, role__dispatcher="required", enforced=f"{day:%Y-%m-%dT%H:%M}")
    told = previewed(pam)
    assert "1 person would be stopped" in told
    assert dan.email in told and new.email not in told


def test_an_exemption_is_offered_to_whoever_may_ask_for_it(house: House) -> None:
    pam, stan, sol = (signed_in(house, name) for name in ("pam", "stan", "sol"))
    dan, own = house.person("dan"), user_row(house, email_of("pam"))["id"]
    otto = house.user("otto@guests.example", GUESTS, Role.DISPATCHER)
    save(pam, role__dispatcher="required", role__partner_admin="passkey")
    page = pam.get(path(house, "preview"))
    assert "You are among them" in words(page)
    assert link(dan.id) in page.text and link(own) not in page.text, "nobody for themselves"
    desk = stan.get(path(house, "preview"))
    assert dan.email in desk.text and link(dan.id) not in desk.text
    save(sol, organisation=HQ, role__dispatcher="required")
    page = sol.get(path(house, "preview", organisation=HQ))
    assert dan.email in page.text and link(dan.id) not in page.text, "the partner’s own to ask"
    assert link(otto.id) in page.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_draft_of_another_release_is_kept_and_not_shown_wrongly(house: House) -> None:
    from portal.store.policy_tables import policy_drafts

    pam = signed_in(house, "pam")
    save(pam, role__dispatcher="required")

    def write(edge: Edge) -> None:
        edge.db.execute(policy_drafts.update().values(document={"curfew": "22:00"}))

    house.run(write)
    assert pam.get(path(house, "draft")).status_code == 503
    told = previewed(pam)
    assert "It cannot be published like this." in told and "curfew" in told
    assert rows(house, "policy_drafts")[0]["document"] == {"curfew": "22:00"}
