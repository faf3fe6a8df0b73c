"""Announcements in the browser: the list, writing, who has seen one; who would be stopped."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, g, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length

from portal.flows import announcement_pages, banners, findings
from portal.flows.announcement_pages import Overview, Sheet, Typed
from portal.flows.announcements import MESSAGE_MAX
from portal.flows.findings import FindingsPage
from portal.flows.outcomes import Blocked, Done, Nothing
from portal.flows.permission import Unsettled
from portal.rules.terms import Action
from portal.web import addresses, announcement_views, announcement_words, gate, render
from portal.web.forms import REQUIRED, TOO_LONG, Form
from portal.web.gate import requires
from portal.web.notice_keys import NoticeKey
from portal.web.run import read, run
from portal.web.words import lazy_gettext

blueprint = Blueprint("announcements", __name__)
VERSION_MAX = 10**9


class AnnouncementForm(Form):
    """Something that all the people of an organisation are told, until a day."""

    action = Action.PUBLISH_POLICY
    # Not checked against the list: any other organisation is answered as if it did not exist.
    audience = SelectField(lazy_gettext("Organisation"), validate_choice=False)
    message = TextAreaField(
        lazy_gettext("What are people to know?"),
        filters=[lambda value: value.strip() if value else value],
        validators=[InputRequired(REQUIRED), Length(max=MESSAGE_MAX, message=TOO_LONG)],
        description=lazy_gettext("Plain text. Everybody gets it by mail too."),
        render_kw={"rows": 4},
    )
    until = StringField(
        lazy_gettext("Last day"),
        validators=[InputRequired(REQUIRED)],
        description=lazy_gettext("It stands above every page until this day is over."),
        render_kw={"type": "date"},
    )

    def validate_until(self, field: StringField) -> None:
        try:
            date.fromisoformat(field.data or "")
        except ValueError:
            raise ValidationError(lazy_gettext("Choose a day.")) from None


@blueprint.get("/admin/announcements")
@requires(Action.VIEW_POLICY)
def index() -> ResponseReturnValue:
    return _list(AnnouncementForm())


def _list(
    form: AnnouncementForm, *, status: int = 200, error: str | None = None
) -> ResponseReturnValue:
    g.here = "announcements"
    asked = request.args.get("after")
    after = addresses.identifier(asked) if asked else None
    match read(announcement_pages.overview, g.visit, after):
        case Overview() as found:
            form.audience.choices = [(one.id, one.name) for one in found.writable]
            return render.page(
                "announcements/index.html",
                fragment="announcements/_list.html",
                status=status,
                form=form,
                error=error,
                writable=bool(found.writable),
                create_url=url_for(".create"),
                lines=[announcement_views.line(one, name) for one, name in found.lines],
                first_url=url_for(".index") if after else None,
                next_url=url_for(".index", after=found.following) if found.following else None,
            )
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


@blueprint.post("/admin/announcements")
@requires(Action.PUBLISH_POLICY)
def create() -> ResponseReturnValue:
    form = AnnouncementForm()
    if not form.validate():
        return _again(form, 422)
    typed = Typed(
        organisation_id=addresses.identifier(form.audience.data),
        message=form.message.data or "",
        until=date.fromisoformat(form.until.data or ""),
    )
    match run(announcement_pages.write, g.visit, typed):
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Blocked(why):
            return _again(form, 422, str(announcement_words.BLOCKED[why]))
        case announcement_pages.Announcement() as made:
            target = url_for(".show", announcement_id=made.id)
            return render.say(render.leave_for(target), NoticeKey.ANNOUNCED)
    abort(404)


def _again(form: AnnouncementForm, status: int, error: str | None = None) -> ResponseReturnValue:
    """The list with the form as it was sent. The list is another action, settled by itself."""
    g.edge.provisional = g.edge.unsettled = None
    return _list(form, status=status, error=error)


@blueprint.get("/admin/announcements/<uuid:announcement_id>")
@requires(Action.VIEW_POLICY)
def show(announcement_id: object) -> ResponseReturnValue:
    return _sheet(str(announcement_id))


def _sheet(
    announcement_id: str, *, status: int = 200, error: str | None = None
) -> ResponseReturnValue:
    g.here = "announcements"
    asked = request.args.get("after")
    after = addresses.identifier(asked) if asked else None
    match read(announcement_pages.sheet, g.visit, announcement_id, after):
        case Sheet() as sheet:
            return render.page(
                "announcements/show.html",
                fragment="announcements/_readers.html",
                status=status,
                error=error,
                list_url=url_for(".index"),
                withdraw_url=url_for(".withdraw", announcement_id=announcement_id)
                if sheet.withdrawable
                else None,
                first_url=url_for(".show", announcement_id=announcement_id) if after else None,
                next_url=url_for(".show", announcement_id=announcement_id, after=sheet.following)
                if sheet.following
                else None,
                **announcement_views.sheet(sheet),
            )
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


@blueprint.post("/admin/announcements/<uuid:announcement_id>/withdrawal")
@requires(Action.PUBLISH_POLICY)
def withdraw(announcement_id: object) -> ResponseReturnValue:
    match run(announcement_pages.withdraw, g.visit, str(announcement_id)):
        case Done():
            notice = NoticeKey.ANNOUNCEMENT_WITHDRAWN
        case Nothing():
            notice = NoticeKey.NOTHING_TO_DO
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Blocked(why):
            words = str(announcement_words.BLOCKED[why])
            return _sheet(str(announcement_id), status=409, error=words)
        case _:
            abort(404)
    return render.say(render.leave_for(url_for(".show", announcement_id=announcement_id)), notice)


@blueprint.post("/announcements/<uuid:announcement_id>/dismissal")
@requires(Action.HOME)
def dismiss(announcement_id: object) -> ResponseReturnValue:
    """Put a banner away, and go on with the page that it stood on."""
    if not isinstance(run(banners.dismiss, g.visit, str(announcement_id)), Done):
        abort(404)
    return render.leave_for(addresses.next_path())


@blueprint.get("/admin/policy/<uuid:organisation_id>/findings")
@requires(Action.VIEW_POLICY)
def show_findings(organisation_id: object) -> ResponseReturnValue:
    """Who would have been stopped by a version; the newest one with dates unless one is named."""
    g.here = "policy"
    wanted = request.args.get("version", type=int)
    asked = request.args.get("after")
    after = addresses.identifier(asked) if asked else None
    if wanted is not None and not 0 < wanted < VERSION_MAX:
        abort(404)
    match read(findings.page, g.visit, str(organisation_id), wanted, after):
        case FindingsPage() as page:
            return render.page(
                "announcements/findings.html",
                fragment="announcements/_findings.html",
                **announcement_views.findings(page, after=after),
            )
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)
