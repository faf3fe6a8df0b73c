"""The API: resets of factors, which machines read and ask for; deciding needs a person."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, url_for

from portal.flows import machine_resets
from portal.flows.idempotency import Answer
from portal.flows.machine_reach import Page
from portal.flows.outcomes import Blocked, Gone
from portal.flows.resets import Asked
from portal.web.api_members import CURSOR, when
from portal.web.fields import Choice, Flag, Identity, Many, Moment, Nullable, Object, Text
from portal.web.machine_routes import PAGED, Route, Sent, answer, not_found, problem, route
from portal.web.reset_forms import TEXT_MAX
from portal.web.run import read

blueprint = Blueprint("api_resets", __name__)
_PATH = "/organisations/<uuid:organisation_id>/resets"
_LONG = Text(TEXT_MAX)
RESET = Object(
    {
        "id": Identity(),
        "user_id": Identity(),
        "state": Choice(machine_resets.STATES),
        "reason": _LONG,
        "verification": Text(40),
        "requested_by": Identity(),
        "by_this_token": Flag(),
        "created_at": Moment(),
        "expires_at": Moment(),
        "decided_at": Nullable(Moment()),
        "note": _LONG,
    },
    description="`requested_by`: the person who asked, or who made the token that did; that person "
    "does not approve it.",
)
RESETS = Object({"resets": Many(RESET), "next_cursor": CURSOR})
WANTED = Object(
    {
        "user_id": Identity(),
        "reason": Text(TEXT_MAX, needed=True),
        "verification": Choice(machine_resets.VERIFICATIONS),
    }
)
NOTE = Object({"note": _LONG}, optional=("note",))
# Why not, for the one who writes the program; (status, sentence).
WHY = {
    "administrator": (409, "Administrators are reset by the service desk alone."),
    "nobody_answers": (403, "No person made this token: a token that a host made may not ask."),
    "requester": (403, "Whoever made this token may not ask for this reset (any more)."),
    "reset_not_active": (409, "The account is not active."),
    "reset_waits_already": (409, "A request for this person waits already."),
    "reset_of_nothing": (409, "There is nothing to reset: this person holds no second factor."),
    "resets_full": (409, "This token asked for 50 within a day: more is for people to look at."),
    "not_own": (409, "Only what this very token asked for can be taken back with it."),
}
DECIDED = (409, "It was decided, or ran out.")


@route(
    blueprint,
    "GET",
    _PATH,
    Route(
        "resets",
        "resets:read",
        "Requests for resets about members of an organisation, newest first",
        {200: RESETS},
        query=Object({**PAGED, "state": Choice(machine_resets.STATES)}, optional=(*PAGED, "state")),
    ),
)
def resets(sent: Sent) -> Answer:
    state = sent.query.get("state", machine_resets.STATES[0])
    where = (sent.path["organisation_id"], state, sent.query.get("cursor"), sent.limit)
    match read(machine_resets.look, g.machine, *where):
        case Page(rows, following):
            return answer({"resets": list(map(_reset, rows)), "next_cursor": following})
    return not_found()


@route(
    blueprint,
    "GET",
    f"{_PATH}/<uuid:reset_id>",
    Route("reset", "resets:read", "One request for a reset", {200: RESET}),
)
def reset(sent: Sent) -> Answer:
    where = (sent.path["organisation_id"], sent.path["reset_id"])
    found = read(machine_resets.one, g.machine, *where)
    return not_found() if isinstance(found, Gone) else answer(_reset(found))


@route(
    blueprint,
    "POST",
    _PATH,
    Route(
        "request_reset",
        "resets:request",
        "Ask for a member's reset, in the name of the person who made the token",
        {201: RESET},
        body=WANTED,
        problems=(409,),
    ),
)
def request_reset(sent: Sent) -> Any:
    wanted, organisation_id = sent.body, sent.path["organisation_id"]
    asked = Asked(wanted["reason"].strip(), wanted["verification"])
    machine = g.machine
    return sent.once(
        lambda edge: machine_resets.request(
            edge, machine, organisation_id, wanted["user_id"], asked
        ),
        lambda found: _worded(found, 201, organisation_id),
    )


@route(
    blueprint,
    "POST",
    f"{_PATH}/<uuid:reset_id>/withdrawal",
    Route(
        "withdraw_reset",
        "resets:request",
        "Take back what this token asked for",
        {200: RESET},
        body=NOTE,
        problems=(409,),
    ),
)
def withdraw_reset(sent: Sent) -> Any:
    organisation_id, reset_id = sent.path["organisation_id"], sent.path["reset_id"]
    note, machine = sent.body.get("note", "").strip(), g.machine
    return sent.once(
        lambda edge: machine_resets.withdraw(edge, machine, organisation_id, reset_id, note),
        lambda found: _worded(found, 200, organisation_id),
    )


def _worded(found: Any, status: int, organisation_id: str) -> Answer:
    match found:
        case Gone():
            return not_found()
        case Blocked(reason):
            refused, why = WHY.get(reason, DECIDED)
            return problem(refused, why, reason=reason)
    body = _reset(found)
    place = url_for("api_resets.reset", organisation_id=organisation_id, reset_id=body["id"])
    return answer(body, status, Location=place)


def _reset(described: Any) -> dict[str, Any]:
    one = described.request
    return {
        "id": one.id,
        "user_id": one.user_id,
        "state": one.state,
        "reason": one.reason,
        "verification": one.verification,
        "requested_by": one.requested_by,
        "by_this_token": one.api_token_id == g.machine.id,
        "created_at": when(one.created_at),
        "expires_at": when(one.expires_at),
        "decided_at": when(one.decided_at),
        "note": one.note,
    }
