"""Drafts of a policy: begun, saved, overtaken by somebody else, discarded; never lost unnoticed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from portal.flows import hosts, policies
from portal.flows.draft_fields import CHOICES, FIELDS, document, fill
from portal.flows.policies import Published
from portal.rules.policy import Raised
from portal.rules.terms import AAL, Action, Role
from portal.store import memberships, policy_codec
from tests.support.crowd import events
from tests.support.drafts import mark, path, publish, save, words
from tests.support.house import BRANCH, GUESTS, PARTNER, House
from tests.support.web import email_of, lands_on, rows, signed_in

KEY = "ee882879-721c-4913-9775-3dfcce97072a"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def drafts(house: House) -> list[dict[str, Any]]:
    return rows(house, "policy_drafts")


def test_a_draft_begins_with_what_is_asked_now_and_asks_nothing_of_anybody(house: House) -> None:
    pam, dan = signed_in(house, "pam"), signed_in(house, "dan", app=False)
    more = Raised(age_max=timedelta(minutes=2))
    assert isinstance(house.run(policies.raise_action, PARTNER, Action.VIEW_USERS, more), Published)
    page = pam.get(path(house, "draft"))
    assert 'name="minutes-view_users" type="number" min="1" max="1440" value="2"' in page.text
    assert save(pam, role__dispatcher="required").status_code == 303
    (kept,) = drafts(house)
    assert kept["document"]["required_roles"] == ["dispatcher"]
    assert kept["revision"] == 1
    assert dan.get("/").status_code == 200, "nothing is asked yet"
    assert "Draft of a policy saved" not in words(dan.get("/security/activity"))
    (event,) = events(house, "policy.drafted")
    assert event["detail"]["revision"] == 1


def test_what_a_form_says_comes_back_as_it_was_typed(house: House) -> None:
    pam = signed_in(house, "pam")
    save(
        pam,
        role__traveler="off",
        role__dispatcher="hardware",
        methods="these",
        method__passkey="y",
        attested="y",
        certification="2",
        denied=KEY,
        level__export_settlements="3",
        reset_approvals="2",
        monitored="2026-12-01T08:00",
        enforced="2026-12-24T09:00",
        grace_days="7",
        message="Get your key at the front desk.",
    )
    page = pam.get(path(house, "draft")).text
    for typed in (
        '<option value="off" selected>',
        '<option value="hardware" selected>',
        'id="methods-these" name="methods" value="these" checked',
        'id="method-passkey" name="method-passkey" value="y" checked',
        'id="attested" name="attested" value="y" checked',
        KEY,
        'value="2026-12-24T09:00"',
        'id="approvals-2" name="reset_approvals" value="2" checked',
        "Get your key at the front desk.",
    ):
        assert typed in page
    assert "To export settlements: a certified hardware key." in page
    assert 'id="method-totp" name="method-totp" value="y" checked' not in page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_document_that_a_form_can_say_fills_the_same_form(house: House) -> None:
    form = {f"role-{role}": one for role, one in zip(Role, [*CHOICES, "off", ""], strict=True)}
    form |= {"methods": "these", "method-totp": "y", "allowed": KEY, "certification": "1"}
    form |= {"level-export_users": "2", "resistant-export_users": "y", "minutes-view_users": "5"}
    made, wrong = document(form, tuple(house.runner.factors))
    assert not wrong
    policy = policy_codec.from_json(made)
    again, _ = document(fill(policy), tuple(house.runner.factors))
    assert policy_codec.from_json(again) == policy
    assert policy.demands[Role(list(Role)[5])].level is AAL.AAL3


def test_two_at_once_the_second_is_told_who_was_first_and_loses_nothing(house: House) -> None:
    pam, sol = signed_in(house, "pam"), signed_in(house, "sol")
    house.run(hosts.grant, email_of("sol"), PARTNER, Role.PARTNER_ADMIN)
    partner = path(house).rpartition("/")[2]
    sol.post("/acting-organisation", organisation=partner)
    seen = mark(pam)
    assert seen == mark(sol) == ""
    assert save(sol, role__dispatcher="required").status_code == 303
    late = pam.post(path(house, "draft"), {"draft": seen, "role-dispatch_lead": "passkey",
                                           "message": "Ours"})  # fmt: skip
    assert late.status_code == 409
    assert "Sol changed this draft meanwhile" in words(late)
    assert '<option value="passkey" selected>' in late.text and "Ours" in late.text
    (kept,) = drafts(house)
    assert kept["document"]["required_roles"] == ["dispatcher"]
    stale = pam.post(path(house, "draft"), {"draft": seen, "role-dispatch_lead": "off"})
    assert stale.status_code == 409, "the older state stays stale, however often it is sent"
    shown = late.text.split('name="draft" value="')[1].split('"')[0]
    assert pam.post(path(house, "draft"), {"draft": shown}).status_code == 303, "knowingly"
    assert drafts(house)[0]["revision"] == 2


def test_a_draft_that_was_begun_anew_is_another_one(house: House) -> None:
    pam = signed_in(house, "pam")
    save(pam, role__dispatcher="required")
    first = mark(pam)
    pam.post(path(house, "draft/removal"), {"draft": first})
    assert drafts(house) == []
    house.clock.advance(timedelta(seconds=1))
    save(pam, role__dispatcher="required")
    assert drafts(house)[0]["revision"] == 1
    again = pam.post(path(house, "draft"), {"draft": first, "role-dispatcher": "off"})
    assert again.status_code == 409
    gone = pam.post(path(house, "draft/removal"), {"draft": first})
    assert "Somebody changed the draft meanwhile" in words(pam.follow(gone))
    assert len(drafts(house)) == 1
    assert len(events(house, "policy.draft_discarded")) == 1


def test_a_draft_that_was_published_meanwhile_comes_back_as_a_new_one(house: House) -> None:
    pam = signed_in(house, "pam")
    save(pam, role__traveler="off")
    seen = mark(pam)
    assert publish(pam).status_code == 303
    late = pam.post(path(house, "draft"), {"draft": seen, "role-traveler": "optional"})
    assert late.status_code == 409
    assert "published or discarded meanwhile" in words(late)
    assert '<option value="optional" selected>' in late.text
    assert drafts(house) == []


UNREADABLE = (
    ("role-dispatcher", "sometimes", "Choose one from the list."),
    ("allowed", "no such thing", "Write AAGUIDs, one a line"),
    ("minutes-export_users", "0", "Write a whole number within the limits."),
    ("minutes-export_users", "1441", "Write a whole number within the limits."),
    ("minutes-export_users", "٣", "Write a whole number within the limits."),
    ("certification", "4", "Write a whole number within the limits."),
    ("grace_days", "366", "Write a whole number within the limits."),
    ("enforced", "soon", "Write a day and a time"),
    ("enforced", "2026-12-24T09:00+02:00", "Write a day and a time"),
    ("enforced", "0001-01-01T00:00", "Write a day and a time"),
    ("monitored", "2026-12-24T09:00", "Choose from when it holds"),
    ("message", "x" * 2001, "Use at most 2,000 characters."),
    ("message", "a\x00b", "This cannot be read."),
)


def test_what_cannot_be_read_comes_back_filled_and_is_not_kept(house: House) -> None:
    pam = signed_in(house, "pam")
    for field, value, said in UNREADABLE:
        form = {"draft": "", "role-traveler": "off", field: value}
        answer = pam.post(path(house, "draft"), form)
        assert answer.status_code == 422, field
        assert said in words(answer), field
        assert '<option value="off" selected>' in answer.text
    assert drafts(house) == []


def test_a_field_that_is_sent_twice_is_refused(house: House) -> None:
    pam = signed_in(house, "pam")
    answer = pam.post(path(house, "draft"), {"draft": "", "role-traveler": ["off", "required"]})
    assert answer.status_code == 422 and drafts(house) == []


def test_a_contradiction_is_told_at_once_and_refused_when_it_is_published(house: House) -> None:
    pam = signed_in(house, "pam")
    assert save(pam, methods="these").status_code == 303, "a draft need not be ready"
    said = "No method would be left that is allowed."
    assert said in words(pam.get(path(house, "draft")))
    preview = pam.get(path(house, "preview"))
    assert "It cannot be published like this." in words(preview) and said in words(preview)
    assert "would be stopped" not in words(preview), "nobody was looked at"
    assert "/publication" not in preview.text, "no button that would be refused"
    refused = publish(pam, seen=mark(pam))
    assert refused.status_code == 422 and said in words(refused)
    assert rows(house, "policies") == [] and len(drafts(house)) == 1


def test_the_meaning_is_told_while_it_is_typed_and_nothing_is_kept(house: House) -> None:
    pam = signed_in(house, "pam")
    form = {"role-dispatcher": "passkey", "minutes-export_users": "2"}
    fragment = pam.post(path(house, "draft/meaning"), form, htmx=True)
    assert fragment.status_code == 200 and "<html" not in fragment.text
    assert "Dispatcher: must use a passkey or a security key." in words(fragment)
    assert "a proof that is at most 2 minutes old" in words(fragment)
    page = pam.post(path(house, "draft/meaning"), {**form, "grace_days": "many"})
    assert page.status_code == 422
    assert "cannot be read yet" in words(page) and "<html" in page.text
    page = pam.post(path(house, "draft/meaning"), {**form, "draft": "seen"})
    assert '<option value="passkey" selected>' in page.text, "all that was typed is there"
    assert 'name="draft" value="seen"' in page.text
    assert "Dispatcher: must use a passkey or a security key." in words(page)
    assert drafts(house) == []


def test_what_was_typed_waits_for_a_proof_and_is_saved_with_one_click(house: House) -> None:
    pam = signed_in(house, "pam")
    seen = mark(pam)
    house.clock.advance(timedelta(minutes=6))
    form = dict.fromkeys(FIELDS, "") | {"draft": seen, "methods": "these", "method-passkey": "y",
                                        "role-traveler": "off", "allowed": f"{KEY}\n" * 100,
                                        "message": "Hello"}  # fmt: skip
    asked = pam.post(path(house, "draft"), form)
    assert lands_on(asked).startswith("/step-ups/")
    resumed = pam.follow(pam.prove(path=lands_on(asked) + "/totp"))
    assert "change the draft of a policy" in words(resumed)
    assert pam.post(path(house, "draft"), dict(HIDDEN.findall(resumed.text))).status_code == 303
    (kept,) = drafts(house)
    assert kept["document"]["methods"] == ["passkey"]
    assert kept["document"]["restrictions"]["allowed"] == [KEY]


@pytest.mark.parametrize(("button", "page"), [({"next": "preview"}, "preview"), ({}, "draft")])
def test_after_a_proof_the_button_that_was_pressed_still_leads_where_it_does(
    house: House, button: dict[str, str], page: str
) -> None:
    pam = signed_in(house, "pam")
    form = {"draft": mark(pam), "role-traveler": "off", **button}
    house.clock.advance(timedelta(minutes=6))
    asked = pam.post(path(house, "draft"), form)
    resumed = pam.follow(pam.prove(path=lands_on(asked) + "/totp"))
    saved = pam.post(path(house, "draft"), dict(HIDDEN.findall(resumed.text)))
    assert lands_on(saved) == path(house, page)


def test_a_proof_that_is_cancelled_leads_back_to_the_filled_form(house: House) -> None:
    pam = signed_in(house, "pam")
    pam.get(path(house, "draft"))
    house.clock.advance(timedelta(minutes=6))
    pam.headers["Referer"] = "https://portal.example" + path(house, "draft")
    asked = pam.post(path(house, "draft"), {"draft": "", "role-traveler": "off"})
    page = pam.get(lands_on(asked))
    back = page.text.split("draft?kept=")[1].split('"')[0]
    assert '<option value="off" selected>' in pam.get(path(house, f"draft?kept={back}")).text


@pytest.mark.parametrize("name", ["ada", "stan", "piet", "dan"])
def test_who_may_not_publish_writes_no_draft(house: House, name: str) -> None:
    visitor = signed_in(house, name)
    for organisation in ("Test HQ", PARTNER):
        own = path(house, "draft", organisation=organisation)
        page = visitor.get(own)
        assert page.status_code in {403, 404}, "not even an empty one to look at"
        assert visitor.post(own, {"draft": ""}).status_code in {403, 404}
        assert visitor.post(f"{own}/removal", {"draft": ""}).status_code in {403, 404}
    assert drafts(house) == []


def test_another_organisation_has_no_draft_for_anybody_but_those_who_serve_it(house: House) -> None:
    pam = signed_in(house, "pam")
    for organisation in ("Test HQ", GUESTS, BRANCH):
        own = path(house, "draft", organisation=organisation)
        assert pam.get(own).status_code == 404
        assert pam.get(own, htmx=True).status_code == 404
        assert pam.post(own, {"draft": ""}).status_code == 404
        assert pam.post(f"{own}/meaning", {}).status_code == 404
        assert pam.post(f"{own}/removal", {"draft": ""}).status_code == 404
    sol = signed_in(house, "sol")
    assert sol.get(path(house, "draft")).status_code == 404, "the partner looks after itself"
    assert save(sol, organisation=GUESTS, role__traveler="optional").status_code == 303
    assert [row["organisation_id"] for row in drafts(house)] == [
        path(house, organisation=GUESTS).rpartition("/")[2]
    ]


def test_a_role_that_was_lost_a_second_ago_saves_nothing(house: House) -> None:
    pam = signed_in(house, "pam")
    save(pam, role__traveler="off")
    seen = mark(pam)
    identity = next(row["id"] for row in rows(house, "users") if row["email"] == email_of("pam"))
    house.run(memberships.remove, identity, path(house).rpartition("/")[2], Role.PARTNER_ADMIN)
    assert pam.post(path(house, "draft"), {"draft": seen}).status_code in {403, 404}
    assert pam.post(path(house, "draft/removal"), {"draft": seen}).status_code in {403, 404}
    assert drafts(house)[0]["revision"] == 1
