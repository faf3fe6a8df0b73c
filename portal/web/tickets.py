"""The ticket after a reset: the mailed link, then the password, then enrolling again."""

from __future__ import annotations

from flask import Blueprint, Response, g, url_for
from flask.typing import ResponseReturnValue

from portal.ceremony import Reason
from portal.flows import tickets
from portal.flows.outcomes import Blocked, Gone, Refused
from portal.flows.session import Opened
from portal.rules.lockout import Throttled
from portal.web import challenges, cookies, mailed, messages, moments, render, reset_words
from portal.web.brief import PasswordAnswerForm
from portal.web.gate import public
from portal.web.run import read, run, runner
from portal.web.words import gettext

blueprint = Blueprint("tickets", __name__)


@blueprint.get("/re-enrol/<token>")
@public
def open_ticket(token: str) -> ResponseReturnValue:
    return mailed.keep_token(token, url_for(".show"))


@blueprint.get("/re-enrol")
@public
def show() -> ResponseReturnValue:
    email = read(tickets.holder, cookies.get(cookies.LINK))
    return _stale() if email is None else _page(PasswordAnswerForm(), email)


@blueprint.post("/re-enrol")
@public
def redeem() -> ResponseReturnValue:
    """The password beside the ticket; then the enrolment gate, and nothing else."""
    token = cookies.get(cookies.LINK)
    email = read(tickets.holder, token)
    if email is None:
        return _stale()
    form = PasswordAnswerForm()
    if not form.validate():
        return _page(form, email, status=422)
    match run(tickets.redeem, token, form.password.data or ""):
        case Opened() as opened:
            response = render.leave_for(url_for("login.enrol"))
            cookies.drop(response, cookies.LINK)
            return challenges.hand_over(response, opened)
        case Refused():
            words = messages.rejected("password", Reason.WRONG)
            return _page(form, email, status=422, error=words)
        case Throttled(wait):
            page = _page(form, email, status=429, error=_throttled(wait, moments.wait(wait)))
            return challenges.retry_after(page, wait)
        case Blocked(reason):
            words = f"{reset_words.blocked(reason)} {_whom_to_ask()}"
            return _page(form, email, status=403, error=words)
        case Gone():
            return _stale()
    raise AssertionError


def _throttled(wait: object, words: str) -> str:
    if wait is None:
        return gettext("There were too many attempts with this link. Ask for another reset.")
    return gettext("There were too many attempts. Wait %(time)s, then try again.", time=words)


def _whom_to_ask() -> str:
    contact = runner().settings.support_contact
    return gettext("Turn to your administrator, or to %(contact)s.", contact=contact)


def _page(
    form: PasswordAnswerForm, email: str, *, status: int = 200, error: str | None = None
) -> Response:
    return render.page(
        "tickets/show.html",
        status=status,
        form=form,
        error=error,
        email=email,
        action_url=url_for(".redeem"),
    )


def _stale() -> Response:
    # Signing in says whether a newer link was mailed, and whom to ask when there is none.
    return mailed.stale(url_for("login.sign_in"), gettext("Sign in to see what to do"))


def needed() -> Response:
    """For somebody whose factors were reset and who came with the password alone."""
    mail = read(tickets.mailed, g.visit)
    return render.page("tickets/needed.html", email=mail.email, until=mail.until)
