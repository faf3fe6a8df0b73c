"""A forgotten password: asked for by address, chosen anew behind a mailed link."""

from __future__ import annotations

from flask import Blueprint, Response, g, url_for
from flask.typing import ResponseReturnValue

from portal.ceremony import Rejected
from portal.flows import password_resets
from portal.flows.addresses import normalise
from portal.flows.outcomes import Done, Gone
from portal.web import cookies, mailed, render
from portal.web.forms import AddressForm, NewPasswordForm, refuse
from portal.web.gate import public
from portal.web.notice_keys import NoticeKey
from portal.web.register import new_password_words
from portal.web.run import read, run
from portal.web.words import gettext

blueprint = Blueprint("password_resets", __name__)
ASK = "password/ask.html"


@blueprint.get("/password/reset")
@public
def ask() -> ResponseReturnValue:
    return render.page(ASK, form=AddressForm(), error=None)


@blueprint.post("/password/reset")
@public
def send() -> ResponseReturnValue:
    """Mail a link, if there is anybody to mail it to; the answer does not say."""
    form = AddressForm()
    if not form.validate():
        return render.page(ASK, status=422, form=form, error=None)
    email = normalise(form.email.data or "") or ""
    if seconds := mailed.wait():
        return mailed.braked(ASK, form, seconds)
    if mailed.has_room("password", email):
        run(password_resets.request, email)
    return render.page(
        "password/sent.html", email=email, lifetime=g.edge.settings.password_reset_lifetime
    )


@blueprint.get("/password/reset/<token>")
@public
def open_link(token: str) -> ResponseReturnValue:
    return mailed.keep_token(token, url_for(".show"))


@blueprint.get("/password/new")
@public
def show() -> ResponseReturnValue:
    found = read(password_resets.holder, cookies.get(cookies.LINK))
    return _stale() if found is None else _page(NewPasswordForm(), *found)


@blueprint.post("/password/new")
@public
def choose() -> ResponseReturnValue:
    """The new password; then signing in, as always."""
    token = cookies.get(cookies.LINK)
    found = read(password_resets.holder, token)
    if found is None:
        return _stale()
    form = NewPasswordForm()
    if not form.validate():
        return _page(form, *found, status=422)
    match run(password_resets.choose, token, form.new.data or ""):
        case Done():
            response = render.leave_for(url_for("login.sign_in"))
            cookies.drop(response, cookies.LINK)
            return render.say(response, NoticeKey.PASSWORD_RESET)
        case Rejected(reason):
            refuse(form.new, new_password_words(reason, found[1]))
            return _page(form, *found, status=422)
        case Gone():
            return _stale()
    raise AssertionError


def _page(form: NewPasswordForm, email: str, length_min: int, *, status: int = 200) -> Response:
    return render.page(
        "password/new.html",
        status=status,
        form=form,
        error=None,
        email=email,
        length_min=length_min,
        action_url=url_for(".choose"),
    )


def _stale() -> Response:
    return mailed.stale(url_for(".ask"), gettext("Ask for a new link"))
