"""The pages of exceptions: the queue and its history, what runs out, and roles that were lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.edge import Edge
from portal.flows import exception_decisions
from portal.rules.terms import Role
from portal.store import memberships, organisations, users
from tests.support.exceptions import (
    approval,
    approve,
    ask_bypass,
    ask_exemption,
    day,
    row_of,
    state_of,
    take_role,
)
from tests.support.house import GUESTS, House
from tests.support.resets import (
    ACTION,
    HIDDEN,
    ask,
    audited,
    newcomer,
    prove,
    second_partner_admin,
    second_super_admin,
    somebody,
    subjects,
    user_row,
)
from tests.support.web import Work, lands_on, rows

DAY = timedelta(hours=24)
QUEUE = "/admin/exceptions"


def test_the_queue_goes_by_state_and_by_key(house: House) -> None:
    ada, sol = somebody(house, "ada"), somebody(house, "sol")
    people = [
        newcomer(house, f"t{number}@guests.example", GUESTS, Role.TRAVELER) for number in range(2)
    ]
    first, second = (ask_exemption(ada.visitor, person.id) for person in people)
    sol.visitor.get(QUEUE)
    sol.visitor.post(f"{QUEUE}/{first}/rejection", note="no")
    for htmx in (False, True):
        waiting = sol.visitor.get(QUEUE, htmx=htmx).text
        assert "t1@guests.example" in waiting
        assert "t0@guests.example" not in waiting
    assert "t0@guests.example" in sol.visitor.get(f"{QUEUE}?state=rejected").text
    assert "t1@guests.example" not in sol.visitor.get(f"{QUEUE}?after={second}").text
    assert sol.visitor.get(f"{QUEUE}?state=nonsense").status_code == 404
    assert sol.visitor.get(f"{QUEUE}?after=nonsense").status_code == 200


def test_the_queue_takes_four_statements_at_most(house: House) -> None:
    ada, sol, tara = somebody(house, "ada"), somebody(house, "sol"), somebody(house, "tara")
    ask_exemption(ada.visitor, tara.id)
    sol.visitor.get(QUEUE)
    with Work(house) as work:
        assert tara.email in sol.visitor.get(QUEUE).text
    assert len(work.statements) <= 4, work.statements


def test_a_persons_page_leads_to_what_may_be_asked_and_to_what_waits(house: House) -> None:
    dan, pam, stan = somebody(house, "dan"), somebody(house, "pam"), somebody(house, "stan")
    path = f"/admin/users/{dan.id}"
    assert f'href="{path}/exemption"' in pam.visitor.get(path).text
    assert f'href="{path}/bypass"' not in pam.visitor.get(path).text
    assert f'href="{path}/bypass"' in stan.visitor.get(path).text
    assert f'href="{path}/exemption"' not in stan.visitor.get(path).text
    exception = ask_exemption(pam.visitor, dan.id)
    assert f'href="{QUEUE}/{exception}"' in pam.visitor.get(path).text
    assert f'href="{QUEUE}/{exception}"' in pam.visitor.get(f"{path}/exemption").text


@pytest.mark.parametrize("kind", ["exemption", "bypass"])
def test_a_request_waits_for_a_day_to_the_second(house: House, kind: str) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    ask = ask_exemption if kind == "exemption" else ask_bypass
    exception = ask(ada.visitor, tara.id)
    asked_at = house.clock()
    house.clock.advance(DAY - timedelta(minutes=2))
    sol.visitor.sign_in(sol.email)
    house.clock.advance(asked_at + DAY - timedelta(seconds=1) - house.clock())
    assert f'action="{approval(kind, exception)}"' in sol.visitor.get(f"{QUEUE}/{exception}").text
    assert not house.run(exception_decisions.expire_next)
    house.clock.advance(timedelta(seconds=1))
    page = sol.visitor.get(f"{QUEUE}/{exception}")
    assert "Not decided in time" in page.text
    assert approval(kind, exception) not in page.text
    sol.visitor.get(QUEUE)
    for path in (approval(kind, exception), f"{QUEUE}/{exception}/rejection"):
        answer = sol.visitor.post(path, note="late")
        assert answer.status_code == 409
        assert "Nobody decided within the time" in answer.text
    assert user_row(house, tara.id)["exempt_until"] is None
    assert house.run(exception_decisions.expire_next)
    assert not house.run(exception_decisions.expire_next)
    assert state_of(house, exception) == "expired"
    assert len(audited(house, f"{kind}.expired", tara.id)) == 1
    assert any(title.endswith("not decided in time") for title in subjects(house, ada.email))


def test_after_it_ran_out_it_can_be_asked_for_anew(house: House) -> None:
    tara, ada = somebody(house, "tara"), somebody(house, "ada")
    first = ask_bypass(ada.visitor, tara.id)
    house.clock.advance(DAY)
    ada.visitor.sign_in(ada.email)
    ada.visitor.get("/security")
    second = ask_bypass(ada.visitor, tara.id)
    assert (state_of(house, first), state_of(house, second)) == ("expired", "waiting")
    assert len(audited(house, "bypass.expired", tara.id)) == 1


def test_an_approved_code_waits_for_a_day_to_be_shown(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    exception = ask_bypass(ada.visitor, tara.id)
    approve(sol.visitor, "bypass", exception)
    house.clock.advance(DAY)
    ada.visitor.sign_in(ada.email)
    ada.visitor.get(f"{QUEUE}/{exception}")
    assert ada.visitor.post(f"{QUEUE}/{exception}/code").status_code == 409
    assert house.run(exception_decisions.expire_next)
    assert state_of(house, exception) == "ended"


def test_rejecting_needs_a_note_and_tells_both(house: House) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    exception = ask_exemption(ada.visitor, tara.id)
    path = f"{QUEUE}/{exception}/rejection"
    sol.visitor.get(f"{QUEUE}/{exception}")
    assert sol.visitor.post(path).status_code == 422
    assert sol.visitor.post(path, note="She can enrol now").status_code == 303
    assert state_of(house, exception) == "rejected"
    house.work()
    assert any("She can enrol now" in letter.text for letter in house.letters.to(ada.email))
    assert "You are not exempt from the policy" in subjects(house, tara.email)
    assert sol.visitor.post(approval("exemption", exception)).status_code == 409


def test_who_asked_or_could_ask_withdraws_and_nobody_else(house: House) -> None:
    dan, pam, pia = somebody(house, "dan"), somebody(house, "pam"), second_partner_admin(house)
    ada, stan = somebody(house, "ada"), somebody(house, "stan")
    exception = ask_exemption(pam.visitor, dan.id)
    path = f"{QUEUE}/{exception}/withdrawal"
    assert ada.visitor.post(path).status_code == 404, "HQ may, but could not ask for it"
    assert stan.visitor.post(path).status_code in {403, 404}
    assert dan.visitor.post(path).status_code == 403
    assert state_of(house, exception) == "waiting"
    assert pia.visitor.post(path, note="He enrolled").status_code == 303
    assert state_of(house, exception) == "withdrawn"
    assert pam.visitor.post(path).status_code == 409


@pytest.mark.parametrize("kind", ["exemption", "bypass"])
def test_who_asked_and_lost_the_role_since_has_asked_for_nothing(house: House, kind: str) -> None:
    tara, ada, sol = (somebody(house, name) for name in ("tara", "ada", "sol"))
    ask = ask_exemption if kind == "exemption" else ask_bypass
    exception = ask(ada.visitor, tara.id)
    take_role(house, ada.id, Role.HQ_ADMIN)
    answer = sol.visitor.post(approval(kind, exception))
    assert answer.status_code == 409
    assert "may not ask for it any more" in answer.text
    assert state_of(house, exception) == "rejected"
    assert user_row(house, tara.id)["exempt_until"] is None
    assert len(audited(house, f"{kind}.refused", tara.id)) == 1
    closed = sol.visitor.get(f"{QUEUE}/{exception}").text
    assert "Closed by the portal" in closed and "<dt>Note</dt>" not in closed


def test_a_role_lost_a_second_ago_approves_and_shows_nothing(house: House) -> None:
    tara, stan, sol = (somebody(house, name) for name in ("tara", "stan", "sol"))
    sue = second_super_admin(house)
    exception = ask_bypass(stan.visitor, tara.id)
    shown = prove(sue.visitor, sue.visitor.post(approval("bypass", exception)))
    assert ACTION.search(shown.text)
    take_role(house, sue.id, Role.SUPER_ADMIN)
    csrf = dict(HIDDEN.findall(shown.text))["csrf_token"]
    path = approval("bypass", exception)
    assert sue.visitor.post(path, csrf=csrf, note="").status_code in {403, 404}
    assert state_of(house, exception) == "waiting"
    approve(sol.visitor, "bypass", exception)
    stan.visitor.get(f"{QUEUE}/{exception}")
    take_role(house, stan.id, Role.SERVICE_DESK)
    assert stan.visitor.post(f"{QUEUE}/{exception}/code").status_code in {403, 404}
    assert state_of(house, exception) == "approved"


def test_cancelling_the_proof_leads_back_to_the_filled_panel(house: House) -> None:
    dan, pam = somebody(house, "dan"), somebody(house, "pam")
    path = f"/admin/users/{dan.id}/exemption"
    pam.visitor.headers["Referer"] = f"{house.settings.base_url}{path}"
    until = day(house, 5)
    step_up = lands_on(pam.visitor.post(path, reason="He is abroad", until=until))
    cancel = f"{path}?kept={step_up.rpartition('/')[2]}"
    assert f'href="{cancel}"' in pam.visitor.get(step_up).text
    page = pam.visitor.get(cancel).text
    assert "He is abroad" in page
    assert f'value="{until}"' in page


def test_a_panel_comes_as_a_fragment(house: House) -> None:
    dan, stan = somebody(house, "dan"), somebody(house, "stan")
    fragment = stan.visitor.get(f"/admin/users/{dan.id}/bypass", htmx=True)
    assert "<html" not in fragment.text
    answer = stan.visitor.post(f"/admin/users/{dan.id}/bypass", {"reason": "x"}, htmx=True)
    assert answer.status_code == 422
    assert rows(house, "exceptions") == []


@pytest.mark.parametrize("kind", ["reset", "exemption"])
def test_a_sheet_says_nothing_of_where_its_person_went(house: House, kind: str) -> None:
    dan, pam, sol = somebody(house, "dan"), somebody(house, "pam"), somebody(house, "sol")
    made = {"reset": ask, "exemption": ask_exemption}[kind](pam.visitor, dan.id)
    path = f"/admin/{'resets' if kind == 'reset' else 'exceptions'}/{made}"
    page = pam.visitor.get(path).text
    assert "Dispatcher" in page

    def leave(edge: Edge) -> None:
        there = organisations.by_name(edge, GUESTS)
        assert there is not None
        memberships.add(edge, dan.id, there.id, Role.TRAVELER)
        users.set_home(edge, dan.id, there.id)

    take_role(house, dan.id, Role.DISPATCHER)
    house.run(leave)
    for htmx in (False, True):
        page = pam.visitor.get(path, htmx=htmx).text
        assert "Test Cars" in page, "as it was asked for"
        for word in (GUESTS, "Traveler", "Authenticator app", f"{path}/"):
            assert word not in page
        assert GUESTS in sol.visitor.get(path, htmx=htmx).text


def test_whoever_is_exempt_anew_is_not_told_of_an_end_after_it(house: House) -> None:
    dan, pam, sol = somebody(house, "dan"), somebody(house, "pam"), somebody(house, "sol")
    first = ask_exemption(pam.visitor, dan.id, days=0)
    approve(sol.visitor, "exemption", first)
    second = ask_exemption(pam.visitor, dan.id, days=9)
    house.clock.set(row_of(house, first)["until"])
    sol.visitor.sign_in(sol.email)
    approve(sol.visitor, "exemption", second)
    assert [state_of(house, one) for one in (first, second)] == ["ended", "approved"]
    assert not house.run(exception_decisions.expire_next)
    ended, exempt = subjects(house, dan.email)[-2:]
    assert ended == "Your exemption has ended"
    assert exempt.startswith("You are exempt until")
    assert len(audited(house, "exemption.ended", dan.id)) == 1
