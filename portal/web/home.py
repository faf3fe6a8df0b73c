"""The first page after signing in: how safe the account is, and what is next."""

from __future__ import annotations

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from portal.flows import activity
from portal.rules.terms import Action
from portal.web import pages, places, render
from portal.web.addresses import address
from portal.web.gate import requires
from portal.web.pages import Step
from portal.web.run import read
from portal.web.words import gettext

blueprint = Blueprint("home", __name__)
RECENT = 5


@blueprint.get("/")
@requires(Action.HOME)
def index() -> ResponseReturnValue:
    g.here = "home"
    happenings, _ = read(activity.page, g.visit, size=RECENT)
    return render.page(
        "home/index.html",
        greeting=gettext("Hello, %(name)s", name=g.visit.user.name),
        protection=pages.protection(g.visit),
        recent=pages.activity(happenings),
        next_steps=[
            *(
                Step(title=place.words, text=place.text, url=place.url, action=gettext("Open"))
                for place in places.of(g.visit)
            ),
            Step(
                title=gettext("Sign-in methods"),
                text=gettext("Authenticators, backup codes and your password."),
                url=address("security.index"),
                action=gettext("Manage"),
            ),
            Step(
                title=gettext("Sessions"),
                text=gettext("Where you are signed in, and the browsers we know."),
                url=address("sessions.index"),
                action=gettext("Look"),
            ),
        ],
    )
