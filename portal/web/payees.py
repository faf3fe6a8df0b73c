"""Payees of a partner: the list, one payee with its account's history, and changing the account."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.flows import payees
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.payees import Change, Line, Requested, Sheet
from portal.flows.permission import Unsettled
from portal.rules.bank import masked
from portal.rules.terms import Action
from portal.web import addresses, gate, messages, notice_words, payment_words, render, tasks
from portal.web.forms import refuse
from portal.web.gate import requires
from portal.web.notice_keys import NoticeKey
from portal.web.payment_forms import AccountForm, PayeeForm, PayeeNoteForm
from portal.web.run import read, run

blueprint = Blueprint("payees", __name__)


@blueprint.get("/partner/payees")
@requires(Action.VIEW_PAYEES)
def index() -> ResponseReturnValue:
    return _list(PayeeForm())


@blueprint.post("/partner/payees")
@requires(Action.CHANGE_PAYEE)
def add() -> ResponseReturnValue:
    form = PayeeForm()
    if not form.validate():
        return _list(form, status=422)
    name, currency = form.name.data or "", form.currency.data or ""
    match run(payees.request_new, g.visit, name, currency, form.account()):
        case Requested(payee_id):
            target = url_for(".show", payee_id=payee_id)
            return render.say(render.leave_for(target), NoticeKey.PAYEE_REQUESTED)
        case Blocked(reason):
            refuse(form.name, payment_words.PROBLEMS[reason])
            return _list(form, status=422)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    raise AssertionError


@blueprint.get("/partner/payees/<uuid:payee_id>")
@requires(Action.VIEW_PAYEES)
def show(payee_id: object) -> ResponseReturnValue:
    return _sheet(payee_id, AccountForm(), PayeeNoteForm())


@blueprint.post("/partner/payees/<uuid:payee_id>/changes")
@requires(Action.CHANGE_PAYEE)
def change(payee_id: object) -> ResponseReturnValue:
    form = AccountForm()
    if not form.validate():
        return _sheet(payee_id, form, PayeeNoteForm(formdata=None), status=422)
    match run(payees.request_change, g.visit, str(payee_id), form.account()):
        case Blocked("payee_same_account" as reason):
            refuse(form.iban, payment_words.PROBLEMS[reason])
            return _sheet(payee_id, form, PayeeNoteForm(formdata=None), status=422)
        case outcome:
            return _answer(payee_id, outcome, NoticeKey.PAYEE_REQUESTED)


@blueprint.post("/partner/payees/<uuid:payee_id>/changes/<uuid:change_id>/approval")
@requires(Action.APPROVE_PAYEE)
def approve(payee_id: object, change_id: object) -> ResponseReturnValue:
    outcome = run(payees.approve, g.visit, str(payee_id), str(change_id))
    return _answer(payee_id, outcome, NoticeKey.PAYEE_APPROVED)


@blueprint.post("/partner/payees/<uuid:payee_id>/changes/<uuid:change_id>/rejection")
@requires(Action.REJECT_PAYEE)
def reject(payee_id: object, change_id: object) -> ResponseReturnValue:
    return _stop(payee_id, change_id, NoticeKey.PAYEE_REJECTED, withdraw=False)


@blueprint.post("/partner/payees/<uuid:payee_id>/changes/<uuid:change_id>/withdrawal")
@requires(Action.REJECT_PAYEE)
def withdraw(payee_id: object, change_id: object) -> ResponseReturnValue:
    return _stop(payee_id, change_id, NoticeKey.PAYEE_WITHDRAWN, withdraw=True)


def _stop(
    payee_id: object, change_id: object, notice: NoticeKey, *, withdraw: bool
) -> ResponseReturnValue:
    form = PayeeNoteForm()
    if not form.validate():
        return _sheet(payee_id, AccountForm(formdata=None), form, status=422)
    outcome = run(
        payees.stop,
        g.visit,
        str(payee_id),
        str(change_id),
        form.note.data or "",
        withdraw=withdraw,
    )
    return _answer(payee_id, outcome, notice)


def _answer(
    payee_id: object,
    outcome: Requested | Done | Blocked | Gone | Unsettled,
    notice: NoticeKey,
) -> ResponseReturnValue:
    """What follows for the payee's page."""
    forms = AccountForm(formdata=None), PayeeNoteForm(formdata=None)
    match outcome:
        case Requested() | Done():
            if render.wants_fragment():
                g.notice = notice_words.notice(notice)
                return _sheet(payee_id, *forms)
            return render.say(render.leave_for(url_for(".show", payee_id=payee_id)), notice)
        case Blocked(reason):
            return _sheet(payee_id, *forms, status=409, error=payment_words.PROBLEMS[reason])
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


