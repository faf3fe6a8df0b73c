"""What a stranger can learn and what a stranger can break: nothing, and nobody's way in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from portal.flows import hosts
from portal.rules.lockout import Lane
from portal.rules.terms import AccountState
from tests.support.clock import Clock, Entropy
from tests.support.house import BASE_URL, PASSWORD, House, Visitor, build
from tests.support.web import Work, email_of, signed_in

UNKNOWN = "nobody@guests.example"


def knowing(house: House) -> dict[str, str]:
    """One address of each sort."""
    house.person("tara")
    house.person("piet")
    house.run(hosts.set_state, email_of("piet"), AccountState.DISABLED)
    return {"unknown": UNKNOWN, "known": email_of("tara"), "disabled": email_of("piet")}


def plain(answer: TestResponse, address: str) -> tuple[str, int, tuple[str, ...], int]:
    """Words, status, cookies' names and length of an answer, the typed address aside."""
    text = re.sub(r'value="[^"]*"|"X-CSRFToken": "[^"]*"|[\w+-]{43}', "", answer.text)
    words = " ".join(text.replace(address, "ADDRESS").split())
    names = tuple(value.partition("=")[0] for value in answer.headers.getlist("Set-Cookie"))
    return words, answer.status_code, names, len(answer.text.replace(address, ""))


def asked(house: House, path: str, form: dict[str, Any]) -> tuple:
    """An answer as a stranger sees it, and the work behind it."""
    stranger = house.visitor()
    stranger.get(path)
    with Work(house) as work:
        answer = stranger.post(path, **form)
    return plain(answer, form["email"]), work.shape


def assert_alike(answers: dict[str, tuple]) -> None:
    """Every address was answered as the unknown one, with the same work."""
    expected_page, expected_work = answers["unknown"]
    for sort, (page, work) in answers.items():
        assert work == expected_work, sort
        assert page == expected_page, sort


def test_sign_in_tells_unknown_known_and_disabled_apart_by_nothing(house: House) -> None:
    answers = {
        sort: asked(house, "/login", {"email": address, "password": "a wrong one, quite long"})
        for sort, address in knowing(house).items()
    }
    right = {"email": email_of("piet"), "password": PASSWORD}
    answers["disabled with its password"] = asked(house, "/login", right)
    assert answers["unknown"][1][2] == 1, "exactly one hash is computed"
    assert_alike(answers)


def test_a_throttled_address_is_throttled_the_same_whoever_has_it(house: House) -> None:
    answers = {}
    for sort, address in knowing(house).items():
        stranger = house.visitor()
        for _ in range(6):
            stranger.password(address, "a wrong one, quite long")
        answers[sort] = asked(house, "/login", {"email": address, "password": PASSWORD})
    words, shape = answers["unknown"]
    assert words[1] == 429
    assert shape[2] == 0, "nothing is compared"
    assert_alike(answers)


def test_a_spent_lane_reads_the_same_whoever_has_the_address(house: House) -> None:
    answers = {}
    for sort, address in knowing(house).items():
        spend_strangers(house, address)
        house.visitor().password(address)  # The first refusal of a series is the audited one.
        answers[sort] = asked(house, "/login", {"email": address, "password": PASSWORD})
    assert "unlock link" in answers["unknown"][0][0]
    assert_alike(answers)


@pytest.mark.parametrize("path", ["/register", "/login/unlock", "/password/reset"])
def test_asking_for_mail_tells_nothing(house: House, path: str) -> None:
    form = {"name": "Somebody", "password": "eleven amber kites over the bay"}
    answers = {
        sort: asked(house, path, {"email": address, **(form if path == "/register" else {})})
        for sort, address in knowing(house).items()
    }
    pages = {page for page, _ in answers.values()}
    assert len(pages) == 1, pages
    # A mail more or less is a row more or less: milliseconds under the hash of a registration.
    hashes = {shape[2] for _, shape in answers.values()}
    commits = {shape[1] for _, shape in answers.values()}
    assert hashes == ({1} if path == "/register" else {0})
    assert len(commits) == 1


def spend_strangers(house: House, address: str) -> None:
    """Guess as a stranger until the lane is spent, waiting out every pause."""
    stranger = house.visitor()
    stranger.get("/login")
    for _ in range(int(Lane.STRANGERS)):
        house.clock.advance(hours=1, seconds=1)
        answer = stranger.post("/login", email=address, password="a wrong one, quite long")
        assert answer.status_code == 422


