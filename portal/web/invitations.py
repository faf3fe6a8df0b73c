"""Accepting an invitation: the mailed link, the page that says what to, the button that acts."""

from __future__ import annotations

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from portal.ceremony import Reason, Rejected
from portal.flows import acceptances
from portal.flows.acceptances import Chosen, Offer
from portal.flows.outcomes import Done, Gone, Refused
from portal.flows.session import Opened
from portal.rules.lockout import Throttled
from portal.settings import LOCALES
from portal.web import (
    challenges,
    cookies,
    mailed,
    membership_words,
    messages,
    moments,
    render,
)
from portal.web.brief import PasswordAnswerForm
from portal.web.forms import refuse, time_zones
from portal.web.gate import public
from portal.web.membership_forms import AcceptForm
from portal.web.notice_keys import NoticeKey
from portal.web.register import new_password_words
from portal.web.run import read, run
from portal.web.words import gettext

blueprint = Blueprint("invitations", __name__)


@blueprint.get("/invitation/<token>")
@public
def open_link(token: str) -> ResponseReturnValue:
    return mailed.keep_token(token, url_for(".show"))


@blueprint.get("/invitation")
@public
def show() -> ResponseReturnValue:
    offered = read(acceptances.offer, cookies.get(cookies.LINK))
    if isinstance(offered, Gone):
        return _stale()
    return (
        _begun(offered, PasswordAnswerForm()) if offered.begun else _page(offered, _form(offered))
    )


@blueprint.post("/invitation")
@public
def accept() -> ResponseReturnValue:
    """Accept: a new account with the password that was chosen, else one role more."""
    token = cookies.get(cookies.LINK)
    offered = read(acceptances.offer, token)
    if isinstance(offered, Gone):
        return _stale()
    if offered.begun:
        return _go_on(token, offered)
    form = _form(offered)
    if offered.new and not form.validate():
        return _page(offered, form, status=422)
    chosen = Chosen(form.password.data or "", str(form.locale.data), str(form.time_zone.data))
    match run(acceptances.accept, token, chosen):
        case Opened() as opened:
            return _enter(opened)
        case Done():
            response = render.leave_for(url_for("login.sign_in"))
            cookies.drop(response, cookies.LINK)
            return render.say(response, NoticeKey.INVITATION_ACCEPTED)
        case Rejected(reason):
            refuse(form.password, new_password_words(reason))
            return _page(offered, form, status=422)
        case Gone():
            return _stale()
    raise AssertionError


def _go_on(token: str, offered: Offer) -> ResponseReturnValue:
    """Back to an activation that was begun, with the password that was chosen then."""
    form = PasswordAnswerForm()
    if not form.validate():
        return _begun(offered, form, status=422)
    match run(acceptances.go_on, token, form.password.data or ""):
        case Opened() as opened:
            return _enter(opened)
        case Refused():
            words = messages.rejected("password", Reason.WRONG)
            return _begun(offered, form, status=422, error=words)
        case Throttled(wait):
            words = gettext("There were too many attempts with this link. Ask for a new one.")
            if wait is not None:
                words = messages.throttled(wait, moments.wait(wait))
            page = _begun(offered, form, status=429, error=words)
            return challenges.retry_after(page, wait)
        case Gone():
            return _stale()
    raise AssertionError


def _enter(opened: Opened) -> Response:
    response = render.leave_for(url_for("home.index"))
    cookies.drop(response, cookies.LINK)
    return challenges.hand_over(response, opened)


def _begun(
    offered: Offer, form: PasswordAnswerForm, *, status: int = 200, error: str | None = None
) -> Response:
    return render.page(
        "invitations/begun.html",
        status=status,
        form=form,
        error=error,
        offer=offered,
        action_url=url_for(".accept"),
    )


def _form(offered: Offer) -> AcceptForm:
    """The language is the browser's, the time zone the organisation's, until others are chosen."""
    zone = offered.time_zone if offered.time_zone in time_zones() else "UTC"
    form = AcceptForm(data={"locale": render.current_locale(), "time_zone": zone})
    form.locale.choices = list(LOCALES.items())
    return form


def _page(offered: Offer, form: AcceptForm, *, status: int = 200) -> Response:
    return render.page(
        "invitations/show.html",
        status=status,
        form=form,
        error=None,
        offer=offered,
        roles=membership_words.roles(offered.roles),
        action_url=url_for(".accept"),
    )


def _stale() -> Response:
    """Used, expired, withdrawn, another's, or no link at all: one page, with the way on."""
    return render.page(
        "invitations/stale.html",
        status=410,
        renew_url=url_for(".renew"),
        sign_in_url=url_for("login.sign_in"),
    )


@blueprint.post("/invitation-renewal")
@public
def renew() -> ResponseReturnValue:
    """A new mail in place of a link that nobody used in time; the answer is always the same."""
    if seconds := mailed.wait():
        response = _stale()
        response.status_code = 429
        response.headers["Retry-After"] = str(seconds)
        return response
    run(acceptances.renew, cookies.get(cookies.LINK))
    return render.page(
        "invitations/renewed.html",
        title=gettext("Look into your mailbox"),
        sign_in_url=url_for("login.sign_in"),
    )
