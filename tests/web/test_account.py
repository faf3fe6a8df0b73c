"""The account page: profile, password, language and the organisation one acts in."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from portal.flows import hosts
from portal.rules.terms import Role
from portal.store.tables import users
from tests.support.house import BRANCH, PARTNER, PASSWORD, House
from tests.support.web import email_of, lands_on, rows, signed_in, signed_in_again

CHOSEN = "nine copper owls at midnight"


def test_a_profile_is_saved_and_speaks_the_chosen_language(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    tara.get("/account")
    saved = tara.post("/account", name="Tara Ö. Ñandú", locale="ar", time_zone="Asia/Tokyo")
    assert lands_on(saved) == "/account"
    page = tara.get("/account").text
    assert 'lang="ar" dir="rtl"' in page
    assert "Tara Ö. Ñandú" in page


def test_a_language_that_is_not_spoken_here_leaves_the_choice_to_the_browser(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    with engine.begin() as connection:
        connection.execute(update(users).values(locale="nl"))  # A newer release speaks it.
    for accepted, role in (("de", "Reisende/r"), ("fr", "Voyageur"), ("de", "Reisende/r")):
        tara.headers["Accept-Language"] = accepted
        page = tara.get("/account").text
        assert f'lang="{accepted}"' in page
        assert f'<span class="quiet">{role}</span>' in page, "the frame says it as well"


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "locale": "en", "time_zone": "UTC"},
        {"name": "x" * 121, "locale": "en", "time_zone": "UTC"},
        {"name": "Tara", "locale": "xx", "time_zone": "UTC"},
        {"name": "Tara", "locale": "en", "time_zone": "../../etc/passwd"},
        {"name": "Ta\nra", "locale": "en", "time_zone": "UTC"},
    ],
)
def test_a_profile_that_does_not_fit_changes_nothing(house: House, form: dict[str, Any]) -> None:
    tara = signed_in(house, "tara", app=False)
    before = rows(house, "users")
    tara.get("/account")
    assert tara.post("/account", **form).status_code == 422
    assert rows(house, "users") == before


def test_a_new_password_ends_the_other_sessions_and_tells_by_mail(house: House) -> None:
    tara = signed_in(house, "tara")
    other = signed_in_again(house, "tara", tara)
    tara.get("/account/password")
    assert tara.post("/account/password", current=PASSWORD, new=CHOSEN).status_code == 303
    assert lands_on(other.get("/")) == "/login"
    assert tara.get("/").status_code == 200
    house.work()
    subjects = [letter.subject.lower() for letter in house.letters.to(email_of("tara"))]
    assert sum("password" in subject for subject in subjects) == 1
    stranger = house.visitor()
    assert stranger.password(email_of("tara"), PASSWORD).status_code == 422
    assert lands_on(stranger.password(email_of("tara"), CHOSEN)) == "/login/challenge"


def test_without_the_current_password_nothing_changes_and_guesses_are_counted(
    house: House,
) -> None:
    tara = signed_in(house, "tara")
    before = rows(house, "authenticators")
    tara.get("/account/password")
    statuses = [
        tara.post("/account/password", current="wrong", new=CHOSEN).status_code for _ in range(7)
    ]
    assert statuses == [422] * 5 + [429] * 2
    assert tara.post("/account/password", current=PASSWORD, new=CHOSEN).status_code == 429
    assert rows(house, "authenticators") == before


def test_a_short_password_will_do_only_beside_a_second_factor(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    short = "otter-quay9"
    tara.get("/account/password")
    refused = tara.post("/account/password", current=PASSWORD, new=short)
    assert refused.status_code == 422
    assert "at least 15" in refused.text
    tara.enrol_app()
    tara.get("/account/password")
    assert tara.post("/account/password", current=PASSWORD, new=short).status_code == 303


def test_a_breached_password_is_refused(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    # SHA-1 of CHOSEN, as the list of breached passwords holds it.
    house.breached.add("55142e0b2bab6eb0bb34a2c650ad25fef4c4fa44")
    tara.get("/account/password")
    refused = tara.post("/account/password", current=PASSWORD, new=CHOSEN)
    assert refused.status_code == 422
    assert "data breach" in refused.text


def test_one_acts_in_an_organisation_of_ones_own_alone(house: House) -> None:
    dan = signed_in(house, "dan", app=False)
    house.run(hosts.grant, email_of("dan"), BRANCH, Role.DISPATCHER)
    organisations = {row["name"]: str(row["id"]) for row in rows(house, "organisations")}
    dan.get("/account")
    assert dan.post("/acting-organisation", organisation=organisations[BRANCH]).status_code == 303
    assert BRANCH in dan.get("/").text
    for foreign in (organisations["Test HQ"], "x", "", organisations["Guests"]):
        assert dan.post("/acting-organisation", organisation=foreign).status_code == 404
    acting = [row for row in rows(house, "sessions") if row["acting_organisation_id"]]
    assert [str(row["acting_organisation_id"]) for row in acting] == [organisations[BRANCH]]
    assert PARTNER in dan.get("/account").text


def test_a_stranger_chooses_a_language_among_ours(house: House) -> None:
    stranger = house.visitor()
    stranger.get("/login")
    stranger.post("/language", locale="de", next="/register")
    assert 'lang="de"' in stranger.get("/login").text
    stranger.post("/language", locale="xx")
    assert 'lang="de"' in stranger.get("/login").text
