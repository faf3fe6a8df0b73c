"""View values of exceptions: a person before one is asked for, one in the queue and by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flask import url_for

from portal.flows.exception_cases import Case
from portal.flows.exception_pages import Described, Panel, Sheet
from portal.values import frozen
from portal.web import compliance_words, exception_words, messages, moments, reset_words
from portal.web.exception_words import Kind
from portal.web.words import gettext


@frozen
class PersonView:
    """Whom an exception is about. `stops`: what policy misses; `why`: why it cannot be asked for.

    `first_day` and `last_day`: between which an exemption may end, as a field wants them.
    """

    name: str
    email: str
    organisation: str
    roles: list[str]
    exempt_until: datetime | None
    stops: str = ""
    built_in: bool = False
    why: str | None = None
    open_url: str | None = None
    first_day: str = ""
    last_day: str = ""
    first_words: str = ""
    last_words: str = ""


@frozen
class ExceptionView:
    """A line of the queue, and the facts of a sheet."""

    id: str
    url: str
    kind: str
    words: Kind
    person: str
    email: str
    organisation: str
    requester: str
    state: str
    tone: str
    created_at: datetime
    expires_at: datetime
    exempt_until: datetime | None
    issued_at: datetime | None
    decided_at: datetime | None
    decider: str | None
    first_approver: str | None
    reason: str
    verification: str
    note: str
    closed: bool


def person(case: Case) -> PersonView:
    return PersonView(
        name=case.user.name,
        email=case.user.email,
        organisation=case.organisation.name,
        roles=[messages.role(role) for role in sorted(case.roles)],
        exempt_until=case.user.exempt_until,
    )


def subject(sheet: Sheet) -> PersonView:
    """Of somebody who is at home elsewhere now, no more than stood in it when it was asked for."""
    if sheet.here:
        return person(sheet.case)
    of = sheet.described
    return PersonView(of.user_name, of.user_email, of.organisation_name, [], None)


def panel(shown: Panel, kind: str) -> PersonView:
    case = shown.case
    open_now = case.open(kind, "waiting", "approved")
    first, last = shown.last_days
    return replace(
        person(case),
        stops=str(compliance_words.REASONS[shown.stops]) if shown.stops else "",
        built_in=shown.built_in,
        why=exception_words.blocked(shown.why) if shown.why else None,
        open_url=url_for("exceptions.show", exception_id=open_now.id) if open_now else None,
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        first_words=moments.calendar_day(first),
        last_words=moments.calendar_day(last),
    )


def line(described: Described) -> ExceptionView:
    one = described.request
    tone, state = exception_words.STATES[one.state]
    # One that the portal closed has no decider, and its note is a key.
    by_portal = one.state == "rejected" and one.decided_by is None
    return ExceptionView(
        id=one.id,
        url=url_for("exceptions.show", exception_id=one.id),
        kind=one.kind,
        words=exception_words.KINDS[one.kind],
        person=described.user_name,
        email=described.user_email,
        organisation=described.organisation_name,
        requester=described.requester_name,
        state=str(state),
        tone=tone,
        created_at=one.created_at,
        expires_at=one.expires_at,
        exempt_until=one.until,
        issued_at=one.issued_at,
        decided_at=one.decided_at,
        decider=described.decider_name,
        first_approver=described.first_approver_name,
        reason=one.reason,
        verification=reset_words.verification(one.verification),
        note="" if by_portal else one.note,
        closed=by_portal,
    )


def title(made: ExceptionView) -> str:
    return gettext("%(kind)s for %(name)s", kind=made.words.name, name=made.person)
