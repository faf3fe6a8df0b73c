"""The API as a whole: its document is its routes, and no route says more than it must."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from portal.flows.scopes import SCOPES
from portal.web import openapi
from portal.web.fields import Object, Unfit
from portal.web.machine_routes import Route
from portal.web.machines import Entry
from tests.support.api import UNKNOWN, Machine, machine, operations, organisation_id, stranger
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, House
from tests.support.machines import is_problem

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TENANTS = "{organisation_id}"
BODIES: dict[str, Any] = {
    "bring_in": {"records": [{}]},
    "request_reset": {"user_id": UNKNOWN, "reason": "A lost phone", "verification": "in_person"},
    "withdraw_reset": {},
    "write_draft": {"document": {}},
    "announce": {"message": "Hello", "ends_at": "2027-01-01T00:00:00Z"},
}


def address(path: str, organisation: str) -> str:
    filled = path.replace(TENANTS, organisation).replace("{kind}", "settlements")
    parts = ("{user_id}", "{reset_id}", "{announcement_id}")
    for part in parts:
        filled = filled.replace(part, UNKNOWN)
    return filled.replace("{number}", "1")


def send(program: Machine, method: str, path: str, said: dict[str, Any]) -> TestResponse:
    headers = {}
    if any(one["name"] == "If-Match" for one in said["parameters"]):
        headers["If-Match"] = '"none"'
    return program.ask(method, path, BODIES.get(said["operationId"]), headers)


@ONE
def test_the_document_and_the_routes_are_the_same(house: House) -> None:
    documented = {
        (method, openapi.PART.sub(r"{\g<name>}", path)) for method, path, _ in operations(house)
    }
    routes = {
        (method, openapi.PART.sub(r"{\g<name>}", rule.rule))
        for rule in house.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
        if rule.rule.startswith("/api/")
    }
    assert documented == routes
    assert {path for _, path in routes} - {"/api/openapi.json"}


@ONE
def test_every_route_says_its_scope_its_problems_and_its_headers(house: House) -> None:
    said_scopes = set()
    for method, _, said in operations(house):
        entry = house.app.view_functions[endpoint_of(house, said["operationId"])].__dict__
        assert isinstance(entry["action"], Entry)
        assert isinstance(entry["route"], Route)
        said_scopes |= {one for each in said["security"] for one in each["token"]}
        for status, answer in said["responses"].items():
            assert {"RateLimit", "RateLimit-Policy"} <= answer["headers"].keys()
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"]
        assert {"405", "429", "503"} <= said["responses"].keys()
        names = {one["name"] for one in said["parameters"]}
        assert ("Idempotency-Key" in names) == (method != "GET")
        assert ("If-Match" in names) == ({"412", "428"} <= said["responses"].keys())
    assert said_scopes == set(SCOPES)


def endpoint_of(house: House, name: str) -> str:
    return next(one for one in house.app.view_functions if one.rpartition(".")[2] == name
                and one.startswith("api"))  # fmt: skip


@ONE
def test_anybody_reads_what_the_api_is_and_it_names_no_other_host(house: House) -> None:
    machine(house)
    answer = stranger(house).ask("GET", "/api/openapi.json")
    assert answer.status_code == 200
    document = json.loads(answer.text)
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": house.settings.base_url}]
    assert "http" not in answer.text.replace(house.settings.base_url, "").replace('"http"', "")
    for row in (PARTNER, organisation_id(house, PARTNER)):
        assert row not in answer.text


def test_every_route_needs_a_good_token_and_its_own_scope(house: House) -> None:
    nobody, home = stranger(house), organisation_id(house, PARTNER)
    poor = machine(house, "import:cards")
    for method, path, said in operations(house):
        where = address(path, home)
        if not said["security"]:
            continue
        is_problem(send(nobody, method, where, said), 401)
        if said["security"] != [{"token": []}]:
            answer = send(poor, method, where, said)
            problem = is_problem(answer, 403)
            assert f'scope="{problem["scope"]}"' in answer.headers["WWW-Authenticate"]


def test_another_tenants_id_is_answered_as_one_that_does_not_exist(house: House) -> None:
    others = {GUESTS, HQ, BRANCH}
    program = machine(house)
    for method, path, said in operations(house):
        if TENANTS not in path:
            continue
        unknown = is_problem(send(program, method, address(path, UNKNOWN), said), 404)
        for name in others:
            where = address(path, organisation_id(house, name))
            problem = is_problem(send(program, method, where, said), 404)
            assert {**problem, "request_id": ""} == {**unknown, "request_id": ""}
        assert send(program, method, address(path, "not-an-id"), said).status_code == 404


def test_a_parent_reaches_the_children_that_it_manages_and_no_others(house: House) -> None:
    program = machine(house, "members:read", "audit:read", organisation=HQ)
    listed = program.get("/api/v1/organisations")["organisations"]
    assert {one["name"] for one in listed} == {HQ, GUESTS}
    assert [one["name"] for one in listed if one["own"]] == [HQ]
    for name, status in ((GUESTS, 200), (HQ, 200), (PARTNER, 404), (BRANCH, 404)):
        where = organisation_id(house, name)
        for list_ in ("members", "audit-events"):
            program.get(f"/api/v1/organisations/{where}/{list_}", status)
    first = program.get("/api/v1/organisations", limit=1)
    rest = program.get("/api/v1/organisations", limit=1, cursor=first["next_cursor"])
    assert [first["organisations"], rest["organisations"]] == [[one] for one in listed]
    assert rest["next_cursor"] is None


@ONE
def test_what_is_not_declared_is_refused_by_its_name(house: House) -> None:
    program = machine(house, made_by=house.person("pam").id)
    for method, path, said in operations(house):
        if not said["security"]:
            continue
        where = address(path, program.organisation_id)
        answer = send(program, method, f"{where}?is_admin=true", said)
        problem = is_problem(answer, 422)
        assert problem["errors"] == [{"field": "is_admin", "reason": "this field is not known"}]
        for field in ("role", "org_id", "email_verified", "mfa_required", "id", "created_at"):
            if said["operationId"] in BODIES:
                body = {**BODIES[said["operationId"]], field: "x"}
                problem = is_problem(program.ask(method, where, body, IF_MATCH), 422)
                assert problem["errors"][0]["field"] == field


IF_MATCH = {"If-Match": '"none"'}


@ONE
def test_bodies_are_json_that_names_each_field_once(house: House) -> None:
    program = machine(house, made_by=house.person("pam").id)
    for method, path, said in operations(house):
        if said["operationId"] not in BODIES:
            continue
        where = address(path, program.organisation_id)
        wanted = {
            415: program.ask(method, where, b"{}", IF_MATCH, content_type="text/plain"),
            400: program.ask(method, where, b'{"note": "a", "note": "b"}', IF_MATCH),
            413: program.ask(method, where, b'"' + b"x" * 300_000 + b'"', IF_MATCH),
            422: program.ask(method, where, b"[]", IF_MATCH),
        }
        for status, answer in wanted.items():
            is_problem(answer, status)
        is_problem(program.ask(method, where, b"{", IF_MATCH), 400)


@ONE
def test_what_takes_no_body_takes_no_field(house: House) -> None:
    program = machine(house)
    for method, path, said in operations(house):
        if method == "GET" or said["operationId"] in BODIES:
            continue
        where = address(path, program.organisation_id)
        for status, body, kind in (
            (422, b'{"is_admin": true}', "application/json"),
            (400, b"{", "application/json"),
            (415, b"is_admin=true", "application/x-www-form-urlencoded"),
            (413, b" " * 300_000, "application/json"),
        ):
            is_problem(program.ask(method, where, body, IF_MATCH, content_type=kind), status)
        for body in (None, b"", b"{}"):
            assert program.ask(method, where, body, IF_MATCH).status_code in {204, 404}


def test_parameters_are_not_compared_each_with_each() -> None:
    """Twenty thousand of them took six seconds."""
    compared = []

    class Name(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            compared.append(other)
            return str(self) == other

    with pytest.raises(Unfit):
        Object({}).read_text([(Name(f"a{number}"), "") for number in range(500)])
    assert len(compared) < 1000


@ONE
def test_no_origin_may_read_an_answer(house: House) -> None:
    program = machine(house)
    for origin in (
        "null",
        "https://evil.example",
        "https://a.portal.example",
        "https://portal.example",
    ):
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        for method in ("GET", "OPTIONS", "POST"):
            answer = program.ask(method, "/api/v1/organisations", headers=headers)
            assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
            assert answer.status_code == (200 if method == "GET" else 405)


@ONE
def test_other_methods_and_spellings_open_nothing_else(house: House) -> None:
    program, nobody = machine(house, "members:read"), stranger(house)
    for method in ("OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "POST"):
        answer = program.ask(method, "members")
        is_problem(answer, 405)
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}
    head = program.ask("HEAD", "members")
    assert head.status_code == 200
    assert head.data == b""
    assert nobody.ask("HEAD", "members").status_code == 401
    is_problem(program.ask("GET", "members/"), 404)
    is_problem(program.ask("GET", "Members"), 404)
    override = program.ask("POST", "members", {}, {"X-HTTP-Method-Override": "GET"})
    is_problem(override, 405)


@ONE
def test_a_token_of_another_make_is_no_token(house: House) -> None:
    program = machine(house)
    for algorithm in ("none", "None", "HS256"):
        header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).decode()
        for token in (f"{header}.e30.", f"{header}.e30.AAAA", f"{header}."):
            forged = Machine(house, token)
            is_problem(forged.ask("GET", "members"), 401)
    good = str(program.token)
    twice = program.ask("GET", "members", headers={"Authorization": f"Bearer {good}, Bearer x"})
    is_problem(twice, 401)
    is_problem(stranger(house).ask("GET", f"{program.at}/members?access_token={good}"), 401)
