"""A person's own authenticators: names, revoking, and why some must stay."""

from __future__ import annotations

from portal.flows import hosts
from portal.flows.hosts import NewUser
from portal.rules.terms import Role
from tests.support.house import PARTNER, House, Visitor
from tests.support.web import half_signed_in, lands_on, rows, signed_in, signed_in_again


def held(house: House, kind: str, email: str | None = None) -> list[dict]:
    owners = {row["id"] for row in rows(house, "users") if email in (None, row["email"])}
    return [
        row
        for row in rows(house, "authenticators")
        if row["kind"] == kind and row["revoked_at"] is None and row["user_id"] in owners
    ]


def path_of(row: dict, verb: str = "") -> str:
    return f"/security/authenticators/{row['id']}{verb}"


def test_a_name_of_ones_own_is_shown_everywhere(house: House) -> None:
    tara = signed_in(house, "tara")
    row = held(house, "totp")[0]
    assert tara.post(path_of(row, "/name"), name="Blue phone").status_code == 303
    assert "Blue phone" in tara.get("/security").text
    assert "Blue phone" in tara.get(path_of(row)).text


def test_a_name_that_does_not_fit_is_refused(house: House) -> None:
    tara = signed_in(house, "tara")
    row = held(house, "totp")[0]
    for name in ("", "   ", "x" * 61, "a\u202eb", "a\nb"):
        assert tara.post(path_of(row, "/name"), name=name).status_code == 422
    assert held(house, "totp")[0]["name"] == row["name"]


def test_revoking_ends_it_for_good_and_tells_by_mail(house: House) -> None:
    tara = signed_in(house, "tara")
    tara.make_codes()
    tara.get("/security")
    row = held(house, "totp")[0]
    assert "Only your password will protect" in tara.get(path_of(row)).text
    assert lands_on(tara.post(path_of(row, "/revocation"))) == "/security"
    assert held(house, "totp") == []
    assert held(house, "backup_codes") == [], "codes only stand in for a second factor"
    house.work()
    subjects = [letter.subject for letter in house.letters.to("tara@guests.example")]
    assert sum("revoked" in subject for subject in subjects) == 2
    tara.get("/security")
    tara.post("/logout")
    assert lands_on(tara.password("tara@guests.example")) == "/"


def test_the_last_second_factor_of_a_role_that_needs_one_stays(house: House) -> None:
    piet = signed_in(house, "piet")
    row = held(house, "totp")[0]
    assert "this is your last one" in piet.get(path_of(row)).text
    refused = piet.post(path_of(row, "/revocation"))
    assert refused.status_code == 409
    assert "Enrol another one first" in refused.text
    assert piet.enrol_app().status_code == 303
    piet.get("/security")
    assert piet.post(path_of(row, "/revocation")).status_code == 303
    assert len(held(house, "totp")) == 1


def test_the_password_stays(house: House) -> None:
    tara = signed_in(house, "tara")
    password = held(house, "password")[0]
    assert tara.post(path_of(password, "/revocation")).status_code == 409
    assert len(held(house, "password")) == 1


def test_a_short_password_must_not_stand_alone(house: House) -> None:
    house.organise()
    short = "otter-quay9"
    role = Role.PARTNER_ADMIN
    house.run(hosts.create_user, NewUser("sam@partner.example", "Sam", short, PARTNER, (role,)))
    sam = house.visitor()
    sam.sign_in("sam@partner.example", short)
    sam.enrol_app()
    with house.runner.database.engine.begin() as connection:  # ty: ignore[missing-attribute]
        # The role is taken away; what stays is a person with a short password and an app.
        connection.exec_driver_sql("UPDATE memberships SET role = 'dispatcher'")
    sam.get("/security")
    refused = sam.post(path_of(held(house, "totp")[0], "/revocation"))
    assert refused.status_code == 409
    assert "too short" in refused.text


def test_another_persons_authenticator_is_not_found(house: House) -> None:
    tara, piet = signed_in(house, "tara"), signed_in(house, "piet")
    foreign = held(house, "totp", "tara@guests.example")[0]
    assert piet.get(path_of(foreign)).status_code == 404
    assert piet.post(path_of(foreign, "/name"), name="Mine").status_code == 404
    assert piet.post(path_of(foreign, "/revocation")).status_code == 404
    assert held(house, "totp", "tara@guests.example")[0] == foreign
    assert tara.get(path_of(foreign)).status_code == 200


def test_another_sessions_enrolment_cannot_be_finished(house: House) -> None:
    tara: Visitor = signed_in(house, "tara", app=False)
    tara.get("/security")
    page = tara.post("/security/authenticators/new/totp").headers["Location"]
    other = signed_in_again(house, "tara", tara)
    assert lands_on(other.get(page)) == "/security"
    ceremony = page.partition("ceremony=")[2]
    answer = other.post(f"/security/authenticators/new/totp/{ceremony}", code="123456")
    assert answer.status_code == 410


def test_a_half_signed_in_person_reaches_none_of_it(house: House) -> None:
    tara = half_signed_in(house)
    row = held(house, "totp")[0]
    assert lands_on(tara.post(path_of(row, "/revocation"))) == "/login"
    assert held(house, "totp") != []
