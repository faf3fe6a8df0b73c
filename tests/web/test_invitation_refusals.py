"""Invitations that are refused: out of place, above oneself, to another tenant, too late."""

from __future__ import annotations

from typing import Any

import pytest

from portal.flows import hosts
from portal.rules.terms import AccountState, Role
from portal.store import users
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, PASSWORD, House
from tests.support.memberships import (
    INDEX,
    NINA,
    TARA,
    admin,
    invite,
    links,
    open_invitation,
    organisation,
    roles_of,
    take_role,
)
from tests.support.web import rows


@pytest.mark.parametrize(
    ("who", "place", "role"),
    [
        ("pam", PARTNER, "traveler"),
        ("pam", PARTNER, "super_admin"),
        ("pam", PARTNER, "hq_admin"),
        ("ada", HQ, "hq_admin"),
        ("ada", HQ, "super_admin"),
        ("ada", GUESTS, "super_admin"),
        ("sol", HQ, "traveler"),
        ("sol", GUESTS, "hq_admin"),
    ],
)
def test_no_role_above_ones_own_or_out_of_place(
    house: House, who: str, place: str, role: str
) -> None:
    visitor = admin(house, who)
    answer = invite(visitor, place, NINA, role)
    assert answer.status_code == 422
    assert [row for row in rows(house, "users") if row["email"] == NINA] == []
    assert links(house) == []


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("who", "place"), [("pam", HQ), ("pam", BRANCH), ("ada", PARTNER), ("sol", BRANCH)]
)
def test_another_tenant_is_not_there(house: House, who: str, place: str, htmx: bool) -> None:
    for name in {"pam"} - {who}:
        house.person(name)
    house.user("bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    visitor = admin(house, who)
    form = {"email": NINA, "name": "N", "role": "dispatcher", "locale": "en"}
    theirs = visitor.post(
        "/admin/invitations", form, htmx=htmx, organisation=organisation(house, place)
    )
    nothing = visitor.post("/admin/invitations", form, htmx=htmx, organisation="nonsense")
    assert theirs.status_code == nothing.status_code == 404
    assert links(house) == []


def test_another_tenants_invitation_is_not_there(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    (link,) = links(house)
    ada = admin(house, "ada")
    assert NINA not in ada.get(INDEX).text
    for verb in ("withdrawal", "again"):
        assert ada.post(f"/admin/invitations/{link['id']}/{verb}").status_code == 404
    assert links(house)[0]["used_at"] is None


def test_a_role_lost_a_second_ago_invites_nobody(house: House) -> None:
    pam = admin(house, "pam")
    take_role(house, "pam")
    assert invite(pam, PARTNER, NINA, "dispatcher").status_code == 403
    assert links(house) == []


@pytest.mark.parametrize("name", ["tara", "dan", "piet", "stan"])
def test_who_gives_no_roles_invites_nobody(house: House, name: str) -> None:
    visitor = admin(house, name)
    assert invite(visitor, PARTNER, NINA, "dispatcher").status_code == 403
    assert links(house) == []


def test_nobody_invites_themselves(house: House) -> None:
    sol = admin(house, "sol")
    answer = invite(sol, GUESTS, "sol@hq.example", "traveler")
    assert answer.status_code == 422
    assert roles_of(house, "sol@hq.example") == {(HQ, "super_admin")}


@pytest.mark.parametrize(
    "wrong",
    [{"email": "nobody"}, {"name": ""}, {"name": "a\u202eb"}, {"role": "king"}, {"locale": "xx"}],
)
def test_a_form_that_cannot_be_read_comes_back(house: House, wrong: dict[str, Any]) -> None:
    pam = admin(house, "pam")
    form = {"email": NINA, "name": "Nina", "role": "dispatcher", "locale": "en", **wrong}
    answer = pam.post("/admin/invitations", form, organisation=organisation(house, PARTNER))
    assert answer.status_code == 422
    assert "look at" in answer.text
    assert links(house) == []


def test_a_disabled_account_here_is_enabled_first(house: House) -> None:
    house.person("dan")
    house.run(hosts.set_state, "dan@partner.example", AccountState.DISABLED)
    answer = invite(admin(house, "pam"), PARTNER, "dan@partner.example", "dispatch_lead")
    assert answer.status_code == 422
    assert "Enable it first" in answer.text


def test_an_invitation_to_a_moved_mailbox_is_dead(house: House) -> None:
    """The account's address changed before the old mailbox accepted."""
    tara = house.person("tara")
    invite(admin(house, "pam"), PARTNER, TARA, "dispatcher")
    guest = open_invitation(house, TARA)
    house.run(users.set_email, tara.id, "tara@moved.example")
    assert guest.post("/invitation").status_code == 410
    assert roles_of(house, "tara@moved.example") == {(GUESTS, "traveler")}


def test_an_account_that_was_disabled_meanwhile_accepts_nothing(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    guest = open_invitation(house, NINA)
    house.run(hosts.set_state, NINA, AccountState.DISABLED)
    assert guest.post("/invitation", password=PASSWORD).status_code == 410
