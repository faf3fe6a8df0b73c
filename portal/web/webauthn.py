"""What a browser needs of a passkey ceremony outside a form: the challenge, as JSON.

The device's answer comes back in an ordinary form, to the page that asked for it; nothing is
accepted here.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, abort, g
from flask.typing import ResponseReturnValue

from portal.flows import challenge, interruptions, passkeys
from portal.flows.challenge import Begun
from portal.flows.interruptions import Interrupted
from portal.flows.outcomes import Gone, NotOffered
from portal.rules.terms import Action
from portal.web import csrf
from portal.web.gate import public, requires
from portal.web.limits import brake, brake_person
from portal.web.run import read, run

blueprint = Blueprint("webauthn", __name__)


@blueprint.post("/webauthn/authenticate/options")
@public
def sign_in_options() -> ResponseReturnValue:
    """A challenge for whoever signs in with a passkey alone, bound to this browser."""
    if seconds := brake().wait(g.edge.settings.passkey_challenges_per_address, "passkey"):
        return _too_many(seconds)
    return _options(run(passkeys.begin, csrf.browser()))


@blueprint.post("/webauthn/challenge/options")
@requires(Action.CHALLENGE)
def challenge_options() -> ResponseReturnValue:
    """A challenge for the second factor of a sign-in, or for one that has idled out."""
    if seconds := _wait():
        return _too_many(seconds)
    return _begin(Action.HOME)


@blueprint.post("/webauthn/step-ups/<uuid:step_up_id>/options")
@requires(Action.STEP_UP)
def step_up_options(step_up_id: object) -> ResponseReturnValue:
    """A challenge for the task that waits, and for nothing else."""
    if seconds := _wait():  # Before the look-up: it gives the request's transaction up.
        return _too_many(seconds)
    task = read(interruptions.find, g.visit, str(step_up_id))
    if isinstance(task, Gone):
        abort(404)
    return _begin(task.action, task)


def _wait() -> int:
    """Seconds before this person may begin another challenge: each one is a row."""
    return brake_person(g.edge.settings.passkey_challenges_per_person, "passkey")


def _too_many(seconds: int) -> Response:
    return _json({"wait": seconds}, 429, {"Retry-After": str(seconds)})


def _begin(action: Action, task: Interrupted | None = None) -> Response:
    match run(challenge.begin, g.visit, action, passkeys.KIND, task):
        case Begun() as begun:
            return _options(begun)
        case NotOffered():
            abort(404)
    raise AssertionError


def _options(begun: Begun) -> Response:
    return _json({"ceremony": begun.ceremony_id, "options": json.loads(begun.shown["options"])})


def _json(
    body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return Response(json.dumps(body), status, headers, content_type="application/json")
