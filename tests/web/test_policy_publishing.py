"""Publishing a draft: what is refused with the next step, and what nobody is locked out by."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.flows import hosts, policies
from portal.rules.terms import Role
from tests.support.crowd import user_row
from tests.support.drafts import (
    allow_apps_alone,
    exempt,
    impose,
    mark,
    path,
    previewed,
    publish,
    save,
    words,
)
from tests.support.house import BRANCH, GUESTS, House
from tests.support.web import email_of, lands_on, rows, signed_in


def test_an_author_who_could_enrol_nothing_for_it_cannot_publish_it(house: House) -> None:
    pam = signed_in(house, "pam")
    allow_apps_alone(house, "pam")
    save(pam, role__partner_admin="passkey")
    told = previewed(pam)
    assert "This would lock out Pam" in told
    for how in ("now", "announce"):
        refused = publish(pam, how, seen=mark(pam))
        assert refused.status_code == 422
    assert "This would lock out Pam" in words(publish(pam, seen=mark(pam)))
    assert pam.get("/").status_code == 200
    assert len(rows(house, "policies")) == 1 and len(rows(house, "policy_drafts")) == 1


def test_a_lock_that_closes_later_is_refused_today(house: House) -> None:
    pam = signed_in(house, "pam")
    allow_apps_alone(house, "pam")
    save(pam, role__partner_admin="hardware", enforced="2026-12-24T09:00", grace_days="3")
    assert "This would lock out Pam" in words(publish(pam, "announce", seen=mark(pam)))


def test_a_lock_that_closes_when_an_exemption_ends_is_refused_today(house: House) -> None:
    pam = signed_in(house, "pam")
    allow_apps_alone(house, "pam")
    exempt(house, user_row(house, email_of("pam"))["id"], house.clock() + timedelta(days=3))
    save(pam, role__partner_admin="passkey")
    assert "This would lock out Pam" in words(publish(pam, seen=mark(pam)))


def test_more_for_publishing_itself_than_its_author_could_ever_prove_is_refused(
    house: House,
) -> None:
    pam = signed_in(house, "pam")
    allow_apps_alone(house, "pam")
    save(pam, level__publish_policy="3")
    assert "This would lock out Pam" in words(publish(pam, seen=mark(pam)))
    save(pam, level__view_policy="3")
    assert "This would lock out Pam" in words(publish(pam, seen=mark(pam))), "no page, no button"
    save(pam, level__publish_policy="2", level__export_users="3")
    assert publish(pam).status_code == 303, "what she can prove, and another operation"


def test_an_organisation_keeps_somebody_of_its_own_who_could_undo_it(house: House) -> None:
    sol = signed_in(house, "sol")
    house.user("gus@guests.example", GUESTS, Role.PARTNER_ADMIN)
    house.run(hosts.grant, "gus@guests.example", BRANCH, Role.DISPATCHER)
    impose(house, BRANCH, {"methods": ["totp"]})
    save(sol, organisation=GUESTS, role__partner_admin="passkey")
    assert "This would lock out Gus" in previewed(sol, GUESTS)
    seen = mark(sol, GUESTS)
    refused = publish(sol, organisation=GUESTS, seen=seen)
    assert refused.status_code == 422 and "This would lock out Gus" in words(refused)
    house.run(policies.publish, BRANCH, {})
    assert publish(sol, organisation=GUESTS).status_code == 303


def test_only_what_was_previewed_is_published(house: House) -> None:
    pam = signed_in(house, "pam")
    save(pam, role__traveler="off")
    seen = mark(pam)
    save(pam, role__traveler="optional")
    late = publish(pam, seen=seen)
    assert late.status_code == 409
    assert "Somebody changed the draft meanwhile" in words(late)
    assert rows(house, "policies") == []
    assert publish(pam).status_code == 303
    again = publish(pam, seen=seen)
    assert lands_on(again) == path(house), "there is no draft any more"
    assert len(rows(house, "policies")) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "There is no date from which this holds."),
        ({"enforced": "2026-10-01T09:00"}, "The dates are in the past or out of order."),
        (
            {"monitored": "2026-12-25T09:00", "enforced": "2026-12-24T09:00"},
            "The dates are in the past or out of order.",
        ),
        ({"enforced": "2027-11-20T09:00"}, "more than a year from now"),
        ({"enforced": "2027-06-01T09:00", "grace_days": "365"}, "more than a year from now"),
    ],
)
def test_dates_that_nobody_could_keep_are_refused(
    house: House, fields: dict[str, str], said: str
) -> None:
    pam = signed_in(house, "pam")
    save(pam, role__traveler="off", **fields)
    refused = publish(pam, "announce", seen=mark(pam))
    assert refused.status_code == 422 and said in words(refused)
    assert rows(house, "policies") == [] and len(rows(house, "policy_drafts")) == 1
    if fields:
        assert said in previewed(pam)


def test_what_the_plan_lacks_is_refused_with_the_next_step(house: House) -> None:
    from portal.store import organisations

    pam = signed_in(house, "pam")
    partner = path(house).rpartition("/")[2]
    house.run(organisations.set_plan, partner, "professional", [])
    save(pam, role__dispatcher="passkey")
    assert "Your plan does not include what is asked for. Change the plan first" in previewed(pam)
    assert publish(pam, seen=mark(pam)).status_code == 422


def test_publishing_takes_a_fresh_proof_and_one_click(house: House) -> None:
    pam = signed_in(house, "pam")
    save(pam, role__traveler="off")
    seen = mark(pam)
    house.clock.advance(timedelta(minutes=6))
    asked = pam.post(path(house, "publication"), {"draft": seen, "how": "now"})
    assert lands_on(asked).startswith("/step-ups/") and rows(house, "policies") == []
    resumed = pam.follow(pam.prove(path=lands_on(asked) + "/totp"))
    assert "publish a policy" in words(resumed) and "It is enforced at once" in words(resumed)
    assert pam.post(path(house, "publication"), {"draft": seen, "how": "now"}).status_code == 303
    assert len(rows(house, "policies")) == 1
