"""What pages at a shared desk do by themselves, and how an organisation gets such desks."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskCliRunner

from portal.commands import mark_organisation
from tests.support.desks import IDLE, SECOND, at_desk, mark, unlock
from tests.support.house import PARTNER, House
from tests.support.memberships import events
from tests.support.web import Work, email_of, lands_on, rows, signed_in

REFRESH = re.compile(r'<noscript><meta http-equiv="refresh" content="(\d+); url=([^"]+)">')


def test_looking_keeps_no_desk_awake(house: House) -> None:
    dan = at_desk(house)
    for left in (300, 240, 180, 120, 60):
        answer = dan.get("/desk/lock", htmx=True)
        assert (answer.status_code, answer.headers["Retry-After"]) == (204, str(left))
        house.clock.advance(minutes=1)
    answer = dan.get("/desk/lock", htmx=True)
    assert answer.status_code == 403
    assert lands_on(answer).startswith("/step-ups/")


def test_the_way_back_in_leads_to_the_page_that_looked(house: House) -> None:
    dan = at_desk(house)
    house.clock.advance(IDLE)
    dan.headers["HX-Current-URL"] = f"{house.settings.base_url}/security/activity?after=x"
    step_up = lands_on(dan.get("/desk/lock", htmx=True))
    assert unlock(dan, step_up).headers["Location"] == "/security/activity?after=x"


def test_a_key_or_a_click_keeps_it_awake(house: House) -> None:
    dan = at_desk(house)
    for _ in range(3):
        house.clock.advance(IDLE - SECOND)
        answer = dan.get("/desk/activity", htmx=True)
        assert (answer.status_code, answer.headers["Retry-After"]) == (204, "300")
    house.clock.advance(IDLE)
    assert dan.get("/desk/activity", htmx=True).status_code == 403


def test_without_scripts_a_page_leaves_by_itself_when_the_desk_locks(house: House) -> None:
    dan = at_desk(house)
    house.clock.advance(seconds=59)
    found = REFRESH.search(dan.get("/security/activity").text)
    assert found, "the page stays on the screen"
    assert found.groups() == ("241", "/desk/away?next=/security/activity")
    house.clock.advance(seconds=241)
    step_up = lands_on(dan.get(found[2]))
    assert step_up.startswith("/step-ups/")
    assert REFRESH.search(dan.get(step_up).text) is None
    assert dan.follow(unlock(dan, step_up)).request.path == "/security/activity"


def test_a_page_that_left_by_itself_keeps_no_other_window_awake(house: House) -> None:
    dan = at_desk(house)
    house.clock.advance(minutes=4)
    dan.get("/account")
    house.clock.advance(minutes=1)
    page = dan.get("/desk/away?next=/security")
    assert page.status_code == 200
    assert 'href="/security"' in page.text
    found = REFRESH.search(page.text)
    assert found
    assert found.groups() == ("240", "/desk/away?next=/security")
    house.clock.advance(minutes=4)
    assert lands_on(dan.get("/account")).startswith("/step-ups/")


def test_leaving_leads_to_no_other_site(house: House) -> None:
    dan = at_desk(house)
    assert dan.get("/desk/away?next=https://elsewhere.example/").headers["Location"] == "/"


def test_nothing_of_it_is_there_for_people_who_share_no_desk(house: House) -> None:
    tara = signed_in(house, "tara", app=False)
    page = tara.get("/").text
    assert REFRESH.search(page) is None
    assert "desk-lock" not in page
    assert "Shared desk: it locks" not in page
    answer = tara.get("/desk/lock", htmx=True)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (204, None)
    assert lands_on(tara.get("/desk/away?next=/account")) == "/account"


def test_changing_the_person_is_one_click_on_every_page(house: House) -> None:
    dan = at_desk(house)
    button = 'action="/change-person"'
    for path in ("/", "/security", "/account", "/security/how-it-works"):
        page = dan.get(path).text
        assert page.count(button) == 1
        assert page.index(button) < page.index('<details class="menu">'), "not in the menu"
        assert "locks when nobody has used it for 5 minutes" in page
    house.clock.advance(IDLE)
    page = dan.get(lands_on(dan.get("/"))).text
    assert button in page, "the next one need not know whose lock it is"
    assert lands_on(dan.post("/change-person")) == "/login"
    assert email_of("dan") not in dan.get("/login").text


def test_the_next_person_may_sign_in_over_a_lock(house: House) -> None:
    dan = at_desk(house)
    house.person("pam")
    house.clock.advance(IDLE)
    dan.sign_in(email_of("pam"))
    ended = {row["revoked_for"] for row in rows(house, "sessions")}
    assert ended == {"replaced", None}
    assert lands_on(dan.get("/")) == "/login/enrol", "Pam's own gate"


def test_a_shared_desk_costs_no_statement_more(house: House) -> None:
    dan = at_desk(house)
    counts = []
    for shared in (True, False):
        mark(house, shared=shared)
        with Work(house) as work:
            assert dan.get("/").status_code == 200
        counts.append(len(work.statements))
    assert counts[0] == counts[1] <= 3


def command(house: House, *arguments: str) -> Any:
    runner: FlaskCliRunner = house.app.test_cli_runner()
    return runner.invoke(mark_organisation, list(arguments))


def test_the_command_marks_once_and_names_what_it_does_not_find(house: House) -> None:
    house.organise()
    for _ in range(2):
        assert command(house, PARTNER, "--shared-desks").exit_code == 0
    assert command(house, PARTNER, "--no-shared-desks").output == f"{PARTNER}: no shared desks\n"
    unknown = command(house, "No Such Cars", "--shared-desks")
    assert unknown.exit_code == 1
    assert "no such account or organisation" in unknown.output
    assert command(house, PARTNER).exit_code == 2, "it must be said which"
    details = [row["detail"]["shared_desks"] for row in events(house, "organisation.marked")]
    assert details == [True, False]
    assert not any(row["shared_desks"] for row in rows(house, "organisations"))
