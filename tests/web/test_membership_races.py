"""Two at the same instant: one outcome, and as many audit rows as outcomes."""

from __future__ import annotations

from functools import partial

from werkzeug.test import TestResponse

from portal.rules.terms import Role
from tests.support.house import HQ, PARTNER, PASSWORD, House, Visitor
from tests.support.memberships import (
    INDEX,
    admin,
    another,
    change,
    events,
    invite,
    organisation,
    requests,
    roles_of,
    upload,
    user,
)
from tests.support.threads import at_once
from tests.support.web import lands_on, rows, signed_in

PAUL, PETRA, NINA = "paul@partner.example", "petra@partner.example", "nina@new.example"
DAN, PAM = "dan@partner.example", "pam@partner.example"


def together(*posts: partial[TestResponse]) -> list[tuple[int, str]]:
    """Status and target of requests that begin together."""
    answers = at_once(len(posts), lambda number: posts[number]())
    return [(answer.status_code, lands_on(answer)) for answer in answers]


def proved(visitor: Visitor, path: str) -> partial[TestResponse]:
    """An approval that only waits for its last click."""
    visitor.get(INDEX)
    step_up = lands_on(visitor.post(path))
    assert visitor.prove(path=f"{step_up}/totp").status_code == 303
    visitor.get(step_up)
    return partial(visitor.post, path)


def waiting(house: House, email: str, verb: str = "add") -> tuple[Visitor, str]:
    """Pam, and the path of what she asked for about somebody."""
    pam = admin(house, "pam")
    change(pam, email, verb, "partner_admin", PARTNER)
    return pam, f"{INDEX}/{requests(house)[-1]['id']}"


def admins(house: House, *emails: str) -> list[Visitor]:
    return [another(house, email, PARTNER, Role.PARTNER_ADMIN) for email in emails]


def test_of_two_approvers_one_wins(house: House) -> None:
    house.person("dan")
    paul, petra = admins(house, PAUL, PETRA)
    _, path = waiting(house, DAN)
    found = together(proved(paul, f"{path}/approval"), proved(petra, f"{path}/approval"))
    assert sorted(status for status, _ in found) == [303, 422]
    assert len(events(house, "membership.approved")) == 1
    assert len(events(house, "membership.added")) == 1
    assert requests(house)[0]["state"] == "approved"


def test_one_approver_who_clicks_twice_approves_once(house: House) -> None:
    house.person("dan")
    (paul,) = admins(house, PAUL)
    _, path = waiting(house, DAN)
    post = proved(paul, f"{path}/approval")
    found = together(post, post)
    assert sorted(status for status, _ in found) == [303, 422]
    assert len(events(house, "membership.approved")) == 1


def test_approving_against_withdrawing_has_one_outcome(house: House) -> None:
    house.person("dan")
    (paul,) = admins(house, PAUL)
    pam, path = waiting(house, DAN)
    approval = proved(paul, f"{path}/approval")
    found = together(approval, partial(pam.post, f"{path}/withdrawal"))
    assert sorted(status for status, _ in found) == [303, 422]
    state = requests(house)[0]["state"]
    assert ((PARTNER, "partner_admin") in roles_of(house, DAN)) == (state == "approved")
    decided = events(house, "membership.approved") + events(house, "membership.withdrawn")
    assert len(decided) == 1


def test_approving_against_rejecting_has_one_outcome(house: House) -> None:
    house.person("dan")
    paul, petra = admins(house, PAUL, PETRA)
    _, path = waiting(house, DAN)
    approval = proved(paul, f"{path}/approval")
    petra.get(INDEX)
    found = together(approval, partial(petra.post, f"{path}/rejection"))
    assert sorted(status for status, _ in found) == [303, 422]
    state = requests(house)[0]["state"]
    assert ((PARTNER, "partner_admin") in roles_of(house, DAN)) == (state == "approved")


def test_approving_while_the_person_is_promoted_asks_again_or_came_first(house: House) -> None:
    house.person("dan")
    (paul,) = admins(house, PAUL)
    pam, path = waiting(house, DAN)
    approval = proved(paul, f"{path}/approval")
    promotion = partial(change, pam, DAN, "add", "finance_controller", PARTNER)
    (status, target), (other, _) = together(approval, promotion)
    assert (status, other) == (303, 303)
    approved = (PARTNER, "partner_admin") in roles_of(house, DAN)
    assert approved == (target == INDEX)
    assert approved or target.startswith("/step-ups/")
    assert (PARTNER, "finance_controller") in roles_of(house, DAN)


def test_approving_while_the_approver_is_demoted_has_one_order(house: House) -> None:
    """Paul approves Dan's role while Petra approves that Paul loses his own."""
    house.person("dan")
    paul, petra = admins(house, PAUL, PETRA)
    _, about_dan = waiting(house, DAN)
    change_paul = f"{INDEX}/{_ask_removal(house, petra, PAUL)}"
    third = another(house, "pia@partner.example", PARTNER, Role.PARTNER_ADMIN)
    found = together(
        proved(paul, f"{about_dan}/approval"), proved(third, f"{change_paul}/approval")
    )
    assert found[1][0] == 303
    assert (PARTNER, "partner_admin") not in roles_of(house, PAUL)
    approved = (PARTNER, "partner_admin") in roles_of(house, DAN)
    assert found[0][0] == (303 if approved else 403)
    assert paul.get(INDEX).status_code == 403


