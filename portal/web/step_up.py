"""Step-up: one more proof for one thing, then back to it with nothing typed lost."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, g, url_for
from flask.typing import ResponseReturnValue

from portal.flows import challenge, interruptions
from portal.flows.outcomes import Gone
from portal.rules.access import Allow, Deny, Enrol, NotFound, Renew, SignIn, StepUp
from portal.rules.terms import Action
from portal.web import addresses, challenges, details, kept, render, tasks
from portal.web.challenges import Asked
from portal.web.gate import action_of, decision_for, requires
from portal.web.run import read

blueprint = Blueprint("step_up", __name__)
TEMPLATE = "step_up/show.html"


@blueprint.get("/step-ups/<uuid:step_up_id>", defaults={"kind": None})
@blueprint.get("/step-ups/<uuid:step_up_id>/<kind>")
@requires(Action.STEP_UP)
def show(step_up_id: object, kind: str | None) -> ResponseReturnValue:
    """The challenge that a task waits for; once passed, the task itself."""
    task = _task(step_up_id)
    match challenge.needed(g.visit, task.action, task):
        case SignIn() | StepUp(pending=True):
            return render.leave_for(url_for("login.sign_in"))
        case Enrol():
            own = url_for(".show", step_up_id=task.id)
            return render.leave_for(url_for("login.enrol", next=own, action=str(task.action)))
        case Renew():
            return render.leave_for(url_for("account.password"))
        case NotFound() | Deny():
            abort(404)  # The role was lost meanwhile.
        case Allow():
            return _resume(task)
    return challenges.show(_asked(task), kind)


@blueprint.post("/step-ups/<uuid:step_up_id>/<kind>")
@requires(Action.STEP_UP)
def take_answer(step_up_id: object, kind: str) -> ResponseReturnValue:
    task = _task(step_up_id)
    match challenge.needed(g.visit, task.action, task):
        case Allow() | StepUp(pending=False):
            return challenges.answer(_asked(task), kind)
    abort(404)


def _task(step_up_id: object) -> interruptions.Interrupted:
    task = read(interruptions.find, g.visit, str(step_up_id))
    if isinstance(task, Gone):
        match decision_for(Action.HOME):
            case StepUp(lapsed=True):
                # Away for longer than a task waits: the way back in is still open.
                abort(render.leave_for(url_for("home.index")))
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
        operation=tasks.OPERATIONS.get(task.action),
        cancel_url=_cancel_url(task),
        task=task,
        options_url=url_for("webauthn.step_up_options", step_up_id=task.id),
    )


def _cancel_url(task: interruptions.Interrupted) -> str:
    """Where "cancel" leads: back to the filled form, else to the page the task belongs to."""
    origin = task.origin
    if task.action in tasks.FORM_AT:
        origin = task.path + tasks.FORM_AT[task.action]
    if task.method != "GET" and origin and _opens(origin):
        return f"{origin}{'&' if '?' in origin else '?'}{kept.PARAMETER}={task.id}"
    pages = {
        Action.CHANGE_PROFILE: "account.index",
        Action.CHANGE_EMAIL: "account.index",
        Action.CHANGE_PASSWORD: "account.index",
        Action.END_SESSIONS: "sessions.index",
        Action.SWITCH_ORGANISATION: "home.index",
        Action.VIEW_CARDS: "home.index",
        Action.VIEW_PASSENGERS: "home.index",
        Action.CHANGE_PASSENGERS: "home.index",
        Action.PREPARE_PAYOUT: "payouts.index",
    }
    return url_for(pages.get(task.action, "security.index"))


def _opens(path: str) -> bool:
    """Whether a page of ours opens as things are: one that asks for the same proof does not."""
    endpoint = addresses.endpoint_at(path)
    action = action_of(current_app, endpoint) if endpoint else None
    return isinstance(action, Action) and isinstance(decision_for(action), Allow)


def _resume(task: interruptions.Interrupted) -> Response:
    if task.method == "GET":
        return render.leave_for(task.path)
    if task.spent_at is not None:
        return render.leave_for(task.origin or url_for("home.index"))
    # A grant shows what it is bound to; any other task what was typed.
    shown = details.of_grant(task.shown) or details.of_form(task.form)
    return render.page(
        "step_up/resume.html",
        operation=tasks.OPERATIONS.get(task.action, ""),
        fields=shown,
        hidden=list(task.form.items()),
        action_url=task.path,
        cancel_url=_cancel_url(task),
    )
