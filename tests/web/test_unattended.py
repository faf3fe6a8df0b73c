"""What HQ sees of organisations that nobody administers yet: how many, and which invitations."""

from __future__ import annotations

from portal.flows import hosts, open_invitations
from portal.rules.terms import AccountState, Role
from tests.support.house import BRANCH, HQ, PARTNER, House
from tests.support.memberships import (
    INDEX,
    admin,
    another,
    change,
    events,
    invite,
    open_invitation,
    organisation,
)
from tests.support.web import lands_on, rows


def empty_invitation(house: House) -> str:
    """One into Pam's organisation that offers no role any more: she took it, and it was renewed."""
    pam = admin(house, "pam")
    invite(pam, PARTNER, "kit@new.example", "dispatcher")
    guest = open_invitation(house, "kit@new.example")
    change(pam, "kit@new.example", "remove", "dispatcher", PARTNER)
    house.clock.advance(house.settings.invitation_lifetime)
    guest.get("/invitation")
    assert guest.post("/invitation-renewal").status_code == 200
    house.clock.advance(open_invitations.PAUSE)
    (link,) = (row for row in rows(house, "links") if row["used_at"] is None)
    return f"/admin/invitations/{link['id']}"


def test_an_invitation_without_a_role_is_none_of_hqs(house: House) -> None:
    path = empty_invitation(house)
    house.run(hosts.set_state, "pam@partner.example", AccountState.DISABLED)
    ada = admin(house, "ada")
    assert "kit@new.example" not in ada.get(INDEX).text
    for verb in ("withdrawal", "again"):
        answer = ada.post(f"{path}/{verb}")
        assert answer.status_code == 422
        assert "not yours" in answer.text
    assert events(house, "invitation.withdrawn") == []


def test_an_invitation_without_a_role_is_its_own_administrators(house: House) -> None:
    path = empty_invitation(house)
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    assert "kit@new.example" in paul.get(INDEX).text
    assert lands_on(paul.post(f"{path}/withdrawal")) == INDEX
    assert len(events(house, "invitation.withdrawn")) == 1


def test_where_more_organisations_wait_than_are_listed_the_page_says_so(house: House) -> None:
    house.organise()  # A partner and its branch, which nobody administers: the oldest.
    for number in range(open_invitations.UNATTENDED_MAX - 2):
        house.clock.advance(seconds=1)
        house.run(hosts.create_organisation, f"Cars {number}", parent=HQ)
    ada = admin(house, "ada")
    page = ada.get(INDEX).text
    first, second = sorted(organisation(house, name) for name in (PARTNER, BRANCH))
    assert f'value="{first}"' in page
    assert "are listed" not in page
    house.clock.advance(seconds=1)
    house.run(hosts.create_organisation, "The newest", parent=HQ)
    page = ada.get(INDEX).text
    assert f"the newest {open_invitations.UNATTENDED_MAX} are listed" in page
    assert f'value="{first}"' not in page, "the oldest makes room"
    for identity in (second, organisation(house, "The newest")):
        assert f'value="{identity}"' in page
    assert "are listed" not in admin(house, "pam").get(INDEX).text
