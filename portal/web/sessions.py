"""A person's own sessions, known browsers and activity."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.flows import activity, session, sessions_page
from portal.rules.terms import Action
from portal.web import addresses, notice_words, pages, render, security_views
from portal.web.gate import requires
from portal.web.login import signed_out
from portal.web.notice_keys import NoticeKey
from portal.web.run import read, run

blueprint = Blueprint("sessions", __name__)


@blueprint.get("/security/sessions")
@requires(Action.VIEW_SECURITY)
def index() -> ResponseReturnValue:
    return _page()


def _page() -> Response:
    g.here = "sessions"
    live, known = read(sessions_page.lines, g.visit)
    others = any(not line.current for line in live)
    return render.page(
        "security/sessions.html",
        fragment="security/_sessions.html",
        sessions=[security_views.session(line) for line in live],
        browsers=[security_views.browser(line) for line in known],
        revoke_others_url=url_for(".end_others") if others else None,
        sign_out_everywhere_url=url_for(".sign_out_everywhere"),
    )


def _done(notice: NoticeKey) -> Response:
    """The list as it is now: as a fragment in place, else by redirect with the notice."""
    if render.wants_fragment():
        g.notice = notice_words.notice(notice)
        return _page()
    return render.say(render.leave_for(url_for(".index")), notice)


@blueprint.post("/security/sessions/<uuid:session_id>/end")
@requires(Action.END_SESSIONS)
def end_one(session_id: object) -> ResponseReturnValue:
    if not run(session.end_one, g.visit, str(session_id)):
        abort(404)
    if str(session_id) == g.visit.session.id:
        return signed_out(NoticeKey.SIGNED_OUT)
    return _done(NoticeKey.SESSION_ENDED)


@blueprint.post("/security/sessions/others/end")
@requires(Action.END_SESSIONS)
def end_others() -> ResponseReturnValue:
    run(session.end_others, g.visit, "ended_by_owner")
    return _done(NoticeKey.SESSIONS_ENDED)


@blueprint.post("/security/sessions/end")
@requires(Action.END_SESSIONS)
def sign_out_everywhere() -> ResponseReturnValue:
    run(sessions_page.sign_out_everywhere, g.visit)
    return signed_out(NoticeKey.SIGNED_OUT_EVERYWHERE)


@blueprint.post("/security/browsers/<uuid:browser_id>/end")
@requires(Action.END_SESSIONS)
def forget_browser(browser_id: object) -> ResponseReturnValue:
    if not run(sessions_page.forget_browser, g.visit, str(browser_id)):
        abort(404)
    return _done(NoticeKey.BROWSER_FORGOTTEN)


@blueprint.get("/security/activity")
@requires(Action.VIEW_SECURITY)
def show_activity() -> ResponseReturnValue:
    g.here = "activity"
    asked = request.args.get("before")
    before = addresses.identifier(asked) if asked else None
    happenings, following = read(activity.page, g.visit, before=before)
    return render.page(
        "security/activity.html",
        fragment="security/_activity.html",
        items=pages.activity(happenings),
        next_url=url_for(".show_activity", before=following) if following else None,
    )
