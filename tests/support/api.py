"""A program that uses the API: a token with some scopes, and requests as programs send them."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import TestResponse

from portal.flows import machines
from portal.flows.machines import Made
from portal.flows.scopes import SCOPES
from portal.web import openapi
from tests.support.house import PARTNER, House
from tests.support.web import rows

UNKNOWN = "00000000-0000-7000-8000-000000000007"


class Machine:
    """A token of an organisation; `at` is the address of what it reads there."""

    def __init__(self, house: House, token: str | None, organisation: str = PARTNER) -> None:
        self.house = house
        self.token = token
        self.organisation_id = organisation_id(house, organisation)
        self.at = f"/api/v1/organisations/{self.organisation_id}"

    def ask(
        self, method: str, path: str, body: Any = None, headers: Any = None, **more: Any
    ) -> TestResponse:
        """Send something; a `path` without "/api" is one of the organisation's."""
        given = dict(headers or {})
        if self.token is not None:
            given.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None:
            more["data"] = body if isinstance(body, bytes) else json.dumps(body)
            more.setdefault("content_type", "application/json")
        where = path if path.startswith("/api") else f"{self.at}/{path}"
        base_url = self.house.settings.base_url
        client = self.house.app.test_client()
        return client.open(where, method=method, base_url=base_url, headers=given, **more)

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = self.ask("GET", path, query_string=query)
        assert answer.status_code == status, answer.text
        return answer.get_json(force=True)

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, body, named)


def organisation_id(house: House, name: str) -> str:
    house.organise()
    return next(row["id"] for row in rows(house, "organisations") if row["name"] == name)


def machine(
    house: House,
    *scopes: str,
    organisation: str = PARTNER,
    made_by: str | None = None,
    days: int = 90,
) -> Machine:
    """A machine with a token of these scopes; with none named, of all of them."""
    home = organisation_id(house, organisation)
    name = f"machine {len(rows(house, 'api_tokens'))}"
    made = house.run(machines.make, home, name, scopes or SCOPES, days, made_by)
    assert isinstance(made, Made), made
    return Machine(house, made.token, organisation)


def stranger(house: House, organisation: str = PARTNER) -> Machine:
    return Machine(house, None, organisation)


def operations(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation of the OpenAPI document: method, path and what is said of it."""
    paths = openapi.document(house.app)["paths"]
    return [
        (method.upper(), path, said)
        for path, methods in paths.items()
        for method, said in methods.items()
    ]
