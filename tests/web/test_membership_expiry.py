"""What nobody decided in time ends, once, with a row in the audit log and a word to who asked."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.cli import FlaskGroup

from portal.flows import membership_expiry
from portal.rules.terms import Role
from tests.support.house import GUESTS, HQ, PARTNER, PASSWORD, House, Visitor
from tests.support.memberships import (
    INDEX,
    admin,
    another,
    approve,
    change,
    events,
    invite,
    open_invitation,
    requests,
    roles_of,
    subjects,
    sue,
    user,
)
from tests.support.threads import at_once
from tests.support.web import lands_on, rows

DAN, PAM, PAUL = "dan@partner.example", "pam@partner.example", "paul@partner.example"
NINA, TARA = "nina@new.example", "tara@guests.example"
WEEK = timedelta(days=7)
# State and decided_by of what ran out: words that the release before reads too.
NOTED = ("withdrawn", None)


def expire(house: House) -> bool:
    return bool(house.run(membership_expiry.expire_next))


def states(house: House) -> list[tuple[str, str | None]]:
    return [(row["state"], row["decided_by"]) for row in requests(house)]


def line(visitor: Visitor, email: str) -> list[str]:
    """An invitation's line in the list, without whose it is and the ids of its buttons."""
    page = visitor.get(INDEX).text
    assert f"<bdi>{email}</bdi>" in page, email
    shown = page.partition(f"<bdi>{email}</bdi>")[2].partition("</tr>")[0]
    return [part for part in shown.replace(email, "").split() if "/admin/" not in part]


def asked(house: House, email: str = DAN) -> tuple[Visitor, str]:
    """Pam, and the id of what she asked for."""
    house.person("dan")
    pam = admin(house, "pam")
    assert change(pam, email, "add", "partner_admin", PARTNER).status_code == 303
    return pam, requests(house)[-1]["id"]


def test_a_request_that_ran_out_ends_once_and_who_asked_is_told(house: House) -> None:
    _, identity = asked(house)
    house.clock.advance(WEEK)
    assert expire(house)
    assert not expire(house)
    (request,) = requests(house)
    assert (request["state"], request["decided_by"]) == NOTED
    assert request["decided_at"] == house.clock()
    (noted,) = events(house, "membership.expired")
    assert noted["subject_id"] == user(house, DAN)["id"]
    assert noted["actor_id"] is None
    assert noted["detail"]["role"] == "partner_admin"
    assert noted["detail"]["requested_by"] == user(house, PAM)["id"]
    assert (PARTNER, "partner_admin") not in roles_of(house, DAN)
    assert identity == request["id"]
    house.work()
    letter = house.letters.to(PAM)[-1]
    assert letter.subject == "Nobody decided about a role in time"
    for words in (DAN, PARTNER, "Ask for it again"):
        assert words in letter.text
        assert words in letter.html
    assert " decided about the role" not in letter.text, "nobody decided"


def test_one_that_still_has_a_second_is_left_alone(house: House) -> None:
    asked(house)
    house.clock.advance(WEEK - timedelta(seconds=1))
    assert not expire(house)
    assert requests(house)[0]["state"] == "waiting"
    assert events(house, "membership.expired") == []


def test_what_was_decided_does_not_expire(house: House) -> None:
    pam, identity = asked(house)
    assert pam.post(f"{INDEX}/{identity}/withdrawal").status_code == 303
    house.clock.advance(WEEK)
    assert not expire(house)
    assert requests(house)[0]["state"] == "withdrawn"


def test_nobody_approves_what_ended_and_is_told_why(house: House) -> None:
    _, identity = asked(house)
    house.clock.advance(WEEK)
    assert expire(house)
    paul = another(house, PAUL, PARTNER, Role.PARTNER_ADMIN)
    answer = paul.post(f"{INDEX}/{identity}/approval")
    assert answer.status_code == 422
    assert "Nobody decided in time" in answer.text
    assert (PARTNER, "partner_admin") not in roles_of(house, DAN)


def test_the_same_can_be_asked_for_again(house: House) -> None:
    asked(house)
    house.clock.advance(WEEK)
    assert expire(house)
    other = another(house, PAUL, PARTNER, Role.PARTNER_ADMIN)
    other.get(INDEX)
    assert change(other, DAN, "add", "partner_admin", PARTNER).status_code == 303
    third_email = "petra@partner.example"
    third = another(house, third_email, PARTNER, Role.PARTNER_ADMIN)
    approve(third, requests(house)[-1]["id"])
    assert (PARTNER, "partner_admin") in roles_of(house, DAN)
    assert states(house) == [NOTED, ("approved", user(house, third_email)["id"])]


def test_an_account_that_was_only_asked_for_is_let_go(house: House) -> None:
    pam = admin(house, "pam")
    assert invite(pam, PARTNER, NINA, "partner_admin").status_code == 303
    assert user(house, NINA)["withdrawn_at"] is None
    house.clock.advance(WEEK)
    assert expire(house)
    assert user(house, NINA)["withdrawn_at"] is not None


