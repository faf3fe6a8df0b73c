"""Resets in the browser: the panel, the queue, deciding about a request, a list of people."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.flows import reset_decisions, reset_pages, resets
from portal.flows.outcomes import Blocked, Counted, Done, Gone
from portal.flows.permission import Unsettled
from portal.flows.reset_pages import Panel, Sheet
from portal.flows.resets import Asked, Heard, Listed, Requested
from portal.rules.terms import Action
from portal.web import addresses, gate, queue_views, render, reset_views, reset_words
from portal.web.forms import refuse
from portal.web.gate import requires
from portal.web.notice_keys import NoticeKey
from portal.web.reset_forms import (
    ApprovalForm,
    BulkResetForm,
    DeskResetForm,
    RejectionForm,
    ResetForm,
    WithdrawalForm,
    beside,
)
from portal.web.run import read, run

blueprint = Blueprint("resets", __name__)
Outcome = Done | Counted | Unsettled | Blocked | Gone
FORMS = {"approval": ApprovalForm, "rejection": RejectionForm, "withdrawal": WithdrawalForm}


@blueprint.get("/admin/resets")
@requires(Action.VIEW_RESETS)
def index() -> ResponseReturnValue:
    """The queue: one state at a time, those that wait first."""
    g.here = "resets"
    asked = queue_views.asked(reset_words.STATES)
    found, following = read(reset_pages.queue, g.visit, asked.state, asked.after)
    return render.page(
        "resets/index.html",
        fragment="resets/_list.html",
        requests=[reset_views.request(one) for one in found],
        **queue_views.links(asked, following, reset_words.STATES),
    )


@blueprint.get("/admin/users/<uuid:user_id>/resets/new")
@blueprint.get("/admin/users/<uuid:user_id>/desk-resets/new", endpoint="new_for_desk")
@requires(Action.VIEW_RESETS)
def new(user_id: object) -> ResponseReturnValue:
    """The panel of a person, as a page or for the row of a list."""
    return _panel_page(_panel(user_id), None)


def _panel(user_id: object) -> Panel:
    match read(reset_pages.panel, g.visit, str(user_id)):
        case Panel() as panel:
            return panel
        case Blocked(why):
            abort(403, description=f"denied:{why}")
    abort(404)


def _panel_page(
    panel: Panel, form: ResetForm | None, *, status: int = 200, error: str | None = None
) -> Response:
    g.here = "users"
    by_desk = panel.action is Action.REQUEST_DESK_RESET
    endpoint = ".create_for_desk" if by_desk else ".create"
    if form is None:
        form = DeskResetForm() if by_desk else ResetForm()
    if panel.vouched is not None and not form.verification.data:
        form.verification.data = "caller_code"
    return render.page(
        "resets/new.html",
        status=status,
        fragment="resets/_panel.html",
        form=form,
        error=error,
        subject=reset_views.panel(panel),
        sessions=panel.sessions,
        browsers=panel.browsers,
        vouched_at=panel.vouched.used_at if panel.vouched else None,
        action_url=url_for(endpoint, user_id=panel.case.user.id),
        in_list=render.wants_fragment(),
        cancel_url=url_for("users.show", user_id=panel.case.user.id),
    )


@blueprint.post("/admin/users/<uuid:user_id>/resets")
@requires(Action.REQUEST_RESET)
def create(user_id: object) -> ResponseReturnValue:
    return _create(user_id, Action.REQUEST_RESET, ResetForm())


@blueprint.post("/admin/users/<uuid:user_id>/desk-resets")
@requires(Action.REQUEST_DESK_RESET)
def create_for_desk(user_id: object) -> ResponseReturnValue:
    """The service desk asks for an administrator, with a proof of identity."""
    return _create(user_id, Action.REQUEST_DESK_RESET, DeskResetForm())


def _create(user_id: object, action: Action, form: ResetForm) -> ResponseReturnValue:
    if not form.validate():
        return _panel_page(_panel(user_id), form, status=422)
    proof = form.proof.data or "" if isinstance(form, DeskResetForm) else ""
    asked = Asked(form.reason.data or "", str(form.verification.data), proof, form.code.data or "")
    match run(resets.request, g.visit, action, str(user_id), asked):
        case Requested((reset_id,)):
            target = url_for(".show", reset_id=reset_id)
            return render.say(render.leave_for(target), NoticeKey.RESET_ASKED)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Heard(unsettled):
            return gate.refuse(unsettled)
        case Blocked(reason):
            if reason.startswith("caller_"):
                refuse(form.code, reset_words.blocked(reason))
                return _panel_page(_panel(user_id), form, status=422)
            words = reset_words.blocked(reason)
            return _panel_page(_panel(user_id), form, status=409, error=words)
    abort(404)


@blueprint.get("/admin/resets/<uuid:reset_id>")
@requires(Action.VIEW_RESETS)
def show(reset_id: object) -> ResponseReturnValue:
    return _sheet_page(reset_id)


def _sheet_page(
    reset_id: object,
    form: ApprovalForm | None = None,
    *,
    status: int = 200,
    error: str | None = None,
) -> Response:
    g.here = "resets"
    sheet = read(reset_pages.sheet, g.visit, str(reset_id))
    if not isinstance(sheet, Sheet):
        abort(404)
    allowed = {
        "approval": sheet.may_approve,
        "rejection": sheet.may_reject,
        "withdrawal": sheet.may_withdraw,
    }
    return render.page(
        "resets/show.html",
        status=status,
        fragment="resets/_reset.html",
        reset=reset_views.request(sheet.described),
        subject=reset_views.subject(sheet),
        waits=sheet.described.request.state == "waiting",
        error=error,
        why_not=reset_views.why_not_approve(sheet.why_not),
        forms=beside(FORMS, form),
        approvals=sheet.approvals,
        urls={
            what: url_for(f".take_{what}", reset_id=reset_id)
            for what, may in allowed.items()
            if may
        },
        index_url=url_for(".index"),
    )


@blueprint.post("/admin/resets/<uuid:reset_id>/approval")
@requires(Action.APPROVE_RESET)
def take_approval(reset_id: object) -> ResponseReturnValue:
    return _decide(reset_decisions.approve, reset_id, ApprovalForm(), NoticeKey.RESET_APPROVED)


@blueprint.post("/admin/resets/<uuid:reset_id>/rejection")
@requires(Action.REJECT_RESET)
def take_rejection(reset_id: object) -> ResponseReturnValue:
    return _decide(reset_decisions.reject, reset_id, RejectionForm(), NoticeKey.RESET_REJECTED)


@blueprint.post("/admin/resets/<uuid:reset_id>/withdrawal")
@requires(Action.WITHDRAW_RESET)
def take_withdrawal(reset_id: object) -> ResponseReturnValue:
    return _decide(reset_decisions.withdraw, reset_id, WithdrawalForm(), NoticeKey.RESET_WITHDRAWN)


def _decide(
    decision: Callable[..., Outcome], reset_id: object, form: ApprovalForm, done: NoticeKey
) -> ResponseReturnValue:
    if not form.validate():
        return _sheet_page(reset_id, form, status=422)
    match run(decision, g.visit, str(reset_id), form.note.data or ""):
        case Done() | Counted() as outcome:
            said = NoticeKey.APPROVAL_COUNTED if isinstance(outcome, Counted) else done
            return render.say(render.leave_for(url_for(".show", reset_id=reset_id)), said)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Blocked(reason):
            return _sheet_page(reset_id, form, status=409, error=reset_words.blocked(reason))
    abort(404)


@blueprint.route("/admin/resets/bulk/new", methods=["GET", "POST"])
@requires(Action.VIEW_RESETS)
def preview() -> ResponseReturnValue:
    """A list of people before anything is asked for: each by name, with what stands against it.

    A list comes as `user` fields, from the ticked rows of the list of users.
    """
    form = BulkResetForm()
    chosen = request.form.getlist("user") or request.args.getlist("user")
    users = chosen or _ids(form)
    listed = read(resets.examine, g.visit, _identifiers(users)) if users else Listed((), 0)
    return _list_page(form, listed, status=200 if users else 422)


@blueprint.post("/admin/resets/bulk")
@requires(Action.REQUEST_RESET)
def create_list() -> ResponseReturnValue:
    """Ask for the resets of a list that was looked at."""
    form = BulkResetForm()
    users = _identifiers(_ids(form))
    if not form.validate():
        listed = read(resets.examine, g.visit, users) if users else Listed((), 0)
        return _list_page(form, listed, status=422)
    asked = Asked(form.reason.data or "", str(form.verification.data))
    match run(resets.request_list, g.visit, users, asked):
        case Requested():
            return render.say(render.leave_for(url_for(".index")), NoticeKey.RESETS_ASKED)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Listed() as listed:
            words = reset_words.blocked("reset_list_changed")
            return _list_page(form, listed, status=409, error=words)
    raise AssertionError


def _ids(form: BulkResetForm) -> list[str]:
    return [part for part in (form.users.data or "").split(",") if part]


def _identifiers(texts: list[str]) -> list[str]:
    """Ids as they are stored, each once; too many are nobody."""
    unique = list(dict.fromkeys(addresses.identifier(text) for text in texts))
    return unique if len(unique) <= resets.LIST_MAX else []


def _list_page(
    form: BulkResetForm, listed: Listed, *, status: int, error: str | None = None
) -> Response:
    g.here = "users"
    open_to = listed.open
    if not listed.lines and not listed.unknown:
        error, status = reset_words.blocked("reset_list_empty"), 422
    form.users.data = ",".join(case.user.id for case in open_to)
    return render.page(
        "resets/bulk.html",
        status=status,
        form=form,
        error=error,
        people=[reset_views.line(line) for line in listed.lines if line.why is None],
        others=[reset_views.line(line) for line in listed.lines if line.why is not None],
        unknown=listed.unknown,
        action_url=url_for(".create_list") if open_to else None,
        cancel_url=url_for(".index"),
    )
