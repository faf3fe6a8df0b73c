"""A forgotten password: a mailed link chooses another, and lowers nothing."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest

from portal.flows import hosts
from portal.rules.terms import AccountState
from portal.store import users
from tests.support.clock import Clock, Entropy
from tests.support.house import PASSWORD, House, Visitor, build
from tests.support.resets import approve, ask, audited, somebody, subjects
from tests.support.web import cookie, email_of, lands_on, rows, signed_in

NEW = "nine loud bells under the hill"
SHORT = "nine bells"
TARA = email_of("tara")
PROBLEMS = re.compile(r'<div class="problems".*?</div>', re.DOTALL)


def asked(house: House, email: str = TARA) -> Visitor:
    """A fresh browser that asked for the link."""
    house.clock.advance(seconds=1)  # After whatever was mailed before.
    visitor = house.visitor()
    visitor.get("/password/reset")
    assert visitor.post("/password/reset", email=email).status_code == 200
    return visitor


def with_link(house: House, email: str = TARA) -> Visitor:
    """A fresh browser that opened the mailed link."""
    visitor = asked(house, email)
    assert visitor.follow(visitor.get(house.link(email))).status_code == 200
    return visitor


def is_stale(visitor: Visitor) -> bool:
    """Page and post say the same, and lead on."""
    page, answer = visitor.get("/password/new"), visitor.post("/password/new", new=NEW)
    return page.status_code == answer.status_code == 410 and "/password/reset" in page.text


def test_the_sign_in_page_leads_there_and_back(house: House) -> None:
    house.person("tara")
    visitor = house.visitor()
    assert 'href="/password/reset"' in visitor.get("/login").text
    assert 'href="/login"' in visitor.get("/password/reset").text


def test_the_link_alone_signs_nobody_in_and_the_new_password_meets_the_same_challenge(
    house: House,
) -> None:
    tara = signed_in(house, "tara")
    visitor = with_link(house)
    answer = visitor.post("/password/new", new=NEW)
    assert lands_on(answer) == "/login"
    assert "Your new password is set" in visitor.follow(answer).text
    assert cookie(visitor, "session") is None
    assert lands_on(visitor.get("/")) == "/login"
    assert visitor.password(TARA).status_code == 422, "the old password is over"
    assert lands_on(visitor.password(TARA, NEW)) == "/login/challenge"
    for path in ("/", "/security", "/account"):
        assert lands_on(visitor.get(path)) == "/login"
    visitor.app = tara.app
    assert "Hello" in visitor.follow(visitor.prove()).text


def test_every_session_ends_and_the_person_is_told(house: House) -> None:
    tara = signed_in(house, "tara")
    visitor = with_link(house)
    visitor.post("/password/new", new=NEW)
    assert lands_on(tara.get("/")) == "/login"
    house.work()
    told = subjects(house, TARA)
    assert "Choose a new password" in told
    assert "Your password was changed" in told
    person = house.run(users.by_email, TARA)
    assert len(audited(house, "password.reset_requested", person.id)) == 1
    assert len(audited(house, "password.reset", person.id)) == 1
    assert NEW not in str(rows(house, "audit_events"))


def test_who_has_no_second_factor_signs_in_with_the_new_password_and_nobody_does_without(
    house: House,
) -> None:
    house.person("tara")
    visitor = with_link(house)
    visitor.post("/password/new", new=NEW)
    assert lands_on(visitor.get("/")) == "/login"
    assert "Hello" in visitor.sign_in(TARA, NEW).text


def test_a_role_that_must_enrol_ends_in_the_gate(house: House) -> None:
    house.person("eve")
    eve = email_of("eve")
    visitor = with_link(house, eve)
    visitor.post("/password/new", new=NEW)
    visitor.sign_in(eve, NEW)
    assert lands_on(visitor.get("/partner/settlements")) == "/login/enrol"


def test_the_newest_link_alone_works_and_works_once(house: House) -> None:
    house.person("tara")
    first, second = with_link(house), with_link(house)
    assert is_stale(first)
    assert second.post("/password/new", new=NEW).status_code == 303
    assert is_stale(first)
    assert is_stale(second)
    assert house.visitor().password(TARA, NEW).status_code == 303


def test_the_link_ends_with_a_whole_sign_in_and_not_with_a_password_alone(house: House) -> None:
    tara = signed_in(house, "tara")
    visitor = with_link(house)
    house.clock.advance(minutes=1)
    other = house.visitor()
    other.app = tara.app
    other.password(TARA)
    assert visitor.get("/password/new").status_code == 200, "a thief may have the old password"
    other.prove()
    assert is_stale(visitor)


def test_the_link_is_good_for_half_an_hour(house: House) -> None:
    house.person("tara")
    visitor = asked(house)
    path = house.link(TARA)
    house.clock.advance(timedelta(minutes=30) - timedelta(seconds=1))
    assert visitor.follow(visitor.get(path)).status_code == 200
    house.clock.advance(timedelta(seconds=1))
    assert is_stale(visitor)
    assert visitor.follow(visitor.get(path)).status_code == 410


@pytest.mark.parametrize(
    ("lifetime", "words"),
    [({}, "30 minutes"), ({"minutes": 45}, "45 minutes"), ({"hours": 2}, "2 hours")],
)
def test_page_and_mail_say_how_long_the_link_is_good_for(
    database_url: str, clock: Clock, entropy: Entropy, lifetime: dict[str, int], words: str
) -> None:
    more = {"password_reset_lifetime": timedelta(**lifetime)} if lifetime else {}
    house = build(database_url, clock, entropy, **more)
    house.person("tara")
    visitor = house.visitor()
    visitor.get("/password/reset")
    assert f"It works for {words}." in visitor.post("/password/reset", email=TARA).text
    house.work()
    (mail,) = house.letters.to(TARA)
    assert f"for {words}." in mail.text and f"for {words}." in mail.html
    house.close()


@pytest.mark.parametrize("kind", ["unlock", "foreign", "none"])
def test_a_link_of_another_kind_is_good_for_nothing_here(house: House, kind: str) -> None:
    house.person("tara")
    visitor = house.visitor()
    if kind == "unlock":
        visitor.get("/login/unlock")
        visitor.post("/login/unlock", email=TARA)
        visitor.get(house.link(TARA))
    elif kind == "foreign":
        visitor.get("/password/reset/" + "x" * 43)
    assert is_stale(visitor)


@pytest.mark.parametrize("why", ["disabled", "invited", "moved", "changed"])
def test_a_link_ends_with_what_it_was_made_for(house: House, why: str) -> None:
    tara = signed_in(house, "tara", app=False)
    visitor = with_link(house)
    person = house.run(users.by_email, TARA)
    match why:
        case "disabled":
            house.run(hosts.set_state, TARA, AccountState.DISABLED)
        case "invited":
            house.run(users.set_state, person.id, AccountState.INVITED)
        case "moved":
            house.run(users.set_email, person.id, "tara@elsewhere.example")
        case "changed":
            tara.get("/account/password")
            other = "six red doors along the lane"
            assert tara.post("/account/password", current=PASSWORD, new=other).status_code == 303
    assert is_stale(visitor)


def test_an_account_that_is_not_active_gets_no_mail_and_the_same_answer(house: House) -> None:
    house.person("tara")
    house.run(hosts.set_state, TARA, AccountState.DISABLED)
    asked(house)
    asked(house, "nobody@guests.example")
    house.work()
    assert not house.letters.sent
    reasons = [row["reason"] for row in audited(house, "password.reset_requested")]
    assert reasons == ["no_active_account", "no_active_account"]


def test_it_is_closed_while_a_ticket_after_a_reset_lives(house: House) -> None:
    tara = somebody(house, "tara")
    ada, sol = somebody(house, "ada"), somebody(house, "sol")
    before = with_link(house)
    approve(sol.visitor, ask(ada.visitor, tara.id))
    assert is_stale(before), "asked for before the reset was approved"
    asked(house)
    house.work()
    assert subjects(house, TARA).count("Choose a new password") == 1, "none was asked for after it"
    ticket = house.visitor()
    ticket.follow(ticket.get(house.link(TARA)))
    assert "/login/enrol" in ticket.follow(ticket.post("/re-enrol", password=PASSWORD)).request.path
    assert ticket.enrol_app().status_code == 303
    assert with_link(house).post("/password/new", new=NEW).status_code == 303


def test_a_password_chosen_by_mail_opens_no_ticket_that_was_asked_for_before(house: House) -> None:
    tara = somebody(house, "tara")
    ada, sol = somebody(house, "ada"), somebody(house, "sol")
    asked_for = ask(ada.visitor, tara.id)
    assert with_link(house).post("/password/new", new=NEW).status_code == 303
    approve(sol.visitor, asked_for)
    ticket = house.visitor()
    ticket.follow(ticket.get(house.link(TARA)))
    assert ticket.post("/re-enrol", password=NEW).status_code == 403


def test_a_password_that_will_not_do_changes_nothing_and_leaves_the_link(house: House) -> None:
    house.person("tara")
    visitor = with_link(house)
    for bad in ("", "too short", "tara@guests.example tara@guests.example", "a" * 2000):
        answer = visitor.post("/password/new", new=bad)
        assert answer.status_code == 422, bad
    assert "15 characters" in visitor.post("/password/new", new=SHORT).text
    assert visitor.post("/password/new", new=NEW).status_code == 303


def test_a_shorter_one_does_beside_a_second_factor_alone(house: House) -> None:
    signed_in(house, "tara")
    assert with_link(house).post("/password/new", new=SHORT).status_code == 303


def test_guesses_at_the_old_password_are_forgotten_and_those_at_codes_are_not(
    house: House,
) -> None:
    signed_in(house, "tara").post("/logout")
    thief = house.visitor()
    thief.password(TARA)
    thief.get("/login/challenge/totp")
    for _ in range(6):
        thief.post("/login/challenge/totp", code="000000")
    for _ in range(6):
        thief.password(TARA, "a wrong one, quite long")
    assert thief.password(TARA).status_code == 429
    visitor = with_link(house)
    visitor.post("/password/new", new=NEW)
    assert lands_on(visitor.password(TARA, NEW)) == "/login/challenge"
    visitor.get("/login/challenge/totp")
    assert visitor.post("/login/challenge/totp", code="000000").status_code == 429


def test_a_password_that_had_to_be_renewed_is_another_one(house: House) -> None:
    house.person("tara")
    person = house.run(users.by_email, TARA)
    house.run(users.set_password_due, person.id, house.clock())
    visitor = with_link(house)
    assert visitor.post("/password/new", new=PASSWORD).status_code == 422
    assert visitor.post("/password/new", new=NEW).status_code == 303
    assert "Hello" in visitor.sign_in(TARA, NEW).text


def test_what_would_not_do_anyway_is_not_compared_with_the_old_password(house: House) -> None:
    """Or whoever reads the mailbox would find out the old one, by any number of guesses."""
    house.person("tara")
    person = house.run(users.by_email, TARA)
    house.run(users.set_password_due, person.id, house.clock())
    visitor = with_link(house)
    answers = []
    for guess in (PASSWORD, NEW):
        house.breached.add(hashlib.sha1(guess.encode(), usedforsecurity=False).hexdigest())
        answers.append(visitor.post("/password/new", new=guess))
    assert [answer.status_code for answer in answers] == [422, 422]
    said = [PROBLEMS.findall(answer.text) for answer in answers]
    assert said[0] == said[1] != []


def test_a_link_that_was_asked_for_before_the_account_was_disabled_stays_dead(
    house: House,
) -> None:
    signed_in(house, "tara", app=False)
    visitor = with_link(house)
    for state in (AccountState.DISABLED, AccountState.ACTIVE):
        house.run(hosts.set_state, TARA, state)
        assert is_stale(visitor)
