"""Opening an account: the mailbox and the chosen password together, never one alone."""

from __future__ import annotations

import pytest

from tests.support.house import GUESTS, PARTNER, PASSWORD, House, Visitor
from tests.support.memberships import admin, invite, organisation, roles_of, user
from tests.support.web import cookie, rows, signed_in

ADDRESS = "nora@new.example"
CHOSEN = "nine copper owls at midnight"


def applied(
    house: House, address: str = ADDRESS, password: str = CHOSEN, name: str = "Nora"
) -> Visitor:
    house.organise()
    visitor = house.visitor()
    visitor.get("/register")
    answer = visitor.post("/register", name=name, email=address, password=password)
    assert answer.status_code == 200, answer.text
    return visitor


def opened(house: House, path: str) -> Visitor:
    """A browser in which a mailed link was clicked."""
    visitor = house.visitor()
    visitor.follow(visitor.get(path))
    return visitor


def accounts(house: House) -> list[str]:
    return [row["email"] for row in rows(house, "users")]


def test_a_newcomer_registers_and_is_signed_in_by_link_and_password(house: House) -> None:
    applied(house)
    assert accounts(house) == []
    nora = opened(house, house.link(ADDRESS))
    assert nora.post("/activate", password=CHOSEN).status_code == 303
    assert "Hello, Nora" in nora.get("/").text
    assert accounts(house) == [ADDRESS]


def test_the_link_without_the_password_opens_nothing(house: House) -> None:
    applied(house)
    path = house.link(ADDRESS)
    mailbox = opened(house, path)
    assert accounts(house) == [], "looking at a link opens nothing"
    for wrong in ("", "x", PASSWORD):
        assert mailbox.post("/activate", password=wrong).status_code == 422
    assert accounts(house) == []
    assert cookie(mailbox, "session") is None


def test_nobody_can_prepare_an_account_for_the_owner_of_a_mailbox(house: House) -> None:
    # The attacker registers the victim's address; the victim, who clicks, does not know the
    # attacker's password. Then the victim registers too: only the victim's own password counts.
    applied(house, password="the attacker chose these words")
    applied(house)
    victim = opened(house, house.link(ADDRESS))
    assert victim.post("/activate", password=CHOSEN).status_code == 303
    attacker = house.visitor()
    assert attacker.password(ADDRESS, "the attacker chose these words").status_code == 422
    assert accounts(house) == [ADDRESS]


def test_a_link_is_used_once_and_an_address_opened_once(house: House) -> None:
    applied(house)
    first = house.link(ADDRESS)
    house.clock.advance(seconds=1)
    applied(house)
    second = house.link(ADDRESS)
    one, other, again = opened(house, first), opened(house, second), opened(house, first)
    assert one.post("/activate", password=CHOSEN).status_code == 303
    assert again.post("/activate", password=CHOSEN).status_code == 410
    assert other.post("/activate", password=CHOSEN).status_code == 410
    assert accounts(house) == [ADDRESS]


def test_an_expired_link_a_wrong_one_and_another_kind_read_the_same(house: House) -> None:
    applied(house)
    path = house.link(ADDRESS)
    tara = house.person("tara")
    asker = house.visitor()
    asker.get("/login/unlock")
    asker.post("/login/unlock", email=tara.email)
    unlock = house.link(tara.email).rpartition("/")[2]
    pages = set()
    house.clock.advance(hours=24)
    for link in (path, "/activate/" + "x" * 43, f"/activate/{unlock}"):
        visitor = house.visitor()
        page = visitor.follow(visitor.get(link))
        assert page.status_code == 410
        pages.add(page.text.split("<main")[1].split("</main>")[0])
        assert visitor.post("/activate", password=CHOSEN).status_code == 410
    assert len(pages) == 1
    assert "no longer works" in pages.pop()


def test_an_owner_is_told_when_somebody_registers_the_address(house: House) -> None:
    tara = house.person("tara")
    before = rows(house, "users")
    applied(house, tara.email, name="Not Tara")
    house.work()
    letters = house.letters.to(tara.email)
    assert len(letters) == 1
    assert "/activate/" not in letters[0].text
    assert rows(house, "users") == before
    assert rows(house, "links") == []


def test_the_token_leaves_the_address_at_once(house: House) -> None:
    applied(house)
    path = house.link(ADDRESS)
    visitor = house.visitor()
    answer = visitor.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/activate")
    token = path.rpartition("/")[2]
    assert cookie(visitor, "link") == token
    assert token not in visitor.get("/activate").text
    visitor.post("/activate", password=CHOSEN)
    assert cookie(visitor, "link") is None