def test_a_thousand_mistakes_of_a_stranger_never_lock_out_the_known_browser(house: House) -> None:
    tara = signed_in(house, "tara")
    tara.post("/logout")
    stranger = house.visitor()
    stranger.get("/login")
    statuses = []
    for _ in range(1000):
        house.clock.advance(minutes=61)
        answer = stranger.post("/login", email=email_of("tara"), password="wrong, and long enough")
        statuses.append(answer.status_code)
    assert statuses == [422] * int(Lane.STRANGERS) + [429] * (1000 - int(Lane.STRANGERS))
    assert "Hello" in tara.sign_in(email_of("tara")).text


def test_strangers_mistakes_with_codes_leave_the_known_browser_its_own(house: House) -> None:
    tara = signed_in(house, "tara")
    tara.post("/logout")
    thief = house.visitor()
    for _ in range(7):
        thief.password(email_of("tara"))
        thief.get("/login/challenge/totp")
        thief.post("/login/challenge/totp", code="000000")
    for pause in (30, 60, 120):
        assert thief.post("/login/challenge/totp", code="000000").status_code == 429
        house.clock.advance(seconds=pause)
        assert thief.post("/login/challenge/totp", code="000000").status_code == 422
    assert "Hello" in tara.sign_in(email_of("tara")).text


def test_a_spent_lane_is_told_by_one_mail_and_a_mailed_unlock_opens_a_lane(house: House) -> None:
    address = house.person("tara").email
    spend_strangers(house, address)
    elsewhere = house.visitor()
    for _ in range(3):
        assert elsewhere.password(address).status_code == 429
    house.work()
    told = house.letters.to(address)
    assert len(told) == 1, [letter.subject for letter in told]
    owner = house.visitor()
    owner.get("/login/unlock")
    assert owner.post("/login/unlock", email=address).status_code == 200
    owner.follow(owner.get(house.link(address)))
    assert owner.post("/unlock").status_code == 303
    for _ in range(6):
        elsewhere.password(address, "wrong, and long enough")
    assert elsewhere.password(address).status_code == 429
    assert "Hello" in owner.sign_in(address).text


def test_an_unlock_link_works_once(house: House) -> None:
    address = house.person("tara").email
    owner = house.visitor()
    owner.get("/login/unlock")
    owner.post("/login/unlock", email=address)
    path = house.link(address)
    for expected in (303, 410):
        owner.follow(owner.get(path))
        assert owner.post("/unlock").status_code == expected
    assert owner.get("/").headers["Location"] == "/login"  # It signs nobody in.


def test_one_mailbox_gets_no_flood_and_the_answer_does_not_say(
    database_url: str, clock: Clock, entropy: Entropy
) -> None:
    house = build(database_url, clock, entropy, mails_per_mailbox="2 per hour")
    try:
        tara = house.person("tara").email
        answers = {address: [] for address in (tara, UNKNOWN)}
        for address, given in answers.items():
            stranger = house.visitor()
            stranger.get("/login/unlock")
            given += [
                plain(stranger.post("/login/unlock", email=address), address) for _ in range(4)
            ]
        house.work()
        assert len(house.letters.to(tara)) == 2
        assert len({answer for given in answers.values() for answer in given}) == 1
    finally:
        house.close()


def test_a_mail_links_to_the_configured_address_whatever_host_was_asked(house: House) -> None:
    house.person("tara")
    stranger = Visitor(house, house.app.test_client(), {"X-Forwarded-Host": "evil.example"})
    stranger.get("/login/unlock")
    stranger.post("/login/unlock", email=email_of("tara"))
    house.work()
    text = house.letters.to(email_of("tara"))[-1].text
    assert f"{BASE_URL}/unlock/" in text
    assert "evil" not in text
    foreign = stranger.client.get("/login", base_url="https://evil.example")
    assert foreign.status_code == 400


def test_a_pause_ends_when_it_says(house: House) -> None:
    address = house.person("tara").email
    stranger = house.visitor()
    for _ in range(5):
        assert stranger.password(address, "wrong, and long enough").status_code == 422
    refused = stranger.password(address)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "30"
    house.clock.advance(timedelta(seconds=29))
    assert stranger.password(address).status_code == 429
    house.clock.advance(timedelta(seconds=1))
    assert stranger.password(address).status_code == 303
