"""View values of exceptions: a person before one is asked for, one in the queue and by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flask import url_for

from portal.flows.exception_cases import Case
from portal.flows.exception_pages import Described, Panel, Sheet
from portal.values import frozen
from portal.web import compliance_words, exception_words, messages, moments, queue_views
from portal.web.exception_words import Kind
from portal.web.queue_views import LineView
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
class ExceptionView(LineView):
    """A line of the queue, and the facts of a sheet. `closed`: by the portal."""

    kind: str
    words: Kind
    exempt_until: datetime | None
    issued_at: datetime | None
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
    return ExceptionView(
        **queue_views.line(described, exception_words.STATES),
        url=url_for("exceptions.show", exception_id=one.id),
        requester=described.requester_name,
        kind=one.kind,
        words=exception_words.KINDS[one.kind],
        exempt_until=one.until,
        issued_at=one.issued_at,
        closed=queue_views.by_portal(described),
    )


def title(made: ExceptionView) -> str:
    return gettext("%(kind)s for %(name)s", kind=made.words.name, name=made.person)
