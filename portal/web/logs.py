"""Structured logs: one JSON line a request, with its id. Addresses of pages are named, not
written: a mailed link's path holds a token."""

from __future__ import annotations

import logging
import sys

import structlog
from flask import Flask, Response, g, request

from portal.web.run import runner

REQUEST_ID_BYTES = 8
log = structlog.get_logger("portal")


def install(app: Flask) -> None:
    """Send this application's log to standard error as JSON lines."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    app.before_request(_name_request)
    app.after_request(_write)


def _name_request() -> None:
    g.request_id = runner().entropy(REQUEST_ID_BYTES).hex()


def _write(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if request.endpoint == "static":
        return response
    visit = g.get("visit")
    log.info(
        "request",
        request_id=g.get("request_id"),
        method=request.method,
        endpoint=request.endpoint,
        status=response.status_code,
        user_id=visit.user.id if visit else None,
    )
    return response


def _without_secrets(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Drop what a careless call might hand over under a telling name."""
    for key in list(event):
        if any(word in key for word in ("password", "token", "secret", "code")) and key != "status":
            event[key] = "[removed]"
    return event
