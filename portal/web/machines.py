"""Entrance of machines: a bearer token, its brake, its scope. Nothing of a browser is looked at.

Every answer says how the brake stands, in the fields of the IETF's draft "RateLimit header fields
for HTTP", and none that another origin may read it. Answers that refuse are problem details (RFC
9457) in English: programs read them, and those who write them.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from flask import Response, g, request

from portal.flows import machines
from portal.values import frozen
from portal.web import here
from portal.web.limits import Count, brake
from portal.web.run import read, run, runner

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
    409: "It is not as this needs it: nothing was changed.",
    412: "It was changed meanwhile: read it again, and send its new ETag as If-Match.",
    413: "The body is too big: send less at once.",
    415: "Send application/json.",
    422: "Something does not fit: see errors.",
    428: "Send the ETag of what you read as If-Match.",
    429: "Too many requests: wait, then go on.",
    503: "Not ready: nothing was changed; try again soon.",
}
UNEXPECTED = "Something went wrong here: nothing was changed."


@frozen
class Entry:
    """Marks a route of machines: the scope that a token must hold, with the route's values.

    ANY_TOKEN: whatever its scopes; NO_TOKEN: anybody at all, for what holds nobody's data.
    `brake`: the limit of a token that it counts with, of the setting `<brake>_per_token`.
    """

    scope: str
    brake: str = "requests"


ANY_TOKEN, NO_TOKEN = "*", ""
READING = frozenset({"GET", "HEAD"})


def is_asked() -> bool:
    """Whether this request is for the API, so that its errors are answered to a program."""
    return here.request().path.startswith(PREFIX)


def enter(entry: Entry) -> Response | None:
    """Let a machine in, as `g.machine`, or answer it. No transaction stays open."""
    if entry.scope == NO_TOKEN:
        return enter_nowhere()
    token = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    machine = read(machines.enter, token.group(1)) if token else None
    runner().close(g.edge)
    if machine is None:
        refused = enter_nowhere()
        return unknown() if refused is None else refused
    limit = getattr(g.edge.settings, f"{entry.brake}_per_token")
    refused = _brake(entry.brake, limit, machine.id)
    if refused is not None:
        return refused
    wanted = entry.scope.format(**(request.view_args or {}))
    if wanted != ANY_TOKEN and wanted not in machine.scopes:
        challenge = f'{REALM}, error="insufficient_scope", scope="{wanted}"'
        return problem(403, headers={"WWW-Authenticate": challenge}, scope=wanted)
    if request.method in READING and machines.is_use_due(g.edge, machine):
        run(machines.note_use, machine)
    g.machine = machine
    return None


def enter_nowhere() -> Response | None:
    """Count a request without a good token, or to no address at all, with its network."""
    return _brake("strangers", g.edge.settings.strangers_per_address, None)


def _brake(name: str, limit: str, subject: str | None) -> Response | None:
    count = brake().count(limit, name, subject)
    g.rate = (name, count)
    return problem(429, headers={"Retry-After": str(count.wait)}) if count.wait else None


def say_rate(response: Response) -> Response:
    """Write how the brake stands into an answer of the API."""
    found: tuple[str, Count] | None = here.values().get("rate")
    if found is not None:
        name, count = found
        response.headers["RateLimit-Policy"] = f'"{name}";q={count.amount};w={count.window}'
        response.headers["RateLimit"] = f'"{name}";r={count.left};t={count.ends_in}'
    return response


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
