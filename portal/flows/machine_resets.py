"""Resets that a machine asks for: in the name of the person who made its token, and no further.

That person is the requester in everything that follows: they must be one who may ask, they hear of
it, and they are not the second person who approves it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from portal.edge import Edge
from portal.flows import entitlement, machine_reach, reset_cases, reset_decisions, resets
from portal.flows.machine_reach import Page
from portal.flows.outcomes import Blocked, Gone
from portal.flows.reset_cases import BULK_VERIFICATIONS
from portal.flows.resets import Asked
from portal.rules.terms import ADMINISTRATORS, Action
from portal.store import resets as reset_store
from portal.store import users
from portal.store.api_tokens import Machine
from portal.store.resets import Described

STATES = reset_store.STATES
VERIFICATIONS = BULK_VERIFICATIONS  # A code is read by a caller to a person.
COUNTED = timedelta(days=1)  # Within this a token asks for as many as a person's list may hold.


def look(
    edge: Edge,
    machine: Machine,
    organisation_id: str,
    state: str,
    after: str | None,
    size: int,
) -> Page | Gone:
    """Requests about people of an organisation, newest first."""
    found = machine_reach.find(edge, machine, organisation_id)
    if found is None:
        return Gone()
    rows = reset_store.QUEUE.of_organisation(edge, found.id, state, after=after, size=size + 1)
    return Page(rows[:size], rows[size - 1].request.id if len(rows) > size else None)


def one(edge: Edge, machine: Machine, organisation_id: str, reset_id: str) -> Described | Gone:
    found = machine_reach.find(edge, machine, organisation_id)
    described = reset_store.QUEUE.described(edge, reset_id) if found else None
    if found is None or described is None or described.request.organisation_id != found.id:
        return Gone()
    return described


def request(
    edge: Edge, machine: Machine, organisation_id: str, user_id: str, asked: Asked
) -> Described | Blocked | Gone:
    """Ask for a member's reset. It waits for a person, as any other does."""
    found = machine_reach.find(edge, machine, organisation_id)
    case = reset_cases.one(edge, user_id, hold=True) if found else None
    if found is None or case is None or case.organisation.id != found.id:
        return Gone()
    if case.roles & ADMINISTRATORS:
        return Blocked("administrator")
    requester = users.by_id(edge, machine.created_by) if machine.created_by else None
    if requester is None:
        return Blocked("nobody_answers")
    target = replace(case.target, parties=frozenset())
    if entitlement.refusals(edge, requester.id, [Action.REQUEST_RESET], target) is not None:
        return Blocked("requester")
    if case.unfit:
        return Blocked(case.unfit)
    if reset_store.count_by_token(edge, machine.id, since=edge.now - COUNTED) >= resets.LIST_MAX:
        return Blocked("resets_full")
    made = resets.new(edge, requester, case, asked, api_token_id=machine.id)
    resets.make(edge, requester, case, made)
    resets.tell_approvers(edge, requester, [case], [made])
    return reset_store.QUEUE.described(edge, made.id) or Gone()


def withdraw(
    edge: Edge, machine: Machine, organisation_id: str, reset_id: str, note: str
) -> Described | Blocked | Gone:
    """Take back what this very token asked for."""
    found = one(edge, machine, organisation_id, reset_id)
    if isinstance(found, Gone):
        return found
    if found.request.api_token_id != machine.id or machine.created_by is None:
        return Blocked("not_own")
    outcome = reset_decisions.withdraw_for(edge, machine.created_by, reset_id, note)
    if isinstance(outcome, Blocked | Gone):
        return outcome
    return reset_store.QUEUE.described(edge, reset_id) or Gone()
