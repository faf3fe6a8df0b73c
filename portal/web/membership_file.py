"""Many people at once: a file, its preview line by line, and the one click that does it."""

from __future__ import annotations

from flask import Blueprint, Response, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.flows import bulk_memberships
from portal.flows.bulk_memberships import Finished, Preview
from portal.flows.outcomes import Blocked
from portal.flows.permission import Unsettled
from portal.rules import people_file
from portal.rules.people_file import BYTES_MAX, Unreadable
from portal.rules.terms import Action
from portal.web import addresses, gate, membership_views, membership_words, memberships, render
from portal.web.gate import requires
from portal.web.limits import brake_person
from portal.web.notice_keys import NoticeKey
from portal.web.run import run
from portal.web.words import gettext

blueprint = Blueprint("memberships_file", __name__)


@blueprint.post("/admin/memberships/csv")
@requires(Action.VIEW_USERS)
def preview() -> ResponseReturnValue:
    """Show what each line would do; nothing is changed, and no fresh proof is asked for yet."""
    sent = request.files.get("file")
    raw = sent.read(BYTES_MAX + 1) if sent else b""
    text = people_file.decode(raw) if sent and sent.filename else Unreadable("file_missing")
    if isinstance(text, Unreadable):
        return _refused(text)
    organisation = addresses.identifier(request.form.get("organisation"))
    match run(bulk_memberships.preview, g.visit, organisation, text):
        case Unreadable() as unreadable:
            return _refused(unreadable)
        case Blocked(reason):
            return memberships.page(status=422, error=str(membership_words.BLOCKED[reason]))
        case Preview() as shown:
            return _page(shown)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    raise AssertionError


def _refused(found: Unreadable) -> ResponseReturnValue:
    words = membership_words.unreadable(found.reason, found.line)
    return memberships.page(status=422, error=words)


def _page(shown: Preview) -> Response:
    g.here = "memberships"
    lines = [membership_views.file_line(line) for line in shown.lines]
    return render.page(
        "memberships/preview.html",
        organisation=shown.organisation.name,
        lines=lines,
        fine=sum(not line.blocked for line in lines),
        preview_id=shown.id,
        confirm_url=url_for(".confirm"),
        back_url=url_for("memberships.index"),
    )


@blueprint.post("/admin/memberships/csv/confirmation")
@requires(Action.CHANGE_MEMBERSHIP)
def confirm() -> ResponseReturnValue:
    """Do what was shown: the preview is named by its id, so nothing else can be meant."""
    if brake_person(g.edge.settings.invitations_per_person, "people_file"):
        words = gettext("That is a great many files. Try again in an hour.")
        return memberships.page(status=429, error=words)
    preview_id = addresses.identifier(request.form.get("preview"))
    match run(bulk_memberships.confirm, g.visit, preview_id):
        case Finished(_, left_out):
            notice = NoticeKey.FILE_PARTLY_DONE if left_out else NoticeKey.FILE_DONE
            return render.say(render.leave_for(url_for("memberships.index")), notice)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    raise AssertionError
