"""For operators: liveness and readiness. No names, no versions, no numbers of people."""

from __future__ import annotations

from flask import Blueprint, Response, g

from portal.flows import readiness
from portal.web.gate import public
from portal.web.run import read, runner

blueprint = Blueprint("operations", __name__)
TEXT = "text/plain; charset=utf-8"


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", content_type=TEXT)


@blueprint.get("/readyz")
@public
def readyz() -> Response:
    """The database answers, its schema is ours, and the clocks agree."""
    try:
        problem = read(readiness.problem)
    except Exception:  # Whatever the driver raises, this process cannot serve.
        problem = "database"
    finally:
        runner().close(g.edge)
    status = 503 if problem else 200
    return Response(f"{problem or 'ready'}\n", status=status, content_type=TEXT)
