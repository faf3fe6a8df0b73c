"""Step-up: one more proof for one thing, then back to it with nothing typed lost."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.flows import interruptions
from portal.flows.outcomes import Gone
from portal.rules.access import Allow, Enrol, SignIn, StepUp
from portal.rules.terms import Action
from portal.web import challenges, messages, render
from portal.web.challenges import Asked
from portal.web.gate import decision_for, requires
from portal.web.run import read

blueprint = Blueprint("step_up", __name__)
TEMPLATE = "step_up/show.html"


@blueprint.get("/step-ups/<uuid:step_up_id>", defaults={"kind": None})
@blueprint.get("/step-ups/<uuid:step_up_id>/<kind>")
@requires(Action.STEP_UP)
def show(step_up_id: object, kind: str | None) -> ResponseReturnValue:
    """The challenge that a task waits for; once passed, the task itself."""
    task = _task(step_up_id)
    match decision_for(task.action):
        case SignIn() | StepUp(pending=True):
            return render.leave_for(url_for("login.sign_in"))
        case Enrol():
            return render.leave_for(url_for("login.enrol"))
        case Allow():
            return _resume(task)
    return challenges.show(_asked(task), kind)


@blueprint.post("/step-ups/<uuid:step_up_id>/<kind>")
@requires(Action.STEP_UP)
def take_answer(step_up_id: object, kind: str) -> ResponseReturnValue:
    task = _task(step_up_id)
    match decision_for(task.action):
        case StepUp(pending=True):
            abort(404)
    return challenges.answer(_asked(task), kind)


def _task(step_up_id: object) -> interruptions.Interrupted:
    task = read(interruptions.find, g.visit, str(step_up_id))
    if isinstance(task, Gone):
        abort(404)
    return task


def _asked(task: interruptions.Interrupted) -> Asked:
    own = url_for(".show", step_up_id=task.id)
    return Asked(
        action=task.action,
        url=lambda kind: url_for(".show", step_up_id=task.id, kind=kind),
        # A form comes back for one click; a page opens by itself.
        done_url=task.path if task.method == "GET" else own,
        template=TEMPLATE,
        operation=messages.OPERATIONS.get(task.action),
        cancel_url=_cancel_url(task),
    )


def _cancel_url(task: interruptions.Interrupted) -> str:
    """Where "cancel" leads: back to the filled form, else to the page the task belongs to."""
    pages = {
        Action.CHANGE_PROFILE: "account.index",
        Action.CHANGE_EMAIL: "account.index",
        Action.CHANGE_PASSWORD: "account.index",
        Action.END_SESSIONS: "sessions.index",
        Action.SWITCH_ORGANISATION: "home.index",
    }
    return url_for(pages.get(task.action, "security.index"))


def _resume(task: interruptions.Interrupted) -> Response:
    if task.method == "GET":
        return render.leave_for(task.path)
    labels = {
        "name": gettext("Name"),
        "email": gettext("New email address"),
        "locale": gettext("Language"),
        "time_zone": gettext("Time zone"),
    }
    shown = [(labels[name], value) for name, value in task.form.items() if name in labels]
    return render.page(
        "step_up/resume.html",
        operation=messages.OPERATIONS.get(task.action, ""),
        fields=shown,
        hidden=list(task.form.items()),
        action_url=task.path,
        cancel_url=_cancel_url(task),
    )
