"""Knowing who calls: the code that a person shows themselves, and where the desk types it."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, url_for
from flask.typing import ResponseReturnValue

from portal.flows import caller_checks
from portal.flows.caller_checks import Caller
from portal.flows.outcomes import Blocked, Done
from portal.flows.permission import Unsettled
from portal.rules.terms import Action
from portal.web import gate, render, reset_words
from portal.web.forms import refuse
from portal.web.gate import requires
from portal.web.notice_keys import NoticeKey
from portal.web.reset_forms import CallerCodeForm
from portal.web.run import read, run, runner

blueprint = Blueprint("caller_checks", __name__)


@blueprint.get("/security/caller-code")
@requires(Action.SHOW_CALLER_CODE)
def show() -> ResponseReturnValue:
    return _code_page(None)


@blueprint.post("/security/caller-code")
@requires(Action.SHOW_CALLER_CODE)
def make() -> ResponseReturnValue:
    """A new code, shown once and kept as a hash."""
    return _code_page(run(caller_checks.show, g.visit))


def _code_page(code: str | None) -> Response:
    g.here = "security"
    return render.page(
        "caller_checks/code.html",
        fragment="caller_checks/_code.html",
        code=f"{code[:3]} {code[3:]}" if code else None,
        lifetime=runner().settings.caller_code_lifetime,
        action_url=url_for(".make"),
    )


@blueprint.get("/admin/users/<uuid:user_id>/caller-check")
@requires(Action.CHECK_CALLER)
def ask(user_id: object) -> ResponseReturnValue:
    return _page(user_id, CallerCodeForm())


@blueprint.post("/admin/users/<uuid:user_id>/caller-check")
@requires(Action.CHECK_CALLER)
def check(user_id: object) -> ResponseReturnValue:
    form = CallerCodeForm()
    if not form.validate():
        return _page(user_id, form, status=422)
    match run(caller_checks.check_for_desk, g.visit, str(user_id), form.code.data or ""):
        case Done():
            target = url_for(".ask", user_id=user_id)
            return render.say(render.leave_for(target), NoticeKey.CALLER_VERIFIED)
        case Blocked(reason):
            refuse(form.code, reset_words.blocked(reason))
            return _page(user_id, form, status=422)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


def _page(user_id: object, form: CallerCodeForm, *, status: int = 200) -> ResponseReturnValue:
    g.here = "users"
    match read(caller_checks.look, g.visit, str(user_id)):
        case Caller() as caller:
            return render.page(
                "caller_checks/check.html",
                status=status,
                fragment="caller_checks/_check.html",
                form=form,
                name=caller.user.name,
                email=caller.user.email,
                organisation=caller.organisation,
                vouched_at=caller.vouched.used_at if caller.vouched else None,
                action_url=url_for(".check", user_id=user_id),
                reset_url=url_for("resets.new_for_desk", user_id=user_id)
                if caller.may_reset
                else None,
            )
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)