def _list(form: PayeeForm, *, status: int = 200) -> Response:
    g.here = "payees"
    asked = request.args.get("after")
    after = addresses.identifier(asked) if asked else None
    lines, following = read(payees.page, g.visit, after)
    return render.page(
        "payees/index.html",
        fragment="payees/_list.html",
        status=status,
        lines=[_row(line) for line in lines],
        next_url=url_for(".index", after=following) if following else None,
        first_url=url_for(".index") if after else None,
        form=form,
        add_url=url_for(".add"),
        wait=g.edge.settings.payee_wait,
    )


def _row(line: Line) -> dict[str, Any]:
    state = line.pending.state if line.pending else ""
    return {
        "name": line.payee.name,
        "currency": line.payee.currency,
        "account": line.account,
        "url": url_for(".show", payee_id=line.payee.id),
        "state": payment_words.CHANGES.get(state),
        "effective_at": line.pending.effective_at if line.pending else None,
    }


def _sheet(
    payee_id: object,
    form: AccountForm,
    note: PayeeNoteForm,
    *,
    status: int = 200,
    error: messages.Words | None = None,
) -> Response:
    g.here = "payees"
    asked = request.args.get("before") if request.method == "GET" else None
    before = addresses.identifier(asked) if asked else None
    sheet = read(payees.sheet, g.visit, str(payee_id), before)
    if isinstance(sheet, Gone):
        abort(404)
    if sheet.void and request.method == "GET":
        run(payees.end_unlawful, str(payee_id))
        sheet = read(payees.sheet, g.visit, str(payee_id), before)
    more = url_for(".show", payee_id=payee_id, before=sheet.more) if sheet.more else None
    return render.page(
        "payees/show.html",
        fragment="payees/_sheet.html",
        status=status,
        error=error,
        form=form,
        note=note,
        payee=_row(sheet.line),
        pending=_pending(sheet),
        change_url=url_for(".change", payee_id=payee_id),
        history=[_past(item, sheet) for item in sheet.history],
        next_url=more,
        first_url=url_for(".show", payee_id=payee_id) if before else None,
        list_url=url_for(".index"),
        wait=g.edge.settings.payee_wait,
    )


def _pending(sheet: Sheet) -> dict[str, Any] | None:
    """The change that is not over: what it is, and what this person may do about it."""
    change, payee = sheet.line.pending, sheet.line.payee
    if change is None:
        return None
    own = change.requested_by == g.visit.user.id
    return {
        **_past(change, sheet),
        "holder": sheet.holder,
        "waiting": change.state == "waiting",
        "deciders": sheet.deciders,
        "why_not": str(tasks.DENIED[sheet.why_not]) if sheet.why_not else None,
        "approve_url": url_for(".approve", payee_id=payee.id, change_id=change.id),
        "stop_url": url_for(
            ".withdraw" if own else ".reject", payee_id=payee.id, change_id=change.id
        ),
        "own": own,
    }


def _past(change: Change, sheet: Sheet) -> dict[str, Any]:
    by_portal = change.state == "rejected" and change.decided_by is None
    # Approved, and not waiting any more: in force before anything wrote it down.
    waits = sheet.line.pending is not None and sheet.line.pending.id == change.id
    in_force = change.state == "approved" and not waits
    return {
        "account": masked(change.account_shown),
        "state": payment_words.CHANGES["effective" if in_force else change.state],
        "requested_by": change.requested_by_name,
        "created_at": change.created_at,
        "decided_by": change.decided_by_name,
        "decided_at": change.decided_at,
        "effective_at": change.effective_at,
        "note": payment_words.CLOSED.get(change.note, change.note) if by_portal else change.note,
    }
