"""The first page after signing in: how safe the account is, and what is next."""

from __future__ import annotations

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from portal.flows import activity, credentials, passkeys
from portal.rules.terms import Action
from portal.web import pages, passkey_offer, places, render, signals
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
    known = read(credentials.lookups, g.visit) if g.visit.user.handle else []
    offered = passkey_offer.is_due(g.visit)
    page = render.page(
        "home/index.html",
        signals=signals.of_account(g.visit, known),
        passkey_url=_passkey_url() if offered else None,
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
    return passkey_offer.was_made(page) if offered else page


def _passkey_url() -> str:
    """Where a passkey of this very device is made: no telephone, no key."""
    return address("security.begin_enrolment", kind=passkeys.KIND, variant="this_device")
