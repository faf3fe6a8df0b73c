"""Announcements that ask nothing: by administrators, to everybody below, until taken back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from portal.edge import Edge
from portal.flows import announcement_mail, announcement_pages, announcements, hosts
from portal.flows.outcomes import Blocked
from portal.rules.terms import Role
from portal.store import organisations
from portal.store.organisations import Organisation
from tests.support.crowd import events, id_of, staff
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House, Visitor
from tests.support.rollouts import roll_out, tell
from tests.support.web import Work, email_of, lands_on, rows, signed_in, signed_in_again

PATH = "/admin/announcements"
MESSAGE = "The portal rests on Sunday\nfrom two to three."


def write(
    house: House, visitor: Visitor, name: str = PARTNER, *, until: str = "2026-11-20", **more: Any
) -> Any:
    visitor.get(PATH)
    form = {"message": MESSAGE, "until": until, **more}
    return visitor.post(PATH, form, audience=id_of(house, name))


def announcement(house: House) -> dict[str, Any]:
    (row,) = rows(house, "announcements")
    return row


def shown(visitor: Visitor) -> bool:
    return "from two to three." in visitor.get("/account").text


def test_everybody_of_the_organisation_and_below_gets_it_by_mail_and_sees_it(house: House) -> None:
    pam, dan = signed_in(house, "pam"), signed_in(house, "dan", app=False)
    tara = signed_in(house, "tara", app=False)
    kim = staff(house, "kim@branch.example", BRANCH, Role.DISPATCHER)
    answer = write(house, pam)
    assert answer.status_code == 303
    assert "It is announced." in pam.follow(answer).text
    tell(house)
    told = sorted(one.recipient for one in house.letters.sent if "tells you" in one.subject)
    assert told == ["dan@partner.example", "kim@branch.example", "pam@partner.example"]
    (letter,) = [one for one in house.letters.to(email_of("dan")) if "tells you" in one.subject]
    assert MESSAGE in letter.text and "Test Cars writes:" in letter.text
    assert [shown(one) for one in (dan, kim, pam, tara)] == [True, True, True, False]
    (event,) = events(house, "announcement.published")
    assert event["detail"]["message"] == MESSAGE


def test_it_costs_a_statement_for_those_alone_who_are_told(house: House) -> None:
    pam, dan, tara = (signed_in(house, name) for name in ("pam", "dan", "tara"))
    before = {}
    for visitor in (dan, tara):
        with Work(house) as work:
            visitor.get("/account")
        before[visitor] = len(work.statements)
    write(house, pam)
    dan.get("/account")
    for visitor, more in ((dan, 1), (tara, 0)):
        with Work(house) as work:
            visitor.get("/account")
        assert len(work.statements) == before[visitor] + more


def test_it_is_over_when_its_last_day_is_over_where_the_organisation_is(house: House) -> None:
    house.run(hosts.create_organisation, HQ, time_zone="Europe/Amsterdam")
    sol = signed_in(house, "sol")
    assert write(house, sol, HQ, until="2026-11-02").status_code == 303
    assert announcement(house)["ends_at"] == datetime(2026, 11, 2, 23, 0, tzinfo=UTC)
    assert shown(sol)
    house.clock.set(datetime(2026, 11, 2, 23, 0, tzinfo=UTC))
    sol = house.visitor()
    assert "from two to three." not in sol.get("/login").text


def test_dismissing_it_hides_it_for_that_person_alone(house: House) -> None:
    pam, dan = signed_in(house, "pam"), signed_in(house, "dan")
    write(house, pam)
    dan.get("/account")
    path = f"/announcements/{announcement(house)['id']}/dismissal"
    assert lands_on(dan.post(path, next="/security")) == "/security"
    assert (shown(dan), shown(pam)) == (False, True)


def test_the_sheet_says_whom_it_reached_and_who_has_read_it(house: House) -> None:
    pam, dan = signed_in(house, "pam"), signed_in(house, "dan")
    target = lands_on(write(house, pam))
    page = pam.get(target).text
    assert "More mail is on its way." in page
    tell(house)
    dan.get("/account")
    dan.post(f"/announcements/{announcement(house)['id']}/dismissal")
    page = pam.get(target).text
    assert "More mail is on its way." not in page
    facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)", page))
    assert facts["Got the mail"] == "2" and facts["Have dismissed it"] == "1"
    assert email_of("dan") in pam.get(target, htmx=True).text


def test_withdrawing_it_hides_it_and_stops_the_mail(house: House) -> None:
    pam, dan = signed_in(house, "pam"), signed_in(house, "dan")
    target = lands_on(write(house, pam))
    house.run(announcement_mail.mail_next, 1)
    assert shown(dan)
    pam.get(target)
    answer = pam.post(f"{target}/withdrawal")
    assert answer.status_code == 303 and "It is withdrawn" in pam.follow(answer).text
    tell(house)
    assert len([one for one in house.letters.sent if "tells you" in one.subject]) == 1
    assert not shown(dan)
    with Work(house) as work:
        dan.get("/account")
    assert not any("announcements" in statement for statement in work.statements)
    again = pam.post(f"{target}/withdrawal")
    assert (
        "no reason" not in pam.follow(again).text
        and len(events(house, "announcement.withdrawn")) == 1
    )


def test_what_is_over_is_told_to_nobody(house: House) -> None:
    pam = signed_in(house, "pam")
    house.person("dan")
    target = lands_on(write(house, pam, until="2026-11-03"))
    house.run(announcement_mail.mail_next, 1)
    house.clock.set(announcement(house)["ends_at"])
    tell(house)
    assert len([one for one in house.letters.sent if "tells you" in one.subject]) == 1
    assert announcement(house)["due_at"] is None
    pam.sign_in(email_of("pam"))
    assert "More mail is on its way." not in pam.get(target).text


def test_one_that_stands_above_goes_on_when_one_below_is_withdrawn(house: House) -> None:
    sol, pam = signed_in(house, "sol"), signed_in(house, "pam")
    write(house, sol, HQ, message="From the top.")
    target = lands_on(write(house, pam))
    pam.get(target)
    pam.post(f"{target}/withdrawal")
    page = pam.get("/account").text
    assert "From the top." in page and "from two to three." not in page


def test_an_organisation_that_is_made_later_is_told_too(house: House) -> None:
    sol = signed_in(house, "sol")
    write(house, sol, HQ)
    house.run(hosts.create_organisation, "New Quay", parent=PARTNER)
    dora = staff(house, "dora@quay.example", "New Quay", Role.DISPATCHER)
    assert shown(dora)


def test_that_of_a_policy_cannot_be_withdrawn_by_itself(house: House) -> None:
    pam = signed_in(house, "pam")
    roll_out(house)
    path = f"{PATH}/{announcement(house)['id']}"
    page = pam.get(path).text
    assert "Policy, version 1" in page and "Withdraw it" not in page
    refused = pam.post(f"{path}/withdrawal")
    assert refused.status_code == 409 and "goes with it" in refused.text
    assert announcement(house)["withdrawn_at"] is None


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"message": ""}, "Fill this in."),
        ({"message": "  "}, "Write what people are to know."),
        ({"message": "x" * 2001}, "This is too long."),
        ({"until": "soon"}, "Choose a day."),
        ({"until": "2026-11-01"}, "This day is over."),
        ({"until": "2028-01-01"}, "Choose a day within a year."),
        ({"until": "9999-12-31"}, "Choose a day within a year."),
        ({"until": ""}, "Fill this in."),
    ],
)
def test_what_does_not_fit_is_said_and_changes_nothing(
    house: House, form: dict[str, str], said: str
) -> None:
    pam = signed_in(house, "pam")
    refused = write(house, pam, **{"until": "2026-11-20", **form})
    assert refused.status_code == 422 and said in refused.text
    assert rows(house, "announcements") == []


def test_nobody_writes_for_another_tenant_nor_reads_theirs(house: House) -> None:
    pam, sol, ada = (signed_in(house, name) for name in ("pam", "sol", "ada"))
    branch = staff(house, "ben@branch.example", BRANCH, Role.PARTNER_ADMIN)
    assert write(house, sol, HQ).status_code == 303
    above = f"{PATH}/{announcement(house)['id']}"
    for visitor, name, status in ((pam, HQ, 404), (branch, PARTNER, 404), (sol, PARTNER, 404)):
        assert write(house, visitor, name).status_code == status
    assert write(house, ada, HQ).status_code == 403, "HQ admins look on"
    nobody = pam.post(PATH, message="x", until="2026-11-20", audience="no id")
    assert nobody.status_code == 404
    for visitor in (pam, branch):
        assert "from two to three." not in visitor.get(PATH, htmx=True).text
        assert visitor.get(above).status_code == visitor.get(above, htmx=True).status_code == 404
        assert visitor.post(f"{above}/withdrawal").status_code == 404
    assert ada.get(above).status_code == 200
    assert len(rows(house, "announcements")) == 1
    assert write(house, sol, GUESTS).status_code == 303, "managed by HQ"


def test_a_form_that_waits_for_a_proof_comes_back_with_what_was_typed(house: House) -> None:
    pam = signed_in(house, "pam")
    pam.get(PATH)
    house.clock.advance(minutes=6)
    asked = write(house, pam)
    assert lands_on(asked).startswith("/step-ups/")
    page = pam.follow(pam.prove(path=lands_on(asked) + "/totp"))
    assert "The portal rests on Sunday" in page.text and id_of(house, PARTNER) in page.text
    assert (
        pam.post(
            PATH, message=MESSAGE, until="2026-11-20", audience=id_of(house, PARTNER)
        ).status_code
        == 303
    )
    assert announcement(house)["message"] == MESSAGE


def test_the_list_pages_by_key(house: House) -> None:
    pam = signed_in(house, "pam")

    def plant(edge: Edge, number: int) -> None:
        partner = organisations.by_name(edge, PARTNER)
        assert partner is not None
        ends_at = edge.now + timedelta(hours=1)
        made = announcements.write(edge, partner, f"Number {number:02}.", ends_at, None)
        assert not isinstance(made, Blocked)

    for number in range(52):
        house.run(plant, number)
        house.clock.advance(timedelta(hours=2))
    pam = signed_in_again(house, "pam", pam)
    pam.get(PATH)
    with Work(house) as work:
        first = pam.get(PATH).text
    assert len(work.statements) <= 5
    assert "Number 51." in first and "Number 01." not in first.split("<table")[1]
    following = re.search(r'href="([^"]+after=[^"]+)"', first)
    assert following
    second = pam.get(following.group(1), htmx=True).text
    assert "Number 01." in second and "Number 02." not in second


def test_it_is_written_and_withdrawn_without_anybody_being_there(house: House) -> None:
    """A machine does it for its organisation."""
    house.organise()

    def both(edge: Edge) -> tuple[object, object]:
        partner = organisations.by_name(edge, PARTNER)
        assert isinstance(partner, Organisation)
        ends_at = announcement_pages.end_of_day(date(2026, 11, 20), partner)
        made = announcements.write(edge, partner, "Hello.", ends_at, None)
        assert not isinstance(made, Blocked)
        return made, announcements.withdraw(edge, partner, made)

    house.run(both)
    assert announcement(house)["withdrawn_at"] is not None


def test_people_are_not_told_more_than_they_can_read(house: House) -> None:
    pam = signed_in(house, "pam")
    for number in range(announcements.OWN_MAX):
        assert lands_on(write(house, pam, message=f"Number {number}."))
    refused = write(house, pam, message="One more.")
    assert refused.status_code == 422
    assert "as many as people can read in a day" in refused.text
    assert len(rows(house, "announcements")) == announcements.OWN_MAX
