"""Where a person works: the places of their role, for the bar under the masthead.

It asks the rules and holds no list of roles.
"""

from __future__ import annotations

from flask import current_app, url_for

from portal.flows.session import Visit
from portal.rules.access import is_open_to
from portal.rules.actions import ACTIONS
from portal.rules.terms import Action, Role
from portal.values import frozen
from portal.web import here
from portal.web.words import Phrase, language, lazy_gettext


@frozen
class Place:
    """A page of a role: its key (what a view sets as `g.here`), address, name and purpose."""

    key: str
    url: str
    words: str
    text: str


@frozen
class Entry:
    """A place as the code knows it: its endpoint, and what its page needs."""

    key: str
    endpoint: str
    action: Action
    words: Phrase
    text: Phrase


# In the order of the bar.
PLACES: tuple[Entry, ...] = (
    Entry(
        "settlements",
        "partner.settlements",
        Action.VIEW_SETTLEMENTS,
        lazy_gettext("Settlements"),
        lazy_gettext("What your rides earned, month by month."),
    ),
    Entry(
        "exports",
        "partner.exports",
        Action.VIEW_SETTLEMENTS,
        lazy_gettext("Exports"),
        lazy_gettext("The files that were made, by whom, and who fetched them."),
    ),
    Entry(
        "payees",
        "payees.index",
        Action.VIEW_PAYEES,
        lazy_gettext("Payees"),
        lazy_gettext("Whom money is paid to, and into which account."),
    ),
    Entry(
        "webhooks",
        "integrations.webhooks",
        Action.VIEW_INTEGRATIONS,
        lazy_gettext("Webhooks"),
        lazy_gettext("Where we tell your systems what happened."),
    ),
    Entry(
        "billing",
        "integrations.billing",
        Action.VIEW_INTEGRATIONS,
        lazy_gettext("Billing"),
        lazy_gettext("The company, address and tax number on your invoices."),
    ),
    Entry(
        "payouts",
        "payouts.index",
        Action.VIEW_PAYOUTS,
        lazy_gettext("Payouts"),
        lazy_gettext("What waits for approval, and what was decided."),
    ),
    Entry(
        "cards",
        "wallet.cards",
        Action.VIEW_CARDS,
        lazy_gettext("Cards"),
        lazy_gettext("The cards that your rides are paid with."),
    ),
    Entry(
        "passengers",
        "wallet.passengers",
        Action.VIEW_PASSENGERS,
        lazy_gettext("Passengers"),
        lazy_gettext("The people who ride in your name."),
    ),
    Entry(
        "users",
        "users.index",
        Action.VIEW_USERS,
        lazy_gettext("Users"),
        lazy_gettext("Who has an account here, and how safe it is."),
    ),
    Entry(
        "memberships",
        "memberships.index",
        Action.VIEW_USERS,
        lazy_gettext("Memberships"),
        lazy_gettext("Invitations, roles, and what waits for a second person."),
    ),
    Entry(
        "resets",
        "resets.index",
        Action.VIEW_RESETS,
        lazy_gettext("Resets"),
        lazy_gettext("Requests to clear somebody’s authenticators."),
    ),
    Entry(
        "exceptions",
        "exceptions.index",
        Action.VIEW_EXCEPTIONS,
        lazy_gettext("Exceptions"),
        lazy_gettext("Who is let off what policy asks, or let in with a code."),
    ),
    Entry(
        "policy",
        "policy.index",
        Action.VIEW_POLICY,
        lazy_gettext("Policy"),
        lazy_gettext("What is asked of whom, since when, and what is on its way."),
    ),
    Entry(
        "announcements",
        "announcements.index",
        Action.VIEW_POLICY,
        lazy_gettext("Announcements"),
        lazy_gettext("What people are told, and who has read it."),
    ),
    Entry(
        "plan",
        "plans.index",
        Action.VIEW_PLAN,
        lazy_gettext("Plan"),
        lazy_gettext("What your organisation has bought, and what is not in it."),
    ),
    Entry(
        "api_tokens",
        "api_tokens.index",
        Action.VIEW_API_TOKENS,
        lazy_gettext("API tokens"),
        lazy_gettext("Keys of machines that read and ask in your name."),
    ),
)


def of(visit: Visit) -> tuple[Place, ...]:
    """The places that this person's role opens, at most after one more proof."""
    roles = visit.facts.acting_roles
    # Kept by what it depends on: roles, language, and the prefix that the portal is under.
    known = here.app().extensions.setdefault("portal_places", {})
    key = (roles, language().code, here.request().root_path)
    if key not in known:
        known[key] = _of(roles)
    return known[key]


def _of(roles: frozenset[Role]) -> tuple[Place, ...]:
    views = current_app.view_functions
    return tuple(
        Place(entry.key, url_for(entry.endpoint), str(entry.words), str(entry.text))
        for entry in PLACES
        if entry.endpoint in views and is_open_to(ACTIONS[entry.action], roles)
    )
