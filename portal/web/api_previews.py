"""The API: what a draft of a policy would mean, counted and by name; nobody is stopped by it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g

from portal.flows import machine_policy
from portal.flows.idempotency import Answer
from portal.flows.policy_previews import Preview
from portal.web.api_members import CURSOR, when
from portal.web.fields import (
    Anything,
    Choice,
    Identity,
    Many,
    Moment,
    Nullable,
    Object,
    Text,
    Whole,
)
from portal.web.machine_routes import Route, Sent, answer, not_found, route
from portal.web.policy_schema import ROLES
from portal.web.run import read

blueprint = Blueprint("api_previews", __name__)
_PATH = "/organisations/<uuid:organisation_id>/policy/draft/preview"
BRAKE = (
    "previews"  # Each may go through everybody of a subtree, which takes seconds of a large one.
)
_COUNT = Whole(0, 2**31 - 1)
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}
PREVIEW = Object(
    {
        "blocked": Nullable(Text(200)),
        "organisations": _COUNT,
        "stopped": _COUNT,
        "by_reason": Anything("What they would lack, and how many of them.", _COUNTS),
        "by_role": Anything(
            "The same by role.", {"type": "object", "additionalProperties": _COUNTS}
        ),
        "holders": Anything("How many people hold each role.", _COUNTS),
    },
    description="`blocked`: why publishing it would be refused, as a reason; nobody is counted "
    "then. `stopped`: how many people would have to enrol first.",
)
PERSON = Object(
    {
        "id": Identity(),
        "name": Text(200),
        "email": Text(320),
        "organisation": Text(200),
        "roles": Many(Choice(ROLES)),
        "stopped_at": Moment(),
        "lacks": Text(80),
    }
)
PEOPLE = Object({"people": Many(PERSON), "next_cursor": CURSOR})
_AFTER = {"cursor": Identity()}


@route(
    blueprint,
    "GET",
    _PATH,
    Route(
        "preview",
        "policy:read",
        "What publishing the draft would mean, in numbers",
        {200: PREVIEW},
        brake=BRAKE,
    ),
)
def preview(sent: Sent) -> Answer:
    found = _look(sent)
    if found is None:
        return not_found()
    count = found.count
    return answer(
        {
            # Who would be locked out is named to people alone.
            "blocked": found.blocked.partition(":")[0] if found.blocked else None,
            "organisations": found.organisations,
            "stopped": count.total if count else 0,
            "by_reason": dict(count.by_reason) if count else {},
            "by_role": {str(role): dict(why) for role, why in count.by_role.items()}
            if count
            else {},
            "holders": {str(role): many for role, many in count.holders.items()} if count else {},
        }
    )


@route(
    blueprint,
    "GET",
    f"{_PATH}/people",
    Route(
        "preview_people",
        "members:read",
        "Whom publishing the draft would stop, 50 at a time",
        {200: PEOPLE},
        query=Object(_AFTER, optional=_AFTER),
        brake=BRAKE,
    ),
)
def people(sent: Sent) -> Answer:
    found = _look(sent)
    if found is None:
        return not_found()
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "email": one.email,
            "organisation": one.organisation,
            "roles": [str(role) for role in one.roles],
            "stopped_at": when(one.at),
            "lacks": one.why,
        }
        for one in found.people
    ]
    return answer({"people": rows, "next_cursor": found.following})


def _look(sent: Sent) -> Any:
    where = (sent.path["organisation_id"], sent.query.get("cursor"))
    found = read(machine_policy.preview, g.machine, *where)
    return found if isinstance(found, Preview) else None
