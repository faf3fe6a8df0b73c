"""Who is invited and must enrol does so before the account is active, and can come back to it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.flows import hosts
from portal.rules.policy_values import Demand, Policy
from portal.rules.terms import AAL, AccountState, Role
from portal.store import users
from tests.support import passkey_pages as pages
from tests.support.compliance import due, publish
from tests.support.house import BRANCH, PARTNER, PASSWORD, House, Visitor
from tests.support.makers import Models
from tests.support.memberships import (
    INDEX,
    admin,
    another,
    events,
    invite,
    open_invitation,
    roles_of,
    user,
)
from tests.support.passkeys import synced_passkey
from tests.support.web import cookie, lands_on, rows

NINA = "nina@new.example"
OTHER_PASSWORD = "nine loud bells under the hill"
ROLE = "finance_controller"


def begun(house: House, pam: Visitor | None = None) -> Visitor:
    """Nina chose her password and stands before the enrolment."""
    invite(pam or admin(house, "pam"), PARTNER, NINA, ROLE)
    guest = open_invitation(house, NINA)
    assert lands_on(guest.post("/invitation", password=PASSWORD)) == "/"
    assert lands_on(guest.get("/")) == "/login/enrol"
    guest.get("/login/enrol")
    return guest


def back(house: House, link: str) -> Visitor:
    """A fresh browser with the link of the invitation."""
    visitor = house.visitor()
    visitor.follow(visitor.get(link))
    return visitor


def state(house: House) -> str:
    return str(user(house, NINA)["state"])


def test_the_account_is_not_active_before_the_enrolment_and_is_with_it(house: House) -> None:
    guest = begun(house)
    assert state(house) == "invited"
    assert user(house, NINA)["activated_at"] is None
    assert house.visitor().password(NINA).status_code == 422, "nobody signs in to it"
    house.clock.advance(minutes=1)
    assert guest.enrol_app().status_code == 303
    assert state(house) == "active"
    assert user(house, NINA)["activated_at"] == house.clock()
    assert due(house, NINA) is None
    assert len(events(house, "user.activated")) == 1
    assert guest.get("/").status_code == 200
    again = house.visitor()
    again.app = guest.app
    assert "Hello" in again.sign_in(NINA).text


def test_until_then_the_session_reaches_the_enrolment_and_nothing_else(house: House) -> None:
    guest = begun(house)
    for path in ("/", "/account", "/account/password", "/security", "/partner/settlements"):
        for htmx in (False, True):
            assert lands_on(guest.get(path, htmx=htmx)) in {"/login/enrol"}, path
    before = rows(house, "users")
    assert lands_on(guest.post("/account", name="Somebody")) == "/login/enrol"
    assert rows(house, "users") == before
    assert lands_on(guest.post("/logout")) == "/login"


def test_the_link_leads_back_with_the_password_and_with_no_other(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, ROLE)
    link = house.link(NINA)
    begins = back(house, link)
    begins.post("/invitation", password=PASSWORD)
    guest = back(house, link)
    page = guest.get("/invitation").text
    assert "Finish opening your account" in page
    assert 'name="time_zone"' not in page
    for wrong in ("", OTHER_PASSWORD):
        assert guest.post("/invitation", password=wrong).status_code == 422
    assert cookie(guest, "session") is None
    assert state(house) == "invited"
    assert lands_on(guest.post("/invitation", password=PASSWORD)) == "/"
    guest.get("/login/enrol")
    assert guest.enrol_app().status_code == 303
    assert state(house) == "active"
    assert back(house, link).get("/invitation").status_code == 410, "it is used up"
    begins.get("/login/enrol")
    assert state(house) == "active"


def test_guesses_at_the_password_of_a_begun_activation_are_counted(house: House) -> None:
    begun(house)
    guest = back(house, house.link(NINA))
    answers = [guest.post("/invitation", password=OTHER_PASSWORD).status_code for _ in range(7)]
    assert answers[:5] == [422] * 5
    assert answers[-1] == 429
    assert guest.post("/invitation", password=PASSWORD).status_code == 429


def test_the_link_is_over_when_it_expires_and_a_new_one_is_sent_on_request(house: House) -> None:
    begun(house)
    link = house.link(NINA)
    house.clock.advance(house.settings.invitation_lifetime + timedelta(seconds=1))
    guest = back(house, link)
    assert guest.get("/invitation").status_code == 410
    guest.get(link)
    assert guest.post("/invitation-renewal").status_code == 200
    newer = house.link(NINA)
    assert newer != link
    again = back(house, newer)
    assert lands_on(again.post("/invitation", password=OTHER_PASSWORD)) == "/"
    again.get("/login/enrol")
    assert again.enrol_app().status_code == 303
    assert house.visitor().password(NINA).status_code == 422, "the first password is over"
    assert lands_on(house.visitor().password(NINA, OTHER_PASSWORD)) == "/login/challenge"
    assert len([row for row in rows(house, "authenticators") if not row["revoked_at"]]) == 4


def test_a_newer_invitation_ends_what_the_older_one_began(house: House) -> None:
    pam = admin(house, "pam")
    guest = begun(house, pam)
    house.clock.advance(seconds=1)
    invite(pam, PARTNER, NINA, ROLE)
    assert lands_on(guest.get("/")) == "/login", "its session ended"
    assert state(house) == "invited"
    again = back(house, house.link(NINA))
    assert lands_on(again.post("/invitation", password=OTHER_PASSWORD)) == "/"
    assert lands_on(guest.get("/")) == "/login"


def test_an_invitation_that_is_taken_back_opens_nothing_any_more(house: House) -> None:
    pam = admin(house, "pam")
    guest = begun(house, pam)
    action, app = guest.begin_app()
    held = rows(house, "authenticators")
    link = next(row for row in rows(house, "links") if row["kind"] == "invitation")
    assert lands_on(pam.post(f"/admin/invitations/{link['id']}/withdrawal")) == INDEX
    assert lands_on(guest.post(action, code=app.code(house.clock()))) == "/login"
    assert rows(house, "authenticators") == held
    for path in ("/", "/login/enrol"):
        assert lands_on(guest.get(path)) == "/login", "its session ended"
    assert state(house) == "invited"


def test_an_invitation_of_another_organisation_ends_nothing_that_was_begun(house: House) -> None:
    guest = begun(house)
    bea = another(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    bea.get(INDEX)
    for _ in range(2):
        invite(bea, BRANCH, NINA, ROLE)
    assert lands_on(guest.get("/")) == "/login/enrol"
    guest.get("/login/enrol")
    assert guest.enrol_app().status_code == 303
    assert state(house) == "active"


def test_an_invitation_that_expires_meanwhile_enrols_nothing(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, ROLE)
    link = house.link(NINA)
    house.clock.advance(house.settings.invitation_lifetime - timedelta(minutes=1))
    guest = back(house, link)
    guest.post("/invitation", password=PASSWORD)
    guest.get("/login/enrol")
    action, app = guest.begin_app()
    held = rows(house, "authenticators")
    house.clock.advance(minutes=1)
    assert guest.post(action, code=app.code(house.clock())).status_code != 303
    assert rows(house, "authenticators") == held
    assert state(house) == "invited"


def test_who_needs_nothing_is_active_at_once(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    guest = open_invitation(house, NINA)
    guest.post("/invitation", password=PASSWORD)
    assert state(house) == "active"
    assert guest.get("/").status_code == 200


@pytest.mark.parametrize("enforced", [True, False])
def test_a_new_account_has_no_grace(house: House, enforced: bool) -> None:
    """Invited before the announcement, opened after it: it is as new as on that day."""
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    policy = Policy("", frozenset({Role.DISPATCHER}))
    house.clock.advance(minutes=1)
    publish(house, PARTNER, policy, days=2, grace=5)
    house.clock.advance(timedelta(days=2) - timedelta(seconds=0 if enforced else 1))
    guest = open_invitation(house, NINA)
    assert ("second factor" in guest.get("/invitation").text) is enforced
    guest.post("/invitation", password=PASSWORD)
    assert (state(house) == "invited") is enforced
    assert (lands_on(guest.get("/")) == "/login/enrol") is enforced


def test_a_policy_that_asks_no_more_lets_them_in_by_the_link(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    publish(house, PARTNER, Policy("", frozenset({Role.DISPATCHER})))
    link = house.link(NINA)
    guest = back(house, link)
    guest.post("/invitation", password=PASSWORD)
    publish(house, PARTNER, Policy("", frozenset()))
    assert lands_on(guest.get("/")) == "/login/enrol", "what was begun is not done"
    assert "last step to your new account" in guest.get("/login/enrol").text
    again = back(house, link)
    assert lands_on(again.post("/invitation", password=PASSWORD)) == "/"
    assert again.get("/").status_code == 200
    assert state(house) == "active"


def test_disabled_in_between_it_is_an_invited_account_again_when_enabled(house: House) -> None:
    guest = begun(house)
    house.run(hosts.set_state, NINA, AccountState.DISABLED)
    assert lands_on(guest.get("/")) == "/login"
    house.run(hosts.set_state, NINA, AccountState.ACTIVE)
    assert state(house) == "invited"
    assert house.visitor().password(NINA).status_code == 422


def test_whoever_has_the_mailbox_may_register_what_was_never_finished(house: House) -> None:
    begun(house)
    traveler = house.visitor()
    traveler.get("/register")
    house.clock.advance(seconds=1)
    traveler.post("/register", name="Nina", email=NINA, password=OTHER_PASSWORD)
    traveler.follow(traveler.get(house.link(NINA)))
    assert lands_on(traveler.post("/activate", password=OTHER_PASSWORD)) == "/"
    assert traveler.get("/").status_code == 200
    assert state(house) == "active"
    assert house.visitor().password(NINA).status_code == 422


def test_only_a_session_that_the_invitation_opened_is_let_in(house: House) -> None:
    """An account that becomes invited again closes every session that it had."""
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    guest = open_invitation(house, NINA)
    guest.post("/invitation", password=PASSWORD)
    house.run(users.set_state, user(house, NINA)["id"], AccountState.INVITED)
    assert lands_on(guest.get("/")) == "/login"
    assert lands_on(guest.get("/login/enrol")) == "/login"


def test_another_invitation_begins_anew_and_the_first_one_asks_for_consent_again(
    house: House,
) -> None:
    bea = another(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    bea.get(INDEX)
    invite(bea, BRANCH, NINA, ROLE)
    first = house.link(NINA)
    early = back(house, first)
    early.post("/invitation", password=PASSWORD)
    house.clock.advance(seconds=1)
    invite(admin(house, "pam"), PARTNER, NINA, ROLE)
    guest = open_invitation(house, NINA)
    assert lands_on(guest.post("/invitation", password=OTHER_PASSWORD)) == "/"
    assert roles_of(house, NINA) == {(PARTNER, ROLE)}
    assert lands_on(early.get("/")) == "/login", "what the first one began is over"
    assert "Finish opening" not in back(house, first).get("/invitation").text
    guest.get("/login/enrol")
    assert guest.enrol_app().status_code == 303
    assert lands_on(back(house, first).post("/invitation")) == "/login"
    assert roles_of(house, NINA) == {(PARTNER, ROLE), (BRANCH, ROLE)}


def test_what_an_unfinished_activation_enrolled_opens_nothing(house: House) -> None:
    """Or who began it with a leaked invitation keeps a passkey of the later owner's account."""
    house.runner.factors["passkey"].catalogue = Models()
    hardware = Policy("", frozenset(), demands={Role.DISPATCHER: Demand(AAL.AAL3, True)})
    pam = admin(house, "pam")
    publish(house, PARTNER, hardware)
    invite(pam, PARTNER, NINA, "dispatcher")
    thief = open_invitation(house, NINA)
    thief.post("/invitation", password=PASSWORD)
    device = synced_passkey()  # Not hardware: the account stays invited, and the passkey is held.
    assert pages.enrol(thief, device, page="/login/enrol").status_code == 303
    assert state(house) == "invited"
    owner = house.visitor()
    owner.get("/register")
    house.clock.advance(seconds=1)
    owner.post("/register", name="Nina", email=NINA, password=OTHER_PASSWORD)
    owner.follow(owner.get(house.link(NINA)))
    owner.post("/activate", password=OTHER_PASSWORD)
    assert owner.get("/").status_code == 200
    stranger = house.visitor()
    pages.sign_in(stranger, device)
    assert lands_on(stranger.get("/")) == "/login"
