"""What a machine's token is good for, in words."""

from __future__ import annotations

from collections.abc import Iterable

from portal.flows.scopes import MANAGEMENT, scope_field
from portal.web.words import Phrase, lazy_gettext

SCOPES: dict[str, Phrase] = {
    "import:settlements": lazy_gettext("Bring in settlements"),
    "import:payees": lazy_gettext("Bring in payees and their bank accounts"),
    "import:payouts": lazy_gettext("Bring in payouts"),
    "import:cards": lazy_gettext("Bring in travelers’ cards"),
    "import:passengers": lazy_gettext("Bring in passengers"),
    "policy:read": lazy_gettext("Read the policy and its versions"),
    "policy:write": lazy_gettext("Write drafts of the policy; a person publishes them"),
    "members:read": lazy_gettext("Read who the members are, and which second factors they have"),
    "resets:read": lazy_gettext("Read requests for resets"),
    "resets:request": lazy_gettext("Ask for resets and withdraw them; a person approves them"),
    "announcements:read": lazy_gettext("Read announcements"),
    "announcements:write": lazy_gettext("Write announcements"),
    "audit:read": lazy_gettext("Read the audit log"),
}
# The field of each scope that a page offers: a tick is a field of its own.
FIELDS: dict[str, str] = {one: scope_field(one) for one in MANAGEMENT}


def in_words(scopes: Iterable[str]) -> list[str]:
    """Scopes in the order of the list; one that a later release knew, by its name."""
    given = set(scopes)
    known = [str(words) for scope, words in SCOPES.items() if scope in given]
    return [*known, *sorted(given - SCOPES.keys())]
