"""A partner's own systems: webhooks and billing details."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, url_for
from flask.typing import ResponseReturnValue

from portal.flows import integrations
from portal.flows.addresses import normalise
from portal.flows.integrations import Added, Billing, Details, Outdated
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.webhook_events import WebhookEvent
from portal.rules.access import Deny
from portal.rules.terms import Action
from portal.web import notice_words, render, webhook_words
from portal.web.forms import refuse
from portal.web.gate import decision_for, requires
from portal.web.notice_keys import NoticeKey
from portal.web.platform_forms import BillingForm, WebhookForm
from portal.web.run import read, run

blueprint = Blueprint("integrations", __name__)


@blueprint.get("/partner/webhooks")
@requires(Action.VIEW_INTEGRATIONS)
def webhooks() -> ResponseReturnValue:
    return _webhooks_page(WebhookForm())


@blueprint.post("/partner/webhooks")
@requires(Action.CHANGE_WEBHOOKS)
def add_webhook() -> ResponseReturnValue:
    """Add one and show its secret in this very answer.

    No redirect here: the secret is stored sealed for delivery, and no page shows it again.
    """
    form = WebhookForm()
    if not form.validate():
        return _webhooks_page(form, status=422)
    match run(integrations.add_webhook, g.visit, form.url.data or "", form.chosen()):
        case Added(secret):
            return _webhooks_page(WebhookForm(formdata=None), secret=secret)
        case Blocked("webhooks_full"):
            return _webhooks_page(form, status=409)
        case Blocked(reason):
            refuse(form.url, webhook_words.PROBLEMS[reason])
            return _webhooks_page(form, status=422)
    raise AssertionError


@blueprint.post("/partner/webhooks/<uuid:webhook_id>/removal")
@requires(Action.CHANGE_WEBHOOKS)
def remove_webhook(webhook_id: object) -> ResponseReturnValue:
    match run(integrations.remove_webhook, g.visit, str(webhook_id)):
        case Gone():
            abort(404)
    if render.wants_fragment():
        g.notice = notice_words.notice(NoticeKey.WEBHOOK_REMOVED)
        return _webhooks_page(WebhookForm(formdata=None))
    return render.say(render.leave_for(url_for(".webhooks")), NoticeKey.WEBHOOK_REMOVED)


def _webhooks_page(form: WebhookForm, *, status: int = 200, secret: str | None = None) -> Response:
    g.here = "webhooks"
    found = read(integrations.webhooks_of, g.visit)
    return render.page(
        "integrations/webhooks.html",
        fragment="integrations/_webhooks.html",
        status=status,
        webhooks=[
            {
                "url": webhook.url,
                "events": [_event(name) for name in webhook.events],
                "created_at": webhook.created_at,
                "created_by": webhook.created_by,
                "remove_url": url_for(".remove_webhook", webhook_id=webhook.id),
            }
            for webhook in found
        ],
        form=form,
        error=None,
        secret=secret,
        organisation=g.visit.acting.organisation_name,
        may_change=not isinstance(decision_for(Action.CHANGE_WEBHOOKS), Deny),
        full=len(found) >= integrations.WEBHOOKS_MAX,
    )


def _event(name: str) -> str:
    """An event in words; one that a later release wrote, and rolled back, by its name."""
    known = name in WebhookEvent.__members__.values()
    return str(webhook_words.EVENTS[WebhookEvent(name)]) if known else name


@blueprint.get("/partner/billing")
@requires(Action.VIEW_INTEGRATIONS)
def billing() -> ResponseReturnValue:
    saved = read(integrations.billing_of, g.visit)
    shown = {"version": "0"}
    if saved:
        details = saved.details
        shown = {name: getattr(details, name) for name in Details.__dataclass_fields__}
        shown["version"] = str(saved.version)
    return _billing_page(BillingForm(data=shown), saved)


@blueprint.post("/partner/billing")
@requires(Action.CHANGE_BILLING)
def save_billing() -> ResponseReturnValue:
    form = BillingForm()
    if not form.validate():
        return _billing_page(form, read(integrations.billing_of, g.visit), status=422)
    details = Details(
        company=form.company.data or "",
        address=(form.address.data or "").replace("\r\n", "\n"),
        tax_id=form.tax_id.data or "",
        email=normalise(form.email.data or "") or "",
    )
    match run(integrations.save_billing, g.visit, details, form.seen()):
        case Done():
            return render.say(render.leave_for(url_for(".billing")), NoticeKey.BILLING_SAVED)
        case Outdated(current):
            form.version.data = str(current.version)
            return _billing_page(form, current, status=409, outdated=True)
        case Gone():
            abort(404)
    raise AssertionError


def _billing_page(
    form: BillingForm, saved: Billing | None, *, status: int = 200, outdated: bool = False
) -> Response:
    g.here = "billing"
    return render.page(
        "integrations/billing.html",
        fragment="integrations/_billing.html",
        status=status,
        form=form,
        error=None,
        saved=saved,
        outdated=outdated,
        organisation=g.visit.acting.organisation_name,
    )
