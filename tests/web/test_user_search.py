"""The search in the list of users: what it finds, where it ends, and that it says so."""

from __future__ import annotations

from portal.store import users
from portal.store.user_statements import ANYWHERE_MAX, FOUND_MAX, WINDOW
from tests.support.crowd import (
    OTHER,
    add_many,
    admin,
    populate,
)
from tests.support.house import HQ, PARTNER, House
from tests.support.user_lists import LINE, NEXT, linked, listed, searchable
from tests.support.web import rows


def test_three_letters_are_found_anywhere_and_mean_themselves(house: House) -> None:
    ada = searchable(house)
    found = {
        "sørensen": 1005,
        "SØREN": 1005,
        "na S": 1005,
        "r%c": 1006,
        "o'neil": 1006,
        'quo"te': 1007,
        "r_s": 1007,
        "k\\s": 1008,
        "ünal": 1008,
        "person1006@crowd": 1006,
    }
    for words, number in found.items():
        asked = ada.client.get(
            "/admin/users", query_string={"search": words}, base_url=house.settings.base_url
        )
        assert LINE.findall(asked.text) == [f"person{number:04d}@crowd.example"], words
    for words in ("%%%", "___", "a%n", "a_n", "xyzzy", "AND", '""""', "text : a", "a*b"):
        asked = ada.client.get(
            "/admin/users", query_string={"search": words}, base_url=house.settings.base_url
        )
        assert LINE.findall(asked.text) == [], words


def test_fewer_letters_are_found_at_the_beginning_of_a_name(house: House) -> None:
    ada = searchable(house)
    assert listed(ada, "?search=pe") == ["person1006@crowd.example"]
    assert listed(ada, "?search=PE&sort=signed_in") == ["person1006@crowd.example"]
    assert listed(ada, "?search=%25") == []
    assert len(listed(ada, "?search=a")) == 50


def test_what_many_have_in_common_fills_pages(house: House) -> None:
    ada = searchable(house)
    page = ada.get("/admin/users?search=aaron").text
    assert len(LINE.findall(page)) == 50
    address = linked(NEXT, page)
    assert address
    assert len(set(LINE.findall(ada.get(address).text)) - set(LINE.findall(page))) == 50


def test_what_is_too_common_for_the_index_says_so(house: House) -> None:
    ada = admin(house, HQ)
    add_many(house, HQ, ["Aaron"] * WINDOW + ["Zoe"] * (FOUND_MAX + 1))
    page = ada.get("/admin/users?search=zoe").text
    assert len(LINE.findall(page)) == 50
    assert "Many people match" in page
    assert linked(NEXT, page) is None


def test_what_is_common_elsewhere_is_still_found_at_home(house: House) -> None:
    ada = admin(house, HQ)
    add_many(house, PARTNER, ["Zoe"] * (ANYWHERE_MAX + 1), prefix="elsewhere")
    add_many(house, HQ, [*["Aaron"] * WINDOW, "Zoe at Home"])
    assert listed(ada, "?search=zoe") == [f"person{WINDOW:04d}@crowd.example"]
    assert listed(ada, "?search=zoe+at&state=two_factors") == []


def test_a_search_stays_inside_the_organisation(house: House) -> None:
    people = populate(house)
    pam = admin(house, PARTNER)
    assert listed(pam, "?search=example") == ["pam@partner.example", "pia@partner.example"]
    assert listed(pam, f"?search={people[OTHER].email}") == []


def test_a_changed_name_or_address_is_found_at_once(house: House) -> None:
    ada = admin(house, HQ)
    user = house.user("hans@hq.example", HQ)
    profile = {"name": "Gottfried", "locale": "en", "time_zone": "UTC"}
    house.run(users.set_profile, user.id, **profile)
    house.run(users.set_email, user.id, "moved@hq.example")
    assert listed(ada, "?search=ottfri") == ["moved@hq.example"]
    assert listed(ada, "?search=hans") == []
    # A short list is searched by itself, so the index is looked at here.
    assert "gottfried\nmoved@hq.example" in [row["text"] for row in rows(house, "user_search")]
