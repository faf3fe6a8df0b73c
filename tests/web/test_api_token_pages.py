"""Tokens made by administrators: for their own organisation, shown once, ended at once."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from portal.flows import hosts, machines
from portal.flows.api_tokens import PAGE
from portal.flows.machines import TOKENS_MAX
from portal.flows.scopes import IMPORTS, MANAGEMENT, SCOPES, scope_field
from portal.rules.terms import Role
from portal.web import scope_words
from tests.support.house import BRANCH, HQ, PARTNER, House, Visitor
from tests.support.machines import token_for
from tests.support.memberships import another, events
from tests.support.web import Work, dump, email_of, lands_on, rows, signed_in, signed_in_again

PATH = "/admin/api-tokens"
TOKEN = re.compile(r'<code class="receipt" id="token"[^>]*>(lvp_[A-Za-z0-9_-]{43})</code>')
FORM = {"name": "reporting", "days": "30", "scope_members_read": "y", "scope_policy_read": "y"}
STALE = timedelta(minutes=5, seconds=1)


def made(visitor: Visitor, **more: str) -> str:
    """Make a token in the browser; the token."""
    visitor.get(PATH)
    answer = visitor.post(PATH, {**FORM, **more})
    found = TOKEN.search(answer.text)
    assert found, (answer.status, answer.text)
    return found.group(1)


def live(house: House) -> list[dict[str, Any]]:
    return [row for row in rows(house, "api_tokens") if row["revoked_at"] is None]


def revocation_of(house: House, number: int = 0) -> str:
    return f"{PATH}/{rows(house, 'api_tokens')[number]['id']}/revocation"


def test_every_scope_has_words_and_what_is_offered_a_field() -> None:
    assert list(scope_words.SCOPES) == list(SCOPES)
    assert list(scope_words.FIELDS) == list(MANAGEMENT)
    assert len({scope_field(scope) for scope in SCOPES}) == len(SCOPES)
    assert scope_words.FIELDS["policy:read"] == "scope_policy_read"


def test_a_token_is_shown_once_and_lies_nowhere_in_clear(house: House) -> None:
    pam = signed_in(house, "pam")
    token = made(pam)
    later = pam.get(PATH).text
    assert token not in later
    assert "lvp_" not in later
    assert token not in str(dump(house))
    assert token[4:] not in str(dump(house))
    (row,) = rows(house, "api_tokens")
    pam_id = next(one["id"] for one in rows(house, "users") if one["email"] == email_of("pam"))
    assert row["created_by"] == pam_id
    assert row["scopes"] == ["members:read", "policy:read"]
    assert row["expires_at"] - row["created_at"] == timedelta(days=30)
    machine = house.run(machines.enter, token)
    assert machine.scopes == {"members:read", "policy:read"}
    assert machine.organisation_id == row["organisation_id"]


def test_the_answer_with_the_token_is_kept_by_nobody(house: House) -> None:
    pam = signed_in(house, "pam")
    pam.get(PATH)
    answer = pam.post(PATH, FORM)
    assert "no-store" in answer.headers["Cache-Control"]
    assert TOKEN.search(answer.text)
    assert len({made(pam, name=f"n{number}") for number in range(3)}) == 3


def test_the_list_says_what_each_may_who_made_it_and_how_it_stands(house: House) -> None:
    pam = signed_in(house, "pam")
    made(pam)
    token_for(house, "settlements", days=1)
    shown = pam.get(PATH).text
    assert "Read the policy and its versions · Read who the members are" in unescape(shown)
    assert "Bring in settlements" in shown
    assert ">Pam<" in shown
    assert "The operators" in shown
    assert "Never" in shown
    assert "members:read" not in shown
    assert shown.count(">Good<") == 2
    house.clock.advance(timedelta(days=1))
    visitor = signed_in_again(house, "pam", pam)
    assert visitor.get(PATH).text.count(">Expired<") == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "Fill this in"),
        ({"name": "   "}, "Fill this in"),
        ({"name": "x" * 121}, "too long"),
        ({"name": "a\x00b"}, "cannot be read"),
        ({"name": "a\u202eb"}, "letters, digits and signs"),
        ({"days": "0"}, "between 1 and 366"),
        ({"days": "367"}, "between 1 and 366"),
        ({"days": "-1"}, "between 1 and 366"),
        ({"days": ""}, "between 1 and 366"),
        ({"days": "soon"}, "between 1 and 366"),
        ({"days": "1e2"}, "between 1 and 366"),
        ({"days": "9" * 30}, "between 1 and 366"),
        ({"scope_members_read": "", "scope_policy_read": ""}, "at least one thing"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    house: House, changed: dict[str, str], words: str
) -> None:
    pam = signed_in(house, "pam")
    pam.get(PATH)
    answer = pam.post(PATH, {**FORM, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert "lvp_" not in answer.text
    assert rows(house, "api_tokens") == []


@pytest.mark.parametrize("scope", [*IMPORTS, "everything", "policy:publish"])
def test_no_administrator_gives_a_machine_what_moves_money(house: House, scope: str) -> None:
    """A bank account that a machine brings in counts at once; in the browser it takes two."""
    pam = signed_in(house, "pam")
    assert scope_field(scope) not in pam.get(PATH).text
    form = {"name": "mine", "days": "30", scope_field(scope): "y"}
    assert pam.post(PATH, form).status_code == 422
    assert rows(house, "api_tokens") == []
    made(pam, **{scope_field(scope): "y"})
    assert rows(house, "api_tokens")[0]["scopes"] == ["members:read", "policy:read"]


def test_a_name_is_one_live_token_and_there_is_an_end_to_them(house: House) -> None:
    pam = signed_in(house, "pam")
    made(pam)
    again = pam.post(PATH, FORM)
    assert again.status_code == 409
    assert "Another token has this name" in again.text
    assert len(rows(house, "api_tokens")) == 1
    pam.get(PATH)
    assert pam.post(revocation_of(house)).status_code == 303
    made(pam)
    for number in range(TOKENS_MAX - 1):
        made(pam, name=f"machine {number}")
    full = pam.post(PATH, {**FORM, "name": "one more"})
    assert full.status_code == 409
    assert "as many as fit" in full.text
    assert len(live(house)) == TOKENS_MAX
    shown = pam.get(PATH).text
    found = re.search(r'href="([^"]+before=[^"]+)"', shown)
    assert found
    rest = pam.get(unescape(found.group(1)), htmx=True).text
    assert shown.count("<tr>") - 1 == PAGE
    assert rest.count("<tr>") - 1 == len(rows(house, "api_tokens")) - PAGE
    assert "<html" not in rest


@pytest.mark.parametrize("htmx", [False, True])
def test_a_revoked_token_is_dead_at_once_and_for_good(house: House, htmx: bool) -> None:
    pam = signed_in(house, "pam")
    token = made(pam)
    pam.get(PATH)
    answer = pam.post(revocation_of(house), htmx=htmx)
    shown = answer.text if htmx else pam.follow(answer).text
    assert "The token is revoked" in shown
    assert ">Revoked<" in shown
    assert "/revocation" not in shown
    assert ("<html" not in shown) == htmx
    assert house.run(machines.enter, token) is None
    assert pam.post(revocation_of(house), htmx=htmx).status_code == 404
    assert len(events(house, "api_token.revoked")) == 1


def test_an_expired_token_is_not_revoked_once_more(house: House) -> None:
    pam = signed_in(house, "pam")
    made(pam, days="1")
    house.clock.advance(timedelta(days=1))
    again = signed_in_again(house, "pam", pam)
    assert "/revocation" not in again.get(PATH).text
    assert again.post(revocation_of(house)).status_code == 404


@pytest.mark.parametrize(("where", "role"), [(BRANCH, Role.PARTNER_ADMIN), (HQ, Role.SUPER_ADMIN)])
@pytest.mark.parametrize("htmx", [False, True])
def test_another_organisations_tokens_are_not_found(
    house: House, where: str, role: Role, htmx: bool
) -> None:
    pam = signed_in(house, "pam")
    made(pam)
    other = another(house, "olga@other.example", where, role)
    first = rows(house, "api_tokens")[0]["id"]
    assert "reporting" not in other.get(PATH, htmx=htmx).text
    assert "reporting" not in other.get(f"{PATH}?before={first}", htmx=htmx).text
    assert other.post(revocation_of(house), htmx=htmx).status_code == 404
    assert len(live(house)) == 1
    made(other)
    own = next(row for row in rows(house, "organisations") if row["name"] == where)["id"]
    assert rows(house, "api_tokens")[1]["organisation_id"] == own


@pytest.mark.parametrize("name", ["piet", "ada", "stan", "dan"])
def test_only_who_administers_the_organisation_comes_near(house: House, name: str) -> None:
    made(signed_in(house, "pam"))
    visitor = signed_in(house, name)
    for htmx in (False, True):
        assert visitor.get(PATH, htmx=htmx).status_code == 403
        assert visitor.post(PATH, FORM, htmx=htmx).status_code == 403
        assert visitor.post(revocation_of(house), htmx=htmx).status_code == 403
    assert len(live(house)) == 1


def test_a_role_that_was_lost_a_second_ago_makes_nothing(house: House) -> None:
    pam = signed_in(house, "pam")
    made(pam)
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM memberships WHERE role = 'partner_admin'")
    house.run(hosts.grant, email_of("pam"), PARTNER, Role.DISPATCHER)
    assert pam.post(PATH, {**FORM, "name": "late"}).status_code == 403
    assert pam.post(revocation_of(house)).status_code == 403
    assert len(live(house)) == 1


def test_a_change_asks_for_a_fresh_proof_and_keeps_the_form(house: House) -> None:
    pam = signed_in(house, "pam")
    made(pam, name="first")
    other = signed_in_again(house, "pam", pam)
    house.clock.advance(STALE)
    pam.headers["Referer"] = f"{house.settings.base_url}{PATH}"
    assert pam.get(PATH).status_code == 200, "to look needs none"
    assert lands_on(pam.post(revocation_of(house))).startswith("/step-ups/")
    step_up = lands_on(pam.post(PATH, FORM))
    assert step_up.startswith("/step-ups/")
    assert "change API tokens" in pam.get(f"{step_up}/totp").text
    cancelled = pam.get(f"{PATH}?kept={step_up.rpartition('/')[2]}").text
    assert 'value="reporting"' in cancelled
    assert len(re.findall(r'name="scope_\w+" value="y" checked', cancelled)) == 2
    pam.prove(path=f"{step_up}/totp")
    resumed = pam.get(step_up).text
    assert "Read the policy and its versions, Read who the members are" in unescape(resumed)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', resumed))
    del hidden["csrf_token"]
    assert hidden == FORM
    assert TOKEN.search(pam.post(PATH, hidden).text)
    assert len(live(house)) == 2
    # Another session of the same person does not profit from that proof.
    other.get(PATH)
    assert lands_on(other.post(PATH, {**FORM, "name": "x"})).startswith("/step-ups/")


def test_every_admin_is_told_and_the_mail_holds_no_token(house: House) -> None:
    pam = signed_in(house, "pam")
    house.user("petra@partner.example", PARTNER, Role.PARTNER_ADMIN)
    house.user("bea@branch.example", BRANCH, Role.PARTNER_ADMIN)
    house.work()
    house.letters.sent.clear()
    token = made(pam)
    pam.get(PATH)
    pam.post(revocation_of(house))
    house.work()
    for admin in (email_of("pam"), "petra@partner.example"):
        assert sorted(letter.subject for letter in house.letters.to(admin)) == [
            "An API token of Test Cars was revoked",
            "An API token was made for Test Cars",
        ]
    assert len(house.letters.sent) == 4
    text = "".join(letter.text for letter in house.letters.sent)
    assert "Pam made an API token for Test Cars, called reporting." in text
    assert "Read the policy and its versions; Read who the members are" in text
    assert PATH in text
    assert token not in "".join(one.text + one.html for one in house.letters.sent)


def test_making_and_revoking_are_audited_with_who_did_it(house: House) -> None:
    pam = signed_in(house, "pam")
    token = made(pam)
    pam.get(PATH)
    pam.post(revocation_of(house))
    (row,) = rows(house, "api_tokens")
    for name in ("api_token.created", "api_token.revoked"):
        (event,) = events(house, name)
        assert event["actor_id"] == row["created_by"]
        assert event["detail"]["api_token"] == row["id"]
        assert token not in str(event)


def test_the_page_keeps_its_budget_of_statements(house: House) -> None:
    pam = signed_in(house, "pam")
    made(pam)
    with Work(house) as work:
        assert pam.get(PATH).status_code == 200
    assert len(work.statements) <= 4, work.statements
