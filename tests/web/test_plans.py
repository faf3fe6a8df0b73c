"""The page of an organisation's plan: read below one's own organisation, changed by HQ alone."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from portal.flows import hosts, organisation_plans
from portal.flows.outcomes import Blocked, Gone, Nothing
from portal.rules.plans import ENTERPRISE, PROFESSIONAL
from portal.rules.terms import Role
from tests.support import passkey_pages as page
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House, Visitor
from tests.support.machines import flask
from tests.support.memberships import another, events
from tests.support.passkeys import Device
from tests.support.plans import RESISTANT, bought, buy, organisation, publish
from tests.support.web import Work, email_of, lands_on, rows, signed_in, signed_in_again

STALE = timedelta(minutes=5, seconds=1)
WAS = re.compile(r'name="was" value="([^"]*)"')


def path_of(house: House, name: str = PARTNER) -> str:
    return f"/admin/plan/{organisation(house, name)['id']}"


def form_of(visitor: Visitor, path: str, plan: str = PROFESSIONAL, **more: str) -> dict[str, str]:
    """The form of the page as it is now, with another plan chosen."""
    found = WAS.search(visitor.get(path).text)
    assert found
    return {"plan": plan, "was": unescape(found.group(1)), **more}


def changes(house: House) -> list[dict[str, Any]]:
    return events(house, "organisation.plan_changed")


def test_it_says_what_is_in_the_plan_and_what_would_bring_the_rest(house: House) -> None:
    buy(house)
    pam = signed_in(house, "pam")
    shown = pam.get("/admin/plan").text
    assert "Test Cars has the plan Professional." in shown
    assert "It comes with the plan Enterprise, or with the add-on" in shown
    assert "cannot ask for what no false page can take" in shown
    assert "cannot ask for the highest level" in shown
    assert "Losing a plan locks nobody out" in shown
    assert "To change the plan, write to help@portal.example" in shown
    assert 'name="plan"' not in shown
    assert "passkey" not in re.sub(r'(href|src|content)="[^"]*"', "", shown).replace("Passkey", "")
    buy(house, add_ons=("passkeys",))
    shown = pam.get("/admin/plan").text
    assert "Included by the add-on “Passkeys and security keys”." in shown
    assert "Not included" not in shown
    assert "cannot ask for" not in shown


def test_what_is_given_out_and_never_enrolled_is_in_no_plan(house: House) -> None:
    buy(house)
    shown = signed_in(house, "pam").get("/admin/plan").text
    assert shown.count("Not included") == 1


def test_it_counts_who_goes_on_with_what_is_not_in_it(house: House) -> None:
    pam, piet = signed_in(house, "pam"), signed_in(house, "piet")
    page.enrol(piet, Device())
    page.enrol(piet, Device())
    assert "person uses it" not in pam.get("/admin/plan").text
    buy(house)
    assert "1 person uses it, and goes on until it is replaced." in pam.get("/admin/plan").text
    # Of another organisation nobody counts here, nor what was revoked.
    buy(house, BRANCH)
    assert "uses it" not in pam.get(path_of(house, BRANCH)).text
    house.run(hosts.reset_factors, email_of("piet"), "lost")
    assert "uses it" not in pam.get("/admin/plan").text


def test_what_policy_asks_for_is_said_to_be_open_all_the_same(house: House) -> None:
    publish(house, PARTNER, RESISTANT)
    buy(house)
    shown = signed_in(house, "pam").get("/admin/plan").text
    assert "Not included, open by policy" in shown
    assert "it may be enrolled all the same" in shown


def test_a_super_admin_changes_a_plan_and_its_admins_hear_of_it(house: House) -> None:
    pam, sol = signed_in(house, "pam"), signed_in(house, "sol")
    house.user("bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    house.work()
    house.letters.sent.clear()
    path = path_of(house)
    answer = sol.post(path, form_of(sol, path, with_passkeys="y"))
    assert lands_on(answer) == path
    assert "The plan is changed" in sol.follow(answer).text
    assert bought(house) == (PROFESSIONAL, ["passkeys"])
    (row,) = changes(house)
    assert row["detail"] == {
        "organisation": organisation(house, PARTNER)["id"],
        "plan": PROFESSIONAL,
        "add_ons": ["passkeys"],
        "before": ENTERPRISE,
    }
    house.work()
    (letter,) = house.letters.sent
    assert letter.recipient == email_of("pam")
    assert letter.subject == "The plan of Test Cars was changed"
    assert "Sol changed the plan of Test Cars." in letter.text
    assert "Professional. Add-ons: Passkeys and security keys." in letter.text
    assert "/admin/plan" in letter.text
    assert "Test Cars has the plan Professional." in pam.get("/admin/plan").text
    # What it is already changes nothing and tells nobody.
    assert lands_on(sol.post(path, form_of(sol, path, with_passkeys="y"))) == path
    assert len(changes(house)) == 1


def test_the_admins_of_a_managed_organisation_are_its_parents(house: House) -> None:
    house.person("sol")
    house.work()
    house.letters.sent.clear()
    buy(house, GUESTS)
    house.work()
    assert [letter.recipient for letter in house.letters.sent] == [email_of("sol")]
    assert "changed by the operators" in house.letters.sent[0].text


@pytest.mark.parametrize(
    "form",
    [
        {"plan": "platinum"},
        {"plan": ""},
        {"plan": PROFESSIONAL, "was": ""},
        {"plan": PROFESSIONAL, "was": "enterprise+lasers"},
        {"plan": "x" * 3000},
        {"plan": "\x00"},
        {},
    ],
)
def test_what_is_no_plan_changes_nothing(house: House, form: dict[str, str]) -> None:
    sol = signed_in(house, "sol")
    path = path_of(house)
    usual = {"was": ENTERPRISE} if "was" not in form else {}
    answer = sol.post(path, {**usual, **form})
    assert answer.status_code in {409, 422}
    assert "Test Cars has the plan Enterprise." in answer.text
    assert bought(house) == (ENTERPRISE, [])
    assert changes(house) == []


def test_what_somebody_changed_meanwhile_is_not_overwritten(house: House) -> None:
    sol = signed_in(house, "sol")
    path = path_of(house)
    seen = form_of(sol, path)
    buy(house, add_ons=("passkeys",))
    answer = sol.post(path, seen)
    assert answer.status_code == 409
    assert "Somebody changed this plan meanwhile" in answer.text
    assert bought(house) == (PROFESSIONAL, ["passkeys"])
    assert lands_on(sol.post(path, form_of(sol, path))) == path
    assert bought(house) == (PROFESSIONAL, [])


@pytest.mark.parametrize("name", ["pam", "ada"])
def test_only_a_super_admin_changes_a_plan(house: House, name: str) -> None:
    visitor = signed_in(house, name)
    path = path_of(house)
    assert 'name="plan"' not in visitor.get(path).text
    for htmx in (False, True):
        answer = visitor.post(path, plan=PROFESSIONAL, was=ENTERPRISE, htmx=htmx)
        assert answer.status_code == 403
    assert bought(house) == (ENTERPRISE, [])


def test_a_super_admin_of_no_root_changes_nobodys_plan(house: House) -> None:
    """HQ's right is held at the root, whatever a role is called elsewhere."""
    sid = another(house, "sid@partner.example", PARTNER, Role.SUPER_ADMIN)
    path = path_of(house)
    assert 'name="plan"' not in sid.get(path).text
    assert sid.post(path, plan=PROFESSIONAL, was=ENTERPRISE).status_code == 404
    assert bought(house) == (ENTERPRISE, [])


