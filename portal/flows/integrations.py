"""Where an organisation's events are sent to, and how it is billed.

Everything is asked for by the organisation that the session acts in. Delivery is not done here:
an endpoint is kept with what it asked to be told of.
"""

from __future__ import annotations

from portal.edge import Edge
from portal.flows import tokens
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.session import Visit
from portal.flows.webhook_events import WebhookEvent
from portal.rules import endpoints
from portal.rules.terms import Membership, Role
from portal.store import audit, billing, organisations, users, webhooks
from portal.store.billing import Billing, Details
from portal.store.webhooks import Webhook
from portal.values import frozen

__all__ = ["Added", "Billing", "Details", "Outdated", "Webhook"]
WEBHOOKS_MAX = 10


@frozen
class Added:
    """A webhook was added; `secret` is for this one page, and stored sealed."""

    secret: str


@frozen
class Outdated:
    """The details were changed since the page was loaded; `current` is what is saved now."""

    current: Billing


def webhooks_of(edge: Edge, visit: Visit) -> list[Webhook]:
    return webhooks.of_organisation(edge, _acting(visit).organisation_id)


def add_webhook(edge: Edge, visit: Visit, url: str, events: list[WebhookEvent]) -> Added | Blocked:
    """Keep an endpoint and make its secret; the reasons of a refusal are those of `endpoints`."""
    if problem := endpoints.problem_with(url):
        return Blocked(f"endpoint_{problem}")
    acting = _acting(visit)
    # Held, so that two admins at once count the same webhooks.
    organisations.lock(edge, acting.organisation_id)
    present = webhooks.of_organisation(edge, acting.organisation_id)
    if any(webhook.url == url for webhook in present):
        return Blocked("endpoint_present")
    if len(present) >= WEBHOOKS_MAX:
        return Blocked("webhooks_full")
    secret = f"whsec_{tokens.make(edge)}"
    identity = webhooks.add(
        edge,
        acting.organisation_id,
        url=url,
        events=[str(event) for event in events],
        secret=secret,
        created_by=visit.user.id,
    )
    # Of the address only the name is told on: its path may hold the receiver's own secret.
    host = endpoints.host_of(url)
    detail = {"webhook": identity, "host": host, "events": [str(event) for event in events]}
    audit.add(edge, Event.WEBHOOK_ADDED, subject_id=visit.user.id, detail=detail)
    _tell_admins(edge, visit, Notice.WEBHOOK_ADDED, host=host)
    return Added(secret)


def remove_webhook(edge: Edge, visit: Visit, webhook_id: str) -> Done | Gone:
    url = webhooks.remove(edge, _acting(visit).organisation_id, webhook_id)
    if url is None:
        return Gone()
    host = endpoints.host_of(url)
    detail = {"webhook": webhook_id, "host": host}
    audit.add(edge, Event.WEBHOOK_REMOVED, subject_id=visit.user.id, detail=detail)
    _tell_admins(edge, visit, Notice.WEBHOOK_REMOVED, host=host)
    return Done()


def billing_of(edge: Edge, visit: Visit) -> Billing | None:
    return billing.find(edge, _acting(visit).organisation_id)


def save_billing(
    edge: Edge, visit: Visit, details: Details, version: int
) -> Done | Outdated | Gone:
    """Save details over exactly the version that the person saw; 0 where there was none."""
    acting = _acting(visit)
    if not billing.save(edge, acting.organisation_id, details, version):
        current = billing.find(edge, acting.organisation_id)
        return Outdated(current) if current else Gone()
    audit.add(
        edge, Event.BILLING_CHANGED, subject_id=visit.user.id, detail={"version": version + 1}
    )
    _tell_admins(edge, visit, Notice.BILLING_CHANGED)
    return Done()


def _acting(visit: Visit) -> Membership:
    """The organisation acted for: the roles that these actions need are held in one."""
    assert visit.acting is not None
    return visit.acting


def _tell_admins(edge: Edge, visit: Visit, notice: Notice, **values: str) -> None:
    """Tell every admin of the organisation, the acting one too: it may not have been them."""
    acting = _acting(visit)
    for admin in users.in_role(edge, acting.organisation_id, Role.PARTNER_ADMIN):
        tell(
            edge,
            notice,
            admin,
            organisation=acting.organisation_name,
            actor=visit.user.name,
            **values,
        )
