"""Interrupted tasks: what a person was doing is kept while they prove who they are."""

from __future__ import annotations

from datetime import timedelta

from portal.edge import Edge
from portal.flows import draft_fields, visits
from portal.flows.events import Event
from portal.flows.outcomes import Gone
from portal.flows.permission import Subject
from portal.flows.scopes import MANAGEMENT, scope_field
from portal.flows.session import Visit
from portal.flows.webhook_events import WebhookEvent, field_of
from portal.rules import plans
from portal.rules.access import StepUp
from portal.rules.actions import ACTIONS
from portal.rules.terms import Action
from portal.store import audit, step_ups
from portal.store.step_ups import Interrupted
from portal.values import frozen

FIELD_MAX = 2000
FORM_MAX = 16 * 1024

# What of a form is kept; everything else is left out, and secrets by construction.
KEPT_FIELDS: dict[Action, tuple[str, ...]] = {
    Action.CHANGE_PROFILE: ("name", "locale", "time_zone"),
    Action.CHANGE_EMAIL: ("email",),
    Action.CHANGE_SECURITY: ("name",),
    Action.SWITCH_ORGANISATION: ("organisation",),
    Action.EXPORT_SETTLEMENTS: ("period", "currency"),
    Action.CHANGE_PAYEE: ("name", "currency", "holder", "iban", "bic"),
    Action.APPROVE_PAYEE: ("note",),
    Action.REJECT_PAYEE: ("note",),
    Action.CHANGE_WEBHOOKS: ("url", *map(field_of, WebhookEvent)),
    Action.CHANGE_BILLING: ("company", "address", "tax_id", "email", "version"),
    Action.CHANGE_PLAN: ("plan", *map(plans.field_of, plans.ADD_ONS), "was"),
    Action.CHANGE_API_TOKENS: ("name", "days", *map(scope_field, MANAGEMENT)),
    Action.DRAFT_POLICY: ("next", *draft_fields.FIELDS),
    Action.PUBLISH_POLICY: ("draft", "how", "number", "audience", "message", "until"),
    Action.PREPARE_PAYOUT: ("organisation", "payee", "amount", "currency", "reference"),
    Action.APPROVE_PAYOUT: ("note",),
    Action.REJECT_PAYOUT: ("note",),
    Action.CHANGE_PASSENGERS: ("name", "phone", "email", "needs", "version"),
    Action.VIEW_CARDS: ("card",),
    Action.REQUEST_RESET: ("reason", "verification", "proof", "users"),
    Action.REQUEST_DESK_RESET: ("reason", "verification", "proof"),
    Action.APPROVE_RESET: ("note",),
    Action.REJECT_RESET: ("note",),
    Action.WITHDRAW_RESET: ("note",),
    Action.CHECK_CALLER: (),
    Action.REQUEST_EXEMPTION: ("reason", "until"),
    Action.APPROVE_EXEMPTION: ("note",),
    Action.END_EXEMPTION: ("note",),
    Action.REQUEST_BYPASS: ("reason", "verification"),
    Action.APPROVE_BYPASS: ("note",),
    Action.ISSUE_BYPASS: (),
    Action.REJECT_EXCEPTION: ("note",),
    Action.WITHDRAW_EXCEPTION: ("note",),
    Action.ADMINISTER_USER: ("reason",),
    Action.INVITE_USER: ("email", "name", "role", "organisation", "locale"),
    Action.CHANGE_MEMBERSHIP: ("role", "organisation", "change", "preview"),
    Action.APPROVE_MEMBERSHIP: ("note",),
    Action.REJECT_MEMBERSHIP: ("note",),
    Action.WITHDRAW_MEMBERSHIP: (),
}

# Lists of makes; every other field is short.
LONG_FIELDS = {"allowed": draft_fields.MODELS_LENGTH_MAX, "denied": draft_fields.MODELS_LENGTH_MAX}
ASKED_AGAIN = frozenset({Action.CHANGE_PASSWORD})


@frozen
class Sent:
    """What was sent: how, where to, with which form, and from which page."""

    method: str
    path: str
    form: dict[str, str]
    origin: str | None = None


def keep(
    edge: Edge,
    visit: Visit,
    action: Action,
    sent: Sent,
    subject: Subject | None = None,
    lifetime: timedelta | None = None,
) -> Interrupted:
    """Keep a task: its path, and the fields of its form that may be kept.

    With a `subject` the task waits for a grant: bound to that object and what is shown of it.
    """
    # A page of secrets asks for everything anew, because none of it may be kept.
    method = "GET" if action in ASKED_AGAIN else sent.method
    form = sent.form
    wanted = KEPT_FIELDS.get(action, ())
    if action is Action.DRAFT_POLICY:
        wanted += tuple(map(draft_fields.method_field, edge.factors))
    fields = {
        name: form[name]
        for name in wanted
        if name in form and len(form[name]) <= LONG_FIELDS.get(name, FIELD_MAX)
    }
    if sum(map(len, fields.values())) > FORM_MAX:
        fields = {}
    task = Interrupted(
        id=edge.new_id(),
        action=action,
        method=method,
        path=sent.path,
        form=fields,
        expires_at=edge.now + (lifetime or _lifetime(edge, visit)),
        origin=sent.origin,
        object_id=subject.object_id if subject else "",
        binding=subject.binding(action) if subject else None,
        organisation_id=visit.acting.organisation_id if visit.acting else None,
        shown=[list(pair) for pair in subject.shown] if subject else [],
    )
    step_ups.add(edge, task, visit.session.id)
    return task


def _lifetime(edge: Edge, visit: Visit) -> timedelta:
    """Minutes, while somebody is at it. Who left a session to itself may be away for longer."""
    decision = visits.proved(visit.facts)
    away = isinstance(decision, StepUp) and decision.lapsed
    return edge.settings.resume_lifetime if away else edge.settings.step_up_lifetime


def find(edge: Edge, visit: Visit, step_up_id: str) -> Interrupted | Gone:
    """The task that waits, in this session alone.

    A task of a role waits for the organisation that it was begun in: whoever acts for another one
    now would confirm something else than what was shown.
    """
    task = step_ups.find(edge, step_up_id, visit.session.id)
    here = visit.acting.organisation_id if visit.acting else None
    if task is None or (ACTIONS[task.action].roles and task.organisation_id != here):
        return Gone()
    return task


def grant(edge: Edge, visit: Visit, task: Interrupted) -> bool:
    """Turn a waiting task into a grant; for the transaction that accepts its proof."""
    expires_at = edge.now + edge.settings.step_up_lifetime
    if not step_ups.grant(edge, task.id, visit.session.id, expires_at):
        return False
    audit.add(
        edge,
        Event.GRANT_GIVEN,
        subject_id=visit.user.id,
        detail={"action": str(task.action), "object": task.object_id},
    )
    return True
