"""Previewing and publishing a draft, the versions that were published, and the way back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.flows import drafts, policy_pages, policy_previews
from portal.flows.drafts import Stale
from portal.flows.outcomes import Blocked, Gone
from portal.flows.permission import Unsettled
from portal.flows.policies import Published
from portal.flows.policy_pages import FIRST, Compared, Overview, Versions
from portal.flows.policy_previews import Preview
from portal.rules.terms import Action
from portal.web import (
    addresses,
    gate,
    notice_words,
    policy,
    policy_words,
    preview_views,
    render,
)
from portal.web.gate import requires
from portal.web.notice_keys import NoticeKey
from portal.web.run import read, run

blueprint = Blueprint("policy_versions", __name__)
NUMBER_DIGITS_MAX = 9


@blueprint.get("/admin/policy/<uuid:organisation_id>/preview")
@requires(Action.VIEW_POLICY)
def preview(organisation_id: object) -> ResponseReturnValue:
    """Whom the draft would stop, and why, before anybody is."""
    return _preview(str(organisation_id))


def _preview(identity: str, *, status: int = 200, error: str | None = None) -> ResponseReturnValue:
    g.here = "policy"
    after = request.args.get("after") if status == 200 else None
    key = addresses.identifier(after) if after else None
    match read(policy_previews.look, g.visit, identity, key):
        case Preview() as found:
            return _previewed(found, status=status, error=error)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Gone() if status != 200:
            return render.say(
                render.leave_for(url_for("policy.index", organisation_id=identity)),
                NoticeKey.POLICY_DRAFT_CHANGED,
            )
    abort(404)


def _previewed(found: Preview, *, status: int, error: str | None) -> Response:
    identity = found.organisation.id
    following = found.following
    return render.page(
        "policy/preview.html",
        fragment="policy/_people.html" if status == 200 else None,
        status=status,
        error=error,
        organisation=found.organisation.name,
        mark=found.draft.mark,
        blocked=policy_words.blocked(found.blocked) if found.blocked else None,
        may_publish=found.may_publish,
        people=preview_views.people(found, g.edge.now),
        first_url=url_for(".preview", organisation_id=identity)
        if found.asked is not None and found.count is None
        else None,
        next_url=url_for(".preview", organisation_id=identity, after=following)
        if following
        else None,
        edit_url=url_for("policy.edit", organisation_id=identity),
        index_url=url_for("policy.index", organisation_id=identity),
        publish_url=url_for(".publish", organisation_id=identity),
        **preview_views.words(found),
    )


@blueprint.post("/admin/policy/<uuid:organisation_id>/publication")
@requires(Action.PUBLISH_POLICY)
def publish(organisation_id: object) -> ResponseReturnValue:
    """Publish exactly what was previewed: with its dates, or at once."""
    identity, how = str(organisation_id), request.form.get("how", "")
    mark, at_once = request.form.get("draft", ""), how == "now"
    match run(drafts.publish, g.visit, identity, mark, at_once=at_once):
        case Published():
            notice = NoticeKey.POLICY_ENFORCED if at_once else NoticeKey.POLICY_ANNOUNCED
            return render.say(
                render.leave_for(url_for("policy.index", organisation_id=identity)), notice
            )
        case Stale():
            changed = _said(NoticeKey.POLICY_DRAFT_CHANGED)
            return _preview(identity, status=409, error=changed)
        case Blocked(reason):
            return _preview(identity, status=422, error=policy_words.blocked(reason))
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


@blueprint.post("/admin/policy/<uuid:organisation_id>/return")
@requires(Action.PUBLISH_POLICY)
def go_back(organisation_id: object) -> ResponseReturnValue:
    """Return to the version before the one that the page showed as the newest."""
    identity = str(organisation_id)
    match run(drafts.back, g.visit, identity, _number(request.form.get("number", "")) or 0):
        case Published():
            return render.say(
                render.leave_for(url_for("policy.index", organisation_id=identity)),
                NoticeKey.POLICY_RETURNED,
            )
        case Stale():
            return _refused(identity, 409, _said(NoticeKey.POLICY_CHANGED))
        case Blocked(reason):
            return _refused(identity, 422, policy_words.blocked(reason))
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


def _refused(identity: str, status: int, error: str) -> ResponseReturnValue:
    g.here = "policy"
    match read(policy_pages.overview, g.visit, identity):
        case Overview() as found:
            return policy.show(found, status=status, error=error)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


@blueprint.get("/admin/policy/<uuid:organisation_id>/versions")
@requires(Action.VIEW_POLICY)
def index(organisation_id: object) -> ResponseReturnValue:
    g.here = "policy"
    identity = str(organisation_id)
    below = _number(request.args.get("before", "")) or FIRST
    match read(policy_pages.listed, g.visit, identity, below):
        case Versions() as found:
            return _listed(identity, found)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


def _listed(identity: str, found: Versions) -> Response:
    following = found.following
    return render.page(
        "policy/versions.html",
        organisation=found.organisation.name,
        versions=[preview_views.line(one, found.organisation) for one in found.entries],
        newest=found.newest if found.may_publish else 0,
        back_url=url_for(".go_back", organisation_id=identity),
        next_url=url_for(".index", organisation_id=identity, before=following)
        if following
        else None,
        index_url=url_for("policy.index", organisation_id=identity),
    )


@blueprint.get("/admin/policy/<uuid:organisation_id>/versions/<int:number>")
@requires(Action.VIEW_POLICY)
def show(organisation_id: object, number: int) -> ResponseReturnValue:
    """One version, and what it says otherwise than another one: the one before, unless asked."""
    g.here = "policy"
    identity = str(organisation_id)
    asked = _number(request.args.get("with", ""))
    other = max(number - 1, 0) if asked is None else asked
    if len(str(number)) > NUMBER_DIGITS_MAX:
        abort(404)
    match read(policy_pages.compared, g.visit, identity, number, other):
        case Compared() as found:
            return _compared(identity, found)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


def _compared(identity: str, found: Compared) -> Response:
    values: dict[str, Any] = preview_views.compared(found)
    return render.page(
        "policy/version.html",
        organisation=found.organisation.name,
        version=preview_views.line(found.entry, found.organisation),
        other_number=found.other_number,
        own_url=url_for(".show", organisation_id=identity, number=found.entry.number),
        versions_url=url_for(".index", organisation_id=identity),
        **values,
    )


def _said(notice: NoticeKey) -> str:
    return str(notice_words.NOTICES[notice][1])


def _number(text: str) -> int | None:
    """A number as an address or a form carries it; None for what is none."""
    fits = text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX
    return int(text) if fits else None
