"""Structured logs: one JSON line a request, with its id. Addresses of pages are named, not
written: a mailed link's path holds a token."""

from __future__ import annotations

import json
import logging
import re
import sys

import structlog
from flask import Flask, Response

from portal.web import here
from portal.web.run import runner

REQUEST_ID_BYTES = 8
TELLING = re.compile("password|token|secret|code")
# What is no JSON is written as Python shows it: a line must not fail for what it tells.
ENCODER = json.JSONEncoder(default=repr)
STAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)
log = structlog.get_logger("portal")


def install(app: Flask) -> None:
    """Send this application's log to standard error as JSON lines."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        STAMP,
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    structlog.configure(
        processors=[
            *shared,
            _as_line,
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    app.extensions["portal_log"] = structlog.WriteLogger(sys.stderr)
    app.before_request(_name_request)
    app.after_request(_write)


def _name_request() -> None:
    here.values().request_id = runner().entropy(REQUEST_ID_BYTES).hex()


def _write(response: Response) -> Response:
    kept, asked = here.values(), here.request()
    response.headers["X-Request-ID"] = kept.get("request_id", "")
    endpoint = asked.endpoint
    if endpoint == "static":
        return response
    visit, machine = kept.get("visit"), kept.get("machine")
    # As `log.info` would write it, without binding a logger anew: nothing in it is a secret.
    line = {
        "request_id": kept.get("request_id"),
        "method": asked.method,
        "endpoint": endpoint,
        "status": response.status_code,
        "user_id": visit.user.id if visit else None,
        "machine": machine.id if machine else None,
        "event": "request",
        "level": "info",
    }
    if (refused := kept.get("refused")) is not None:
        # Why the gate refused, for whoever reads the log; the person got a sentence.
        line["refused"] = refused
    here.app().extensions["portal_log"].msg(ENCODER.encode(STAMP(None, "info", line)))
    return response


def _as_line(_logger: object, _name: str, event: structlog.typing.EventDict) -> str:
    """What `structlog.processors.JSONRenderer` gives, by an encoder that is made once."""
    return ENCODER.encode(event)


def _without_secrets(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Drop what a careless call might hand over under a telling name."""
    for key in event:
        if TELLING.search(key):
            event[key] = "[removed]"
    return event
