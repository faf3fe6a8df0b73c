"""What is asked and by whom, what is on its way, the versions, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from portal.flows import hosts, policies
from portal.flows.policies import Published
from portal.rules.actions import RAISABLE
from portal.rules.policy import Raised
from portal.rules.terms import AAL, Action, Role
from portal.store import memberships
from portal.web import policy_words
from tests.support.crowd import id_of
from tests.support.drafts import mark, path, publish, save, words
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House, Visitor
from tests.support.rollouts import roll_out
from tests.support.web import Work, email_of, lands_on, rows, signed_in

LIST_MAX = 7
DISPATCHERS = "Dispatcher: must have a second factor."


def own(visitor: Visitor, organisation: str = PARTNER) -> str:
    page = visitor.get(path(visitor.house, organisation=organisation))
    assert page.status_code == 200
    return words(page)


def go_back(visitor: Visitor, number: int, organisation: str = PARTNER) -> TestResponse:
    target = path(visitor.house, "return", organisation=organisation)
    return visitor.post(target, {"number": str(number)})


def test_each_rule_says_who_asks_it(house: House) -> None:
    pam = signed_in(house, "pam")
    house.run(policies.publish, HQ, {"required_roles": ["dispatcher"], "methods": ["totp"]})
    house.run(policies.publish, PARTNER, {"required_roles": ["dispatch_lead", "dispatcher"]})
    told = words(pam.get("/admin/policy"))
    assert "Policy of Test Cars" in told
    assert f"{DISPATCHERS} Test HQ, Test Cars" in told
    assert "Dispatch lead: must have a second factor. Test Cars" in told
    assert "Second factors: only Authenticator app. Test HQ" in told
    assert "Finance controller: must have a second factor. the portal itself" in told
    assert "Version 1, published by the operators" in told


def test_the_editor_says_what_cannot_be_loosened(house: House) -> None:
    pam = signed_in(house, "pam")
    house.run(policies.publish, HQ, {"required_roles": ["dispatcher"], "reset_approvals": 2})
    more = Raised(AAL.AAL2)
    house.run(policies.raise_action, HQ, Action.VIEW_USERS, more)
    told = words(pam.get(path(house, "draft")))
    assert f"Already asked by Test HQ: {DISPATCHERS} It cannot be loosened here." in told
    assert "Already asked by Test HQ: To see the list of users: two factors." in told
    assert "Already asked by Test HQ: A reset takes the approval of 2 people." in told
    assert "Already asked by the portal itself: Finance controller" in told
    assert "Super-admin" not in told, "a role that nobody can have here"
    roll_out(house, {"required_roles": ["traveler"]}, name=HQ)
    coming = "Already asked by Test HQ: Traveler: must have a second factor."
    assert coming in words(pam.get(path(house, "draft"))), "announced above is asked as well"


def test_a_roll_out_is_drawn_and_told_in_words(house: House) -> None:
    pam = signed_in(house, "pam")
    roll_out(house, days=30, watched=10, grace=7)
    page = pam.get(path(house))
    told = words(page)
    assert "Version 1 of Test Cars Announced" in told and DISPATCHERS in told
    assert '<svg viewBox="0 -12 600 24"' in page.text and page.text.count("picture-stop") == 3
    assert "2 Dec 2026" in told and "9 Dec 2026" in told and "(UTC)" in told
    assert f"{DISPATCHERS} the portal" not in told, "it is not in force"
    house.clock.advance(timedelta(days=12))
    pam.sign_in(email_of("pam"))
    assert "Version 1 of Test Cars Monitored" in own(pam)
    assert "0 people would have been stopped so far" in own(pam)
    house.clock.advance(timedelta(days=19))
    pam.sign_in(email_of("pam"))
    assert "Version 1 of Test Cars Enforced, with days of grace" in own(pam)
    house.clock.advance(timedelta(days=7))
    pam.sign_in(email_of("pam"))
    assert "On its way" not in own(pam) and f"{DISPATCHERS} Test Cars" in own(pam)


def test_going_back_takes_one_click_and_counts_for_what_was_on_its_way_too(house: House) -> None:
    pam, dan = signed_in(house, "pam"), signed_in(house, "dan", app=False)
    save(pam, role__dispatcher="required")
    publish(pam)
    assert lands_on(dan.get("/")) == "/login/enrol"
    assert go_back(pam, 1).status_code == 303
    assert dan.get("/").status_code == 200
    assert "Version 2, published by Pam" in own(pam)
    stale = go_back(pam, 1)
    assert stale.status_code == 409, "another click of a page that is open elsewhere"
    assert len(rows(house, "policies")) == 2
    roll_out(house, days=30)
    assert "On its way" in own(pam)
    assert go_back(pam, 3).status_code == 303
    assert "On its way" not in own(pam)


def test_going_back_is_validated_anew(house: House) -> None:
    pam = signed_in(house, "pam")
    house.run(policies.publish, PARTNER, {"required_roles": ["dispatcher"]})
    house.run(policies.publish, PARTNER, {"demands": {"partner_admin": {"level": 3}}})
    house.run(policies.publish, PARTNER, {})
    house.run(hosts.grant, email_of("pam"), GUESTS, Role.TRAVELER)
    house.run(policies.publish, GUESTS, {"methods": ["totp"]})
    refused = go_back(pam, 3)
    assert refused.status_code == 422
    assert "This would lock out Pam" in words(refused)
    assert "What is asked of whom" in words(refused), "on the page it came from"


def test_before_the_first_version_there_is_no_way_back(house: House) -> None:
    pam = signed_in(house, "pam")
    assert "Return to the version before" not in own(pam)
    refused = go_back(pam, 0)
    assert refused.status_code == 422
    assert "Nothing was published yet" in words(refused)
    assert go_back(pam, 1).status_code == 409


def test_versions_are_listed_shown_and_set_side_by_side(house: House) -> None:
    pam = signed_in(house, "pam")
    save(pam, role__dispatcher="required", message="Please enrol.", enforced="2026-12-24T09:00",
         grace_days="2")  # fmt: skip
    publish(pam, "announce")
    save(pam, role__dispatcher="passkey", reset_approvals="2")
    publish(pam)
    listed = words(pam.get(path(house, "versions")))
    assert "Version 2" in listed and "Pam In force at once" in listed
    assert "Enforced from 24 Dec 2026, 09:00 (UTC), 2 days of grace" in listed
    told = words(pam.get(path(house, "versions", 2)))
    assert f"{DISPATCHERS} Dispatcher: must use a passkey or a security key." in told
    assert "– A reset takes the approval of 2 people." in told
    first = words(pam.get(path(house, "versions", 1)))
    assert (
        "Please enrol." in first and f"Before the first version Version 1 – {DISPATCHERS}" in first
    )
    assert "They say the same." in words(pam.get(path(house, "versions", "2?with=2")))
    for gone in ("3", "0", "2?with=9", "9" * 30):
        assert pam.get(path(house, "versions", gone)).status_code == 404
    assert pam.get(path(house, "versions", "2?with=two")).status_code == 200


def test_versions_of_another_organisation_are_never_among_them(house: House) -> None:
    pam = signed_in(house, "pam")
    house.run(policies.publish, PARTNER, {"off_roles": ["traveler"]})
    for name in (HQ, GUESTS):
        for approvals in (1, 2):
            made = {"required_roles": ["dispatcher"], "reset_approvals": approvals}
            assert isinstance(house.run(policies.publish, name, made), Published)
    listed = pam.get(path(house, "versions"))
    assert listed.text.count("/versions/") == 1
    assert DISPATCHERS not in words(pam.get(path(house, "versions", 1)))
    for theirs in ("2", "1?with=2"):
        assert pam.get(path(house, "versions", theirs)).status_code == 404


def test_a_long_list_of_versions_goes_on_by_number(house: House) -> None:
    pam = signed_in(house, "pam")
    for minutes in range(1, 53):
        more = Raised(age_max=timedelta(minutes=minutes))
        house.run(policies.raise_action, PARTNER, Action.VIEW_USERS, more)
    page = pam.get(path(house, "versions"))
    assert page.text.count("/versions/") == 50 and "Version 52" in words(page)
    older = pam.get(path(house, "versions?before=3"))
    assert older.text.count("/versions/") == 2
    assert "Return to the version before" not in words(older), "only beside the newest"
    assert pam.get(path(house, "versions?before=x")).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_version_of_another_release_is_named_as_such(house: House) -> None:
    from portal.edge import Edge
    from portal.store import policy_tables

    pam = signed_in(house, "pam")
    house.run(policies.publish, PARTNER, {"required_roles": ["dispatcher"]})

    def write(edge: Edge) -> None:
        table = policy_tables.policies
        edge.db.execute(table.update().values(document={"curfew": "22:00"}))

    house.run(write)
    page = pam.get(path(house, "versions", 1))
    assert "Another release wrote this version" in words(page) and "curfew" not in page.text


def test_who_may_look_may_look_below_and_nowhere_else(house: House) -> None:
    pam, ada = signed_in(house, "pam"), signed_in(house, "ada")
    house.run(policies.publish, PARTNER, {"required_roles": ["dispatcher"]})
    for organisation in (BRANCH, PARTNER):
        assert DISPATCHERS in own(pam, organisation)
        assert DISPATCHERS in own(ada, organisation)
    assert "Begin a draft" not in own(ada) and "Return to the version before" not in own(ada)
    assert "Begin a draft" in own(pam) and "Begin a draft" not in own(pam, BRANCH)
    for organisation in (HQ, GUESTS):
        for page in ("", "versions", "versions/1", "preview", "draft"):
            for htmx in (False, True):
                target = path(house, page, organisation=organisation).rstrip("/")
                assert pam.get(target, htmx=htmx).status_code == 404
        assert go_back(pam, 1, organisation).status_code == 404
    assert go_back(ada, 1).status_code in {403, 404}
    assert len(rows(house, "policies")) == 1


def test_a_role_that_was_lost_a_second_ago_shows_and_changes_nothing(house: House) -> None:
    pam = signed_in(house, "pam")
    save(pam, role__dispatcher="required")
    publish(pam)
    save(pam, role__dispatcher="passkey")
    seen = mark(pam)
    identity = next(row["id"] for row in rows(house, "users") if row["email"] == email_of("pam"))
    house.run(memberships.remove, identity, id_of(house, PARTNER), Role.PARTNER_ADMIN)
    assert pam.get(path(house)).status_code in {403, 404}
    assert go_back(pam, 1).status_code in {403, 404}
    form = {"draft": seen, "how": "now"}
    assert pam.post(path(house, "publication"), form).status_code in {403, 404}
    assert len(rows(house, "policies")) == 1


def test_the_pages_take_few_statements(house: House) -> None:
    pam = signed_in(house, "pam")
    for number in range(20):
        house.run(hosts.create_organisation, f"Branch {number}", parent=PARTNER)
    house.run(policies.publish, PARTNER, {"required_roles": ["dispatcher"]})
    for page in ("", "draft", "versions", "versions/1"):
        with Work(house) as work:
            assert pam.get(path(house, page).rstrip("/")).status_code == 200
        assert len(work.statements) <= LIST_MAX, (page, work.statements)
        assert work.commits == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_shows_a_machine_word(house: House) -> None:
    pam = signed_in(house, "pam")
    raised = {str(action): {"level": 3} for action in RAISABLE - {Action.VIEW_POLICY}}
    made = house.run(policies.publish, PARTNER, {"raised": raised, "off_roles": ["traveler"]})
    assert isinstance(made, Published)
    for page in ("versions/1", "draft"):
        told = words(pam.get(path(house, page)))
        shown = [action for action in RAISABLE if str(action) in told]
        assert not shown, told[told.index(shown[0]) - 60 :][:200]


def test_every_operation_that_can_be_raised_has_words() -> None:
    for action in RAISABLE:
        assert policy_words.operation(action)
