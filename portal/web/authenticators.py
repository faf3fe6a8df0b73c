"""One of a person's own authenticators: its page, its name, and revoking it."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, url_for
from flask.typing import ResponseReturnValue

from portal.flows import credentials
from portal.flows.outcomes import Blocked, Done, Gone
from portal.rules.terms import Action
from portal.web import notice_words, render, security_views
from portal.web.forms import RenameForm
from portal.web.gate import requires
from portal.web.notice_keys import NoticeKey
from portal.web.run import read, run

blueprint = Blueprint("authenticators", __name__)


@blueprint.get("/security/authenticators/<uuid:authenticator_id>")
@requires(Action.VIEW_SECURITY)
def show(authenticator_id: object) -> ResponseReturnValue:
    g.here = "security"
    row = _own_row(authenticator_id)
    return _authenticator_page(row, RenameForm(data={"name": row.authenticator.name}))


def _own_row(authenticator_id: object) -> credentials.Row:
    row = read(credentials.row, g.visit, str(authenticator_id))
    if row is None:
        abort(404)
    return row


def _authenticator_page(row: credentials.Row, form: RenameForm, *, status: int = 200) -> Response:
    identity = row.authenticator.id
    several = g.edge.factors[row.authenticator.kind].several
    view = security_views.row(row)
    return render.page(
        "security/authenticator.html",
        fragment="security/_authenticator.html",
        status=status,
        row=view,
        facts=security_views.facts(view),
        form=form,
        error=None,
        impact=security_views.impact(g.visit, row),
        revoke_blocked=security_views.blocked(row),
        rename_url=url_for(".rename", authenticator_id=identity) if several else None,
        revoke_url=url_for(".revoke", authenticator_id=identity),
    )


@blueprint.post("/security/authenticators/<uuid:authenticator_id>/name")
@requires(Action.CHANGE_SECURITY)
def rename(authenticator_id: object) -> ResponseReturnValue:
    g.here = "security"
    form = RenameForm()
    if not form.validate():
        return _authenticator_page(_own_row(authenticator_id), form, status=422)
    match run(credentials.rename, g.visit, str(authenticator_id), form.name.data or ""):
        case Gone():
            abort(404)
    if render.wants_fragment():
        g.notice = notice_words.notice(NoticeKey.RENAMED)
        return _authenticator_page(_own_row(authenticator_id), form)
    target = url_for(".show", authenticator_id=authenticator_id)
    return render.say(render.leave_for(target), NoticeKey.RENAMED)


@blueprint.post("/security/authenticators/<uuid:authenticator_id>/revocation")
@requires(Action.CHANGE_SECURITY)
def revoke(authenticator_id: object) -> ResponseReturnValue:
    match run(credentials.revoke, g.visit, str(authenticator_id)):
        case Done():
            return render.say(render.leave_for(url_for("security.index")), NoticeKey.REVOKED)
        case Blocked():
            row = _own_row(authenticator_id)
            return _authenticator_page(
                row, RenameForm(data={"name": row.authenticator.name}), status=409
            )
        case Gone():
            abort(404)
    raise AssertionError
