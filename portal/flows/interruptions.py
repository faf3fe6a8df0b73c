"""Interrupted tasks: what a person was doing is kept while they prove who they are."""

from __future__ import annotations

from portal.edge import Edge
from portal.flows.outcomes import Gone
from portal.flows.session import Visit
from portal.rules.terms import Action
from portal.store import step_ups
from portal.store.step_ups import Interrupted

FIELD_MAX = 2000
FORM_MAX = 16 * 1024

# What of a form is kept; everything else is left out, and secrets by construction.
KEPT_FIELDS: dict[Action, tuple[str, ...]] = {
    Action.CHANGE_PROFILE: ("name", "locale", "time_zone"),
    Action.CHANGE_EMAIL: ("email",),
    Action.CHANGE_SECURITY: ("name",),
    Action.SWITCH_ORGANISATION: ("organisation",),
}

ASKED_AGAIN = frozenset({Action.CHANGE_PASSWORD})


def keep(
    edge: Edge, visit: Visit, action: Action, *, method: str, path: str, form: dict[str, str]
) -> Interrupted:
    """Keep a task: its path, and the fields of its form that may be kept."""
    if action in ASKED_AGAIN:
        method = "GET"  # Its page asks for everything anew, because none of it may be kept.
    wanted = KEPT_FIELDS.get(action, ())
    fields = {
        name: form[name] for name in wanted if len(form.get(name, "")) <= FIELD_MAX and name in form
    }
    if sum(map(len, fields.values())) > FORM_MAX:
        fields = {}
    lifetime = edge.settings.step_up_lifetime
    task = Interrupted(edge.new_id(), action, method, path, fields, edge.now + lifetime)
    step_ups.add(edge, task, visit.session.id)
    return task


def find(edge: Edge, visit: Visit, step_up_id: str) -> Interrupted | Gone:
    """The task that waits, in this session alone."""
    return step_ups.find(edge, step_up_id, visit.session.id) or Gone()
