"""Entrance of machines: a bearer token, its scope, a brake. Nothing of a browser is looked at.

Answers are problem details (RFC 9457) in English: programs read them, and those who write them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, g, request

from portal.flows import machines
from portal.web import here
from portal.web.limits import brake
from portal.web.run import read, runner

PREFIX = "/api/"
PROBLEM = "application/problem+json"
REALM = 'Bearer realm="Livery Portal"'
_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]{1,200})", re.ASCII | re.IGNORECASE)
DETAILS = {
    400: "The request cannot be read.",
    401: "A token is needed: Authorization: Bearer …; it is unknown, revoked or expired.",
    403: "The token does not include this.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The body is too big: send less at once.",
    415: "Send application/json.",
    429: "Too many requests with this token: wait, then go on.",
    503: "Not ready: nothing was changed; try again soon.",
}
UNEXPECTED = "Something went wrong here: nothing was changed."


@dataclass(frozen=True, slots=True)
class Entry:
    """Marks a route of machines: the scope that a token must hold, with the route's values."""

    scope: str


def is_asked() -> bool:
    """Whether this request is for the API, so that its errors are answered to a program."""
    return here.request().path.startswith(PREFIX)


def enter(entry: Entry) -> Response | None:
    """Let a machine in, as `g.machine`, or answer it. No transaction stays open."""
    token = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    machine = read(machines.enter, token.group(1)) if token else None
    runner().close(g.edge)
    if machine is None:
        return unknown()
    wanted = entry.scope.format(**(request.view_args or {}))
    if wanted not in machine.scopes:
        challenge = f'{REALM}, error="insufficient_scope", scope="{wanted}"'
        return problem(403, headers={"WWW-Authenticate": challenge}, scope=wanted)
    if seconds := brake().wait(g.edge.settings.imports_per_token, "imports", machine.id):
        return problem(429, headers={"Retry-After": str(seconds)})
    g.machine = machine
    return None


def unknown() -> Response:
    """No token, or one that is not good any more (RFC 6750, section 3)."""
    challenge = REALM
    if "Authorization" in request.headers:
        challenge += ', error="invalid_token"'
    return problem(401, headers={"WWW-Authenticate": challenge})


def problem(
    status: int, detail: str = "", *, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """Problem details of a status, with `more` members of its own."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or DETAILS.get(status, UNEXPECTED if status >= 500 else DETAILS[400]),
        "request_id": g.get("request_id", ""),
        **more,
    }
    return Response(json.dumps(body), status, content_type=PROBLEM, headers=headers)
