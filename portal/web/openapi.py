"""The OpenAPI document (3.1) of the routes of machines, written from the routes themselves.

It repeats no rule: what a route takes is what its declaration checks.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from portal.flows.scopes import SCOPES
from portal.web import machines
from portal.web.fields import Choice, Identity, Object, Whole
from portal.web.machine_routes import Route

PART = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<words>[^)]*)\))?:)?(?P<name>\w+)>")
INTEGER_MAX = 2**31 - 1
USUAL = (401, 403, 405, 422, 429, 503)
WITH_BODY = (400, 413, 415)
WITH_KEY = (400, 409)
GUARDED = (412, 428)
RATES = {
    "RateLimit-Policy": "The limit: its name, how many requests in how many seconds.",
    "RateLimit": "What is left of it, and in how many seconds it begins anew.",
}
DESCRIPTION = """\
For programs of a partner or of the platform. A token belongs to one organisation: it reaches that
organisation and those that it serves, and everything else does not exist for it. Machines read and
request; approving and publishing need a person. Lists go on with `cursor` until `next_cursor` is
null; a page may be short or empty before that. What changes something may carry an Idempotency-Key:
sent again within 24 hours it is answered again and done once. Fields that are not described are
refused. A release may add fields to answers, paths and optional parameters; nothing else changes
under /api/v1."""


def text(app: Flask) -> str:
    """The document as JSON, made once for an application."""
    return _text(app)


@functools.lru_cache(4)
def _text(app: Flask) -> str:
    return json.dumps(document(app))


def document(app: Flask) -> dict[str, Any]:
    settings = app.extensions["portal"].settings
    paths: dict[str, Any] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        described = app.view_functions[rule.endpoint].__dict__.get("route")
        if isinstance(described, Route):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                path = paths.setdefault(PART.sub(r"{\g<name>}", rule.rule), {})
                path[method.lower()] = _operation(rule, described, method)
    return {
        "openapi": "3.1.0",
        "info": {"title": settings.product_name, "version": "1", "description": DESCRIPTION},
        "servers": [{"url": settings.base_url}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM},
            "headers": {name: _header(what) for name, what in RATES.items()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"Scopes: {', '.join(SCOPES)}.",
                }
            },
        },
    }


PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457). Programs go by `status` and `reason`.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "reason": {"type": "string"},
        "scope": {"type": "string"},
        "refused": {"type": "integer"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["type", "title", "status", "detail", "request_id"],
}


def _operation(rule: Rule, described: Route, method: str) -> dict[str, Any]:
    scope = described.scope
    scopes = _scopes(scope, rule)
    said = f"Scope: {' or '.join(scopes)}." if scopes else "Any token, whatever its scopes."
    found: dict[str, Any] = {
        "operationId": described.name,
        "summary": described.summary,
        "description": said,
        "security": [{"token": [one]} for one in scopes] or [{"token": []}],
        "parameters": [
            *_in_path(rule),
            *_in_query(described.query),
            *_in_headers(described, method),
        ],
        "responses": _responses(described, method, in_path=bool(PART.search(rule.rule))),
    }
    if scope == machines.NO_TOKEN:
        found |= {"description": "No token.", "security": []}
    if described.body is not None:
        content = {"application/json": {"schema": described.body.schema()}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _scopes(scope: str, rule: Rule) -> list[str]:
    """The scopes that open a route: one, or one for each word of its address."""
    if scope in {machines.ANY_TOKEN, machines.NO_TOKEN}:
        return []
    for part in PART.finditer(rule.rule):
        if f"{{{part['name']}}}" in scope:
            return [scope.format(**{part["name"]: word}) for word in part["words"].split(",")]
    return [scope]


def _in_path(rule: Rule) -> list[dict[str, Any]]:
    found = []
    for part in PART.finditer(rule.rule):
        schema = Identity().schema()
        if part["kind"] == "any":
            schema = Choice(tuple(part["words"].split(","))).schema()
        elif part["kind"] == "int":
            schema = Whole(1, INTEGER_MAX).schema()
        found.append({"name": part["name"], "in": "path", "required": True, "schema": schema})
    return found


def _in_query(declared: Object) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "required": name not in declared.optional,
            "schema": one.schema(),
        }
        for name, one in declared.fields.items()
    ]


def _in_headers(described: Route, method: str) -> list[dict[str, Any]]:
    found = []
    if described.guarded:
        what = "The ETag of what was read: whatever was changed since is not overwritten."
        pattern = '^"[!#-~]{1,80}"$'
        found.append(_sent("If-Match", what, pattern, required=True))
    if method != "GET":
        what = "A new one for each new request: sent again, it is answered again and done once."
        found.append(_sent("Idempotency-Key", what, "^[!-~]{1,200}$", required=False))
    return found


def _sent(name: str, what: str, pattern: str, *, required: bool) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": what,
        "schema": schema,
    }


def _responses(described: Route, method: str, *, in_path: bool) -> dict[str, Any]:
    rates: dict[str, Any] = {name: {"$ref": f"#/components/headers/{name}"} for name in RATES}
    found: dict[str, Any] = {}
    for status, body in described.answers.items():
        headers = dict(rates)
        if described.tagged:
            headers["ETag"] = _header("Names this state: for If-Match.")
        if status == 201:
            headers["Location"] = _header("Where it is now.")
        if method != "GET":
            headers["Idempotency-Replayed"] = _header("`true` where nothing was done anew.")
        found[str(status)] = {"description": "Done.", "headers": headers}
        if body is not None:
            content = {"application/json": {"schema": body.schema()}}
            found[str(status)]["content"] = content
    problems = {*USUAL, *described.problems, *((404,) if in_path else ())}
    if described.scope == machines.NO_TOKEN:
        problems -= {401, 403}
    problems |= {*WITH_BODY, *WITH_KEY} if method != "GET" else set()
    problems |= set(GUARDED) if described.guarded else set()
    for status in sorted(problems):
        headers = dict(rates)
        if status in {429, 503}:
            headers["Retry-After"] = _header("Seconds to wait.")
        if status in {401, 403}:
            headers["WWW-Authenticate"] = _header("What is missing (RFC 6750).")
        found[str(status)] = {
            "description": machines.DETAILS[status],
            "headers": headers,
            "content": {machines.PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return found


def _header(what: str) -> dict[str, Any]:
    return {"description": what, "schema": {"type": "string"}}
