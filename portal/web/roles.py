"""A person's roles: giving and taking them, another home, leaving."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, current_app, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.flows import departures, memberships, people
from portal.flows.departures import Departed
from portal.flows.memberships import Asked, Change, Wanted
from portal.flows.outcomes import Blocked, Done
from portal.flows.permission import Unsettled
from portal.rules.terms import Action, Role
from portal.web import addresses, gate, membership_views, membership_words, render
from portal.web.gate import requires
from portal.web.membership_forms import HomeForm, RoleForm, offer
from portal.web.notice_keys import NoticeKey
from portal.web.run import read, run

blueprint = Blueprint("roles", __name__)


@blueprint.get("/admin/users/<uuid:user_id>/roles")
@requires(Action.VIEW_USERS)
def show(user_id: UUID) -> ResponseReturnValue:
    return _page(user_id)


def _page(
    user_id: UUID, form: RoleForm | None = None, *, status: int = 200, error: str | None = None
) -> ResponseReturnValue:
    g.here = "users"
    sheet = read(people.sheet, g.visit, str(user_id))
    if isinstance(sheet, Unsettled):
        return gate.refuse(sheet)
    form = form if form is not None else RoleForm()
    home = HomeForm(formdata=None)
    offer(form, sheet.changeable, sheet.givable)
    offer(home, [one for one in sheet.changeable if one != sheet.home])
    user = sheet.person.user
    back = "users.index" if "users.index" in current_app.view_functions else "memberships.index"
    return render.page(
        "memberships/roles.html",
        status=status,
        name=user.name,
        email=user.email,
        state=membership_words.LET_GO if sheet.let_go else membership_words.STATES[user.state],
        home_name=sheet.home.name if sheet.home else None,
        roles=membership_views.roles(sheet),
        pending=membership_views.pending(sheet),
        leaves=sheet.leaves,
        form=form if sheet.givable else None,
        home_form=home if sheet.movable else None,
        error=error,
        back_url=url_for(back),
        change_url=url_for(".change", user_id=user_id),
        move_url=url_for(".move", user_id=user_id),
        leave_url=url_for(".depart", user_id=user_id),
    )


def _answer(user_id: UUID, outcome: object, notice: NoticeKey) -> ResponseReturnValue:
    match outcome:
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Blocked(reason):
            return _page(user_id, status=422, error=str(membership_words.BLOCKED[reason]))
        case Asked():
            notice = NoticeKey.ROLE_WAITS
        case Departed(waiting, disabled):
            notice = NoticeKey.LEFT_WAITS if waiting else NoticeKey.LEFT
            notice = NoticeKey.LEFT_CLOSED if disabled else notice
        case Done():
            pass
        case _:
            raise AssertionError(outcome)
    return render.say(render.leave_for(url_for(".show", user_id=user_id)), notice)


@blueprint.post("/admin/users/<uuid:user_id>/roles")
@requires(Action.CHANGE_MEMBERSHIP)
def change(user_id: UUID) -> ResponseReturnValue:
    form = RoleForm()
    if not form.validate():
        return _page(user_id, form, status=422)
    wanted = Wanted(
        Change(str(form.change.data)),
        Role(form.role.data),
        addresses.identifier(form.organisation.data),
    )
    outcome = run(memberships.change, g.visit, str(user_id), wanted)
    return _answer(user_id, outcome, NoticeKey.ROLE_CHANGED)


@blueprint.post("/admin/users/<uuid:user_id>/home")
@requires(Action.CHANGE_MEMBERSHIP)
def move(user_id: UUID) -> ResponseReturnValue:
    """Another home organisation, among those that the actor answers for."""
    there = addresses.identifier(request.form.get("organisation"))
    outcome = run(departures.move, g.visit, str(user_id), there)
    return _answer(user_id, outcome, NoticeKey.HOME_CHANGED)


@blueprint.post("/admin/users/<uuid:user_id>/departure")
@requires(Action.CHANGE_MEMBERSHIP)
def depart(user_id: UUID) -> ResponseReturnValue:
    """They leave an organisation: the one named, else the one acted for."""
    acting = g.visit.acting.organisation_id if g.visit.acting else ""
    left = addresses.identifier(request.form.get("organisation") or acting)
    outcome = run(departures.depart, g.visit, str(user_id), left)
    return _answer(user_id, outcome, NoticeKey.LEFT)
