"""A person's own sessions, browsers and activity."""

from __future__ import annotations

from tests.support.house import House
from tests.support.web import cookie, lands_on, rows, signed_in, signed_in_again

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)


def ids(house: House, table: str) -> list[str]:
    return [str(row["id"]) for row in rows(house, table) if row["revoked_at"] is None]


def test_the_list_shows_ones_own_and_marks_this_one(house: House) -> None:
    tara = signed_in(house, "tara", **{"User-Agent": CHROME})
    signed_in(house, "piet")
    own = {str(row["id"]) for row in rows(house, "sessions") if row["user_agent"] == CHROME}
    before = set(ids(house, "sessions"))
    signed_in_again(house, "tara", tara)
    other = set(ids(house, "sessions")) - before
    page = tara.get("/security/sessions").text
    assert "Chrome on Windows" in page
    assert f"/security/sessions/{other.pop()}/end" in page
    assert not any(f"/security/sessions/{one}/end" in page for one in before - own)


def test_another_persons_session_and_browser_are_not_found(house: House) -> None:
    tara = signed_in(house, "tara")
    foreign = [*ids(house, "sessions"), *ids(house, "browsers")]
    piet = signed_in(house, "piet")
    for kind in ("sessions", "browsers"):
        for one in foreign:
            assert piet.post(f"/security/{kind}/{one}/end").status_code == 404
    assert tara.get("/").status_code == 200


def test_ending_this_session_signs_out(house: House) -> None:
    tara = signed_in(house, "tara")
    answer = tara.post(f"/security/sessions/{ids(house, 'sessions')[-1]}/end")
    assert lands_on(answer) == "/login"
    assert "Clear-Site-Data" in answer.headers
    assert cookie(tara, "session") is None


def test_signing_out_everywhere_ends_all_and_forgets_every_browser(house: House) -> None:
    tara = signed_in(house, "tara")
    other = signed_in_again(house, "tara", tara)
    tara.get("/security")
    tara.post("/security/sessions/end")
    assert lands_on(other.get("/")) == "/login"
    assert ids(house, "sessions") == ids(house, "browsers") == []
    old = cookie(tara, "browser")
    tara.sign_in("tara@guests.example")
    assert cookie(tara, "browser") != old, "the browser has to become known anew"


def test_forgetting_a_browser_makes_it_a_strangers_again(house: House) -> None:
    tara = signed_in(house, "tara")
    known = ids(house, "browsers")[0]
    assert known in tara.get("/security/sessions").text
    assert tara.post(f"/security/browsers/{known}/end").status_code == 303
    assert known not in tara.get("/security/sessions").text
    assert tara.post(f"/security/browsers/{known}/end").status_code == 404


def test_activity_pages_from_the_newest_to_the_first(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    for number in range(30):
        house.clock.advance(seconds=1)
        tara.get("/account")
        tara.post("/account", name=f"Tara {number}", locale="en", time_zone="UTC")
    first = tara.get("/security/activity")
    assert first.text.count("Profile changed") == 20
    older = first.text.partition("/security/activity?before=")[2].partition('"')[0]
    second = tara.get(f"/security/activity?before={older}")
    assert second.text.count("Profile changed") == 10
    assert "Account created" in second.text
    assert "before=" not in second.text


def test_activity_shows_ones_own_account_alone(house: House) -> None:
    piet = signed_in(house, "piet")
    house.visitor(**{"User-Agent": CHROME}).password("tara@guests.example", "wrong one, long")
    assert "Chrome" not in piet.get("/security/activity").text
