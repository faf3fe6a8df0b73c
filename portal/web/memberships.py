"""Memberships: what waits for a second person, inviting somebody, open invitations."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.flows import invitations, membership_requests, memberships, open_invitations
from portal.flows.addresses import normalise
from portal.flows.invitations import Given, Invited, Newcomer
from portal.flows.memberships import Asked
from portal.flows.open_invitations import Overview
from portal.flows.outcomes import Blocked, Done
from portal.flows.permission import Unsettled
from portal.rules.terms import Action, Role
from portal.web import (
    addresses,
    gate,
    mailed,
    membership_views,
    membership_words,
    notice_words,
    render,
)
from portal.web.forms import refuse
from portal.web.gate import requires
from portal.web.limits import brake_person
from portal.web.membership_forms import FileForm, InviteForm, offer
from portal.web.notice_keys import NoticeKey
from portal.web.run import read, run
from portal.web.words import gettext

blueprint = Blueprint("memberships", __name__)


@blueprint.get("/admin/memberships")
@requires(Action.VIEW_USERS)
def index() -> ResponseReturnValue:
    return page()


def page(
    form: InviteForm | None = None, *, status: int = 200, error: str | None = None
) -> ResponseReturnValue:
    """The lists and the forms, with what was typed and what is wrong about it."""
    g.here = "memberships"
    found = read(open_invitations.overview, g.visit, _before("waiting"), _before("sent"))
    if isinstance(found, Unsettled):
        return gate.refuse(found)
    form = form if form is not None else _invite_form()
    places = [one for one in found.organisations if memberships.givable(g.visit, one)]
    chosen = [*places, *found.unattended]
    given = [role for one in chosen for role in memberships.givable(g.visit, one)]
    upload = FileForm(formdata=None)
    for each, offered in ((form, chosen), (upload, places)):
        offer(each, offered, given)
    return render.page(
        "memberships/index.html",
        fragment="memberships/_lists.html",
        status=status,
        form=form,
        upload=upload,
        error=error,
        in_place=render.wants_fragment(),
        may_invite=bool(chosen),
        may_upload=bool(places),
        first=bool(found.unattended),
        newest=len(found.unattended) if found.older_unattended else 0,
        columns="email,name,role,language",
        invite_url=url_for("memberships.invite"),
        upload_url=url_for("memberships_file.preview"),
        **_lists(found),
    )


def _lists(found: Overview) -> dict[str, Any]:
    names = {one.id: one.name for one in (*found.organisations, *found.unattended)}
    return {
        "waiting": [membership_views.waiting(line) for line in found.waiting],
        "invitations": [membership_views.invitation(one, names) for one in found.invitations],
        "next_waiting": found.next_waiting
        and url_for("memberships.index", waiting=found.next_waiting),
        "next_invitation": found.next_invitation
        and url_for("memberships.index", sent=found.next_invitation),
    }


def _before(name: str) -> str | None:
    asked = request.args.get(name)
    return addresses.identifier(asked) if asked else None


def _invite_form() -> InviteForm:
    return InviteForm(locale=g.visit.user.locale)


def _done(notice: NoticeKey) -> ResponseReturnValue:
    """The lists as they are now: as a fragment in place, else by redirect with the notice."""
    if render.wants_fragment():
        g.notice = notice_words.notice(notice)
        return page()
    return render.say(render.leave_for(url_for("memberships.index")), notice)


def _answer(outcome: object, notice: NoticeKey) -> ResponseReturnValue:
    """What became of an action on a line of the lists."""
    match outcome:
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Blocked(reason):
            return page(status=422, error=str(membership_words.BLOCKED[reason]))
        case Done():
            return _done(notice)
    raise AssertionError(outcome)


@blueprint.post("/admin/invitations")
@requires(Action.INVITE_USER)
def invite() -> ResponseReturnValue:
    """Invite somebody; the answer does not say whether they have an account elsewhere."""
    form = _invite_form()
    if not form.validate():
        return _refused(form)
    email, name = form.email.data or "", form.name.data or ""
    if too_many := _braked(email):
        return _refused(form, 429, too_many)
    new = Newcomer(
        email,
        name,
        (Role(form.role.data),),
        str(form.locale.data),
        addresses.identifier(form.organisation.data),
        g.visit.acting.time_zone if g.visit.acting else "UTC",
    )
    match run(invitations.invite, g.visit, new):
        case Blocked(reason):
            field = form.organisation if reason == "membership_first" else form.role
            refuse(form.email if reason == "membership_oneself" else field, _words(reason))
            return _refused(form)
        case Invited():
            return _sent(NoticeKey.INVITATION_SENT)
        case Given():
            return _sent(NoticeKey.ROLE_CHANGED)
        case Asked():
            return _sent(NoticeKey.ROLE_WAITS)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    raise AssertionError


def _braked(email: str) -> str | None:
    """Why no other mail is written now: this person sent many, or that mailbox got many."""
    if brake_person(g.edge.settings.invitations_per_person, "invitation"):
        return gettext("That is a great many invitations. Try again in an hour.")
    if not mailed.has_room("invitation", normalise(email) or ""):
        return gettext("This mailbox got many invitations. Try again in an hour.")
    return None


def _words(reason: str) -> str:
    return str(membership_words.BLOCKED[reason])


def _sent(notice: NoticeKey) -> Response:
    return render.say(render.leave_for(url_for("memberships.index")), notice)


def _refused(form: InviteForm, status: int = 422, error: str | None = None) -> ResponseReturnValue:
    return page(form, status=status, error=error)


@blueprint.post("/admin/invitations/<uuid:link_id>/withdrawal")
@requires(Action.INVITE_USER)
def withdraw_invitation(link_id: object) -> ResponseReturnValue:
    outcome = run(open_invitations.withdraw, g.visit, str(link_id))
    return _answer(outcome, NoticeKey.INVITATION_TAKEN_BACK)


@blueprint.post("/admin/invitations/<uuid:link_id>/again")
@requires(Action.INVITE_USER)
def send_again(link_id: object) -> ResponseReturnValue:
    outcome = run(open_invitations.repeat, g.visit, str(link_id))
    return _answer(outcome, NoticeKey.INVITATION_SENT)


@blueprint.post("/admin/memberships/<uuid:request_id>/approval")
@requires(Action.APPROVE_MEMBERSHIP)
def approve(request_id: object) -> ResponseReturnValue:
    outcome = run(membership_requests.approve, g.visit, str(request_id))
    return _answer(outcome, NoticeKey.ROLE_APPROVED)


@blueprint.post("/admin/memberships/<uuid:request_id>/rejection")
@requires(Action.REJECT_MEMBERSHIP)
def reject(request_id: object) -> ResponseReturnValue:
    outcome = run(membership_requests.reject, g.visit, str(request_id))
    return _answer(outcome, NoticeKey.ROLE_REJECTED)


@blueprint.post("/admin/memberships/<uuid:request_id>/withdrawal")
@requires(Action.WITHDRAW_MEMBERSHIP)
def withdraw(request_id: object) -> ResponseReturnValue:
    outcome = run(membership_requests.withdraw, g.visit, str(request_id))
    return _answer(outcome, NoticeKey.ROLE_WITHDRAWN)
