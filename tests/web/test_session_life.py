"""A session from its first token to its end: rotation, cookies, idling, absolute ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.flows import hosts
from portal.rules.terms import AccountState, Role
from tests.support.house import PARTNER, House, Visitor
from tests.support.web import (
    cookie,
    email_of,
    half_signed_in,
    lands_on,
    rows,
    signed_in,
    signed_in_again,
)

SECOND = timedelta(seconds=1)


def with_token(house: House, token: str | None) -> Visitor:
    """A browser that holds a session token that somebody gave it."""
    visitor = house.visitor()
    visitor.client.set_cookie(
        "__Host-session", token or "", domain="portal.example", secure=True, path="/"
    )
    return visitor


def opens(visitor: Visitor, path: str = "/") -> bool:
    return visitor.get(path).status_code == 200


def test_every_level_brings_a_new_token_and_kills_the_old(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    tokens = [cookie(tara, "session")]
    tara.enrol_app()
    tokens.append(cookie(tara, "session"))
    tara.get("/security")
    tara.post("/logout")
    tara.password(email_of("tara"))
    tokens.append(cookie(tara, "session"))
    tara.prove()
    tokens.append(cookie(tara, "session"))
    house.clock.advance(minutes=6)
    tara.follow(tara.get("/account/email"))
    step_up = rows(house, "step_ups")[-1]["id"]
    tara.prove(path=f"/step-ups/{step_up}/totp")
    tokens.append(cookie(tara, "session"))
    assert len(set(tokens)) == 5
    assert [opens(with_token(house, token)) for token in tokens] == [False] * 4 + [True]


def test_a_token_planted_before_sign_in_is_worth_nothing_after_it(house: House) -> None:
    house.person("tara")
    planted = "A" * 43
    victim = with_token(house, planted)
    victim.sign_in(email_of("tara"))
    assert cookie(victim, "session") != planted
    assert not opens(with_token(house, planted))


def test_signing_in_over_a_session_ends_the_one_before(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    old = cookie(tara, "session")
    tara.post("/logout")
    thief = with_token(house, old)
    house.person("dan")
    assert not opens(thief)
    tara.sign_in(email_of("tara"))
    before = cookie(tara, "session")
    other = with_token(house, before)
    other.client.set_cookie("x", "y", domain="portal.example")
    other.get("/login/unlock")
    other.post("/login", email=email_of("dan"), password="seven quiet lanterns on the pier")
    assert not opens(with_token(house, before))


def test_no_browser_becomes_known_before_the_sign_in_is_whole(house: House) -> None:
    tara = signed_in(house, "tara")
    fresh = house.visitor()
    fresh.app = tara.app
    fresh.password(email_of("tara"))
    fresh.get("/login/challenge")
    assert cookie(fresh, "browser") is None
    fresh.prove()
    assert cookie(fresh, "browser") is not None
    house.person("eve")
    eve = house.visitor()
    eve.sign_in(email_of("eve"))
    assert cookie(eve, "browser") is None
    eve.enrol_app()
    assert cookie(eve, "browser") is not None


def test_every_cookie_is_bound_to_this_host_and_closed_to_scripts(house: House) -> None:
    tara = house.visitor()
    house.person("tara")
    seen = {}
    answers = [tara.get("/login"), tara.password(email_of("tara")), tara.get("/")]
    answers += [tara.get("/unlock/x" + "y" * 43), tara.get("/security"), tara.post("/logout")]
    tara.get("/login/unlock")
    answers.append(tara.post("/language", locale="de"))
    for answer in answers:
        for line in answer.headers.getlist("Set-Cookie"):
            name, _, rest = line.partition("=")
            seen[name] = rest
            assert name.startswith("__Host-")
            assert "; Secure" in rest and "; HttpOnly" in rest and "; SameSite=Lax" in rest
            assert "; Path=/" in rest and "Domain" not in rest
            assert len(line) < 300
    names = {"anonymous", "session", "browser", "link", "notice", "locale", "offer"}
    assert set(seen) == {f"__Host-{name}" for name in names}


def test_signing_out_clears_what_the_browser_kept_but_stays_known(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    known, token = cookie(tara, "browser"), cookie(tara, "session")
    answer = tara.post("/logout")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert cookie(tara, "session") is None
    assert cookie(tara, "browser") == known
    assert not opens(with_token(house, token))


def test_what_a_host_does_to_an_account_holds_from_the_next_request(house: House) -> None:
    tara, dan = signed_in(house, "tara", app=False), signed_in(house, "dan", app=False)
    assert opens(tara) and opens(dan)
    house.run(hosts.set_state, email_of("tara"), AccountState.DISABLED)
    house.run(hosts.grant, email_of("dan"), PARTNER, Role.FINANCE_CONTROLLER)
    assert lands_on(tara.get("/")) == "/login"
    assert lands_on(dan.get("/")) == "/login/enrol"
    house.run(hosts.set_state, email_of("tara"), AccountState.ACTIVE)
    assert lands_on(tara.get("/")) == "/login", "an ended session does not come back"


def test_a_session_ended_elsewhere_ends_on_the_next_request(house: House) -> None:
    tara = signed_in(house, "tara")
    other = signed_in_again(house, "tara", tara)
    assert opens(other)
    tara.get("/security/sessions")
    assert tara.post("/security/sessions/others/end").status_code == 303
    assert lands_on(other.get("/")) == "/login"
    assert opens(tara)


def test_a_pending_sign_in_ends_after_ten_minutes(house: House) -> None:
    tara = half_signed_in(house)
    house.clock.advance(timedelta(minutes=10) - SECOND)
    assert opens(tara, "/login/challenge")
    house.clock.advance(SECOND)
    assert lands_on(tara.get("/login/challenge")) == "/login"
    assert tara.app is not None
    late = tara.post("/login/challenge/totp", code=tara.app.code(house.clock()))
    assert lands_on(late) == "/login"


def test_two_factors_lapse_after_exactly_an_hour_away_and_one_restores_them(house: House) -> None:
    tara = signed_in(house, "tara")
    house.clock.advance(timedelta(hours=1) - SECOND)
    assert opens(tara)
    house.clock.advance(timedelta(hours=1))
    lapsed = tara.get("/")
    assert lands_on(lapsed).startswith("/step-ups/")
    page = tara.follow(lapsed)
    assert "away for a while" in page.text
    path = lands_on(lapsed) + "/password"
    tara.get(path)
    assert tara.post(path, password="seven quiet lanterns on the pier").status_code == 303
    assert opens(tara)


def test_looking_at_the_challenge_restores_nothing(house: House) -> None:
    tara = signed_in(house, "tara")
    house.clock.advance(timedelta(hours=1))
    challenge = lands_on(tara.get("/"))
    for _ in range(3):
        house.clock.advance(minutes=1, seconds=1)
        for path in (challenge, "/login/challenge", "/login", "/account/email/cancellation"):
            tara.get(path)
    assert lands_on(tara.get("/")).startswith("/step-ups/")


@pytest.mark.parametrize(
    ("app", "lifetime"), [(True, timedelta(hours=24)), (False, timedelta(days=30))]
)
def test_a_session_ends_with_its_level_however_busy(
    house: House, app: bool, lifetime: timedelta
) -> None:
    tara = signed_in(house, "tara", app=app)
    began = house.clock()
    step = timedelta(minutes=50) if app else timedelta(days=1)
    while house.clock() + step < began + lifetime:
        house.clock.advance(step)
        assert opens(tara), house.clock() - began
    house.clock.set(began + lifetime - SECOND)
    assert opens(tara)
    house.clock.set(began + lifetime + SECOND)
    assert not opens(tara)


def test_a_clock_set_back_leaves_nothing_open_longer(house: House) -> None:
    tara = half_signed_in(house)
    house.clock.advance(timedelta(minutes=-30))
    assert lands_on(tara.get("/")) == "/login"
