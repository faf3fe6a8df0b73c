"""The words of webhooks: their events, and why an address is not taken."""

from __future__ import annotations

from portal.flows.webhook_events import WebhookEvent
from portal.web.words import lazy_gettext

EVENTS = {
    WebhookEvent.SETTLEMENTS_IMPORTED: lazy_gettext("New settlements have come in"),
    WebhookEvent.EXPORT_MADE: lazy_gettext("A settlement export was made"),
    WebhookEvent.PAYOUT_APPROVED: lazy_gettext("A payout was approved"),
    WebhookEvent.PAYOUT_REJECTED: lazy_gettext("A payout was rejected"),
    WebhookEvent.PAYEE_CHANGED: lazy_gettext("A payee’s bank account was changed"),
}
# By the reasons of `rules.endpoints`, each with what to write instead.
PROBLEMS = {
    "endpoint_shape": lazy_gettext(
        "This is not an address. Write one like https://hooks.example.com/livery; a name with "
        "other letters in its xn-- form."
    ),
    "endpoint_https": lazy_gettext("The address must start with https://."),
    "endpoint_credentials": lazy_gettext(
        "Leave out the name and password. Messages carry a signature instead."
    ),
    "endpoint_fragment": lazy_gettext("Leave out the # and what follows it."),
    "endpoint_port": lazy_gettext("Leave out the port: only the usual one of https is used."),
    "endpoint_number": lazy_gettext("Write a name, not an address in numbers."),
    "endpoint_private": lazy_gettext(
        "This name exists inside a network only. Write one of the public internet."
    ),
    "endpoint_long": lazy_gettext("This is too long. Use at most 500 characters."),
    "endpoint_present": lazy_gettext(
        "There is a webhook with this address already. Remove it first to change it."
    ),
}
