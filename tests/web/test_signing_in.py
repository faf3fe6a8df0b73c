"""Signing in through the real door: password, second factor, what is remembered."""

from __future__ import annotations

from tests.support.house import House


def test_a_traveler_enrols_signs_out_and_signs_in_with_the_app(house: House) -> None:
    house.person("tara")
    tara = house.visitor()
    assert "Hello" in tara.sign_in("tara@guests.example").text
    assert tara.enrol_app().status_code == 303
    tara.get("/security")
    assert tara.post("/logout").status_code == 303
    response = tara.password("tara@guests.example")
    assert response.headers["Location"] == "/login/challenge"
    assert "Hello" in tara.follow(tara.prove()).text


def test_a_code_works_once(house: House) -> None:
    house.person("tara")
    tara = house.visitor()
    tara.sign_in("tara@guests.example")
    tara.enrol_app()
    tara.get("/security")
    tara.post("/logout")
    assert tara.app is not None
    house.clock.advance(seconds=30)
    code = tara.app.code(house.clock())
    tara.password("tara@guests.example")
    assert tara.prove(code).status_code == 303
    other = house.visitor()
    other.app = tara.app
    other.password("tara@guests.example")
    refused = other.prove(code)
    assert refused.status_code == 422
    assert "used already" in refused.text


def test_a_controller_without_a_second_factor_can_do_nothing_but_enrol(house: House) -> None:
    house.person("eve")
    eve = house.visitor()
    response = eve.sign_in("eve@partner.example")
    assert "Set up a second proof" in response.text
    for path in ("/", "/security", "/account", "/security/sessions"):
        assert eve.get(path).headers["Location"].startswith("/login/enrol")
    assert eve.enrol_app().status_code == 303
    assert eve.get("/").status_code == 200


def test_backup_codes_are_shown_once_and_complete_a_sign_in(house: House) -> None:
    house.person("tara")
    tara = house.visitor()
    tara.sign_in("tara@guests.example")
    tara.enrol_app()
    assert tara.make_codes().status_code == 303
    assert not any(code in tara.get("/security/backup-codes").text for code in tara.codes)
    tara.post("/logout")
    tara.password("tara@guests.example")
    tara.get("/login/challenge/backup_codes")
    answer = tara.post("/login/challenge/backup_codes", code=tara.codes[0].lower())
    assert answer.status_code == 303
    assert tara.get("/").status_code == 200
