"""What a machine reaches: its own organisation and those that it serves, and nothing else.

What it does not reach does not exist for it. Approving and publishing need a person: no flow of
machines does either.
"""

from __future__ import annotations

from typing import Any

from portal.edge import Edge
from portal.flows.events import OF_THE_ACCOUNT, Event
from portal.flows.outcomes import Gone
from portal.rules import standing
from portal.rules.terms import Membership, Role, Standing, Target
from portal.store import audit_pages, member_lists, organisations
from portal.store.api_tokens import Machine
from portal.store.audit_pages import Span
from portal.store.member_lists import Filter
from portal.store.members import Member
from portal.store.organisations import Organisation
from portal.values import frozen


@frozen
class Page:
    """Some of a list, and the cursor of what follows; None at the end."""

    rows: list[Any]
    next: str | None


def find(edge: Edge, machine: Machine, organisation_id: str) -> Organisation | None:
    """An organisation that a machine reaches; None for another's and for none alike."""
    own = organisations.by_id(edge, machine.organisation_id)
    assert own is not None
    if organisation_id == own.id:
        return own
    found = organisations.by_id(edge, organisation_id)
    if found is None:
        return None
    target = Target(found.path, managed_by_parent=found.managed_by_parent)
    # As a person who acts there: the role plays no part in how far it reaches.
    acting = Membership(own.id, own.name, Role.PARTNER_ADMIN, own.path)
    return found if standing.reaches(Standing.SERVED, acting, target) else None


def reached(edge: Edge, machine: Machine, after: str | None, size: int) -> Page:
    """Its own organisation and those that it serves, by id."""
    found = member_lists.served(edge, machine.organisation_id, after=after, size=size + 1)
    return Page(found[:size], found[size - 1].id if len(found) > size else None)


def members(
    edge: Edge,
    machine: Machine,
    organisation_id: str,
    chosen: Filter,
    after: str | None,
    size: int,
) -> Page | Gone:
    """People at home in an organisation, and what they can prove."""
    found = find(edge, machine, organisation_id)
    if found is None:
        return Gone()
    return Page(*member_lists.page(edge, found.id, chosen, after=after, size=size))


def member(edge: Edge, machine: Machine, organisation_id: str, user_id: str) -> Member | Gone:
    found = find(edge, machine, organisation_id)
    if found is None:
        return Gone()
    return member_lists.one(edge, found.id, user_id) or Gone()


def events(
    edge: Edge, machine: Machine, organisation_id: str, span: Span, size: int
) -> Page | Gone:
    """What happened in an organisation and below it, and to the accounts that are at home there."""
    found = find(edge, machine, organisation_id)
    if found is None:
        return Gone()
    always = sorted(OF_THE_ACCOUNT)
    return Page(*audit_pages.page(edge, found.path, always, span, size=size))


EVENTS = tuple(sorted(map(str, Event)))
