"""The API: policy, its versions and a draft of the next one. Publishing needs a person."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g

from portal.flows import machine_policy
from portal.flows.drafts import Stale
from portal.flows.idempotency import Answer
from portal.flows.machine_policy import Sheet, Shown, Written
from portal.flows.machine_reach import Page
from portal.flows.outcomes import Blocked, Done, Gone
from portal.web.api_members import when
from portal.web.fields import Object, Whole
from portal.web.machine_routes import PAGED, Route, Sent, answer, not_found, problem, route, tagged
from portal.web.policy_schema import DRAFT, SHEET, VERSION, VERSIONS, WRITTEN
from portal.web.run import read

blueprint = Blueprint("api_policy", __name__)
READ, WRITE = "policy:read", "policy:write"
_PATH = "/organisations/<uuid:organisation_id>/policy"
_BELOW = {"cursor": Whole(1, 2**31 - 1), "limit": PAGED["limit"]}
_DAY_S = 24 * 60 * 60
WHY = {
    "twice_by_the_clock": "Where the organisation is, the clock shows this time twice.",
    "dates_unreadable": "The dates are none that a roll-out can have.",
}


@route(
    blueprint,
    "GET",
    _PATH,
    Route(
        "policy",
        READ,
        "What is asked of an organisation's people",
        {200: SHEET},
        tagged=True,
    ),
)
def policy(sent: Sent) -> Answer:
    found = read(machine_policy.look, g.machine, sent.path["organisation_id"])
    if not isinstance(found, Sheet):
        return not_found()
    return tagged(
        {
            "organisation_id": found.organisation.id,
            "own": _version(found.own) if found.own else None,
            "effective": found.effective,
            "steps": [
                {
                    name: when(value) if name.endswith("_at") else value
                    for name, value in one.items()
                }
                for one in found.steps
            ],
        }
    )


@route(
    blueprint,
    "GET",
    f"{_PATH}/versions",
    Route(
        "policy_versions",
        READ,
        "Versions of an organisation's own policy, newest first",
        {200: VERSIONS},
        query=Object(_BELOW, optional=_BELOW),
    ),
)
def versions(sent: Sent) -> Answer:
    where = (sent.path["organisation_id"], sent.query.get("cursor"), sent.limit)
    match read(machine_policy.versions, g.machine, *where):
        case Page(rows, following):
            last = int(following) if following else None
            return answer({"versions": list(map(_version, rows)), "next_cursor": last})
    return not_found()


@route(
    blueprint,
    "GET",
    f"{_PATH}/versions/<int:number>",
    Route("policy_version", READ, "One version", {200: VERSION}),
)
def version(sent: Sent) -> Answer:
    number = int(sent.path["number"])
    if number >= 2**31:
        return not_found()
    found = read(machine_policy.version, g.machine, sent.path["organisation_id"], number)
    return not_found() if isinstance(found, Gone) else answer(_version(found))


@route(
    blueprint,
    "GET",
    f"{_PATH}/draft",
    Route(
        "draft",
        READ,
        "The draft of an organisation's policy, or what one would begin with",
        {200: DRAFT},
        tagged=True,
    ),
)
def draft(sent: Sent) -> Answer:
    return _drafted(read(machine_policy.draft, g.machine, sent.path["organisation_id"]))


@route(
    blueprint,
    "PUT",
    f"{_PATH}/draft",
    Route(
        "write_draft",
        WRITE,
        "Write the draft over the state that was read; it asks nothing of anybody",
        {200: DRAFT},
        body=WRITTEN,
        tagged=True,
        guarded=True,
    ),
)
def write_draft(sent: Sent) -> Any:
    asked, machine = sent.body, g.machine
    written = Written(
        _plain(asked["document"]),
        asked.get("monitored_at"),
        asked.get("enforced_at"),
        asked.get("grace_days", 0),
        asked.get("message", ""),
    )
    where = sent.path["organisation_id"]
    return sent.once(
        lambda edge: machine_policy.save_draft(edge, machine, where, written, sent.match),
        _drafted,
    )


@route(
    blueprint,
    "DELETE",
    f"{_PATH}/draft",
    Route(
        "discard_draft",
        WRITE,
        "Throw away the draft in the state that was read",
        {204: None},
        guarded=True,
    ),
)
def discard_draft(sent: Sent) -> Any:
    where, machine = sent.path["organisation_id"], g.machine
    return sent.once(
        lambda edge: machine_policy.discard_draft(edge, machine, where, sent.match),
        lambda found: answer(None, 204) if isinstance(found, Done) else _drafted(found),
    )


def _drafted(found: Any) -> Answer:
    match found:
        case Shown(written, revision, changed_at, mark):
            body = {
                "document": written.document,
                "monitored_at": when(written.monitored_at),
                "enforced_at": when(written.enforced_at),
                "grace_days": written.grace_days,
                "message": written.message,
                "revision": revision,
                "changed_at": when(changed_at),
            }
            return tagged(body, mark)
        case Stale():
            return problem(412)
        case Blocked(reason):
            name, _, field = reason.partition(": ")
            why = WHY.get(name, f"This is no policy: {field}.")
            return problem(409, why, reason=name)
    return not_found()


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """A policy without what stands for leaving it out."""
    return {name: value for name, value in document.items() if value is not None}


def _version(entry: Any) -> dict[str, Any]:
    return {
        "number": entry.number,
        "document": entry.document,
        "author": entry.author,
        "published_at": when(entry.published_at),
        "monitored_at": when(entry.monitored_at),
        "enforced_at": when(entry.enforced_at),
        "grace_days": entry.grace_s // _DAY_S,
        "message": entry.message,
    }
