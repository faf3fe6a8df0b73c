"""Exceptions in the browser: the panels, the queue, deciding about one, and showing a code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, Response, abort, g, url_for
from flask.typing import ResponseReturnValue

from portal.flows import exception_codes, exception_decisions, exception_pages, exceptions
from portal.flows.exception_codes import Shown
from portal.flows.exception_pages import Panel, Sheet
from portal.flows.exceptions import Asked, Requested
from portal.flows.outcomes import Blocked, Counted, Done, Gone
from portal.flows.permission import Unsettled
from portal.rules.terms import Action
from portal.web import (
    exception_forms,
    exception_views,
    exception_words,
    gate,
    queue_views,
    render,
    reset_views,
)
from portal.web.exception_forms import BypassForm, ExceptionForm, ExemptionForm
from portal.web.forms import refuse
from portal.web.gate import requires
from portal.web.notice_keys import NoticeKey
from portal.web.reset_forms import ApprovalForm, beside
from portal.web.run import read, run

blueprint = Blueprint("exceptions", __name__)
EXEMPTION, BYPASS = "exemption", "bypass"
Outcome = Done | Counted | Unsettled | Blocked | Gone
ASKING: dict[str, type[ExceptionForm]] = {EXEMPTION: ExemptionForm, BYPASS: BypassForm}
FORMS: dict[str, dict[str, type[ApprovalForm]]] = {
    kind: {
        "approval": approval,
        "rejection": exception_forms.ExceptionRejectionForm,
        "withdrawal": exception_forms.ExceptionWithdrawalForm,
        "end": exception_forms.EndForm,
    }
    for kind, approval in (
        (EXEMPTION, exception_forms.ExemptionApprovalForm),
        (BYPASS, exception_forms.BypassApprovalForm),
    )
}


@blueprint.get("/admin/exceptions")
@requires(Action.VIEW_EXCEPTIONS)
def index() -> ResponseReturnValue:
    """The queue and what became of it: one state at a time, those that wait first."""
    g.here = "exceptions"
    asked = queue_views.asked(exception_words.STATES)
    found, following = read(exception_pages.queue, g.visit, asked.state, asked.after)
    return render.page(
        "exceptions/index.html",
        fragment="exceptions/_list.html",
        exceptions=[exception_views.line(one) for one in found],
        **queue_views.links(asked, following, exception_words.STATES),
    )


@blueprint.get("/admin/users/<uuid:user_id>/exemption")
@requires(Action.VIEW_EXCEPTIONS)
def ask_exemption(user_id: object) -> ResponseReturnValue:
    return _panel_page(user_id, EXEMPTION, None)


@blueprint.get("/admin/users/<uuid:user_id>/bypass")
@requires(Action.VIEW_EXCEPTIONS)
def ask_bypass(user_id: object) -> ResponseReturnValue:
    return _panel_page(user_id, BYPASS, None)


@blueprint.post("/admin/users/<uuid:user_id>/exemption")
@requires(Action.REQUEST_EXEMPTION)
def request_exemption(user_id: object) -> ResponseReturnValue:
    form = ExemptionForm()
    day: date | None = form.until.data
    return _request(user_id, EXEMPTION, form, Asked(form.reason.data or "", last_day=day))


@blueprint.post("/admin/users/<uuid:user_id>/bypass")
@requires(Action.REQUEST_BYPASS)
def request_bypass(user_id: object) -> ResponseReturnValue:
    form = BypassForm()
    return _request(
        user_id, BYPASS, form, Asked(form.reason.data or "", str(form.verification.data))
    )


def _request(user_id: object, kind: str, form: ExceptionForm, asked: Asked) -> ResponseReturnValue:
    if not form.validate():
        return _panel_page(user_id, kind, form, status=422)
    match run(exceptions.request, g.visit, kind, str(user_id), asked):
        case Requested(exception_id):
            target = url_for(".show", exception_id=exception_id)
            return render.say(render.leave_for(target), NoticeKey.EXCEPTION_ASKED)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Blocked("exemption_in_the_past" | "exemption_too_long" as why):
            refuse(form["until"], exception_words.blocked(why))
            return _panel_page(user_id, kind, form, status=422)
        case Blocked(why):
            words = exception_words.blocked(why)
            return _panel_page(user_id, kind, form, status=409, error=words)
    abort(404)


def _panel_page(
    user_id: object,
    kind: str,
    form: ExceptionForm | None,
    *,
    status: int = 200,
    error: str | None = None,
) -> Response:
    """The panel of a person, where whoever may asks."""
    g.here = "users"
    match read(exception_pages.panel, g.visit, kind, str(user_id)):
        case Panel() as panel:
            pass
        case Blocked(why):
            abort(403, description=f"denied:{why}")
        case _:
            abort(404)
    return render.page(
        "exceptions/new.html",
        status=status,
        fragment="exceptions/_panel.html",
        form=form or ASKING[kind](),
        error=error,
        words=exception_words.KINDS[kind],
        kind=kind,
        subject=exception_views.panel(panel, kind),
        action_url=url_for(f".request_{kind}", user_id=user_id),
        cancel_url=url_for("users.show", user_id=user_id),
    )


@blueprint.get("/admin/exceptions/<uuid:exception_id>")
@requires(Action.VIEW_EXCEPTIONS)
def show(exception_id: object) -> ResponseReturnValue:
    return _sheet_page(exception_id)


def _sheet_page(
    exception_id: object,
    form: ApprovalForm | None = None,
    *,
    status: int = 200,
    error: str | None = None,
) -> Response:
    g.here = "exceptions"
    sheet = read(exception_pages.sheet, g.visit, str(exception_id))
    if not isinstance(sheet, Sheet):
        abort(404)
    made = exception_views.line(sheet.described)
    takes = {what: f".take_{what}" for what in sheet.may} | {"approval": f".approve_{made.kind}"}
    return render.page(
        "exceptions/show.html",
        status=status,
        fragment="exceptions/_exception.html",
        made=made,
        title=exception_views.title(made),
        code_lifetime=g.edge.settings.bypass_code_lifetime,
        subject=exception_views.subject(sheet),
        waits=sheet.described.request.state == "waiting",
        runs=sheet.described.request.state == "approved",
        approvals=sheet.approvals,
        error=error,
        why_not=reset_views.why_not_approve(sheet.why_not),
        forms=beside(FORMS[made.kind], form),
        urls={what: url_for(takes[what], exception_id=exception_id) for what in sheet.may},
        index_url=url_for(".index"),
    )


@blueprint.post("/admin/exceptions/<uuid:exception_id>/exemption-approval")
@requires(Action.APPROVE_EXEMPTION)
def approve_exemption(exception_id: object) -> ResponseReturnValue:
    form = exception_forms.ExemptionApprovalForm()
    approve = exception_decisions.approve_exemption
    return _decide(approve, exception_id, form, NoticeKey.EXCEPTION_APPROVED)


@blueprint.post("/admin/exceptions/<uuid:exception_id>/bypass-approval")
@requires(Action.APPROVE_BYPASS)
def approve_bypass(exception_id: object) -> ResponseReturnValue:
    form = exception_forms.BypassApprovalForm()
    approve = exception_decisions.approve_bypass
    return _decide(approve, exception_id, form, NoticeKey.EXCEPTION_APPROVED)


@blueprint.post("/admin/exceptions/<uuid:exception_id>/rejection")
@requires(Action.REJECT_EXCEPTION)
def take_rejection(exception_id: object) -> ResponseReturnValue:
    form = exception_forms.ExceptionRejectionForm()
    return _decide(exception_decisions.reject, exception_id, form, NoticeKey.EXCEPTION_REJECTED)


@blueprint.post("/admin/exceptions/<uuid:exception_id>/withdrawal")
@requires(Action.WITHDRAW_EXCEPTION)
def take_withdrawal(exception_id: object) -> ResponseReturnValue:
    form = exception_forms.ExceptionWithdrawalForm()
    return _decide(exception_decisions.withdraw, exception_id, form, NoticeKey.EXCEPTION_WITHDRAWN)


@blueprint.post("/admin/exceptions/<uuid:exception_id>/end")
@requires(Action.END_EXEMPTION)
def take_end(exception_id: object) -> ResponseReturnValue:
    form = exception_forms.EndForm()
    return _decide(exception_decisions.end, exception_id, form, NoticeKey.EXEMPTION_ENDED)


def _decide(
    decision: Callable[..., Outcome], exception_id: object, form: ApprovalForm, done: NoticeKey
) -> ResponseReturnValue:
    if not form.validate():
        return _sheet_page(exception_id, form, status=422)
    match run(decision, g.visit, str(exception_id), form.note.data or ""):
        case Done() | Counted() as outcome:
            said = NoticeKey.APPROVAL_COUNTED if isinstance(outcome, Counted) else done
            return render.say(render.leave_for(url_for(".show", exception_id=exception_id)), said)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Blocked(why):
            words = exception_words.blocked(why)
            return _sheet_page(exception_id, form, status=409, error=words)
    abort(404)


@blueprint.post("/admin/exceptions/<uuid:exception_id>/code")
@requires(Action.ISSUE_BYPASS)
def take_code(exception_id: object) -> ResponseReturnValue:
    """Make the code and show it in this very answer: it is stored nowhere in clear."""
    match run(exception_codes.show_code, g.visit, str(exception_id)):
        case Shown() as shown:
            g.here = "exceptions"
            return render.page(
                "exceptions/code.html",
                fragment="exceptions/_code.html",
                shown=shown,
                back_url=url_for(".show", exception_id=exception_id),
            )
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Blocked(why):
            return _sheet_page(exception_id, status=409, error=exception_words.blocked(why))
    abort(404)
