"""The API: which organisations a machine reaches, their members, and what happened there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, g

from portal.flows import machine_reach
from portal.flows.idempotency import Answer
from portal.flows.machine_reach import Filter, Page, Span
from portal.flows.outcomes import Gone
from portal.rules.terms import AAL, AccountState, Resistance, Role
from portal.web.fields import (
    Anything,
    Choice,
    Flag,
    Identity,
    Many,
    Moment,
    Nullable,
    Object,
    Text,
    Whole,
)
from portal.web.machine_routes import PAGED, Route, Sent, answer, not_found, route
from portal.web.machines import ANY_TOKEN
from portal.web.run import read

blueprint = Blueprint("api_members", __name__)
NAME_MAX = 320
WORDS = tuple(map(str, Role))
STATES = tuple(map(str, AccountState))
CURSOR = Nullable(Identity())
_TEXT = Text(NAME_MAX)
_WHEN = Nullable(Moment())
ORGANISATION = Object(
    {"id": Identity(), "name": _TEXT, "own": Flag(), "time_zone": _TEXT},
)
ORGANISATIONS = Object({"organisations": Many(ORGANISATION), "next_cursor": CURSOR})
MEMBER = Object(
    {
        "id": Identity(),
        "email": _TEXT,
        "name": _TEXT,
        "state": Choice(STATES),
        "roles": Many(Choice(WORDS)),
        "enrolled": Flag(),
        "level": Whole(int(min(AAL)), int(max(AAL))),
        "phishing_resistant": Flag(),
        "factors": Anything(
            "How many authenticators of each kind.",
            {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
        ),
        "enrol_by": _WHEN,
        "exempt_until": _WHEN,
        "last_signed_in_at": _WHEN,
        "locked_until": _WHEN,
        "reset_id": Nullable(Identity()),
        "was_reset": Flag(),
    },
    description="`level`: the highest assurance level in reach; `enrolled`: it is 2 or more. "
    "`enrol_by`: from when policy stops this person until they enrol. `was_reset`: nothing was "
    "enrolled since a reset.",
)
MEMBERS = Object({"members": Many(MEMBER), "next_cursor": CURSOR})
EVENT = Object(
    {
        "id": Identity(),
        "at": Moment(),
        "event": _TEXT,
        "actor_id": Nullable(Identity()),
        "subject_id": Nullable(Identity()),
        "organisation_id": Nullable(Identity()),
        "level": _TEXT,
        "reason": Nullable(_TEXT),
        "address": Nullable(_TEXT),
        "place": Nullable(_TEXT),
        "user_agent": Nullable(Text(400)),
        "detail": Anything(
            "What the event is about: ids and names, never a secret.", {"type": "object"}
        ),
    },
    description="`address`, `place` and `user_agent` of what was done in the organisation or below "
    "it; null for what others did to its people.",
)
EVENTS = Object({"events": Many(EVENT), "next_cursor": CURSOR})


@route(
    blueprint,
    "GET",
    "/organisations",
    Route(
        "organisations",
        ANY_TOKEN,
        "The token's organisation and those that it serves",
        {200: ORGANISATIONS},
        query=Object(PAGED, optional=PAGED),
    ),
)
def organisations(sent: Sent) -> Answer:
    found = read(machine_reach.reached, g.machine, sent.query.get("cursor"), sent.limit)
    own = g.machine.organisation_id
    rows = [
        {"id": one.id, "name": one.name, "own": one.id == own, "time_zone": one.time_zone}
        for one in found.rows
    ]
    return answer({"organisations": rows, "next_cursor": found.next})


@route(
    blueprint,
    "GET",
    "/organisations/<uuid:organisation_id>/members",
    Route(
        "members",
        "members:read",
        "People at home in an organisation, and what they can prove",
        {200: MEMBERS},
        query=Object(
            {
                **PAGED,
                "state": Choice(STATES),
                "role": Choice(WORDS),
                "level": Whole(int(min(AAL)), int(max(AAL))),
                "enrolled": Flag(),
            },
            optional=(*PAGED, "state", "role", "level", "enrolled"),
        ),
    ),
)
def members(sent: Sent) -> Answer:
    asked = sent.query
    chosen = Filter(
        asked.get("state"), asked.get("role"), asked.get("level"), asked.get("enrolled")
    )
    where = (sent.path["organisation_id"], chosen, asked.get("cursor"), sent.limit)
    match read(machine_reach.members, g.machine, *where):
        case Page(rows, following):
            return answer({"members": list(map(_member, rows)), "next_cursor": following})
    return not_found()


@route(
    blueprint,
    "GET",
    "/organisations/<uuid:organisation_id>/members/<uuid:user_id>",
    Route("member", "members:read", "One member", {200: MEMBER}),
)
def member(sent: Sent) -> Answer:
    where = (sent.path["organisation_id"], sent.path["user_id"])
    found = read(machine_reach.member, g.machine, *where)
    return not_found() if isinstance(found, Gone) else answer(_member(found))


@route(
    blueprint,
    "GET",
    "/organisations/<uuid:organisation_id>/audit-events",
    Route(
        "audit_events",
        "audit:read",
        "What happened in an organisation and below it, newest first",
        {200: EVENTS},
        query=Object(
            {
                **PAGED,
                "event": Choice(machine_reach.EVENTS),
                "since": Moment(),
                "until": Moment(),
            },
            optional=(*PAGED, "event", "since", "until"),
        ),
    ),
)
def audit_events(sent: Sent) -> Answer:
    asked = sent.query
    span = Span(asked.get("event"), asked.get("since"), asked.get("until"), asked.get("cursor"))
    where = (sent.path["organisation_id"], span, sent.limit)
    match read(machine_reach.events, g.machine, *where):
        case Page(rows, following):
            return answer({"events": list(map(_event, rows)), "next_cursor": following})
    return not_found()


def when(instant: datetime | None) -> str | None:
    """An instant as the API says it."""
    return instant.isoformat().replace("+00:00", "Z") if instant else None


def _member(found: Any) -> dict[str, Any]:
    return {
        "id": found.id,
        "email": found.email,
        "name": found.name,
        "state": str(found.state),
        "roles": [str(role) for role in found.roles],
        "enrolled": found.strongest >= AAL.AAL2,
        "level": int(found.strongest),
        "phishing_resistant": found.resistance > Resistance.NONE,
        "factors": dict(found.kinds),
        "enrol_by": when(found.enrol_by),
        "exempt_until": when(found.exempt_until),
        "last_signed_in_at": when(found.last_signed_in_at),
        "locked_until": when(found.locked_until),
        "reset_id": found.reset_id,
        "was_reset": found.reset_at is not None,
    }


def _event(seen: Any) -> dict[str, Any]:
    event = seen.event
    return {
        "id": event.id,
        "at": when(event.at),
        "event": event.event,
        "actor_id": event.actor_id,
        "subject_id": event.subject_id,
        "organisation_id": event.organisation_id,
        "level": event.level,
        "reason": event.reason,
        "address": event.address if seen.own else None,
        "place": event.place if seen.own else None,
        "user_agent": event.user_agent if seen.own else None,
        "detail": event.detail,
    }
