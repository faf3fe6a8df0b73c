"""View values of resets: a person before they are reset, a request in the queue and by itself."""

from __future__ import annotations

from datetime import datetime

from flask import url_for

from portal.flows.reset_cases import Case
from portal.flows.reset_pages import Described, Panel, Sheet
from portal.flows.resets import Line
from portal.values import frozen
from portal.web import messages, reset_words, tasks
from portal.web.words import gettext


@frozen
class PersonView:
    """Whom a reset is about, and what they would lose. `why`: why not; None when it is possible."""

    name: str
    email: str
    organisation: str
    roles: list[str]
    lost: list[str]
    why: str | None = None
    waiting_url: str | None = None


@frozen
class RequestView:
    """A line of the queue."""

    id: str
    url: str
    person: str
    email: str
    organisation: str
    requester: str
    state: str
    tone: str
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decider: str | None
    first_approver: str | None
    reason: str
    verification: str
    proof: str
    note: str
    closed: str | None


def person(case: Case, why: str | None = None) -> PersonView:
    return PersonView(
        name=case.user.name,
        email=case.user.email,
        organisation=case.organisation.name,
        roles=[messages.role(role) for role in sorted(case.roles)],
        lost=reset_words.factors(case.lost),
        why=_why(why) if why else None,
        waiting_url=url_for("resets.show", reset_id=case.waiting.id)
        if case.waiting is not None and case.unfit == "reset_waits_already"
        else None,
    )


def subject(sheet: Sheet) -> PersonView:
    """Of somebody who is at home elsewhere now, no more than stood in it when it was asked for."""
    if sheet.here:
        return person(sheet.case)
    of = sheet.described
    return PersonView(of.user_name, of.user_email, of.organisation_name, [], [])


def _why(reason: str) -> str:
    if reason in reset_words.BLOCKED:
        return reset_words.blocked(reason)
    return str(tasks.DENIED[reason])


def panel(shown: Panel) -> PersonView:
    return person(shown.case, shown.case.unfit)


def line(listed: Line) -> PersonView:
    return person(listed.case, listed.why)


def request(described: Described) -> RequestView:
    one = described.request
    tone, state = reset_words.STATES[one.state]
    # A request that the portal closed has no decider, and its note is the key of a sentence.
    by_portal = one.state == "rejected" and one.decided_by is None
    return RequestView(
        id=one.id,
        url=url_for("resets.show", reset_id=one.id),
        person=described.user_name,
        email=described.user_email,
        organisation=described.organisation_name,
        requester=_requester(described),
        state=str(state),
        tone=tone,
        created_at=one.created_at,
        expires_at=one.expires_at,
        decided_at=one.decided_at,
        decider=described.decider_name,
        first_approver=described.first_approver_name,
        reason=one.reason,
        verification=reset_words.verification(one.verification),
        proof=one.proof,
        note="" if by_portal else one.note,
        closed=str(reset_words.CLOSED[one.note]) if by_portal else None,
    )


def _requester(described: Described) -> str:
    """Who asked: a machine does so in the name of the person who made its token."""
    name = described.requester_name
    if described.request.api_token_id is None:
        return name
    return gettext("%(person)s, through a machine", person=name)


def why_not_approve(why: str | None) -> str:
    """Why this reader cannot approve, where that is worth a sentence."""
    return str(tasks.DENIED[why]) if why in {"oneself", "second_person"} else ""
