"""Shared desks: a page finds out when it locks, and says that somebody is still there.

Every page of theirs asks here by script, or comes here by itself without one. Looking is no
activity, so that no open page keeps a desk awake.
"""

from __future__ import annotations

from flask import Blueprint, Response, g
from flask.typing import ResponseReturnValue

from portal.flows import session
from portal.rules.terms import Action
from portal.web import addresses, desks, render
from portal.web.gate import requires

blueprint = Blueprint("shared_desks", __name__)


@blueprint.get("/desk/lock")
@requires(Action.HOME, activity=False)
def look() -> ResponseReturnValue:
    """How long until the lock. A locked session never comes here: the gate asks it for a proof."""
    return _left(used=False)


@blueprint.get("/desk/activity")
@requires(Action.HOME)
def note_activity() -> ResponseReturnValue:
    """Somebody is there; the gate has noted it."""
    return _left(used=True)


@blueprint.get("/desk/away")
@requires(Action.HOME, activity=False)
def away() -> ResponseReturnValue:
    """Where a page without scripts goes at its end: back, if that keeps nothing awake."""
    # While its last use is young, opening the page notes no new one.
    if not g.visit.facts.shared_desk or not session.is_touch_due(g.edge, g.visit):
        return render.leave_for(addresses.next_path())
    return render.page("login/still_there.html", next_url=addresses.next_path())


def _left(*, used: bool) -> Response:
    """No content, and after how many seconds to ask again."""
    left_s = desks.left_s(g.visit, used=used)
    return Response(status=204, headers={"Retry-After": str(left_s)} if left_s else None)
