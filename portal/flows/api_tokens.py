"""Tokens of an organisation's machines, as its administrators see, make and revoke them.

Everything is asked for by the organisation that the session acts in; `machines` makes the tokens.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from portal.edge import Edge
from portal.flows import machines
from portal.flows.events import Event
from portal.flows.machines import DAYS_MAX, NAME_MAX, TOKENS_MAX, Made
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.scopes import MANAGEMENT
from portal.flows.session import Visit
from portal.rules.terms import Membership, Role
from portal.store import api_tokens, audit, memberships
from portal.store.api_tokens import Line
from portal.values import frozen

__all__ = ["DAYS_MAX", "NAME_MAX", "TOKENS_MAX", "Line", "Made", "Page"]
PAGE = 50
TOLD = (Role.PARTNER_ADMIN, Role.SUPER_ADMIN)  # Who may make and revoke them.


@frozen
class Page:
    """A page of tokens, the newest first; `older`: the id to go on from."""

    lines: list[Line]
    older: str | None


def page(edge: Edge, visit: Visit, before: str | None) -> Page:
    found = api_tokens.page(edge, _acting(visit).organisation_id, before, PAGE + 1)
    return Page(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None)


def make(edge: Edge, visit: Visit, name: str, scopes: Collection[str], days: int) -> Made | Blocked:
    """Make a token for the acting organisation. It may do what administrators may give, no more."""
    if why := machines.unfit(name, scopes, days, MANAGEMENT):
        return Blocked(why)
    acting = _acting(visit)
    made = machines.make(edge, acting.organisation_id, name, scopes, days, made_by=visit.user.id)
    if isinstance(made, Made):
        until = made.expires_at.isoformat()
        _tell(edge, visit, Notice.API_TOKEN_CREATED, name, scopes=sorted(set(scopes)), until=until)
    return made


def revoke(edge: Edge, visit: Visit, token_id: str) -> Done | Gone:
    """End a live token of the acting organisation; the next request with it is refused."""
    name = api_tokens.revoke_own(edge, _acting(visit).organisation_id, token_id)
    if name is None:
        return Gone()
    detail = {"api_token": token_id, "organisation": _acting(visit).organisation_id}
    audit.add(edge, Event.API_TOKEN_REVOKED, detail=detail)
    _tell(edge, visit, Notice.API_TOKEN_REVOKED, name)
    return Done()


def _tell(edge: Edge, visit: Visit, notice: Notice, name: str, **values: Any) -> None:
    """Tell every admin of the organisation, the acting one too: it may not have been them."""
    acting = _acting(visit)
    for admin in memberships.holders(edge, [acting.organisation_id], TOLD, but=()):
        tell(
            edge,
            notice,
            admin,
            organisation=acting.organisation_name,
            actor=visit.user.name,
            machine=name,
            **values,
        )


def _acting(visit: Visit) -> Membership:
    assert visit.acting is not None
    return visit.acting
