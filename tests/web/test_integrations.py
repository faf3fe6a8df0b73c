"""Webhooks: of one's own organisation, changed with two factors of five minutes."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from portal.flows import hosts
from portal.flows.integrations import WEBHOOKS_MAX
from portal.rules.terms import AccountState, Role
from tests.support.house import BRANCH, HQ, PARTNER, House, Visitor
from tests.support.integrations import BILLING, SECRET, TICKS, URL, added, saved
from tests.support.web import Work, email_of, lands_on, rows, signed_in, signed_in_again

FRESH = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def live(house: House) -> list[dict[str, Any]]:
    return [row for row in rows(house, "webhooks") if row["removed_at"] is None]


def removal_of(house: House) -> str:
    return f"/partner/webhooks/{rows(house, 'webhooks')[0]['id']}/removal"


def another_admin(house: House, email: str, organisation: str) -> Visitor:
    house.user(email, organisation, Role.PARTNER_ADMIN)
    visitor = house.visitor()
    visitor.sign_in(email)
    visitor.enrol_app()
    return visitor


def test_the_secret_is_shown_once_and_lies_nowhere_in_clear(house: House) -> None:
    pam = signed_in(house, "pam")
    secret = added(pam)
    page = pam.get("/partner/webhooks").text
    assert URL in unescape(page)
    assert "A payout was approved" in page
    assert secret not in page
    assert "whsec_" not in page
    (row,) = rows(house, "webhooks")
    assert secret.encode() not in bytes(row["secret"])
    opened = house.runner.sealer.open(bytes(row["secret"]), f"webhooks:secret:{row['id']}")
    assert secret.encode() in opened


def test_every_webhook_has_a_secret_of_its_own(house: House) -> None:
    pam = signed_in(house, "pam")
    assert added(pam) != added(pam, "https://other.partner.example/")


def test_no_page_claims_a_delivery(house: House) -> None:
    pam = signed_in(house, "pam")
    added(pam)
    page = pam.get("/partner/webhooks").text
    assert "Nothing is sent to it yet" in page
    assert not re.search(r"deliver(ed|y failed)|\bactive\b|healthy|last sent", page, re.IGNORECASE)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Fill this in"),
        ("http://hooks.partner.example/", "must start with https"),
        ("https://u:p@hooks.partner.example/", "Leave out the name and password"),
        ("https://127.0.0.1/", "not an address in numbers"),
        ("https://localhost/", "inside a network only"),
        ("https://hooks.internal/", "inside a network only"),
        ("https://hooks.partner.example:8080/", "Leave out the port"),
        ("https://hooks.partner.example/#x", "Leave out the #"),
        ("https://hooks.partner.example/" + "x" * 500, "too long"),
        ("https://hooks_.partner.example/", "not an address"),
        ("https://hooks.partner.example/\x00", "cannot be read"),
    ],
)
def test_an_address_that_does_not_do_is_refused_in_words(
    house: House, url: str, words: str
) -> None:
    pam = signed_in(house, "pam")
    pam.get("/partner/webhooks")
    answer = pam.post("/partner/webhooks", url=url, **TICKS)
    assert answer.status_code == 422
    assert words in answer.text
    assert len(re.findall(r'name="on_\w+" value="y" checked', answer.text)) == 2
    assert rows(house, "webhooks") == []


def test_only_events_of_the_list_are_kept_and_one_is_needed(house: House) -> None:
    pam = signed_in(house, "pam")
    pam.get("/partner/webhooks")
    refused = pam.post("/partner/webhooks", url=URL, on_everything="y")
    assert refused.status_code == 422
    assert "Choose at least one event" in refused.text
    assert f'value="{URL}"' in unescape(refused.text)
    added(pam)
    (row,) = rows(house, "webhooks")
    assert row["events"] == ["export.made", "payout.approved"]


def test_an_address_that_is_there_already_and_an_eleventh_are_refused(house: House) -> None:
    pam = signed_in(house, "pam")
    added(pam)
    again = pam.post("/partner/webhooks", url=URL, **TICKS)
    assert again.status_code == 422
    assert "already" in again.text
    assert not SECRET.search(again.text)
    for number in range(WEBHOOKS_MAX - 1):
        added(pam, f"https://hooks{number}.partner.example/")
    assert "as many as fit" in pam.get("/partner/webhooks").text
    full = pam.post("/partner/webhooks", url="https://last.partner.example/", **TICKS)
    assert full.status_code == 409
    assert len(live(house)) == WEBHOOKS_MAX
    pam.post(removal_of(house))
    added(pam, "https://last.partner.example/")


@pytest.mark.parametrize("htmx", [False, True])
def test_a_removed_webhook_leaves_no_secret(house: House, htmx: bool) -> None:
    pam = signed_in(house, "pam")
    secret = added(pam)
    pam.get("/partner/webhooks")
    answer = pam.post(removal_of(house), htmx=htmx)
    page = answer.text if htmx else pam.follow(answer).text
    assert "No webhook is set up" in page
    assert "The webhook is removed" in page
    assert ("<html" not in page) == htmx
    (row,) = rows(house, "webhooks")
    opened = house.runner.sealer.open(bytes(row["secret"]), f"webhooks:secret:{row['id']}")
    assert secret.encode() not in opened
    assert pam.post(removal_of(house), htmx=htmx).status_code == 404
    added(pam)


def test_a_change_asks_for_a_proof_of_the_last_five_minutes(house: House) -> None:
    pam = signed_in(house, "pam")
    added(pam)
    house.clock.advance(FRESH)
    added(pam, "https://second.partner.example/")
    house.clock.advance(SECOND)
    forms: dict[str, dict[str, Any]] = {
        "/partner/webhooks": {"url": "https://third.partner.example/", **TICKS},
        removal_of(house): {},
        "/partner/billing": {"version": "0", **BILLING},
    }
    for path, form in forms.items():
        assert lands_on(pam.post(path, **form)).startswith("/step-ups/"), path
        assert lands_on(pam.post(path, htmx=True, **form)).startswith("/step-ups/"), path
    assert len(live(house)) == 2
    assert rows(house, "billing") == []
    assert pam.get("/partner/webhooks").status_code == 200, "to look needs none"


def test_the_form_comes_back_filled_with_its_ticks_after_the_proof(house: House) -> None:
    pam = signed_in(house, "pam")
    house.clock.advance(FRESH + SECOND)
    pam.headers["Referer"] = f"{house.settings.base_url}/partner/webhooks"
    step_up = lands_on(pam.post("/partner/webhooks", url=URL, **TICKS))
    challenge = pam.get(f"{step_up}/totp").text
    assert "change webhooks" in challenge
    cancelled = pam.get(f"/partner/webhooks?kept={step_up.rpartition('/')[2]}").text
    assert f'value="{URL}"' in unescape(cancelled)
    assert len(re.findall(r'name="on_\w+" value="y" checked', cancelled)) == 2
    pam.prove(path=f"{step_up}/totp")
    resumed = pam.get(step_up).text
    assert "A settlement export was made, A payout was approved" in resumed
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', resumed)
    form: dict[str, Any] = {name: unescape(value) for name, value in hidden}
    del form["csrf_token"]
    assert form == {"url": URL, **TICKS}
    assert SECRET.search(pam.post("/partner/webhooks", **form).text)


def test_a_controller_looks_but_does_not_change_webhooks(house: House) -> None:
    added(signed_in(house, "pam"))
    piet = signed_in(house, "piet")
    page = piet.get("/partner/webhooks").text
    assert URL in unescape(page)
    assert "/removal" not in page
    assert "An admin of your organisation can add" in page
    for htmx in (False, True):
        assert piet.post("/partner/webhooks", htmx=htmx, url=URL, **TICKS).status_code == 403
        assert piet.post(removal_of(house), htmx=htmx).status_code == 403
    assert len(live(house)) == 1


@pytest.mark.parametrize("where", [BRANCH, HQ])
@pytest.mark.parametrize("htmx", [False, True])
def test_another_organisations_webhooks_are_not_found(house: House, where: str, htmx: bool) -> None:
    pam = signed_in(house, "pam")
    added(pam)
    saved(pam)
    other = another_admin(house, "olga@other.example", where)
    assert "hooks.partner.example" not in other.get("/partner/webhooks", htmx=htmx).text
    assert "Test Cars B.V." not in other.get("/partner/billing", htmx=htmx).text
    assert other.post(removal_of(house), htmx=htmx).status_code == 404
    assert len(live(house)) == 1
    # Their own is their own: the same address may be wanted by two organisations.
    added(other)
    assert len(live(house)) == 2


def test_a_role_that_was_lost_a_second_ago_changes_nothing(house: House) -> None:
    pam = signed_in(house, "pam")
    added(pam)
    pam.get("/partner/webhooks")
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM memberships WHERE role = 'partner_admin'")
    house.run(hosts.grant, email_of("pam"), PARTNER, Role.DISPATCHER)
    for path in ("/partner/webhooks", "/partner/billing"):
        assert pam.get(path).status_code == 403
        assert pam.get(path, htmx=True).status_code == 403
        assert pam.post(path, url=URL, version="0", **TICKS, **BILLING).status_code == 403
    assert pam.post(removal_of(house)).status_code == 403
    assert len(live(house)) == 1


def test_every_admin_of_the_organisation_is_told_and_nobody_else(house: House) -> None:
    pam, piet = signed_in(house, "pam"), signed_in(house, "piet")
    house.user("petra@partner.example", PARTNER, Role.PARTNER_ADMIN)
    house.user("paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    house.run(hosts.set_state, "paul@partner.example", AccountState.DISABLED)
    house.user("bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    house.work()
    house.letters.sent.clear()
    secret = added(pam)
    pam.post(removal_of(house))
    assert saved(piet).status_code == 303
    house.work()
    for admin in (email_of("pam"), "petra@partner.example"):
        assert sorted(letter.subject for letter in house.letters.to(admin)) == [
            "A webhook was added for Test Cars",
            "A webhook was removed for Test Cars",
            "The billing details of Test Cars were changed",
        ]
    assert {letter.recipient for letter in house.letters.sent} == {
        email_of("pam"),
        "petra@partner.example",
    }
    letters = "".join(letter.text + letter.html for letter in house.letters.sent)
    assert "hooks.partner.example" in letters
    assert "Piet" in letters
    assert "hidden" not in letters, "the path of an address can hold the receiver's own secret"
    assert secret not in letters


def test_changes_are_audited_without_secrets(house: House) -> None:
    pam = signed_in(house, "pam")
    secret = added(pam)
    pam.post(removal_of(house))
    saved(pam)
    audit = rows(house, "audit_events")
    names = [row["event"] for row in audit]
    for name in ("webhook.added", "webhook.removed", "billing.changed"):
        assert names.count(name) == 1
    text = str([row["detail"] for row in audit])
    assert "hooks.partner.example" in text
    assert secret not in text
    assert "hidden" not in text


def test_another_session_does_not_profit_from_the_proof(house: House) -> None:
    pam = signed_in(house, "pam")
    other = signed_in_again(house, "pam", pam)
    house.clock.advance(FRESH + SECOND)
    step_up = lands_on(pam.post("/partner/webhooks", url=URL, **TICKS))
    pam.prove(path=f"{step_up}/totp")
    other.get("/partner/webhooks")
    assert other.get(step_up).status_code == 404
    assert lands_on(other.post("/partner/webhooks", url=URL, **TICKS)).startswith("/step-ups/")


def test_the_pages_keep_their_budget_of_statements(house: House) -> None:
    pam = signed_in(house, "pam")
    added(pam)
    saved(pam)
    for path in ("/partner/webhooks", "/partner/billing"):
        with Work(house) as work:
            assert pam.get(path).status_code == 200
        assert len(work.statements) <= 4, work.statements
