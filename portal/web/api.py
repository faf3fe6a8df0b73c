"""The API: data of the platform comes in here, by machines with tokens; and what the API is."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g

from portal.flows import intake
from portal.flows.idempotency import Answer
from portal.flows.intake import Imported, Line, NotTaken
from portal.flows.outcomes import Gone
from portal.web import here, openapi
from portal.web.fields import Anything, Choice, Many, Object, Text, Whole
from portal.web.machine_routes import Route, Sent, answer, problem, route
from portal.web.machines import NO_TOKEN

blueprint = Blueprint("api", __name__)
RECORDS_MAX = 500
ERRORS_MAX = 100
KINDS = tuple(intake.KINDS)


def _record(kind: str) -> dict[str, Any]:
    """What a record of a kind holds, for those who write one; the flows look closer."""
    fields, optional = intake.FIELDS[kind]
    text = Text(1000)
    return {**Object(dict.fromkeys(sorted(fields), text), optional).schema(), "title": kind}


DOCUMENT = Anything("An OpenAPI document.", {"type": "object"})
RECORD = Anything("A record of the kind.", {"anyOf": [_record(kind) for kind in KINDS]})


@route(
    blueprint,
    "POST",
    f"/imports/<any({','.join(KINDS)}):kind>",
    Route(
        "bring_in",
        "import:{kind}",
        "Bring in settlements, payees, payouts, cards or passengers: every record or none",
        {200: Object({"kind": Choice(KINDS), "records": Whole(1, RECORDS_MAX)})},
        body=Object({"records": Many(RECORD, RECORDS_MAX, least=1)}),
        brake="imports",
    ),
)
def bring_in(sent: Sent) -> Any:
    """Take `{"records": [...]}`: every record, or none with the reasons."""
    kind, who = sent.path["kind"], g.machine
    lines = [Line(number, record) for number, record in enumerate(sent.body["records"], start=1)]
    return sent.once(
        lambda edge: intake.by_machine(edge, who, kind, lines),
        lambda found: _worded(found, kind),
    )


def _worded(found: Imported | NotTaken | Gone, kind: str) -> Answer:
    match found:
        case Imported(count):
            return answer({"kind": kind, "records": count})
        case NotTaken(refusals):
            errors = [{"record": one.number, "reason": one.reason} for one in refusals]
            return problem(
                422,
                "Nothing was taken: see errors, correct them and send all records again.",
                refused=len(errors),
                errors=errors[:ERRORS_MAX],
            )
        case Gone():
            return problem(401)
    raise AssertionError(kind)


@route(
    blueprint,
    "GET",
    "/api/openapi.json",
    Route("description", NO_TOKEN, "This document, for anybody", {200: DOCUMENT}),
)
def description(_sent: Sent) -> Response:
    """What the API is, made from the routes themselves; it holds nobody's data."""
    return Response(openapi.text(here.app()), content_type="application/json")
