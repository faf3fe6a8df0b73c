"""The API: data of the platform comes in here, by machines with tokens."""

from __future__ import annotations

import json

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue

from portal.flows import intake
from portal.flows.intake import Imported, Line, NotTaken
from portal.flows.outcomes import Gone
from portal.web import machines
from portal.web.gate import machine
from portal.web.run import run

blueprint = Blueprint("api", __name__)
RECORDS_MAX = 500
ERRORS_MAX = 100
KINDS = ",".join(intake.KINDS)


@blueprint.post(f"/api/v1/imports/<any({KINDS}):kind>")
@machine("import:{kind}")
def bring_in(kind: str) -> ResponseReturnValue:
    """Take `{"records": [...]}`: every record, or none with the reasons."""
    records = _records()
    if isinstance(records, Response):
        return records
    lines = [Line(number, record) for number, record in enumerate(records, start=1)]
    match run(intake.by_machine, g.machine, kind, lines):
        case Imported(count):
            body = json.dumps({"kind": kind, "records": count})
            return Response(body, content_type="application/json")
        case NotTaken(refusals):
            errors = [{"record": one.number, "reason": one.reason} for one in refusals]
            return machines.problem(
                422,
                "Nothing was taken: see errors, correct them and send all records again.",
                refused=len(errors),
                errors=errors[:ERRORS_MAX],
            )
        case Gone():
            return machines.unknown()
    raise AssertionError(kind)


def _records() -> list[object] | Response:
    """The records of the body, or what is wrong with it."""
    if request.mimetype != "application/json":
        return machines.problem(415)
    sent = intake.parse(request.get_data())
    if isinstance(sent, intake.Unreadable):
        return machines.problem(400, "The body is not JSON in UTF-8, or names a field twice.")
    if not isinstance(sent, dict) or not isinstance(sent.get("records"), list):
        return machines.problem(422, 'The body must be {"records": [...]}.')
    if len(sent) > 1:
        return machines.problem(422, 'The body holds more than "records".')
    if not 1 <= len(sent["records"]) <= RECORDS_MAX:
        return machines.problem(422, f"Between 1 and {RECORDS_MAX} records are taken at once.")
    return sent["records"]
