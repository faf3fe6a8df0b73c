"""What stands above every page of somebody whom policy will stop, and what the gate says after."""

from __future__ import annotations

import re
from html import unescape

from portal.flows import hosts, policies
from portal.rules.terms import Role
from portal.store import users
from tests.support.house import BRANCH, GUESTS, PARTNER, House, Visitor
from tests.support.rollouts import NO_APPS, RESISTANT, announcements, roll_out, tell
from tests.support.web import Work, email_of, lands_on, rows, signed_in

DISMISS = re.compile(r'action="(/announcements/[^"]+/dismissal)"')
BANNER = 'class="banner'
HARDWARE = {"demands": {"dispatcher": {"level": 3}}}


def words(text: str) -> str:
    """What is to be read on a page, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def banner(visitor: Visitor, path: str = "/account") -> str:
    """What the banner of a page says; empty where there is none."""
    text = visitor.get(path).text
    return words(text.split(BANNER, 1)[1].split("</section>")[0]) if BANNER in text else ""


def dismissal(visitor: Visitor, path: str = "/account") -> str:
    found = DISMISS.search(visitor.get(path).text)
    assert found
    return found.group(1)


def test_it_stands_on_every_page_of_the_person_concerned_with_day_and_way(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    roll_out(house, days=12, message="Ask Pam if anything is unclear.")
    for path in ("/", "/account", "/security", "/security/how-it-works", "/security/sessions"):
        text = banner(dan, path)
        assert "From 14 November 2026 you need a second factor to go on." in text
        assert "12 days left." in text
        assert "Ask Pam if anything is unclear." in text and "From Test Cars" in text
        assert "Set it up" in text and "How does it work?" in text and "Dismiss" in text
    shown = dan.get("/account").text
    assert 'aria-label="Announcements"' in shown
    assert 'href="/security"' in shown and 'href="/security/how-it-works"' in shown
    assert dan.get("/security", htmx=True).text.count(BANNER) == 0, "a part of a page has none"


def test_nobody_else_sees_anything_of_it(house: House) -> None:
    with_app = signed_in(house, "dan")
    pam, tara = signed_in(house, "pam"), signed_in(house, "tara", app=False)
    roll_out(house, message="Only for those whom it stops.")
    for visitor in (with_app, pam, tara):
        assert banner(visitor) == "" and "Only for those" not in visitor.get("/").text


def test_it_costs_a_statement_for_those_alone_whom_it_concerns(house: House) -> None:
    dan, tara = signed_in(house, "dan", app=False), signed_in(house, "tara", app=False)
    before = {}
    for name, visitor in (("dan", dan), ("tara", tara)):
        with Work(house) as work:
            visitor.get("/account")
        before[name] = len(work.statements)
    roll_out(house)
    dan.get("/account")  # Seeing it is written down once.
    for name, visitor, more in (("dan", dan, 1), ("tara", tara, 0)):
        with Work(house) as work:
            visitor.get("/account")
        assert len(work.statements) == before[name] + more, name
        assert work.commits == 0


def test_who_has_seen_it_is_written_down_once(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    roll_out(house)
    assert rows(house, "announcement_readers") == []
    dan.get("/account")
    seen = house.clock()
    house.clock.advance(seconds=30)
    dan.get("/account")
    (reader,) = rows(house, "announcement_readers")
    assert reader["seen_at"] == seen and reader["mailed_at"] is None
    tell(house)
    (reader,) = rows(house, "announcement_readers")
    assert reader["seen_at"] == seen and reader["mailed_at"] == house.clock()


def test_a_banner_that_is_put_away_comes_back_in_the_last_days(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    roll_out(house, days=12)
    answer = dan.post(dismissal(dan), next="/account")
    assert (answer.status_code, lands_on(answer)) == (303, "/account")
    assert banner(dan) == ""
    house.clock.advance(days=4, hours=23)
    assert banner(dan) == ""
    house.clock.advance(hours=1)
    text = banner(dan)
    assert "7 days left." in text and "Dismiss" not in text
    assert "write to help@portal.example" in text, "the one way out is named"
    (row,) = announcements(house)
    again = f"/announcements/{row['id']}/dismissal"
    before = rows(house, "announcement_readers")
    assert dan.post(again).status_code == 303
    assert rows(house, "announcement_readers") == before
    assert "7 days left." in banner(dan), "it stays"


def test_nobody_puts_away_what_is_not_shown_to_them(house: House) -> None:
    dan, tara = signed_in(house, "dan"), signed_in(house, "tara", app=False)
    roll_out(house, days=12)
    (row,) = announcements(house)
    path = f"/announcements/{row['id']}/dismissal"
    for visitor in (dan, tara):
        visitor.get("/account")
        assert visitor.post(path).status_code == 404
    assert rows(house, "announcement_readers") == []
    house.user("dora@partner.example", PARTNER, Role.DISPATCHER)
    dora = house.visitor()
    dora.sign_in("dora@partner.example")
    assert dora.post(path, next="//evil.example").headers["Location"] == "/"


def test_it_goes_as_soon_as_the_person_has_enrolled_or_the_policy_went_back(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    roll_out(house, days=12)
    assert banner(dan)
    dan.enrol_app()
    assert banner(dan) == ""
    roll_out(house, RESISTANT, days=13)
    assert "you need a passkey or a security key to go on" in banner(dan)
    house.run(policies.back, PARTNER)
    assert banner(dan) == ""


def test_it_says_what_will_be_missing(house: House) -> None:
    dan = signed_in(house, "dan")
    roll_out(house, NO_APPS, days=12)
    text = banner(dan)
    assert "From 14 November 2026 this is not accepted any more: Authenticator app." in text
    house.run(policies.back, PARTNER)
    roll_out(house, HARDWARE, days=12)
    assert "you need a certified security key to go on" in banner(dan)


def test_pages_of_one_task_and_of_the_gate_have_none(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    roll_out(house, days=3)
    action, _ = dan.begin_app()
    assert BANNER not in dan.get(action.rpartition("/")[0]).text
    house.run(users.set_password_due, rows(house, "users")[0]["id"], house.clock())
    assert BANNER not in dan.follow(dan.get("/account")).text, "nothing but a new password is open"
    house.run(users.set_password_due, rows(house, "users")[0]["id"], None)
    house.clock.advance(minutes=20)
    asked = dan.get("/account/email")
    assert lands_on(asked).startswith("/step-ups/")
    assert BANNER not in dan.follow(asked).text
    house.clock.advance(days=3)
    dan = house.visitor()
    gate = dan.sign_in(email_of("dan"))
    assert gate.request.path == "/login/enrol" and BANNER not in gate.text


def test_after_the_day_the_gate_says_why(house: House) -> None:
    dan = signed_in(house, "dan")
    for document, expected in (
        (NO_APPS, "does not accept this any more: Authenticator app."),
        (RESISTANT, "asks everybody in your role for a passkey or a security key"),
        (HARDWARE, "asks everybody in your role for a certified key"),
    ):
        roll_out(house, document, days=0.001)
        house.clock.advance(minutes=2)
        page = dan.follow(dan.get("/account"))
        assert page.request.path == "/login/enrol"
        assert expected in words(page.text)
        assert "/security/authenticators/new/passkey" in page.text, "what may be used"
        assert "/security/authenticators/new/totp" not in page.text
        house.run(policies.back, PARTNER)
        house.run(policies.publish, PARTNER, {})


def test_how_it_works_says_what_is_asked_from_when_and_how(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    page = words(dan.get("/security/how-it-works").text)
    assert "By Test Cars." in page
    assert "Today: No second factor is asked of you." in page
    roll_out(house, days=12, grace=5)
    roll_out(house, RESISTANT, days=40)
    page = words(dan.get("/security/how-it-works").text)
    assert "From 19 November 2026: A second factor is asked of you." in page
    assert "From 12 December 2026: A passkey or a security key is asked of you." in page
    assert page.count("You have not set it up yet.") == 2
    assert "Scan the picture with the app" in page and "Choose “Passkey”" in page


def test_a_person_of_two_organisations_is_told_of_the_first_that_stops_them(house: House) -> None:
    dora = house.user("dora@partner.example", BRANCH, Role.DISPATCHER)
    house.run(hosts.grant, dora.email, GUESTS, Role.DISPATCHER)
    visitor = house.visitor()
    visitor.sign_in(dora.email)
    roll_out(house, days=20, name=GUESTS, message="From the guests.")
    roll_out(house, days=10, name=PARTNER, message="From the partner.")
    text = banner(visitor)
    assert "10 days left." in text and "From the partner." in text and "guests" not in text
