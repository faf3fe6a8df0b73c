"""Invitations of people who are known, and to roles that administer: who is asked, who is told."""

from __future__ import annotations

from portal.flows import hosts
from portal.rules.terms import AccountState
from tests.support.house import GUESTS, HQ, PARTNER, PASSWORD, House
from tests.support.memberships import (
    INDEX,
    NINA,
    TARA,
    admin,
    approve,
    invite,
    links,
    open_invitation,
    organisation,
    requests,
    roles_of,
    subjects,
    sue,
    user,
)
from tests.support.web import cookie, lands_on, signed_in


def test_somebody_with_an_account_elsewhere_is_asked_first(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    pam = admin(house, "pam")
    answer = invite(pam, PARTNER, TARA, "dispatcher")
    assert lands_on(answer) == INDEX
    assert roles_of(house, TARA) == {(GUESTS, "traveler")}
    guest = open_invitation(house, TARA)
    page = guest.get("/invitation").text
    assert 'type="password"' not in page
    assert lands_on(guest.post("/invitation")) == "/login"
    assert cookie(guest, "session") is None, "a mailbox signs nobody in"
    assert roles_of(house, TARA) == {(GUESTS, "traveler"), (PARTNER, "dispatcher")}
    assert user(house, TARA)["home_organisation_id"] == organisation(house, GUESTS)
    assert PARTNER in tara.get("/account").text
    assert [row["state"] for row in requests(house)] == ["approved"]


def test_who_invites_learns_nothing_of_accounts_elsewhere(house: House) -> None:
    house.person("tara")
    gone = house.user("gone@guests.example")
    house.run(hosts.set_state, gone.email, AccountState.DISABLED)
    pam = admin(house, "pam")
    seen = []
    for email in (NINA, TARA, gone.email):
        answer = invite(pam, PARTNER, email, "dispatcher")
        page = pam.follow(answer).text
        row = page[page.index(f"<bdi>{email}</bdi>") :]
        seen.append((answer.status_code, "is on its way" in page, row[: row.index("</tr>")]))
        pam.post(f"/admin/invitations/{links(house)[-1]['id']}/withdrawal")
    plain = [
        (
            status,
            told,
            "".join(part for part in row.split() if "/admin/" not in part).replace(email, ""),
        )
        for (status, told, row), email in zip(seen, (NINA, TARA, gone.email), strict=True)
    ]
    assert plain[0] == plain[1] == plain[2]
    assert subjects(house, gone.email) == [], "a disabled account gets no mail"
    assert "Tara" not in pam.get(INDEX).text


def test_one_of_ones_own_people_gets_the_role_at_once(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    assert lands_on(invite(pam, PARTNER, "dan@partner.example", "dispatch_lead")) == INDEX
    assert (PARTNER, "dispatch_lead") in roles_of(house, "dan@partner.example")
    assert subjects(house, "dan@partner.example") == ["You have a new role"]
    again = invite(pam, PARTNER, "dan@partner.example", "dispatch_lead")
    assert again.status_code == 422
    assert "already" in again.text


def test_a_role_that_administers_is_mailed_only_after_the_second_person(house: House) -> None:
    sol, other = admin(house, "sol"), sue(house)
    answer = invite(sol, HQ, NINA, "hq_admin")
    assert "second person" in sol.follow(answer).text
    assert subjects(house, NINA) == []
    assert roles_of(house, NINA) == set()
    assert "waits for approval" in " ".join(subjects(house, "sue@hq.example"))
    (request,) = requests(house)
    other.get(INDEX)
    assert lands_on(approve(other, request["id"])) == INDEX
    assert roles_of(house, NINA) == {(HQ, "hq_admin")}
    guest = open_invitation(house, NINA)
    guest.post("/invitation", password=PASSWORD)
    assert lands_on(guest.get("/")) == "/login/enrol"


def test_an_account_elsewhere_agrees_to_a_role_that_administers_too(house: House) -> None:
    house.person("tara")
    sol, other = admin(house, "sol"), sue(house)
    invite(sol, HQ, TARA, "service_desk")
    page = other.get(INDEX).text
    assert TARA in page
    assert "<bdi>Tara</bdi>" not in page
    approve(other, requests(house)[0]["id"])
    assert f"<bdi>{TARA}</bdi>" in other.get(INDEX).text, "an open invitation, as to a new account"
    assert roles_of(house, TARA) == {(GUESTS, "traveler")}
    assert lands_on(open_invitation(house, TARA).post("/invitation")) == "/login"
    assert (HQ, "service_desk") in roles_of(house, TARA)


def test_a_rejected_newcomer_is_let_go(house: House) -> None:
    sol, other = admin(house, "sol"), sue(house)
    invite(sol, HQ, NINA, "hq_admin")
    other.get(INDEX)
    other.post(f"{INDEX}/{requests(house)[0]['id']}/rejection")
    assert user(house, NINA)["withdrawn_at"] is not None
    assert subjects(house, NINA) == []
