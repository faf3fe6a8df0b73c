"""Routes of machines: one declaration checks what is sent, and is what the OpenAPI document says.

A view gets what was sent as `Sent`, already checked; it hands back what `answer` or `problem` make.
What changes something goes through `Sent.once`, which does it once for each Idempotency-Key.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import field
from typing import Any

from flask import Blueprint, Response, g, request

from portal.edge import Edge
from portal.flows import idempotency, intake
from portal.flows.idempotency import Answer, Keyed, Replayed
from portal.flows.outcomes import Blocked, Gone
from portal.values import frozen
from portal.web import machines
from portal.web.fields import Field, Identity, Object, Unfit, Whole
from portal.web.gate import machine
from portal.web.run import run

PAGE_MAX = 200
PAGE = 50
NOTHING = Object({})
PAGED: dict[str, Any] = {"cursor": Identity(), "limit": Whole(1, PAGE_MAX, usual=PAGE)}
KEY = re.compile(r"[!-~]{1,200}", re.ASCII)
ETAG = re.compile(r'"[!#-~]{1,80}"', re.ASCII)
View = Callable[["Sent"], "Answer | Response"]


@frozen
class Route:
    """What a route takes and gives. `answers`: by status, those of its own beside the usual ones.

    `tagged`: its answer carries an ETag. `guarded`: the change needs If-Match with one. `brake`:
    the limit that it counts with.
    """

    name: str
    scope: str
    summary: str
    answers: dict[int, Field | None]
    query: Object = NOTHING
    body: Object | None = None
    problems: tuple[int, ...] = ()
    tagged: bool = False
    guarded: bool = False
    brake: str = "requests"


@frozen
class Sent:
    """A request, checked: `path`, `query` and `body` hold what flows take."""

    path: dict[str, Any]
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    match: str = ""  # The ETag in If-Match, without its quotes.

    @property
    def limit(self) -> int:
        return self.query.get("limit", PAGE)

    def once(self, work: Callable[[Edge], Any], word: Callable[[Any], Answer]) -> Response:
        """Do something that changes something, unless this very request was made before."""
        keyed = _keyed()
        if isinstance(keyed, Response):
            return keyed
        outcome = run(idempotency.once, g.machine, keyed, lambda edge: word(work(edge)))
        match outcome:
            case Answer():
                return as_response(outcome)
            case Replayed(kept):
                response = as_response(kept)
                response.headers["Idempotency-Replayed"] = "true"
                return response
            case Blocked("under_way"):
                why = "A request with this Idempotency-Key is under way: ask again when it is over."
                return machines.problem(409, why, headers={"Retry-After": "1"})
            case Blocked():
                why = "This Idempotency-Key was sent with another request: use a new one."
                return machines.problem(422, why)
            case Gone():
                return machines.unknown()
        raise AssertionError(outcome)


def route(
    blueprint: Blueprint, method: str, path: str, described: Route
) -> Callable[[View], Callable[..., Response]]:
    """Put a view at an address: only what is declared comes through to it."""

    def mark(view: View) -> Callable[..., Response]:
        def entered(**values: Any) -> Response:
            try:
                sent = _read(described, {name: str(value) for name, value in values.items()})
            except Unfit as unfit:
                return refused(unfit)
            if isinstance(sent, Response):
                return sent
            found = view(sent)
            return found if isinstance(found, Response) else as_response(found)

        entered.__doc__ = view.__doc__
        entered.__dict__["route"] = described
        blueprint.add_url_rule(
            path if path.startswith(machines.PREFIX) else f"/api/v1{path}",
            endpoint=described.name,
            view_func=machine(machines.Entry(described.scope, described.brake))(entered),
            methods=[method],
            provide_automatic_options=False,
        )
        return entered

    return mark


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON; `headers` by names with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, "" if body is None else json.dumps(body))


def tagged(body: Any, tag: str = "") -> Answer:
    """An answer with its ETag: what names this state, or else the hash of what is said."""
    tag = tag or hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]
    return answer(body, ETag=f'"{tag}"')


def problem(status: int, detail: str = "", **more: Any) -> Answer:
    """Problem details as an answer that can be kept for its key."""
    made = machines.problem(status, detail, **more)
    return Answer(status, {}, made.get_data(as_text=True))


def as_response(found: Answer) -> Response:
    kind = machines.PROBLEM if found.status >= 400 else "application/json"
    response = Response(found.body, found.status, content_type=kind)
    if found.status == 204:
        del response.headers["Content-Type"]
    for name, value in found.headers.items():
        response.headers[name] = value
    return response


def refused(unfit: Unfit) -> Response:
    """Something was sent that is not as declared."""
    errors = [{"field": unfit.field, "reason": unfit.why}]
    return machines.problem(422, f"{unfit.field}: {unfit.why}.", errors=errors)


def not_found() -> Answer:
    """What does not exist, and what is another's: nobody can tell them apart."""
    return problem(404)


def _read(described: Route, path: dict[str, Any]) -> Sent | Response:
    """Everything that was sent, checked. Raises Unfit."""
    query = described.query.read_text(list(request.args.items(multi=True)))
    match = ""
    if described.guarded:
        found = request.headers.get("If-Match")
        if found is None:
            return machines.problem(428)
        if not ETAG.fullmatch(found.strip()):
            # A weak one, a list, a star: none of them names one state.
            return machines.problem(400, "If-Match: one strong ETag, as it was read, in quotes.")
        match = found.strip()[1:-1]
    if described.body is None and (request.method in machines.READING or not request.get_data()):
        return Sent(path, query, match=match)
    if request.mimetype != "application/json":
        return machines.problem(415)
    sent = intake.parse(request.get_data())
    if isinstance(sent, intake.Unreadable):
        return machines.problem(400, "The body is not JSON in UTF-8, or names a field twice.")
    # What takes nothing is not told anything either: a field there would seem to be heeded.
    return Sent(path, query, (described.body or NOTHING).read(sent), match)


def _keyed() -> Keyed | Response | None:
    """The Idempotency-Key of this request with what is asked under it."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not KEY.fullmatch(key):
        return machines.problem(400, "Idempotency-Key: 1 to 200 visible characters of ASCII.")
    asked = [request.method, request.full_path, request.headers.get("If-Match", "")]
    return Keyed(key, "\n".join(asked).encode("utf-8", "surrogateescape") + request.get_data())