def test_an_invitation_that_nobody_accepted_ends_without_a_mail(house: House) -> None:
    house.person("tara")
    pam = admin(house, "pam")
    assert invite(pam, PARTNER, TARA, "dispatcher").status_code == 303
    house.work()
    before = len(house.letters.sent)
    house.clock.advance(house.settings.invitation_lifetime)
    assert expire(house)
    assert states(house)[0] == NOTED
    assert len(events(house, "membership.expired")) == 1
    house.work()
    assert len(house.letters.sent) == before
    assert user(house, TARA)["withdrawn_at"] is None


def test_an_expired_invitation_says_nothing_of_accounts_elsewhere(house: House) -> None:
    """Tara has an account at Guests and Nina has none: their lines are the same all along."""
    house.person("tara")
    pam = admin(house, "pam")
    for email in (TARA, NINA):
        assert invite(pam, PARTNER, email, "dispatcher").status_code == 303
    house.clock.advance(house.settings.invitation_lifetime)
    paul = another(house, PAUL, PARTNER, Role.PARTNER_ADMIN)
    before = line(paul, TARA)
    assert "Too old" in " ".join(before)
    while expire(house):
        pass
    assert line(paul, TARA) == line(paul, NINA) == before


@pytest.mark.parametrize("noted", [True, False])
def test_an_expired_consent_is_asked_for_anew(house: House, noted: bool) -> None:
    """Whether or not the worker has noted that it ran out."""
    house.person("tara")
    pam = admin(house, "pam")
    invite(pam, PARTNER, TARA, "dispatcher")
    house.clock.advance(house.settings.invitation_lifetime)
    if noted:
        assert expire(house)
    paul = another(house, PAUL, PARTNER, Role.PARTNER_ADMIN)
    (link,) = [row for row in rows(house, "links") if row["kind"] == "invitation"]
    paul.get(INDEX)
    assert lands_on(paul.post(f"/admin/invitations/{link['id']}/again")) == INDEX
    assert "Works until" in " ".join(line(paul, TARA))
    request = requests(house)[-1]
    assert (len(requests(house)), request["state"]) == (2, "waiting")
    assert request["requested_by"] == user(house, PAUL)["id"]
    page = paul.get(f"/admin/users/{user(house, TARA)['id']}/roles")
    assert page.status_code == 404, "she is none of theirs before she agrees"
    assert lands_on(open_invitation(house, TARA).post("/invitation")) == "/login"
    assert (PARTNER, "dispatcher") in roles_of(house, TARA)
    assert requests(house)[-1]["state"] == "approved"


def test_what_a_second_person_agreed_to_is_sent_anew_and_asks_no_third(house: House) -> None:
    house.person("tara")
    sol, other = admin(house, "sol"), sue(house)
    invite(sol, HQ, TARA, "service_desk")
    other.get(INDEX)
    approve(other, requests(house)[0]["id"])
    house.clock.advance(house.settings.invitation_lifetime)
    third = another(house, "sam@hq.example", HQ, Role.SUPER_ADMIN)
    assert "Too old" in " ".join(line(third, TARA))
    (link,) = [row for row in rows(house, "links") if row["kind"] == "invitation"]
    assert lands_on(third.post(f"/admin/invitations/{link['id']}/again")) == INDEX
    assert [row["state"] for row in requests(house)] == ["approved"]
    assert lands_on(open_invitation(house, TARA).post("/invitation")) == "/login"
    assert (HQ, "service_desk") in roles_of(house, TARA)


def test_an_expired_invitation_of_somebody_who_came_in_elsewhere_stays(house: House) -> None:
    pam = admin(house, "pam")
    for email in (NINA, "nils@new.example"):
        invite(pam, PARTNER, email, "dispatcher")
    house.clock.advance(house.settings.invitation_lifetime)
    invite(admin(house, "ada"), GUESTS, NINA, "traveler")
    opened = open_invitation(house, NINA).post("/invitation", password=PASSWORD)
    assert opened.status_code == 303
    while expire(house):
        pass
    paul = another(house, PAUL, PARTNER, Role.PARTNER_ADMIN)
    assert line(paul, NINA) == line(paul, "nils@new.example")
    first = next(row for row in rows(house, "links") if row["kind"] == "invitation")
    assert lands_on(paul.post(f"/admin/invitations/{first['id']}/again")) == INDEX
    assert roles_of(house, NINA) == {(GUESTS, "traveler")}
    assert lands_on(open_invitation(house, NINA).post("/invitation")) == "/login"
    assert roles_of(house, NINA) == {(GUESTS, "traveler"), (PARTNER, "dispatcher")}


def test_two_workers_at_once_note_it_once(house: House) -> None:
    asked(house)
    house.clock.advance(WEEK)
    at_once(2, lambda _number: expire(house))
    assert states(house)[0] == NOTED
    assert len(events(house, "membership.expired")) == 1
    assert subjects(house, PAM).count("Nobody decided about a role in time") == 1


@pytest.fixture
def signals() -> Iterator[None]:
    """The worker listens to signals; afterwards the test's own process does again."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_the_worker_does_it(house: House, signals: None) -> None:
    asked(house)
    house.clock.advance(WEEK)
    group = FlaskGroup(create_app=lambda: house.app, add_default_commands=False)
    done = house.app.test_cli_runner().invoke(cli=group, args=["worker", "--once"])
    assert done.exit_code == 0, done.output
    assert states(house)[0] == NOTED
    assert house.letters.to(PAM)[-1].subject == "Nobody decided about a role in time"
