"""Administration: the list of users, its file, a user's page, and what is done to an account."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import Length

from portal.flows import administration, user_lists, user_pages
from portal.flows.outcomes import Blocked, Done, Nothing
from portal.flows.permission import Unsettled
from portal.flows.user_lists import Asked, Listing, Scope
from portal.flows.user_pages import UserPage
from portal.rules import spreadsheet
from portal.rules.terms import Action
from portal.web import (
    addresses,
    gate,
    notice_words,
    organisation_finder,
    render,
    user_file,
    user_views,
    user_words,
)
from portal.web.forms import TOO_LONG, Form
from portal.web.gate import requires
from portal.web.notice_keys import NoticeKey
from portal.web.run import read, run
from portal.web.words import lazy_gettext

blueprint = Blueprint("users", __name__)
CSV = "text/csv; charset=utf-8"
IN_MEMORY_MAX = 1024 * 1024
PART_BYTES = 64 * 1024
REASON_MAX = 200


class ReasonForm(Form):
    """What an administrator says about an operation; it goes into the audit log."""

    action = Action.ADMINISTER_USER
    reason = StringField(
        lazy_gettext("Reason (optional)"), [Length(max=REASON_MAX, message=TOO_LONG)]
    )


def _asked() -> Asked:
    """What the address asks for."""
    given = request.args
    organisation = given.get("organisation", "")
    if organisation and organisation != user_lists.EVERYBODY:
        organisation = addresses.identifier(organisation)
    return Asked(
        organisation=organisation,
        shown=given.get("state", ""),
        sort=given.get("sort", ""),
        search=given.get("search", "").strip(),
        after=given.get("after", ""),
        before=given.get("before", ""),
        beginning=organisation_finder.typed(),
    )


@blueprint.get("/admin/users")
@requires(Action.VIEW_USERS)
def index() -> ResponseReturnValue:
    asked = _asked()
    match read(user_lists.look, g.visit, asked):
        case Listing() as listing:
            return _list(asked, listing)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


def _list(asked: Asked, listing: Listing) -> Response:
    g.here = "users"
    wanted = listing.scope.wanted
    organisation = listing.scope.organisation
    first = user_views.address(asked)
    return render.page(
        "users/index.html",
        fragment="users/_list.html",
        rows=[
            user_views.row(line, resettable=listing.resettable and organisation is not None)
            for line in listing.lines
        ],
        organisation=organisation.name if organisation else None,
        organisations=user_views.organisations(listing),
        finder=organisation_finder.beside(
            listing.scope.choices,
            url_for(".index"),
            organisation=asked.organisation,
            state=wanted.shown,
            sort=asked.sort,
            search=asked.search,
        ),
        states=[
            user_views.Choice(value, str(words), value == wanted.shown)
            for value, words in user_words.SHOWN.items()
        ],
        sorts=user_views.sorts(listing, asked, user_lists.SORTED[wanted.shown]),
        sort=asked.sort,
        search=asked.search,
        filtered=bool(asked.search or wanted.shown),
        some=listing.some,
        own_url=url_for(".index"),
        first_url=first if wanted.key is not None else None,
        before_url=user_views.address(asked, before=listing.before) if listing.before else None,
        after_url=user_views.address(asked, after=listing.after) if listing.after else None,
        everything_url=user_views.address(Asked(organisation=asked.organisation)),
        file_url=user_views.address(asked, ".file") if listing.exportable else None,
        file_max=user_lists.EXPORT_MAX,
        bulk_url=url_for("resets.preview") if listing.resettable else None,
    )


@blueprint.get("/admin/users.csv")
@requires(Action.EXPORT_USERS)
def file() -> ResponseReturnValue:
    """The same list as a file. It is written before it is let go, and audited before it leaves."""
    asked = _asked()
    match read(user_lists.find, g.visit, asked, Action.EXPORT_USERS):
        case Scope() as scope:
            sheet, count = _sheet(scope)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case _:
            abort(404)
    match run(user_lists.note_export, g.visit, asked, count):
        case Scope():
            return _sent(sheet)
        case Unsettled() as unsettled:
            sheet.close()
            return gate.refuse(unsettled)
    sheet.close()
    abort(404)


def _sheet(scope: Scope) -> tuple[Any, int]:
    """The file, page by page, and how many people are in it; a long one lies on the disk."""
    sheet = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_MAX)  # noqa: SIM115 - sent, then closed
    sheet.write(spreadsheet.BYTE_ORDER_MARK + spreadsheet.lines([user_file.head()]))
    count = 0
    for lines in read(user_lists.export_pages, scope):
        sheet.write(spreadsheet.lines(user_file.rows(lines)))
        count += len(lines)
    return sheet, count


def _sent(sheet: Any) -> Response:
    """The file as a download; it is gone once it was read, or given up."""
    sheet.seek(0)

    def parts() -> Iterator[bytes]:
        with sheet:
            while part := sheet.read(PART_BYTES):
                yield part

    response = Response(parts(), content_type=CSV)
    response.call_on_close(sheet.close)
    response.headers["Content-Disposition"] = 'attachment; filename="users.csv"'
    return response


@blueprint.get("/admin/users/<uuid:user_id>")
@requires(Action.VIEW_USERS)
def show(user_id: object) -> ResponseReturnValue:
    return _user(str(user_id), ReasonForm())


def _user(
    user_id: str, form: ReasonForm, *, status: int = 200, error: str | None = None
) -> ResponseReturnValue:
    g.here = "users"
    asked = request.args.get("before")
    before = addresses.identifier(asked) if asked else None
    match read(user_pages.look, g.visit, user_id, before=before):
        case UserPage() as page:
            return render.page(
                "users/show.html",
                status=status,
                fragment="users/_activity.html" if before else "users/_user.html",
                form=form,
                error=error,
                list_url=url_for(".index"),
                next_url=url_for(".show", user_id=user_id, before=page.following)
                if page.following
                else None,
                **user_views.details(page),
            )
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


@blueprint.post("/admin/users/<uuid:user_id>/unlock")
@requires(Action.ADMINISTER_USER)
def unlock(user_id: object) -> ResponseReturnValue:
    return _act(str(user_id), "unlock", NoticeKey.USER_UNLOCKED)


@blueprint.post("/admin/users/<uuid:user_id>/sessions/end")
@requires(Action.ADMINISTER_USER)
def end_sessions(user_id: object) -> ResponseReturnValue:
    return _act(str(user_id), "sessions", NoticeKey.USER_SESSIONS_ENDED)


@blueprint.post("/admin/users/<uuid:user_id>/disabled")
@requires(Action.ADMINISTER_USER)
def disable(user_id: object) -> ResponseReturnValue:
    return _act(str(user_id), "disable", NoticeKey.USER_DISABLED)


@blueprint.post("/admin/users/<uuid:user_id>/enabled")
@requires(Action.ADMINISTER_USER)
def enable(user_id: object) -> ResponseReturnValue:
    return _act(str(user_id), "enable", NoticeKey.USER_ENABLED)


@blueprint.post("/admin/users/<uuid:user_id>/reminder")
@requires(Action.ADMINISTER_USER)
def remind(user_id: object) -> ResponseReturnValue:
    return _act(str(user_id), "remind", NoticeKey.USER_REMINDED)


@blueprint.post("/admin/users/<uuid:user_id>/password-renewal")
@requires(Action.ADMINISTER_USER)
def require_renewal(user_id: object) -> ResponseReturnValue:
    return _act(str(user_id), "renewal", NoticeKey.USER_PASSWORD_DUE)


def _act(user_id: str, name: str, done: NoticeKey) -> ResponseReturnValue:
    """Do it, and show the page as it is then: as a fragment in place, else by redirect."""
    form = ReasonForm()
    if not form.validate():
        return _user(user_id, form, status=422)
    reason = (form.reason.data or "").strip()
    match run(administration.act, g.visit, user_id, name, reason):
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Blocked(why):
            return _user(user_id, form, status=409, error=str(user_words.NOT_DONE[why]))
        case Done():
            notice = done
        case Nothing():
            notice = NoticeKey.NOTHING_TO_DO
        case _:
            abort(404)
    if render.wants_fragment():
        g.notice = notice_words.notice(notice)
        return _user(user_id, ReasonForm(formdata=None))
    return render.say(render.leave_for(url_for(".show", user_id=user_id)), notice)
