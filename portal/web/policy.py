"""What an organisation asks of its people, as its administrators see it; and the draft of more."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, g, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.flows import draft_fields, drafts, policy_pages
from portal.flows.drafts import Draft, Rollout, Stale, Typed
from portal.flows.outcomes import Blocked, Done
from portal.flows.permission import Unsettled
from portal.flows.policy_pages import Desk, Overview
from portal.rules.terms import Action
from portal.web import (
    gate,
    kept,
    moments,
    organisation_finder,
    policy_forms,
    policy_views,
    policy_words,
    render,
    rollout_views,
)
from portal.web.gate import requires
from portal.web.notice_keys import NoticeKey
from portal.web.run import read, run
from portal.web.words import gettext

blueprint = Blueprint("policy", __name__)


@blueprint.get("/admin/policy", defaults={"organisation_id": None})
@blueprint.get("/admin/policy/<uuid:organisation_id>")
@requires(Action.VIEW_POLICY)
def index(organisation_id: object) -> ResponseReturnValue:
    """What is asked of whom, since when, and what is on its way."""
    g.here = "policy"
    wanted = str(organisation_id) if organisation_id else None
    match read(policy_pages.overview, g.visit, wanted, organisation_finder.typed()):
        case Overview() as found:
            return show(found)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


def show(found: Overview, *, status: int = 200, error: str | None = None) -> ResponseReturnValue:
    """The overview; with what was refused on it."""
    identity = found.organisation.id
    return render.page(
        "policy/index.html",
        status=status,
        error=error,
        organisation=found.organisation.name,
        choices=policy_views.choices(found.choices),
        finder=organisation_finder.beside(
            found.choices, url_for("policy.index", organisation_id=identity)
        ),
        rules=policy_words.rules(found.asked, found.sources),
        timelines=rollout_views.timelines(found, g.edge.now),
        newest=found.newest,
        number=found.number,
        newest_at=policy_views.moment(found.newest.published_at, found.organisation)
        if found.newest
        else "",
        draft=found.draft,
        changed_at=moments.minute(found.draft.changed_at) if found.draft else "",
        may_draft=found.may_draft,
        may_publish=found.may_publish and found.number > 0,
        edit_url=url_for("policy.edit", organisation_id=identity),
        preview_url=url_for("policy_versions.preview", organisation_id=identity),
        versions_url=url_for("policy_versions.index", organisation_id=identity),
        back_url=url_for("policy_versions.go_back", organisation_id=identity),
    )


@blueprint.get("/admin/policy/<uuid:organisation_id>/draft")
@requires(Action.VIEW_POLICY)
def edit(organisation_id: object) -> ResponseReturnValue:
    """The editor, filled from the draft, or from what is asked now."""
    desk = _desk(str(organisation_id))
    if not isinstance(desk, Desk):
        return desk
    typed = kept.fields(Action.DRAFT_POLICY)
    filled = typed.to_dict() if typed else _filled(desk)
    return _editor(desk, filled)


@blueprint.post("/admin/policy/<uuid:organisation_id>/draft")
@requires(Action.DRAFT_POLICY)
def save(organisation_id: object) -> ResponseReturnValue:
    """Keep the draft; what is no policy, or was made from an older draft, comes back as typed."""
    identity = str(organisation_id)
    typed, wrong = _typed()
    if wrong:
        return _again(identity, wrong)
    match run(drafts.save, g.visit, identity, typed):
        case Draft():
            preview = url_for("policy_versions.preview", organisation_id=identity)
            if request.form.get("next") != "preview":
                preview = url_for("policy.edit", organisation_id=identity)
            return render.say(render.leave_for(preview), NoticeKey.POLICY_DRAFT_SAVED)
        case Stale(draft):
            return _outdated(identity, draft)
        case Blocked(reason):
            return _again(identity, {}, policy_words.blocked(reason))
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


@blueprint.post("/admin/policy/<uuid:organisation_id>/draft/meaning")
@requires(Action.VIEW_POLICY)
def mean(organisation_id: object) -> ResponseReturnValue:
    """What the form says as it stands, in sentences; nothing is kept.

    As a page it is the editor with all that was typed: whoever went back to it would find it empty.
    """
    desk = _desk(str(organisation_id))
    if not isinstance(desk, Desk):
        return desk
    typed, wrong = _typed()
    if not render.wants_fragment():
        return _editor(desk, request.form.to_dict(), wrong, status=422 if wrong else 200)
    meaning = policy_views.meaning(typed.document, wrong)
    return render.page("policy/draft.html", fragment="policy/_meaning.html", meaning=meaning)


@blueprint.post("/admin/policy/<uuid:organisation_id>/draft/removal")
@requires(Action.DRAFT_POLICY)
def discard(organisation_id: object) -> ResponseReturnValue:
    identity = str(organisation_id)
    own = url_for("policy.index", organisation_id=identity)
    match run(drafts.discard, g.visit, identity, request.form.get("draft", "")):
        case Done():
            return render.say(render.leave_for(own), NoticeKey.POLICY_DRAFT_DISCARDED)
        case Stale():
            return render.say(render.leave_for(own), NoticeKey.POLICY_DRAFT_CHANGED)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


def _desk(identity: str) -> Desk | ResponseReturnValue:
    g.here = "policy"
    match read(policy_pages.desk, g.visit, identity):
        case Desk() as desk:
            return desk
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


def _typed() -> tuple[Typed, dict[str, str]]:
    """What the form says, and what is wrong with it by field."""
    form = request.form
    document, wrong = draft_fields.document(form, tuple(g.edge.factors))
    rollout, untimely = policy_forms.rollout(form)
    wrong |= untimely | policy_forms.unreadable(form)
    return Typed(document, rollout, form.get("draft", "")), wrong


def _filled(desk: Desk) -> dict[str, str]:
    typed = drafts.from_json(desk.draft.dates) if desk.draft else Rollout()
    mark = desk.draft.mark if desk.draft else ""
    return {**draft_fields.fill(desk.document), **policy_forms.fill(typed), "draft": mark}


def _again(
    identity: str, wrong: dict[str, str], error: str | None = None, status: int = 422, **more: str
) -> ResponseReturnValue:
    """The editor with what was typed, and what is wrong about it."""
    desk = _desk(identity)
    if not isinstance(desk, Desk):
        return desk
    filled = {**request.form.to_dict(), **more}
    return _editor(desk, filled, wrong, error, status)


def _outdated(identity: str, draft: Draft | None) -> ResponseReturnValue:
    """Somebody was first: who, and everything that was typed; saving again takes its place."""
    if draft is None:
        error = gettext(
            "The draft was published or discarded meanwhile. What you typed is below: save it to "
            "begin a new draft."
        )
        return _again(identity, {}, error, 409, draft="")
    error = gettext(
        "%(who)s changed this draft meanwhile (%(when)s). What you typed is below: save it to put "
        "it in the place of theirs, or leave this page to keep theirs.",
        who=draft.author or gettext("A machine"),
        when=moments.minute(draft.changed_at),
    )
    return _again(identity, {}, error, 409, draft=draft.mark)


def _editor(
    desk: Desk,
    filled: dict[str, str],
    wrong: dict[str, str] | None = None,
    error: str | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    identity = desk.organisation.id
    said, _ = draft_fields.document(MultiDict(filled), tuple(g.edge.factors))
    values: dict[str, Any] = policy_views.editor(desk, filled, wrong or {})
    return render.page(
        "policy/draft.html",
        status=status,
        error=error,
        organisation=desk.organisation.name,
        time_zone=desk.organisation.time_zone,
        draft=desk.draft,
        mark=filled.get("draft", ""),
        meaning=policy_views.meaning(said, wrong or {}),
        index_url=url_for("policy.index", organisation_id=identity),
        save_url=url_for("policy.save", organisation_id=identity),
        meaning_url=url_for("policy.mean", organisation_id=identity),
        discard_url=url_for("policy.discard", organisation_id=identity),
        preview_url=url_for("policy_versions.preview", organisation_id=identity),
        **values,
    )
