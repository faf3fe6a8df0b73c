"""Policy over the API: read by machines, drafted by them, and published by people alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.flows import policies
from portal.flows.policies import Published
from portal.flows.policy_plans import Dates
from portal.rules.terms import Role
from portal.store import organisations, policy_codec
from portal.store.policy_codec import NotAPolicy
from portal.web.fields import Unfit
from portal.web.policy_schema import POLICY
from tests.support.api import Machine, machine, organisation_id
from tests.support.drafts import allow_apps_alone, save
from tests.support.house import HQ, PARTNER, House
from tests.support.machines import is_problem
from tests.support.threads import at_once
from tests.support.web import rows, signed_in

WANTED: dict[str, Any] = {"required_roles": ["dispatcher"], "demands": {"dispatcher": {"level": 2}}}
NONE = {"If-Match": '"none"'}


def publish(house: House, name: str, document: dict[str, Any], days: int = 0) -> None:
    house.organise()
    found = house.run(organisations.by_name, name)
    later = house.clock() + timedelta(days=days)
    dates = Dates(house.clock(), later, timedelta(days=2), "Soon") if days else None
    outcome = house.run(policies.publish_for, found, document, house.person("sol").id, dates)
    assert isinstance(outcome, Published), outcome


def put(program: Machine, body: Any, match: str | None) -> Any:
    headers = {} if match is None else {"If-Match": match}
    return program.ask("PUT", "policy/draft", body, headers)


def test_what_holds_and_what_is_on_its_way_is_read(house: House) -> None:
    program = machine(house, "policy:read")
    first = program.ask("GET", "policy")
    assert first.get_json()["own"] is None
    assert first.get_json()["steps"] == []
    publish(house, PARTNER, WANTED, days=10)
    answer = program.ask("GET", "policy")
    sheet = answer.get_json()
    assert answer.headers["ETag"] != first.headers["ETag"]
    assert program.ask("GET", "policy").headers["ETag"] == answer.headers["ETag"]
    assert sheet["own"]["number"] == 1
    assert sheet["own"]["grace_days"] == 2
    assert sheet["own"]["author"] == "Sol"
    assert "dispatcher" not in sheet["effective"]["required_roles"]
    (step,) = sheet["steps"]
    assert step["stage"] == "monitored"
    assert step["policy"]["required_roles"] == ["dispatcher"]
    house.clock.advance(timedelta(days=12))
    assert "dispatcher" in program.get("policy")["effective"]["required_roles"]


def test_versions_are_read_one_by_one_and_in_pages(house: House) -> None:
    program = machine(house, "policy:read")
    house_sol = None
    for number in range(3):
        document = {**WANTED, "reset_approvals": 1 + number % 2}
        found = house.run(organisations.by_name, PARTNER)
        house_sol = house_sol or house.person("sol").id
        house.run(policies.publish_for, found, document, house_sol)
    page = program.get("policy/versions", limit=2)
    assert [one["number"] for one in page["versions"]] == [3, 2]
    rest = program.get("policy/versions", limit=2, cursor=page["next_cursor"])
    assert [one["number"] for one in rest["versions"]] == [1]
    assert rest["next_cursor"] is None
    assert program.get("policy/versions/2") == page["versions"][1]
    for number in (0, 4, 2**31, 10**30):
        program.get(f"policy/versions/{number}", 404)


def test_a_draft_is_written_over_what_was_read_and_nothing_else(house: House) -> None:
    program = machine(house, "policy:read", "policy:write", made_by=house.person("pam").id)
    begin = program.ask("GET", "policy/draft")
    assert begin.headers["ETag"] == '"none"'
    assert begin.get_json()["revision"] == 0
    is_problem(put(program, {"document": WANTED}, None), 428)
    is_problem(put(program, {"document": WANTED}, '"old"'), 412)
    for unclear in ("none", '""', 'W/"none"', "*", '"none", "x"', '"none"; x'):
        is_problem(put(program, {"document": WANTED}, unclear), 400)
    assert rows(house, "policy_drafts") == []
    written = put(program, {"document": WANTED, "grace_days": 3}, '"none"')
    assert written.status_code == 200, written.text
    tag = written.headers["ETag"]
    assert program.ask("GET", "policy/draft").headers["ETag"] == tag
    assert program.get("policy/draft") == written.get_json()
    assert written.get_json()["revision"] == 1
    is_problem(put(program, {"document": {}}, '"none"'), 412)
    second = put(program, {"document": {}}, tag)
    assert second.get_json()["revision"] == 2
    is_problem(put(program, {"document": WANTED}, tag), 412)
    for match, status in ((None, 428), (tag, 412), (second.headers["ETag"], 204), (tag, 412)):
        headers = {} if match is None else {"If-Match": match}
        assert program.ask("DELETE", "policy/draft", headers=headers).status_code == status
    assert rows(house, "policy_drafts") == []
    named = [row for row in rows(house, "audit_events") if row["event"].startswith("policy.draft")]
    assert [row["actor_id"] for row in named] == [None] * 3
    assert {row["detail"]["api_token"] for row in named} == {rows(house, "api_tokens")[0]["id"]}


def test_a_draft_takes_back_nothing_that_was_published_since_it_was_begun(house: House) -> None:
    program, sol = machine(house, "policy:read", "policy:write"), house.person("sol").id
    found = house.run(organisations.by_name, PARTNER)
    seen = []
    for number in (1, 2):
        seen.append(program.ask("GET", "policy/draft").headers["ETag"])
        house.run(policies.publish_for, found, {**WANTED, "reset_approvals": number}, sol)
    assert seen == ['"none"', '"none-1"']
    for old in (*seen, '"none-3"', '"none-"'):
        is_problem(put(program, {"document": WANTED}, old), 412)
        assert program.ask("DELETE", "policy/draft", headers={"If-Match": old}).status_code == 412
    assert rows(house, "policy_drafts") == []
    now = {"If-Match": program.ask("GET", "policy/draft").headers["ETag"]}
    assert program.ask("DELETE", "policy/draft", headers=now).status_code == 204
    assert put(program, {"document": WANTED}, now["If-Match"]).status_code == 200
    # Of a draft that somebody began meanwhile it takes nothing away either.
    assert program.ask("DELETE", "policy/draft", headers=now).status_code == 412
    assert len(rows(house, "policy_drafts")) == 1


def test_what_a_machine_wrote_bears_no_persons_name(house: House) -> None:
    pam = signed_in(house, "pam")
    made_by = next(row["id"] for row in rows(house, "users"))
    program = machine(house, "policy:write", made_by=made_by)
    assert put(program, {"document": WANTED}, '"none"').status_code == 200
    assert rows(house, "policy_drafts")[0]["author_id"] is None
    assert "Saved by a machine" in pam.get("/admin/policy").text


def test_of_two_that_write_at_once_one_is_told(house: House) -> None:
    program = machine(house, "policy:read", "policy:write")

    def write(number: int) -> int:
        body = {"document": WANTED, "message": f"by {number}"}
        return put(program, body, '"none"').status_code

    assert sorted(at_once(2, write)) == [200, 412]
    assert rows(house, "policy_drafts")[0]["revision"] == 1


def test_the_dates_of_a_draft_are_instants_whatever_the_clock_there(house: House) -> None:
    house.organise()
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE organisations SET time_zone = 'Europe/Amsterdam'")
    program = machine(house, "policy:read", "policy:write")
    body = {
        "document": WANTED,
        "monitored_at": "2027-03-01T09:00:00+01:00",
        "enforced_at": "2027-04-01T07:00:59Z",
        "message": "Soon",
    }
    shown = put(program, body, '"none"').get_json()
    assert shown["monitored_at"] == "2027-03-01T08:00:00Z"
    assert shown["enforced_at"] == "2027-04-01T07:00:00Z"
    assert rows(house, "policy_drafts")[0]["dates"]["enforced"] == "2027-04-01T09:00"
    # The second half past two of that night.
    twice = {"document": WANTED, "enforced_at": "2027-10-31T01:30:00Z"}
    tag = program.ask("GET", "policy/draft").headers["ETag"]
    assert is_problem(put(program, twice, tag), 409)["reason"] == "twice_by_the_clock"


def test_a_draft_is_previewed_in_numbers_and_by_name(house: House) -> None:
    people = [house.user(f"d{one}@partner.example", PARTNER, Role.DISPATCHER) for one in range(2)]
    house.person("pam")
    program = machine(house, "policy:read", "policy:write", "members:read")
    program.get("policy/draft/preview", 404)
    put(program, {"document": WANTED}, '"none"')
    preview = program.get("policy/draft/preview")
    assert preview["blocked"] is None
    assert preview["stopped"] == 2
    assert preview["by_role"] == {"dispatcher": {"policy_requires_second_factor": 2}}
    listed = program.get("policy/draft/preview/people")
    assert [one["id"] for one in listed["people"]] == sorted(one.id for one in people)
    assert {one["lacks"] for one in listed["people"]} == {"policy_requires_second_factor"}
    blind = machine(house, "policy:read")
    is_problem(blind.ask("GET", "policy/draft/preview/people"), 403)
    assert rows(house, "policies") == []


def test_who_would_be_locked_out_is_named_to_people_alone(house: House) -> None:
    pam = signed_in(house, "pam")
    allow_apps_alone(house, "pam")
    save(pam, role__partner_admin="passkey")
    preview = machine(house, "policy:read").ask("GET", "policy/draft/preview")
    assert preview.get_json()["blocked"] == "self_locking"
    assert "Pam" not in preview.text


def test_a_machine_publishes_nothing(house: House) -> None:
    program = machine(house, made_by=house.person("pam").id)
    put(program, {"document": WANTED}, '"none"')
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        is_problem(program.ask(method, "policy", {}, NONE), 405)
        is_problem(program.ask(method, "policy/versions", {}, NONE), 405)
        is_problem(program.ask(method, "policy/versions/1", {}, NONE), 405)
        for path in ("policy/publication", "policy/draft/publication", "policy/rollback"):
            is_problem(program.ask(method, path, {}, NONE), 404)
    assert rows(house, "policies") == []
    reader = machine(house, "policy:read")
    is_problem(put(reader, {"document": {}}, '"none"'), 403)


def test_what_a_parent_asks_is_seen_and_its_draft_is_not(house: House) -> None:
    publish(house, HQ, {"required_roles": ["dispatcher"]})
    program = machine(house, "policy:read")
    assert "dispatcher" in program.get("policy")["effective"]["required_roles"]
    above = organisation_id(house, HQ)
    for path in ("policy", "policy/draft", "policy/versions", "policy/draft/preview"):
        program.get(f"/api/v1/organisations/{above}/{path}", 404)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"required_roles": ["root"]}, "document.required_roles[0]"),
        ({"mfa_required": True}, "document.mfa_required"),
        ({"demands": {"dispatcher": {"level": 1}}}, "document.demands.dispatcher.level"),
        ({"demands": {"root": {}}}, "document.demands.root"),
        ({"raised": {"home": {"age_max_s": 1}}}, "document.raised.home.age_max_s"),
        ({"restrictions": {"allowed": ["x"]}}, "document.restrictions.allowed[0]"),
        ({"restrictions": {"certification": 4}}, "document.restrictions.certification"),
        ({"methods": ["TOTP"]}, "document.methods[0]"),
        ({"reset_approvals": 3}, "document.reset_approvals"),
        ({"reset_approvals": True}, "document.reset_approvals"),
        ("x", "document"),
    ],
)
def test_what_is_no_policy_is_refused_by_its_field(house: House, document: Any, field: str) -> None:
    program = machine(house, "policy:write")
    problem = is_problem(put(program, {"document": document}, '"none"'), 422)
    assert problem["errors"][0]["field"] == field
    assert rows(house, "policy_drafts") == []


def shaped(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a JSON Schema of ours, and now and then of another."""
    if "anyOf" in schema:
        return st.one_of(*map(shaped, schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            optional = {name: shaped(one) for name, one in schema["properties"].items()}
            return st.fixed_dictionaries({}, optional=optional)
        case "array":
            return st.lists(shaped(schema["items"]), max_size=3)
        case "integer":
            return st.integers(schema["minimum"] - 1, schema["maximum"] + 1)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "string" if schema.get("format") == "uuid":
            return st.uuids().map(str)
    return st.text("ab_ A", max_size=5)


@given(document=shaped(POLICY.schema()))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_shape_that_the_api_takes_is_a_policy_and_comes_back_in_it(document: Any) -> None:
    try:
        read = POLICY.read(document, "document")
    except Unfit:
        return
    plain = {name: value for name, value in read.items() if value is not None}
    try:
        policy = policy_codec.from_json(plain)
    except NotAPolicy as wrong:
        raise AssertionError(f"{plain}: {wrong}") from wrong
    POLICY.read(policy_codec.to_json(policy), "document")
