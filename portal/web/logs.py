"""Structured logs: one JSON line a request, with its id. Addresses of pages are named, not
written: a mailed link's path holds a token."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from typing import Any, TextIO

from flask import Flask, Response

from portal.web import here
from portal.web.run import runner

REQUEST_ID_BYTES = 8
TELLING = re.compile("password|token|secret|code")
# What is no JSON is written as Python shows it: a line must not fail for what it tells.
ENCODER = json.JSONEncoder(default=repr)


class Lines:
    """A stream that takes whole lines, of several threads too."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        with self._lock:
            self._stream.write(f"{line}\n")
            self._stream.flush()

    warning = error = write  # A logger of structlog's calls its output by the level.


class Log:
    """What the portal says beside the requests: `log.error("worker.failed", kind="OSError")`."""

    def __init__(self) -> None:
        self._lines = Lines(sys.stderr)
        self._logger: Any = None

    def open(self, lines: Lines) -> None:
        """Write there from now on."""
        self._lines, self._logger = lines, None

    def warning(self, event: str, **facts: Any) -> None:
        self._structured().warning(event, **facts)

    def error(self, event: str, **facts: Any) -> None:
        self._structured().error(event, **facts)

    def _structured(self) -> Any:
        if self._logger is None:
            # Imported with the first line: a coloured console for development comes with it,
            # which would be a tenth of every start.
            import structlog

            self._logger = structlog.wrap_logger(
                self._lines,
                processors=[
                    structlog.processors.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    structlog.processors.format_exc_info,
                    _without_secrets,
                    _as_line,
                ],
                wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            )
        return self._logger


log = Log()


def install(app: Flask) -> None:
    """Send this application's log to standard error as JSON lines."""
    open_log(app, sys.stderr)
    app.before_request(_name_request)
    app.after_request(_write)


def open_log(app: Flask, stream: TextIO) -> None:
    """Send the lines of requests, and what is said beside them, to a stream."""
    app.extensions["portal_log"] = lines = Lines(stream)
    log.open(lines)


def _name_request() -> None:
    here.values().request_id = runner().entropy(REQUEST_ID_BYTES).hex()


def _write(response: Response) -> Response:
    kept, asked = here.values(), here.request()
    response.headers["X-Request-ID"] = kept.get("request_id", "")
    endpoint = asked.endpoint
    if endpoint == "static":
        return response
    visit, machine = kept.get("visit"), kept.get("machine")
    # As `log` would write it, without binding a logger anew: nothing in it is a secret.
    line = {
        "request_id": kept.get("request_id"),
        "method": asked.method,
        "endpoint": endpoint,
        "status": response.status_code,
        "user_id": visit.user.id if visit else None,
        "machine": machine.id if machine else None,
        "event": "request",
        "level": "info",
        "timestamp": runner().clock().replace(tzinfo=None).isoformat() + "Z",
    }
    if (refused := kept.get("refused")) is not None:
        # Why the gate refused, for whoever reads the log; the person got a sentence.
        line["refused"] = refused
    here.app().extensions["portal_log"].write(ENCODER.encode(line))
    return response


def _as_line(_logger: object, _name: str, event: Any) -> str:
    """What `structlog.processors.JSONRenderer` gives, by an encoder that is made once."""
    return ENCODER.encode(event)


def _without_secrets(_logger: object, _name: str, event: Any) -> Any:
    """Drop what a careless call might hand over under a telling name."""
    for key in event:
        if TELLING.search(key):
            event[key] = "[removed]"
    return event
