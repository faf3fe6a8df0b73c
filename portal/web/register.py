"""Opening an account of one's own, and activating it from the mailbox."""

from __future__ import annotations

from flask import Blueprint, Response, abort, url_for
from flask.typing import ResponseReturnValue

from portal.ceremony import Reason, Rejected
from portal.flows import registration
from portal.flows.addresses import normalise
from portal.flows.outcomes import Done, Gone, Refused
from portal.flows.registration import Application
from portal.flows.session import Opened
from portal.rules.lockout import Throttled
from portal.web import challenges, cookies, mailed, messages, moments, render
from portal.web.forms import ConfirmForm, RegisterForm, refuse
from portal.web.gate import public
from portal.web.run import read, run
from portal.web.words import gettext

blueprint = Blueprint("register", __name__)
PAGE = "register/new.html"


@blueprint.get("/register")
@public
def new() -> ResponseReturnValue:
    if not read(registration.is_open):
        abort(404)
    return _page(RegisterForm())


@blueprint.post("/register")
@public
def create() -> ResponseReturnValue:
    """Take an application; the answer is the same whether or not the address has an account."""
    form = RegisterForm()
    if not form.validate():
        return _page(form, status=422)
    email = normalise(form.email.data or "") or ""
    if seconds := mailed.wait():
        response = _page(form, status=429, error=gettext("Too many messages were asked for."))
        response.headers["Retry-After"] = str(seconds)
        return response
    application = Application(
        name=form.name.data or "",
        email=email,
        password=form.password.data or "",
        locale=render.current_locale(),
    )
    match run(registration.register, application, send=mailed.has_room("register", email)):
        case Gone():
            abort(404)
        case Done():
            return render.page("register/sent.html", email=application.email)
        case Rejected(reason):
            refuse(form.password, new_password_words(reason))
            return _page(form, status=422)
    raise AssertionError


def new_password_words(reason: Reason, length_min: int = 15) -> str:
    if reason is Reason.TOO_SHORT:
        return messages.password_too_short(length_min)
    return messages.rejected("password", reason)


def _page(form: RegisterForm, *, status: int = 200, error: str | None = None) -> Response:
    return render.page(
        PAGE, status=status, form=form, error=error, sign_in_url=url_for("login.sign_in")
    )


@blueprint.get("/activate/<token>")
@public
def open_activation(token: str) -> ResponseReturnValue:
    return mailed.keep_token(token, url_for(".show_activation"))


@blueprint.get("/activate")
@public
def show_activation() -> ResponseReturnValue:
    email = read(registration.applicant, cookies.get(cookies.LINK))
    return _stale() if email is None else _confirm_page(ConfirmForm(), email)


@blueprint.post("/activate")
@public
def activate() -> ResponseReturnValue:
    """Open the account with the mailed link and the chosen password together."""
    token = cookies.get(cookies.LINK)
    email = read(registration.applicant, token)
    if email is None:
        return _stale()
    form = ConfirmForm()
    if not form.validate():
        return _confirm_page(form, email, status=422)
    match run(registration.confirm, token, form.password.data or ""):
        case Opened() as opened:
            response = render.leave_for(url_for("home.index"))
            cookies.drop(response, cookies.LINK)
            return challenges.hand_over(response, opened)
        case Refused():
            words = str(messages.rejected("password", Reason.WRONG))
            return _confirm_page(form, email, status=422, error=words)
        case Throttled(wait):
            words = messages.throttled(wait, moments.wait(wait))
            page = _confirm_page(form, email, status=429, error=words)
            return challenges.retry_after(page, wait)
        case Gone():
            return _stale()
    raise AssertionError


def _confirm_page(
    form: ConfirmForm, email: str, *, status: int = 200, error: str | None = None
) -> Response:
    return render.page(
        "register/confirm.html",
        status=status,
        form=form,
        error=error,
        email=email,
        action_url=url_for(".activate"),
    )


def _stale() -> Response:
    return mailed.stale(url_for(".new"), gettext("Register again"))
