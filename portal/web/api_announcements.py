"""The API: what people of an organisation are told, and how many it has reached."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, url_for

from portal.flows import machine_policy
from portal.flows.announcements import MESSAGE_MAX
from portal.flows.idempotency import Answer
from portal.flows.machine_reach import Page
from portal.flows.outcomes import Blocked, Done, Gone, Nothing
from portal.web.api_members import CURSOR, when
from portal.web.fields import Identity, Many, Moment, Nullable, Object, Text, Whole
from portal.web.machine_routes import PAGED, Route, Sent, answer, not_found, problem, route
from portal.web.run import read

blueprint = Blueprint("api_announcements", __name__)
READ, WRITE = "announcements:read", "announcements:write"
_PATH = "/organisations/<uuid:organisation_id>/announcements"
_FIELDS = {
    "id": Identity(),
    "version": Nullable(Whole(1, 2**31 - 1)),
    "message": Text(MESSAGE_MAX),
    "published_at": Moment(),
    "enforced_at": Nullable(Moment()),
    "ends_at": Moment(),
    "withdrawn_at": Nullable(Moment()),
}
_COUNT = Whole(0, 2**31 - 1)
ANNOUNCEMENT = Object(_FIELDS, description="`version`: of the policy that it announces, if any.")
COUNTED = Object({**_FIELDS, "mailed": _COUNT, "seen": _COUNT, "dismissed": _COUNT})
ANNOUNCEMENTS = Object({"announcements": Many(ANNOUNCEMENT), "next_cursor": CURSOR})
WANTED = Object({"message": Text(MESSAGE_MAX, needed=True), "ends_at": Moment()})
WHY = {
    "announcement_over": (409, "ends_at: a time to come is needed."),
    "announcement_too_far": (409, "ends_at: at most a year ahead."),
    "announcements_full": (409, "20 are told now or were written within a day: wait."),
    "announcement_of_policy": (409, "It announces a policy, and goes with that version alone."),
}


@route(
    blueprint,
    "GET",
    _PATH,
    Route(
        "announcements",
        READ,
        "What was announced for an organisation, newest first",
        {200: ANNOUNCEMENTS},
        query=Object(PAGED, optional=PAGED),
    ),
)
def announcements(sent: Sent) -> Answer:
    where = (sent.path["organisation_id"], sent.query.get("cursor"), sent.limit)
    match read(machine_policy.announced, g.machine, *where):
        case Page(rows, following):
            return answer({"announcements": list(map(_one, rows)), "next_cursor": following})
    return not_found()


@route(
    blueprint,
    "GET",
    f"{_PATH}/<uuid:announcement_id>",
    Route(
        "announcement",
        READ,
        "One announcement, and how many it has reached",
        {200: COUNTED},
    ),
)
def announcement(sent: Sent) -> Answer:
    where = (sent.path["organisation_id"], sent.path["announcement_id"])
    found = read(machine_policy.announcement, g.machine, *where)
    if isinstance(found, Gone):
        return not_found()
    one, counts = found
    reached = {name: getattr(counts, name) for name in ("mailed", "seen", "dismissed")}
    return answer({**_one(one), **reached})


@route(
    blueprint,
    "POST",
    _PATH,
    Route(
        "announce",
        WRITE,
        "Tell the people of an organisation, and of those below it, something until a date",
        {201: ANNOUNCEMENT},
        body=WANTED,
        problems=(409,),
    ),
)
def announce(sent: Sent) -> Any:
    where, wanted, machine = sent.path["organisation_id"], sent.body, g.machine
    return sent.once(
        lambda edge: machine_policy.announce(
            edge, machine, where, wanted["message"], wanted["ends_at"]
        ),
        lambda found: _announced(found, where),
    )


@route(
    blueprint,
    "POST",
    f"{_PATH}/<uuid:announcement_id>/withdrawal",
    Route(
        "withdraw_announcement",
        WRITE,
        "Take an announcement back: nobody reads it any more",
        {204: None},
        problems=(409,),
    ),
)
def withdraw_announcement(sent: Sent) -> Any:
    where, one, machine = sent.path["organisation_id"], sent.path["announcement_id"], g.machine
    return sent.once(
        lambda edge: machine_policy.withdraw_announcement(edge, machine, where, one),
        lambda found: (
            answer(None, 204) if isinstance(found, Done | Nothing) else _announced(found, where)
        ),
    )


def _announced(found: Any, organisation_id: str) -> Answer:
    match found:
        case Gone():
            return not_found()
        case Blocked(reason):
            status, why = WHY.get(reason, (409, "message: it does not fit."))
            return problem(status, why, reason=reason)
    place = url_for(
        "api_announcements.announcement",
        organisation_id=organisation_id,
        announcement_id=found.id,
    )
    return answer(_one(found), 201, Location=place)


def _one(found: Any) -> dict[str, Any]:
    return {
        "id": found.id,
        "version": found.number,
        "message": found.message,
        "published_at": when(found.published_at),
        "enforced_at": when(found.enforced_at),
        "ends_at": when(found.ends_at),
        "withdrawn_at": when(found.withdrawn_at),
    }
