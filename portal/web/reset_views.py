"""View values of resets: a person before they are reset, a request in the queue and by itself."""

from __future__ import annotations

from flask import url_for

from portal.flows.reset_cases import Case
from portal.flows.reset_pages import Described, Panel, Sheet
from portal.flows.resets import Line
from portal.values import frozen
from portal.web import messages, queue_views, reset_words, tasks
from portal.web.queue_views import LineView
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
class RequestView(LineView):
    """A line of the queue. `closed`: why the portal closed it."""

    proof: str
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
    return RequestView(
        **queue_views.line(described, reset_words.STATES),
        url=url_for("resets.show", reset_id=one.id),
        requester=_requester(described),
        proof=one.proof,
        closed=str(reset_words.CLOSED[one.note]) if queue_views.by_portal(described) else None,
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
