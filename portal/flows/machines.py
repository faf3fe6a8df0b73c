"""Tokens of machines: made and revoked by an operator, shown once, stored as hashes.

A token is good for its scopes, in its one organisation, until its day; it is nobody's session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.edge import Actor, Edge
from portal.flows import intake, tokens
from portal.flows.events import Event
from portal.flows.outcomes import Blocked, Done, Gone
from portal.store import api_tokens, audit, organisations
from portal.store.api_tokens import Machine, NewToken

PREFIX = "lvp_"  # So that programs that look for lost secrets know ours.
NAME_MAX = 120
DAYS_MAX = 366


@dataclass(frozen=True, slots=True)
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
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        return Blocked("no_name")
    if not scopes or not set(scopes) <= set(intake.SCOPES):
        return Blocked("no_such_scope")
    if not 1 <= days <= DAYS_MAX:
        return Blocked("no_such_lifetime")
    organisations.lock(edge, found.id)
    if api_tokens.named(edge, found.id, name) is not None:
        return Blocked("name_taken")
    token = PREFIX + tokens.make(edge)
    ends = edge.now + timedelta(days=days)
    identity = edge.new_id()
    digest = tokens.digest(token)
    api_tokens.add(edge, NewToken(identity, found.id, name, sorted(set(scopes)), digest, ends))
    detail = {"api_token": identity, "organisation": found.id, "scopes": sorted(set(scopes))}
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
        edge.actor = Actor(organisation_id=found.organisation_id)
    return found