def test_guesses_at_a_link_are_slowed_down_like_any(house: House) -> None:
    applied(house)
    thief = opened(house, house.link(ADDRESS))
    statuses = [thief.post("/activate", password="wrong").status_code for _ in range(7)]
    assert statuses == [422] * 5 + [429] * 2
    assert "Retry-After" in thief.post("/activate", password=CHOSEN).headers


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 15"),
        ("x" * 257, "too long"),
        ("aaaaaaaaaaaaaaaaaaaa", "easy to guess"),
        ("nora nora.example", "made of your name"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(
    house: House, password: str, words: str
) -> None:
    house.organise()
    visitor = house.visitor()
    visitor.get("/register")
    answer = visitor.post("/register", name="Nora", email=ADDRESS, password=password)
    assert answer.status_code == 422
    assert words in answer.text
    assert password not in answer.text
    assert rows(house, "links") == []


def test_a_person_who_is_signed_in_can_open_another_persons_link(house: House) -> None:
    applied(house)
    path = house.link(ADDRESS)
    tara = signed_in(house, "tara", app=False)
    tara.follow(tara.get(path))
    assert tara.post("/activate", password=CHOSEN).status_code == 303
    assert "Hello, Nora" in tara.get("/").text


@pytest.mark.parametrize("withdrawn", [False, True])
def test_who_was_only_ever_invited_registers_like_anybody(house: House, withdrawn: bool) -> None:
    pam = admin(house, "pam")
    invite(pam, PARTNER, ADDRESS, "finance_controller", name="Taken Over")
    invitation = house.link(ADDRESS)
    if withdrawn:
        (link,) = rows(house, "links")
        pam.post(f"/admin/invitations/{link['id']}/withdrawal")
    house.clock.advance(seconds=1)
    applied(house)
    before = user(house, ADDRESS)
    assert before["state"] == "invited", "nothing before the mailbox"
    assert (before["withdrawn_at"] is not None) is withdrawn
    nora = opened(house, house.link(ADDRESS))
    assert nora.post("/activate", password="not what was chosen").status_code == 422
    assert nora.post("/activate", password=CHOSEN).status_code == 303
    assert "Hello, Nora" in nora.get("/").text
    after = user(house, ADDRESS)
    assert (after["id"], after["state"]) == (before["id"], "active")
    assert after["withdrawn_at"] is None
    assert after["home_organisation_id"] == organisation(house, GUESTS)
    assert roles_of(house, ADDRESS) == {(GUESTS, "traveler")}
    later = house.visitor()
    later.follow(later.get(invitation))
    assert later.post("/invitation").status_code == (410 if withdrawn else 303)
    assert ((PARTNER, "finance_controller") in roles_of(house, ADDRESS)) is not withdrawn


@pytest.mark.parametrize("withdrawn", [False, True])
def test_who_was_disabled_before_they_came_does_not_come_by_registering(
    house: House, withdrawn: bool
) -> None:
    pam = admin(house, "pam")
    invite(pam, PARTNER, ADDRESS, "dispatcher")
    if withdrawn:
        pam.post(f"/admin/invitations/{rows(house, 'links')[0]['id']}/withdrawal")
    early = applied(house)
    assert early is not None
    link = house.link(ADDRESS)
    assert pam.post(f"/admin/users/{user(house, ADDRESS)['id']}/disabled").status_code == 303
    late = opened(house, link)
    assert late.post("/activate", password=CHOSEN).status_code == 410
    house.clock.advance(seconds=1)
    before = len(house.letters.to(ADDRESS))
    applied(house)
    house.work()
    letters = house.letters.to(ADDRESS)[before:]
    assert [letter for letter in letters if "/activate/" in letter.text] == []
    assert (user(house, ADDRESS)["state"], user(house, ADDRESS)["withdrawn_at"]) == (
        "disabled",
        None,
    )
    assert invite(pam, PARTNER, ADDRESS, "dispatcher").status_code == 422, "enable it first"


def test_a_registration_opens_no_account_that_somebody_opened_meanwhile(house: House) -> None:
    invite(admin(house, "pam"), PARTNER, ADDRESS, "dispatcher", name="Nora")
    invitation = opened(house, house.link(ADDRESS))
    house.clock.advance(seconds=1)
    applied(house)
    late = opened(house, house.link(ADDRESS))
    assert invitation.post("/invitation", password=PASSWORD).status_code == 303
    assert late.post("/activate", password=CHOSEN).status_code == 410
    assert roles_of(house, ADDRESS) == {(PARTNER, "dispatcher")}
    assert late.password(ADDRESS, CHOSEN).status_code == 422
