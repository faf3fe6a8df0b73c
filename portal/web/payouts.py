"""Payouts at HQ: the list by state, preparing one, and approving or rejecting it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.flows import payout_pages, payouts
from portal.flows.outcomes import Blocked, Counted, Done, Gone
from portal.flows.payout_pages import Choice, Payout, Sheet
from portal.flows.payouts import Prepared
from portal.flows.permission import Unsettled
from portal.rules.access import Deny
from portal.rules.terms import Action
from portal.web import (
    addresses,
    details,
    gate,
    messages,
    notice_words,
    payment_words,
    render,
    tasks,
)
from portal.web.forms import refuse
from portal.web.gate import decision_for, requires
from portal.web.notice_keys import NoticeKey
from portal.web.payment_forms import PayoutForm, PayoutNoteForm
from portal.web.run import read, run

blueprint = Blueprint("payouts", __name__)
PARTNER_MAX = 120


@blueprint.get("/payouts")
@requires(Action.VIEW_PAYOUTS)
def index() -> ResponseReturnValue:
    g.here = "payouts"
    asked = request.args.get("state", "waiting")
    wanted = asked if asked in payout_pages.FILTERS else "waiting"
    given = request.args.get("before")
    before = addresses.identifier(given) if given else None
    page = read(payout_pages.page, wanted, before)
    return render.page(
        "payouts/index.html",
        fragment="payouts/_list.html",
        payouts=[_row(payout) for payout in page.payouts],
        totals=[details.money(total) for total in page.totals],
        filters=[
            {"value": name, "label": words, "chosen": name == wanted}
            for name, words in payment_words.FILTERS.items()
        ],
        waiting=wanted == "waiting",
        own_url=url_for(".index"),
        next_url=url_for(".index", state=wanted, before=page.older) if page.older else None,
        first_url=url_for(".index", state=wanted) if before else None,
        new_url=url_for(".new") if _may_prepare() else None,
    )


@blueprint.get("/payouts/new")
@requires(Action.PREPARE_PAYOUT)
def new() -> ResponseReturnValue:
    return _new(PayoutForm())


@blueprint.post("/payouts")
@requires(Action.PREPARE_PAYOUT)
def prepare() -> ResponseReturnValue:
    form = PayoutForm()
    if not form.validate():
        return _new(form, status=422)
    payee = addresses.identifier(form.payee.data)
    amount, reference = form.amount.data or "", form.reference.data or ""
    match run(payouts.prepare, g.visit, payee, amount, reference):
        case Prepared(payout_id):
            target = url_for(".show", payout_id=payout_id)
            return render.say(render.leave_for(target), NoticeKey.PAYOUT_PREPARED)
        case Blocked(reason):
            wrong = {"payout_payee": form.payee, "payout_amount": form.amount}
            refuse(wrong.get(reason, form.reference), payment_words.PROBLEMS[reason])
            return _new(form, status=422)
    raise AssertionError


@blueprint.get("/payouts/<uuid:payout_id>")
@requires(Action.VIEW_PAYOUTS)
def show(payout_id: object) -> ResponseReturnValue:
    return _sheet(payout_id, PayoutNoteForm())


@blueprint.post("/payouts/<uuid:payout_id>/approval")
@requires(Action.APPROVE_PAYOUT)
def approve(payout_id: object) -> ResponseReturnValue:
    return _answer(payout_id, run(payouts.approve, g.visit, str(payout_id)))


@blueprint.post("/payouts/<uuid:payout_id>/rejection")
@requires(Action.REJECT_PAYOUT)
def reject(payout_id: object) -> ResponseReturnValue:
    form = PayoutNoteForm()
    if not form.validate():
        return _sheet(payout_id, form, status=422)
    outcome = run(payouts.reject, g.visit, str(payout_id), form.note.data or "")
    return _answer(payout_id, outcome, NoticeKey.PAYOUT_REJECTED)


def _answer(
    payout_id: object,
    outcome: Done | Counted | Blocked | Gone | Unsettled,
    notice: NoticeKey = NoticeKey.PAYOUT_APPROVED,
) -> ResponseReturnValue:
    """What follows for the payout's page."""
    form = PayoutNoteForm(formdata=None)
    match outcome:
        case Done() | Counted():
            said = NoticeKey.PAYOUT_COUNTED if isinstance(outcome, Counted) else notice
            if render.wants_fragment():
                g.notice = notice_words.notice(said)
                return _sheet(payout_id, form)
            return render.say(render.leave_for(url_for(".show", payout_id=payout_id)), said)
        case Blocked(reason):
            return _sheet(payout_id, form, status=409, error=payment_words.PROBLEMS[reason])
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


def _may_prepare() -> bool:
    return not isinstance(decision_for(Action.PREPARE_PAYOUT), Deny)


def _row(payout: Payout) -> dict[str, Any]:
    return {
        "organisation": payout.organisation_name,
        "payee": payout.payee_name,
        "reference": payout.reference,
        "amount": details.money(payout.money),
        "state": payment_words.PAYOUTS[payout.state],
        "waiting": payout.state == "waiting",
        "needed": payout.approvals_needed,
        "given": payout.approvals_given,
        "prepared_by": payout.prepared_by_name,
        "decided_by": payout.decided_by_name,
        "decided_at": payout.decided_at,
        "note": payout.note,
        "created_at": payout.created_at,
        "url": url_for(".show", payout_id=payout.id),
    }


def _new(form: PayoutForm, *, status: int = 200) -> Response:
    g.here = "payouts"
    partner = request.args.get("partner", "").strip()[:PARTNER_MAX].replace("\x00", "")
    chosen = addresses.identifier(form.payee.data) if form.payee.data else None
    offered, more = read(payout_pages.choices, partner, chosen)
    return render.page(
        "payouts/new.html",
        status=status,
        form=form,
        error=None,
        partner=partner,
        choices=[_choice(choice, chosen) for choice in offered],
        more=more,
        own_url=url_for(".new"),
        prepare_url=url_for(".prepare", partner=partner or None),
        list_url=url_for(".index"),
    )


def _choice(choice: Choice, chosen: str | None) -> dict[str, Any]:
    payee = choice.payee
    parts = (payee.organisation_name, payee.name, payee.currency, choice.account)
    return {
        "value": payee.id,
        "label": " · ".join(part for part in parts if part),
        "chosen": payee.id == chosen,
    }


def _sheet(
    payout_id: object,
    form: PayoutNoteForm,
    *,
    status: int = 200,
    error: messages.Words | None = None,
) -> Response:
    g.here = "payouts"
    sheet = read(payout_pages.sheet, g.visit, str(payout_id))
    if isinstance(sheet, Gone):
        abort(404)
    return render.page(
        "payouts/show.html",
        fragment="payouts/_sheet.html",
        status=status,
        error=error,
        form=form,
        payout={**_row(sheet.payout), "given": len(sheet.approvals)},
        account=sheet.account,
        approvals=sheet.approvals,
        refusal=_refusal(sheet),
        own=sheet.payout.prepared_by == g.visit.user.id,
        approve_url=url_for(".approve", payout_id=payout_id),
        reject_url=url_for(".reject", payout_id=payout_id),
        list_url=url_for(".index"),
    )


def _refusal(sheet: Sheet) -> messages.Words | None:
    """Why this person cannot approve now, and what to do; None when they can."""
    if sheet.why_not:
        return str(tasks.DENIED[sheet.why_not])
    return payment_words.PROBLEMS[sheet.obstacle] if sheet.obstacle else None
