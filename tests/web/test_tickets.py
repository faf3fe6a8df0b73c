"""After a reset: the mailed ticket with the older password, and nothing less, enrols again."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import pytest

from portal.edge import Edge
from portal.flows import hosts, tickets
from portal.flows.outcomes import Gone
from tests.support.house import KEY, PASSWORD, House, Visitor
from tests.support.resets import (
    Somebody,
    approve,
    ask,
    audited,
    held,
    somebody,
    user_row,
)
from tests.support.web import cookie, dump, lands_on, rows

NEW_PASSWORD = "nine loud bells under the hill"
DAY = timedelta(hours=24)


def reset_of(house: House, name: str = "tara") -> Somebody:
    """Somebody whose reset was asked for and approved; the ticket is in their mailbox."""
    person = somebody(house, name)
    ada, sol = somebody(house, "ada"), somebody(house, "sol")
    assert approve(sol.visitor, ask(ada.visitor, person.id)).status_code == 303
    return person


def with_ticket(house: House, email: str) -> Visitor:
    """A fresh browser that opened the mailed link."""
    visitor = house.visitor()
    assert visitor.follow(visitor.get(house.link(email))).status_code == 200
    return visitor


def stale(visitor: Visitor) -> bool:
    """Page and post say the same, and lead on."""
    page, answer = visitor.get("/re-enrol"), visitor.post("/re-enrol", password=PASSWORD)
    assert page.status_code == answer.status_code
    return page.status_code == 410 and 'href="/login"' in page.text


def test_the_password_alone_leads_to_a_page_that_says_where_the_link_is(house: House) -> None:
    tara = reset_of(house)
    visitor = house.visitor()
    page = visitor.sign_in(tara.email)
    assert page.request.path == "/login/enrol"
    assert "Open the link that we mailed" in page.text
    assert tara.email in page.text
    assert "help@portal.example" in page.text
    for path in ("/", "/security", "/account", "/admin/users", "/security/authenticators/new/totp"):
        assert lands_on(visitor.get(path)) == "/login/enrol"
    answer = visitor.post("/security/authenticators/new/totp")
    assert lands_on(answer) == "/login/enrol"
    assert lands_on(visitor.get("/account/password")) == "/login/enrol"
    assert held(house, tara.id) == ["password"]


def test_the_page_says_when_the_link_is_too_old(house: House) -> None:
    tara = reset_of(house)
    house.clock.advance(DAY + timedelta(minutes=1))
    page = house.visitor().sign_in(tara.email)
    assert "too old" in page.text
    assert "another reset" in page.text


def test_the_link_alone_opens_no_session(house: House) -> None:
    tara = reset_of(house)
    visitor = with_ticket(house, tara.email)
    assert cookie(visitor, "session") is None
    assert lands_on(visitor.get("/login/enrol")) == "/login"


def test_both_open_a_session_that_may_only_enrol(house: House) -> None:
    tara = reset_of(house)
    visitor = with_ticket(house, tara.email)
    page = visitor.follow(visitor.post("/re-enrol", password=PASSWORD))
    assert page.request.path == "/login/enrol"
    assert "Your authenticators were reset" in page.text
    assert "Authenticator app" in page.text
    for path in ("/", "/security", "/account", "/account/password", "/security/sessions"):
        assert lands_on(visitor.get(path)) == "/login/enrol"
    assert lands_on(visitor.post("/account", name="Eve")) in {"/login/enrol"}
    assert user_row(house, tara.id)["reset_at"] is not None
    assert visitor.enrol_app().status_code == 303
    assert visitor.get("/").status_code == 200
    assert held(house, tara.id) == ["password", "totp"]
    assert len(audited(house, "ticket.accepted", tara.id)) == 1
    fresh = house.visitor()
    fresh.app = visitor.app
    assert fresh.sign_in(tara.email).request.path == "/"


def test_a_ticket_is_used_up_by_the_first_factor(house: House) -> None:
    tara = reset_of(house)
    link = house.link(tara.email)
    first, second = with_link(house, link), with_link(house, link)
    for visitor in (first, second):
        visitor.follow(visitor.post("/re-enrol", password=PASSWORD))
    action, app = second.begin_app()
    assert first.enrol_app().status_code == 303
    late = second.post(action, code=app.code(house.clock()))
    assert held(house, tara.id) == ["password", "totp"]
    assert late.status_code in {303, 410}
    assert lands_on(late) in {"", "/login"}
    assert second.get("/").status_code == 303
    assert stale(with_link(house, link))


def with_link(house: House, path: str) -> Visitor:
    visitor = house.visitor()
    visitor.follow(visitor.get(path))
    return visitor


def test_a_ticket_lives_a_day_to_the_second(house: House) -> None:
    tara = reset_of(house)
    ticket = next(row for row in rows(house, "links") if row["kind"] == "ticket")
    path = house.link(tara.email)
    house.clock.advance(ticket["expires_at"] - house.clock() - timedelta(seconds=1))
    assert with_link(house, path).get("/re-enrol").status_code == 200
    house.clock.advance(timedelta(seconds=1))
    assert stale(with_link(house, path))
    assert ticket["expires_at"] - ticket["created_at"] == DAY


def test_a_session_whose_ticket_ran_out_enrols_nothing(house: House) -> None:
    tara = reset_of(house)
    ticket = next(row for row in rows(house, "links") if row["kind"] == "ticket")
    house.clock.advance(ticket["expires_at"] - house.clock() - timedelta(minutes=1))
    visitor = with_ticket(house, tara.email)
    visitor.follow(visitor.post("/re-enrol", password=PASSWORD))
    action, app = visitor.begin_app()
    house.clock.advance(timedelta(minutes=2))
    assert visitor.post(action, code=app.code(house.clock())).status_code == 410
    assert held(house, tara.id) == ["password"]


def test_a_foreign_a_false_and_no_ticket_read_the_same(house: House) -> None:
    tara = reset_of(house)
    visitor = house.visitor()
    visitor.get("/login/unlock")
    visitor.post("/login/unlock", email=tara.email)
    house.work()
    letters = house.letters.to(tara.email)
    unlock = next(letter for letter in letters if letter.subject == "Unlock your account")
    token = unlock.text.partition("/unlock/")[2].split()[0]
    pages = [
        with_link(house, path).get("/re-enrol").text
        for path in (f"/re-enrol/{token}", f"/re-enrol/{'A' * 43}", "/re-enrol")
    ]
    assert len({page[page.index("<main") : page.index("</main>")] for page in pages}) == 1
    assert stale(with_link(house, f"/re-enrol/{token}"))


def test_a_wrong_password_is_counted_and_refused(house: House) -> None:
    tara = reset_of(house)
    visitor = with_ticket(house, tara.email)
    for _ in range(5):
        answer = visitor.post("/re-enrol", password="not the password of hers")
        assert answer.status_code == 422
        assert cookie(visitor, "session") is None
    answer = visitor.post("/re-enrol", password=PASSWORD)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert cookie(visitor, "session") is None
    assert len(audited(house, "ticket.refused", tara.id)) == 5
    house.clock.advance(seconds=31)
    assert lands_on(visitor.post("/re-enrol", password=PASSWORD)) == "/login/enrol"


def test_a_ticket_gives_twenty_guesses_and_no_more(house: House) -> None:
    tara = reset_of(house)
    visitor = with_ticket(house, tara.email)
    for _ in range(20):
        assert visitor.post("/re-enrol", password="not the password of hers").status_code == 422
        house.clock.advance(timedelta(hours=1))
    answer = visitor.post("/re-enrol", password=PASSWORD)
    assert answer.status_code == 429
    assert "Ask for another reset" in answer.text


def test_strangers_who_guess_do_not_close_the_ticket(house: House) -> None:
    tara = reset_of(house)
    stranger = house.visitor()
    for _ in range(7):
        stranger.password(tara.email, "not the password of hers")
    visitor = with_ticket(house, tara.email)
    assert lands_on(visitor.post("/re-enrol", password=PASSWORD)) == "/login/enrol"


def test_a_password_younger_than_the_request_is_refused_in_words(house: House) -> None:
    tara = somebody(house, "tara")
    ada, sol = somebody(house, "ada"), somebody(house, "sol")
    reset = ask(ada.visitor, tara.id)
    tara.visitor.get("/account/password")
    changed = tara.visitor.post("/account/password", current=PASSWORD, new=NEW_PASSWORD)
    assert changed.status_code == 303
    assert approve(sol.visitor, reset).status_code == 303
    visitor = with_ticket(house, tara.email)
    answer = visitor.post("/re-enrol", password=NEW_PASSWORD)
    assert answer.status_code == 403
    assert "changed after the reset was asked for" in answer.text
    assert "help@portal.example" in answer.text
    assert cookie(visitor, "session") is None
    assert [row["reason"] for row in audited(house, "ticket.refused")] == ["password_too_new"]
    old = with_ticket(house, tara.email).post("/re-enrol", password=PASSWORD)
    assert old.status_code == 422, "the old one is no password any more"


def test_a_lost_ticket_is_replaced_by_another_reset(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    approve(sol.visitor, ask(ada.visitor, tara.id))
    old = house.link(tara.email)
    assert approve(sol.visitor, ask(ada.visitor, tara.id)).status_code == 303
    assert stale(with_link(house, old))
    made = [row for row in rows(house, "links") if row["kind"] == "ticket"]
    assert [row["used_at"] is None for row in made] == [False, True]


def test_a_new_reset_ends_a_session_that_was_about_to_enrol(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    approve(sol.visitor, ask(ada.visitor, tara.id))
    visitor = with_ticket(house, tara.email)
    visitor.follow(visitor.post("/re-enrol", password=PASSWORD))
    action, app = visitor.begin_app()
    approve(sol.visitor, ask(ada.visitor, tara.id))
    assert lands_on(visitor.post(action, code=app.code(house.clock()))) == "/login"
    assert held(house, tara.id) == ["password"]


def test_an_enrolment_begun_before_the_reset_is_not_finished_after_it(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    tara.visitor.get("/security")
    action, app = tara.visitor.begin_app()
    approve(sol.visitor, ask(ada.visitor, tara.id))
    assert lands_on(tara.visitor.post(action, code=app.code(house.clock()))) == "/login"
    assert held(house, tara.id) == ["password"]
    ceremonies = [row for row in rows(house, "ceremonies") if row["user_id"] == tara.id]
    assert all(row["used_at"] for row in ceremonies)


def test_a_ticket_that_ends_while_the_password_is_compared_opens_nothing(house: House) -> None:
    tara = reset_of(house)
    token = house.link(tara.email).rpartition("/")[2]

    def interrupted(edge: Edge) -> Generator[Any, Any, Any]:
        flow = tickets.redeem(edge, token, PASSWORD)
        compare = next(flow)

        def compare_slowly() -> Any:
            verdict = compare()
            house.run(hosts.reset_factors, tara.email, "meanwhile")
            return verdict

        try:
            flow.send((yield compare_slowly))
        except StopIteration as finished:
            return finished.value

    before = len(rows(house, "sessions"))
    assert house.run(interrupted) == Gone()
    assert len(rows(house, "sessions")) == before


@pytest.mark.parametrize("form", [{}, {"password": ""}, {"password": "x" * 1025}])
def test_an_unfit_form_compares_nothing(house: House, form: dict[str, Any]) -> None:
    tara = reset_of(house)
    visitor = with_ticket(house, tara.email)
    assert visitor.post("/re-enrol", **form).status_code == 422
    assert audited(house, "ticket.refused", tara.id) == []


def test_the_token_is_in_no_page_and_no_table(house: House) -> None:
    tara = reset_of(house)
    path = house.link(tara.email)
    token = path.rpartition("/")[2]
    visitor = with_link(house, path)
    assert token not in visitor.get("/re-enrol").text
    assert not KEY.search(visitor.get("/re-enrol").text)
    assert token not in str(dump(house))
