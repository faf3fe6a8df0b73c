"""Tokens of machines: made and revoked by operators and administrators, shown once, stored hashed.

A token is good for its scopes, in its one organisation, until its day; it is nobody's session.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from portal.edge import Actor, Edge
from portal.flows import tokens
from portal.flows.events import Event
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.scopes import SCOPES
from portal.store import api_tokens, audit, organisations
from portal.store.api_tokens import Machine, NewToken
from portal.values import frozen

PREFIX = "lvp_"  # So that programs that look for lost secrets know ours.
NAME_MAX = 120
DAYS_MAX = 366
TOKENS_MAX = 50  # Live ones of an organisation that its people may have; more is a mistake.
USE_NOTED_EVERY = timedelta(minutes=5)  # Of reading; what changes something notes each use.


@frozen
class Made:
    """A new token, to be printed once."""

    token: str
    expires_at: datetime


def create(
    edge: Edge, name: str, *, organisation: str, scopes: tuple[str, ...], days: int
) -> Made | Blocked:
    """Make a token for one organisation; its name is its own among the live ones there."""
    found = organisations.by_name(edge, organisation)
    if found is None:
        return Blocked("no_such_organisation")
    if why := unfit(name, scopes, days, SCOPES):
        return Blocked(why)
    return make(edge, found.id, name, scopes, days)


def unfit(name: str, scopes: Collection[str], days: int, allowed: Collection[str]) -> str | None:
    """Why no token can be made like this by somebody who may give the `allowed` scopes."""
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        return "no_name"
    if not scopes or not set(scopes) <= set(allowed):
        return "no_such_scope"
    return None if 1 <= days <= DAYS_MAX else "no_such_lifetime"


def make(
    edge: Edge,
    organisation_id: str,
    name: str,
    scopes: Collection[str],
    days: int,
    made_by: str | None = None,
) -> Made | Blocked:
    """Make a token, for a name that no other live one of the organisation has."""
    # Held, so that two at once see one another's.
    organisations.lock(edge, organisation_id)
    if api_tokens.named(edge, organisation_id, name) is not None:
        return Blocked("name_taken")
    if made_by is not None and api_tokens.count_live(edge, organisation_id) >= TOKENS_MAX:
        return Blocked("tokens_full")
    token = PREFIX + tokens.make(edge)
    ends = edge.now + timedelta(days=days)
    identity = edge.new_id()
    digest = tokens.digest(token)
    given = sorted(set(scopes))
    new = NewToken(identity, organisation_id, name, given, digest, ends, made_by)
    api_tokens.add(edge, new)
    detail = {"api_token": identity, "organisation": organisation_id, "scopes": given}
    audit.add(edge, Event.API_TOKEN_CREATED, detail=detail)
    return Made(token, ends)


def revoke(edge: Edge, name: str, *, organisation: str) -> Done | Gone:
    """End a token; what it brought in stays."""
    found = organisations.by_name(edge, organisation)
    token_id = api_tokens.named(edge, found.id, name) if found else None
    if token_id is None or not api_tokens.revoke(edge, token_id):
        return Gone()
    audit.add(edge, Event.API_TOKEN_REVOKED, detail={"api_token": token_id})
    return Done()


def enter(edge: Edge, token: str) -> Machine | None:
    """The machine behind a token; None for an unknown, an expired and a revoked one alike."""
    found = api_tokens.find(edge, tokens.digest(token))
    if found is not None:
        edge.actor = Actor(organisation_id=found.organisation_id, api_token=found.id)
    return found


def is_use_due(edge: Edge, machine: Machine) -> bool:
    """Whether a token's last use was noted too long ago to say when it was."""
    return machine.used_at is None or edge.now - machine.used_at >= USE_NOTED_EVERY


def note_use(edge: Edge, machine: Machine) -> bool:
    return api_tokens.use(edge, machine.id)
