"""A roll-out on the page of policy: how far it is, and how many it would have stopped so far."""

from __future__ import annotations

from datetime import timedelta

from portal.edge import Edge
from portal.rules.terms import AccountState
from portal.store import users
from tests.support.drafts import path, words
from tests.support.house import HQ, House
from tests.support.rollouts import roll_out
from tests.support.web import email_of, signed_in


def test_it_says_how_many_would_be_stopped_and_names_them_a_click_away(house: House) -> None:
    pam, dan = signed_in(house, "pam"), house.person("dan")
    number = roll_out(house, days=30, watched=1)
    assert "stopped so far" not in words(pam.get(path(house))), "it is not watched yet"
    house.clock.advance(timedelta(days=2))
    house.visitor().sign_in(email_of("dan"))
    pam.sign_in(email_of("pam"))
    page = pam.get(path(house))
    told = "1 person would have been stopped so far. {} of them still would be. Who?"
    assert told.format(1) in words(page)
    link = page.text.split('still would be. <a href="')[1].split('"')[0]
    assert link == path(house, f"findings?version={number}")
    assert dan.email in words(pam.get(link))

    def disable(edge: Edge) -> None:
        table = users.users
        state = str(AccountState.DISABLED)
        edge.db.execute(table.update().where(table.c.id == dan.id).values(state=state))

    house.run(disable)
    assert told.format(0) in words(pam.get(path(house)))


def test_what_a_parent_has_seen_is_for_the_parent(house: House) -> None:
    pam, sol = signed_in(house, "pam"), signed_in(house, "sol")
    house.person("dan")
    roll_out(house, name=HQ)
    house.visitor().sign_in(email_of("dan"))
    assert "1 person would have been stopped so far" in words(sol.get(path(house, organisation=HQ)))
    told = words(pam.get(path(house)))
    assert "Version 1 of Test HQ Monitored" in told and "stopped so far" not in told


def test_what_is_watched_from_the_second_of_its_announcement_is_drawn(house: House) -> None:
    pam = signed_in(house, "pam")
    half = timedelta(seconds=0.5)
    house.clock.advance(half)
    roll_out(house, watched=half / timedelta(days=1))
    page = pam.get(path(house))
    assert page.status_code == 200 and page.text.count("picture-goal") == 1