def test_a_role_that_was_lost_a_second_ago_changes_nothing(house: House) -> None:
    sol = signed_in(house, "sol")
    path = path_of(house)
    form = form_of(sol, path)
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM memberships WHERE role = 'super_admin'")
    house.run(hosts.grant, email_of("sol"), HQ, Role.HQ_ADMIN)
    assert sol.post(path, form).status_code == 403
    assert bought(house) == (ENTERPRISE, [])


@pytest.mark.parametrize("htmx", [False, True])
def test_a_plan_is_seen_from_above_and_from_nowhere_else(house: House, htmx: bool) -> None:
    bea = another(house, "bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    pam, ada = signed_in(house, "pam"), signed_in(house, "ada")
    assert pam.get(path_of(house, BRANCH), htmx=htmx).status_code == 200
    assert ada.get(path_of(house, BRANCH), htmx=htmx).status_code == 200
    assert bea.get(path_of(house, BRANCH), htmx=htmx).status_code == 200
    for name in (PARTNER, HQ, GUESTS):
        assert bea.get(path_of(house, name), htmx=htmx).status_code == 404, name
    assert pam.get(path_of(house, GUESTS), htmx=htmx).status_code == 404
    assert "Test Cars" not in bea.get("/admin/plan", htmx=htmx).text
    listed = pam.get("/admin/plan", htmx=htmx).text
    assert f'href="{path_of(house, BRANCH)}"' in listed
    assert GUESTS not in listed
    # Another tenant's id as the place to go on from tells nothing and leads nowhere else.
    elsewhere = organisation(house, GUESTS)["id"]
    assert GUESTS not in pam.get(f"/admin/plan?after={elsewhere}", htmx=htmx).text


def test_the_list_below_goes_on_by_key(house: House) -> None:
    ada = signed_in(house, "ada")
    for number in range(organisation_plans.PAGE):
        house.run(hosts.create_organisation, f"Fleet {number:03}", parent=HQ)
    shown = ada.get("/admin/plan").text
    found = re.search(r'href="([^"]+after=[^"]+)"', shown)
    assert found
    rest = ada.get(unescape(found.group(1))).text
    listed = re.findall(r'<a href="/admin/plan/[^"]+"><bdi>([^<]+)</bdi>', shown + rest)
    assert sorted(listed) == sorted({row["name"] for row in rows(house, "organisations")} - {HQ})
    assert "First page" in rest
    assert "after=" not in rest


def test_a_change_asks_for_a_fresh_proof_and_keeps_what_was_chosen(house: House) -> None:
    sol = signed_in(house, "sol")
    path = path_of(house)
    form = form_of(sol, path, with_passkeys="y")
    house.clock.advance(STALE)
    step_up = lands_on(sol.post(path, form))
    assert step_up.startswith("/step-ups/")
    assert bought(house) == (ENTERPRISE, [])
    assert "change an organisation’s plan" in sol.get(f"{step_up}/totp").text
    sol.prove(path=f"{step_up}/totp")
    resumed = sol.get(step_up).text
    assert "Professional" in resumed
    assert "Passkeys and security keys" in resumed
    assert PROFESSIONAL not in re.sub(r"<input[^>]*>", "", resumed)
    assert lands_on(sol.post(path, form)) == path
    assert bought(house) == (PROFESSIONAL, ["passkeys"])
    other = signed_in_again(house, "sol", sol)
    house.clock.advance(STALE)
    assert lands_on(other.post(path, form)).startswith("/step-ups/")


def test_operators_change_plans_by_command(house: House) -> None:
    house.organise()
    said = flask(house, "organisation", "plan", PARTNER, "--plan", "professional")
    assert said.output.strip() == "Test Cars: professional"
    assert bought(house) == (PROFESSIONAL, [])
    arguments = ("--plan", "professional", "--add-on", "passkeys")
    assert "with passkeys" in flask(house, "organisation", "plan", PARTNER, *arguments).output
    assert bought(house) == (PROFESSIONAL, ["passkeys"])
    flask(house, "organisation", "plan", PARTNER, *arguments)
    assert len(changes(house)) == 2
    flask(house, "organisation", "plan", "Nowhere", *arguments, code=1)
    flask(house, "organisation", "plan", PARTNER, "--plan", "platinum", code=2)
    flask(house, "organisation", "plan", PARTNER, *arguments, "--add-on", "lasers", code=2)
    assert bought(house) == (PROFESSIONAL, ["passkeys"])


def test_the_flow_refuses_what_no_page_sends(house: House) -> None:
    house.organise()
    change = organisation_plans.change_by_host
    assert house.run(change, PARTNER, "platinum", ()) == Blocked("no_such_plan")
    assert house.run(change, PARTNER, PROFESSIONAL, ("lasers",)) == Blocked("no_such_plan")
    assert house.run(change, "Nowhere", PROFESSIONAL, ()) == Gone()
    assert house.run(change, PARTNER, ENTERPRISE, ()) == Nothing()
    assert changes(house) == []


def test_the_page_keeps_its_budget_of_statements(house: House) -> None:
    buy(house)
    pam = signed_in(house, "pam")
    pam.get("/admin/plan")
    with Work(house) as work:
        assert pam.get("/admin/plan").status_code == 200
    assert len(work.statements) <= 4, work.statements
