"""A machine that brings data in, and the host's commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import Result
from flask.cli import FlaskGroup
from werkzeug.test import TestResponse

from portal.flows import machines
from portal.flows.machines import Made
from tests.support.house import PARTNER, House
from tests.support.web import rows

RIDE = {
    "reference": "RIDE-1",
    "finished_at": "2026-10-31T23:30:00+00:00",
    "description": "Schiphol – Zuidas",
    "driver": "Noor Bakker",
    "currency": "EUR",
    "gross": "68.50",
    "fee": "8.22",
}
PROBLEM = "application/problem+json"


def token_for(house: House, *kinds: str, organisation: str = PARTNER, days: int = 90) -> str:
    house.organise()
    scopes = tuple(f"import:{kind}" for kind in kinds)
    name = f"machine {len(rows(house, 'api_tokens'))}"
    made = house.run(machines.create, name, organisation=organisation, scopes=scopes, days=days)
    assert isinstance(made, Made), made
    return made.token


def send(
    house: House, kind: str, body: Any, token: str | None, *, method: str = "POST", **more: Any
) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    options: dict[str, Any] = {"content_type": "application/json", **more}
    options["headers"] = {**headers, **options.pop("headers", {})}
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return house.app.test_client().open(
        f"/api/v1/imports/{kind}",
        method=method,
        base_url=house.settings.base_url,
        data=data,
        **options,
    )


def records(*found: Any) -> dict[str, Any]:
    return {"records": list(found)}


def is_problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """The problem details of an answer, which must be some (RFC 9457)."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == PROBLEM
    body = answer.get_json(force=True)
    assert body["status"] == status
    assert {"type", "title", "detail", "request_id"} <= body.keys()
    return body


def flask(house: House, *arguments: str, code: int = 0) -> Result:
    group = FlaskGroup(create_app=lambda: house.app, add_default_commands=False)
    result = house.app.test_cli_runner().invoke(cli=group, args=list(arguments))
    assert result.exit_code == code, result.output
    return result


def file_of(folder: Path, *found: Any) -> str:
    path = folder / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in found))
    return str(path)
