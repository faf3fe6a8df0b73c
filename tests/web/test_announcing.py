"""A policy with dates is announced: to those whom it would stop, once, by the worker."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.edge import Edge
from portal.flows import announcement_mail, hosts, policies
from portal.flows.policies import Published
from portal.rules.terms import AccountState, Role
from portal.store import memberships, organisations, users
from tests.support.exceptions import approve, ask_exemption
from tests.support.house import BRANCH, GUESTS, PARTNER, House
from tests.support.rollouts import DISPATCHERS, RESISTANT, about, announcements, roll_out, tell
from tests.support.web import Work, email_of, rows, signed_in

DAN = email_of("dan")
NEEDED = "you need a second factor to go on"


def crowd(house: House, count: int, role: Role = Role.DISPATCHER) -> list[str]:
    """So many people of the partner with a password alone."""
    made = [f"p{number}@partner.example" for number in range(count)]
    for email in made:
        house.user(email, PARTNER, role)
    return made


def mailed(house: House) -> list[str]:
    told = [row for row in rows(house, "announcement_readers") if row["mailed_at"]]
    names = {row["id"]: row["email"] for row in rows(house, "users")}
    return sorted(names[row["user_id"]] for row in told)


def test_it_writes_to_whom_the_version_would_stop_and_to_nobody_else(house: House) -> None:
    signed_in(house, "dan")  # He has an app.
    house.person("tara")
    house.person("pam")
    house.user("dora@partner.example", PARTNER, Role.DISPATCHER)
    house.user("kim@branch.example", BRANCH, Role.DISPATCHER)
    house.user("guest@guests.example", GUESTS, Role.DISPATCHER)
    house.user("gone@partner.example", PARTNER, Role.DISPATCHER)
    house.run(hosts.set_state, "gone@partner.example", AccountState.DISABLED)
    roll_out(house, message="We do this for your safety.")
    tell(house)
    assert mailed(house) == ["dora@partner.example", "kim@branch.example"]
    (letter,) = about(house, "dora@partner.example", NEEDED)
    assert "From 2 December 2026 you need a second factor to go on." in letter.subject
    for text in (letter.text, letter.html):
        assert "30 days left." in text
        assert "can do nothing else here before it is set up" in text
        assert "We do this for your safety." in text
        assert f"{house.settings.base_url}/security" in text
        assert "help@portal.example" in text
        assert "Authenticator app" in text and "Passkey" in text
    assert not about(house, DAN, NEEDED)


def test_the_day_is_the_readers_own_in_zone_and_language(house: House) -> None:
    dora = house.user("dora@partner.example", PARTNER, Role.DISPATCHER)

    def move(edge: Edge) -> None:
        users.set_profile(edge, dora.id, name="Dora", locale="de", time_zone="Pacific/Auckland")

    house.run(move)
    roll_out(house, days=30.2)  # 13:48 UTC: the next day already in Auckland.
    tell(house)
    (letter,) = house.letters.to(dora.email)
    assert "3. Dezember 2026" in letter.text
    assert letter.language == "de"


def test_publishing_costs_the_request_nothing_for_the_people(house: House) -> None:
    crowd(house, 4)
    with Work(house) as few:
        roll_out(house)
    crowd_later = [f"q{number}@partner.example" for number in range(6)]
    for email in crowd_later:
        house.user(email, PARTNER, Role.DISPATCHER)
    with Work(house) as many:
        roll_out(house, days=31)
    assert len(many.statements) == len(few.statements)
    assert rows(house, "announcement_readers") == rows(house, "outbox") == []


def test_a_worker_that_dies_between_two_batches_sends_nothing_twice(house: House) -> None:
    people = crowd(house, 5)
    roll_out(house)
    assert house.run(announcement_mail.mail_next, 2) is True
    assert len(rows(house, "outbox")) == 2
    tell(house)
    tell(house)
    assert sorted(letter.recipient for letter in house.letters.sent) == people
    assert [row["due_at"] is not None for row in announcements(house)] == [True], "reminders wait"


def test_a_batch_that_fails_is_begun_again_as_a_whole(house: House) -> None:
    (email,) = crowd(house, 1)
    roll_out(house)

    def dies(edge: Edge) -> None:
        announcement_mail.mail_next(edge)
        raise RuntimeError("killed before the commit")

    with pytest.raises(RuntimeError):
        house.run(dies)
    assert rows(house, "announcement_readers") == rows(house, "outbox") == []
    tell(house)
    assert len(house.letters.to(email)) == 1


def test_going_back_withdraws_it_and_stops_the_mail(house: House) -> None:
    crowd(house, 4)
    roll_out(house)
    house.run(announcement_mail.mail_next, 2)
    assert isinstance(house.run(policies.back, PARTNER), Published)
    tell(house)
    assert len(house.letters.sent) == 2
    (row,) = announcements(house)
    assert row["withdrawn_at"] == house.clock() and row["due_at"] is None


def test_a_newer_publishing_takes_the_place_of_the_earlier_announcement(house: House) -> None:
    (email,) = crowd(house, 1)
    assert roll_out(house) == 1
    assert roll_out(house, RESISTANT, days=40) == 2
    tell(house)
    first, second = announcements(house)
    assert first["withdrawn_at"] and not second["withdrawn_at"]
    assert (first["number"], second["number"]) == (1, 2)
    assert len(house.letters.to(email)) == 1
    # What the first version asks comes first, and is still on its way.
    assert NEEDED in house.letters.to(email)[0].subject


def test_another_organisations_publishing_withdraws_nothing(house: House) -> None:
    crowd(house, 1)
    roll_out(house)
    roll_out(house, name=BRANCH)
    assert [row["withdrawn_at"] for row in announcements(house)] == [None, None]


def test_a_policy_that_holds_at_once_announces_nothing(house: House) -> None:
    crowd(house, 1)
    assert isinstance(house.run(policies.publish, PARTNER, DISPATCHERS), Published)
    tell(house)
    assert announcements(house) == [] and house.letters.sent == []


def test_whoever_enrols_before_the_worker_comes_is_left_out(house: House) -> None:
    roll_out(house)
    signed_in(house, "dan")
    tell(house)
    assert mailed(house) == []


def test_it_reminds_seven_days_and_one_day_before_each_once(house: House) -> None:
    (email,) = crowd(house, 1)
    roll_out(house, days=30)
    tell(house)
    house.clock.advance(timedelta(days=22, hours=23))
    tell(house)
    assert len(house.letters.to(email)) == 1
    house.clock.advance(hours=1)
    tell(house)
    tell(house)
    _, week = house.letters.to(email)
    assert week.subject == "7 days left: set up your sign-in"
    assert "It is not set up yet." in week.text
    house.clock.advance(days=6)
    tell(house)
    tell(house)
    _, _, last = house.letters.to(email)
    assert last.subject == "1 day left: set up your sign-in"
    house.clock.advance(days=3)
    tell(house)
    assert len(house.letters.to(email)) == 3


def test_each_is_reminded_of_their_own_deadline(house: House) -> None:
    """The old account has ten days of grace, the one that came after the announcement none."""
    (old,) = crowd(house, 1)
    roll_out(house, days=20, grace=10)
    tell(house)
    house.clock.advance(days=1)
    new = house.user("new@partner.example", PARTNER, Role.DISPATCHER).email
    house.clock.advance(days=12)
    tell(house)
    assert len(house.letters.to(old)) == 1
    (letter,) = house.letters.to(new)
    assert "From 22 November 2026" in letter.subject, "told late, with the date"
    house.clock.advance(days=10)
    tell(house)
    assert [letter.subject for letter in house.letters.to(old)[1:]] == [
        "7 days left: set up your sign-in"
    ]
    assert len(house.letters.to(new)) == 1, "stopped by now; the gate says why"


def test_nobody_is_reminded_who_enrolled_or_was_told_days_before(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    (other,) = crowd(house, 1)
    roll_out(house, days=5)
    tell(house)
    assert "5 days left." in house.letters.to(other)[0].text
    dan.enrol_app()
    house.clock.advance(days=4)
    tell(house)
    assert [letter.subject for letter in house.letters.to(other)[1:]] == [
        "1 day left: set up your sign-in"
    ]
    assert not about(house, DAN, "left")


def test_each_organisation_tells_of_its_own_day_and_of_what_is_needed_then(house: House) -> None:
    dora = house.user("dora@partner.example", PARTNER, Role.DISPATCHER)

    def join(edge: Edge) -> None:
        guests = organisations.by_name(edge, GUESTS)
        assert guests is not None
        memberships.add(edge, dora.id, guests.id, Role.TRAVELER)

    house.run(join)
    roll_out(house, days=30)
    passkeys = {"demands": {"traveler": {"level": 2, "phishing_resistant": True}}}
    roll_out(house, passkeys, name=GUESTS, days=33)
    tell(house)
    first, second = (
        next(one for one in about(house, dora.email, "you need") if name in one.text)
        for name in ("Test Cars asks", "Guests asks")
    )
    assert "From 2 December 2026 you need a second factor" in first.subject
    assert "From 5 December 2026 you need a second factor" in second.subject
    assert "Authenticator app" in first.text
    assert "Authenticator app" not in second.text
    for _ in range(34):
        house.clock.advance(days=1)
        tell(house)
    days = [one.subject.partition(":")[0] for one in about(house, dora.email, "left: set up")]
    assert days == ["7 days left", "7 days left", "1 day left"], "who is stopped needs no more"


def test_two_organisations_with_one_date_remind_once(house: House) -> None:
    (email,) = crowd(house, 1)
    house.run(hosts.grant, email, BRANCH, Role.DISPATCHER)
    roll_out(house, days=20)
    roll_out(house, days=20, name=BRANCH)
    tell(house)
    assert len(house.letters.to(email)) == 2, "each says what it asks"
    house.clock.advance(days=13)
    tell(house)
    assert len(house.letters.to(email)) == 3


def test_a_worker_that_was_away_sends_one_reminder_with_the_days_that_are_left(
    house: House,
) -> None:
    (email,) = crowd(house, 1)
    roll_out(house, days=30)
    tell(house)
    house.clock.advance(days=29, hours=12)
    tell(house)
    assert [letter.subject for letter in house.letters.to(email)[1:]] == [
        "1 day left: set up your sign-in"
    ]


def test_whoever_is_let_off_is_reminded_before_that_ends(house: House) -> None:
    """Their own deadline is the end of the exemption, long after the policy holds for others."""
    pam, sol = signed_in(house, "pam"), signed_in(house, "sol")
    for number, days in enumerate((20, 3)):
        user = house.user(f"p{number}@partner.example", PARTNER, Role.DISPATCHER)
        asked = ask_exemption(pam, user.id, days=days)
        assert approve(sol, "exemption", asked).status_code == 303
    until = rows(house, "exceptions")[0]["until"]
    roll_out(house, days=1)
    tell(house)
    house.clock.set(until - timedelta(days=7))
    tell(house)
    tell(house)
    long, short = (house.letters.to(f"p{number}@partner.example") for number in (0, 1))
    reminders = [one.subject for one in long if "left" in one.subject]
    assert reminders == ["7 days left: set up your sign-in"]
    assert not [one for one in short if "7 days left" in one.subject], "it is over before"
    house.clock.set(until - timedelta(days=1))
    tell(house)
    assert house.letters.to("p0@partner.example")[-1].subject.startswith("1 day left")
    house.clock.set(until)
    tell(house)
    reminders = [one for one in house.letters.to("p0@partner.example") if "left" in one.subject]
    assert len(reminders) == 2