def _ask_removal(house: House, visitor: Visitor, email: str) -> str:
    visitor.get(INDEX)
    assert change(visitor, email, "remove", "partner_admin", PARTNER).status_code == 303
    mine = user(house, email)["id"]
    return next(row["id"] for row in requests(house) if row["user_id"] == mine)


def test_one_address_that_two_invite_has_one_account(house: House) -> None:
    (paul,) = admins(house, PAUL)
    pam = admin(house, "pam")
    paul.get(INDEX)
    found = together(
        partial(invite, pam, PARTNER, NINA, "dispatcher"),
        partial(invite, paul, PARTNER, NINA, "dispatch_lead"),
    )
    assert [status for status, _ in found] == [303, 303]
    assert sum(row["email"] == NINA for row in rows(house, "users")) == 1
    assert roles_of(house, NINA) == {(PARTNER, "dispatcher"), (PARTNER, "dispatch_lead")}
    live = [row for row in rows(house, "links") if row["used_at"] is None]
    assert len(live) == 1


def test_one_invitation_that_two_browsers_accept_opens_one_account(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, NINA, "dispatcher")
    link = house.link(NINA)
    guests = [house.visitor() for _ in range(3)]
    for guest in guests:
        guest.follow(guest.get(link))
    posts = [partial(guest.post, "/invitation", password=PASSWORD) for guest in guests]
    assert sorted(status for status, _ in together(*posts)) == [303, 410, 410]
    assert len(events(house, "invitation.accepted")) == 1
    mine = user(house, NINA)["id"]
    assert sum(row["user_id"] == mine for row in rows(house, "sessions")) == 1


def test_accepting_against_withdrawing_has_one_outcome(house: House) -> None:
    pam = admin(house, "pam")
    invite(pam, PARTNER, NINA, "dispatcher")
    guest = house.visitor()
    guest.follow(guest.get(house.link(NINA)))
    (link,) = [row for row in rows(house, "links") if row["used_at"] is None]
    found = together(
        partial(guest.post, "/invitation", password=PASSWORD),
        partial(pam.post, f"/admin/invitations/{link['id']}/withdrawal"),
    )
    accepted = user(house, NINA)["state"] == "active"
    assert [status for status, _ in found] == ([303, 404] if accepted else [410, 303])
    assert roles_of(house, NINA) == ({(PARTNER, "dispatcher")} if accepted else set())


def test_one_file_that_is_confirmed_twice_is_done_once(house: House) -> None:
    pam = admin(house, "pam")
    page = upload(pam, PARTNER, f"email,name,role\n{NINA},Nina,dispatcher\n").text
    start = page.index('name="preview" value="') + len('name="preview" value="')
    preview = page[start : start + 36]
    post = partial(pam.post, f"{INDEX}/csv/confirmation", preview=preview)
    assert sorted(status for status, _ in together(post, post)) == [303, 404]
    assert len(events(house, "invitation.sent")) == 1


def test_leaving_while_a_role_is_given_leaves_no_account_that_is_open(house: House) -> None:
    dan = signed_in(house, "dan")
    (paul,) = admins(house, PAUL)
    pam = admin(house, "pam")
    paul.get(INDEX)
    departure = partial(
        pam.post,
        f"/admin/users/{user(house, DAN)['id']}/departure",
        organisation=organisation(house, PARTNER),
    )
    gift = partial(change, paul, DAN, "add", "dispatch_lead", PARTNER)
    (left, _), (given, _) = together(departure, gift)
    assert left == 303
    # Given before: it went with the rest. Afterwards the account was disabled.
    assert given in {303, 422}
    assert roles_of(house, DAN) == set()
    assert user(house, DAN)["state"] == "disabled"
    assert lands_on(dan.get("/")) == "/login"


def test_the_last_of_hq_is_not_lost_between_two(house: House) -> None:
    """Two super-admins approve each other's removal: one of them stays."""
    sol = admin(house, "sol")
    pair = [another(house, f"s{n}@hq.example", HQ, Role.SUPER_ADMIN) for n in (1, 2)]
    for number in (1, 2):
        assert change(sol, f"s{number}@hq.example", "remove", "super_admin", HQ).status_code == 303
    about = {row["user_id"]: row["id"] for row in requests(house)}
    first, second = (about[user(house, f"s{number}@hq.example")["id"]] for number in (1, 2))
    found = together(
        proved(pair[1], f"{INDEX}/{first}/approval"),
        proved(pair[0], f"{INDEX}/{second}/approval"),
    )
    assert sum(status == 303 and target == INDEX for status, target in found) == 1, found
    assert all(status < 500 for status, _ in found), found
    left = [row for row in rows(house, "memberships") if row["role"] == "super_admin"]
    assert len(left) == 2
