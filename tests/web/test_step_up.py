"""Step-up: a proof that is fresh for five minutes; what was being done comes back for one click."""

from __future__ import annotations

from datetime import timedelta

from tests.support.house import PASSWORD, House, Visitor
from tests.support.web import lands_on, rows, signed_in, signed_in_again

FRESH = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def stale(house: House) -> Visitor:
    tara = signed_in(house, "tara")
    house.clock.advance(FRESH + SECOND)
    tara.get("/security")
    return tara


def passed(tara: Visitor, step_up: str) -> None:
    assert tara.prove(path=f"{step_up}/totp").status_code == 303


def test_a_proof_is_fresh_for_five_minutes_to_the_second(house: House) -> None:
    tara = signed_in(house, "tara")
    house.clock.advance(FRESH)
    assert tara.get("/account/email").status_code == 200
    house.clock.advance(SECOND)
    assert lands_on(tara.get("/account/email")).startswith("/step-ups/")


def test_a_page_opens_by_itself_after_the_proof(house: House) -> None:
    tara = stale(house)
    step_up = lands_on(tara.get("/account/email"))
    page = tara.get(step_up)
    assert "change your email address" in page.text
    assert tara.follow(tara.prove(path=f"{step_up}/totp")).request.path == "/account/email"


def test_a_form_comes_back_for_one_click_and_nothing_typed_is_lost(house: House) -> None:
    tara = stale(house)
    step_up = lands_on(tara.post("/account/email", email="tara@moved.example"))
    assert rows(house, "links") == []
    passed(tara, step_up)
    assert rows(house, "links") == [], "the proof alone sends nothing"
    shown = tara.get(step_up)
    assert 'value="tara@moved.example"' in shown.text
    assert 'action="/account/email"' in shown.text
    assert tara.post("/account/email", email="tara@moved.example").status_code == 303
    assert len(rows(house, "links")) == 2


def test_passwords_are_never_kept(house: House) -> None:
    tara = stale(house)
    step_up = lands_on(tara.post("/account/password", current=PASSWORD, new=PASSWORD + " two"))
    passed(tara, step_up)
    answer = tara.get(step_up)
    assert lands_on(answer) == "/account/password"
    assert PASSWORD not in answer.text


def test_the_password_alone_does_not_refresh_two_factors(house: House) -> None:
    tara = stale(house)
    step_up = lands_on(tara.get("/account/email"))
    assert tara.get(f"{step_up}/password").status_code == 404
    assert tara.post(f"{step_up}/password", password=PASSWORD).status_code == 404


def test_without_a_second_factor_the_password_refreshes(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    house.clock.advance(FRESH + SECOND)
    step_up = lands_on(tara.get("/account/email"))
    tara.get(step_up)
    assert tara.post(f"{step_up}/password", password=PASSWORD).status_code == 303
    assert tara.get("/account/email").status_code == 200


def test_ending_sessions_asks_for_any_one_factor(house: House) -> None:
    tara = stale(house)
    step_up = lands_on(tara.post("/security/sessions/others/end"))
    tara.get(f"{step_up}/password")
    assert tara.post(f"{step_up}/password", password=PASSWORD).status_code == 303
    tara.get(step_up)
    assert lands_on(tara.post("/security/sessions/others/end")) == "/security/sessions"


def test_another_session_does_not_find_it(house: House) -> None:
    tara = stale(house)
    step_up = lands_on(tara.get("/account/email"))
    own_other = signed_in_again(house, "tara", tara)
    piet = signed_in(house, "piet")
    for visitor in (own_other, piet):
        assert visitor.get(step_up).status_code == 404
        assert visitor.post(f"{step_up}/totp", code="000000").status_code == 404
    assert lands_on(house.visitor().get(step_up)) == "/login"


def test_it_waits_five_minutes(house: House) -> None:
    tara = stale(house)
    step_up = lands_on(tara.get("/account/email"))
    house.clock.advance(FRESH - SECOND)
    assert tara.get(step_up).status_code == 200
    house.clock.advance(SECOND)
    assert tara.get(step_up).status_code == 404


def test_next_elsewhere_is_ignored(house: House) -> None:
    tara = stale(house)
    step_up = lands_on(tara.get("/account/email?next=//evil.example"))
    tara.get(f"{step_up}?next=//evil.example")
    house.clock.advance(seconds=30)
    assert tara.app is not None
    code = tara.app.code(house.clock())
    answer = tara.post(f"{step_up}/totp?next=//evil.example", code=code, next="//evil.example")
    assert lands_on(answer) == "/account/email"


def test_a_fragment_comes_back_to_the_page_that_held_it(house: House) -> None:
    tara = stale(house)
    tara.headers["HX-Current-URL"] = f"{house.settings.base_url}/security"
    answer = tara.post("/security/authenticators/new/totp", htmx=True)
    assert answer.status_code == 403
    passed(tara, lands_on(answer))
    del tara.headers["HX-Current-URL"]
    assert 'action="/security/authenticators/new/totp"' in tara.get(lands_on(answer)).text
