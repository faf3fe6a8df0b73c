"""A person's own account: profile, password, e-mail address, language, acting organisation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.ceremony import Rejected
from portal.flows import account, credentials, session
from portal.flows.account import Profile
from portal.flows.addresses import normalise
from portal.flows.credentials import WrongCurrent
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.session import Opened
from portal.rules.lockout import Throttled
from portal.rules.terms import Action
from portal.settings import LOCALES
from portal.web import addresses, challenges, cookies, mailed, messages, moments, render, signals
from portal.web.forms import NewAddressForm, PasswordForm, ProfileForm, refuse
from portal.web.gate import public, requires
from portal.web.limits import brake_person
from portal.web.notice_keys import NoticeKey
from portal.web.register import new_password_words
from portal.web.run import read, run
from portal.web.words import gettext

blueprint = Blueprint("account", __name__)
A_YEAR = timedelta(days=365)


def _profile_form(**values: object) -> ProfileForm:
    form = ProfileForm(**values)
    form.locale.choices = list(LOCALES.items())
    return form


@blueprint.get("/account")
@requires(Action.VIEW_ACCOUNT)
def index() -> ResponseReturnValue:
    user = g.visit.user
    values = {"name": user.name, "locale": user.locale, "time_zone": user.time_zone}
    return _page(_profile_form(data=values))


@blueprint.post("/account")
@requires(Action.CHANGE_PROFILE)
def save() -> ResponseReturnValue:
    form = _profile_form()
    if not form.validate():
        return _page(form, status=422)
    profile = Profile(form.name.data or "", str(form.locale.data), str(form.time_zone.data))
    run(account.save_profile, g.visit, profile)
    return render.say(render.leave_for(url_for(".index")), NoticeKey.PROFILE_SAVED)


def _page(form: ProfileForm, *, status: int = 200) -> Response:
    g.here = "account"
    overview = read(account.overview, g.visit)
    return render.page(
        "account/index.html",
        status=status,
        form=form,
        error=None,
        signals=signals.of_person(g.visit),
        email=g.visit.user.email,
        email_pending=overview.email_pending,
        password_changed_at=overview.password_set_at,
        password_url=url_for(".password"),
        email_url=url_for(".email"),
        home_organisation=overview.home_organisation,
        memberships=[
            {"organisation": name, "roles": [messages.role(role) for role in roles]}
            for name, roles in overview.roles.items()
        ],
    )


@blueprint.get("/account/password")
@requires(Action.CHANGE_PASSWORD)
def password() -> ResponseReturnValue:
    return _password_page(PasswordForm())


@blueprint.post("/account/password")
@requires(Action.CHANGE_PASSWORD)
def change_password() -> ResponseReturnValue:
    form = PasswordForm()
    if not form.validate():
        return _password_page(form, status=422)
    if seconds := brake_person(g.edge.settings.password_changes_per_person, "password"):
        error = gettext("Too many changes. Try again in an hour.")
        response = _password_page(form, status=429, error=error)
        return challenges.retry_after(response, timedelta(seconds=seconds))
    current, new = form.current.data or "", form.new.data or ""
    match run(credentials.change_password, g.visit, current, new):
        case Opened() as opened:
            response = render.leave_for(url_for(".index"))
            return challenges.hand_over(render.say(response, NoticeKey.PASSWORD_CHANGED), opened)
        case WrongCurrent():
            refuse(form.current, str(messages.FACTORS["password"].wrong))
            return _password_page(form, status=422)
        case Rejected(reason):
            refuse(form.new, new_password_words(reason, _length_min()))
            return _password_page(form, status=422)
        case Throttled(wait):
            words = messages.throttled(wait, moments.wait(wait))
            response = _password_page(form, status=429, error=words)
            return challenges.retry_after(response, wait)
        case Gone():
            return render.leave_for(url_for("login.sign_in"))
    raise AssertionError


def _length_min() -> int:
    return credentials.password_length_min(g.edge, g.visit)


def _password_page(form: PasswordForm, *, status: int = 200, error: str | None = None) -> Response:
    g.here = "account"
    form.new.description = gettext("At least %(count)s characters.", count=_length_min())
    due = g.visit.facts.password_due
    return render.page("account/password.html", status=status, form=form, error=error, due=due)


@blueprint.get("/account/email")
@requires(Action.CHANGE_EMAIL)
def email() -> ResponseReturnValue:
    g.here = "account"
    return render.page("account/email.html", form=NewAddressForm(), error=None)


@blueprint.post("/account/email")
@requires(Action.CHANGE_EMAIL)
def change_email() -> ResponseReturnValue:
    """Ask for the change; the answer is the same whether or not the address is taken."""
    g.here = "account"
    form = NewAddressForm()
    if not form.validate():
        return render.page("account/email.html", status=422, form=form, error=None)
    address = normalise(form.email.data or "") or ""
    if seconds := mailed.wait():
        return mailed.braked("account/email.html", form, seconds)
    if mailed.has_room("email_change", address):
        run(account.request_email, g.visit, address)
    return render.say(render.leave_for(url_for(".index")), NoticeKey.EMAIL_REQUESTED)


@blueprint.get("/account/email/confirmation/<token>")
@public
def open_email_confirmation(token: str) -> ResponseReturnValue:
    return mailed.keep_token(token, url_for(".show_email_confirmation"))


@blueprint.get("/account/email/confirmation")
@public
def show_email_confirmation() -> ResponseReturnValue:
    return _link_page("account/email_confirm.html", account.to_confirm, ".confirm_email")


@blueprint.post("/account/email/confirmation")
@public
def confirm_email() -> ResponseReturnValue:
    outcome = run(account.confirm_email, cookies.get(cookies.LINK))
    return _moved(outcome, NoticeKey.EMAIL_CONFIRMED)


@blueprint.get("/account/email/cancellation/<token>")
@public
def open_email_cancellation(token: str) -> ResponseReturnValue:
    return mailed.keep_token(token, url_for(".show_email_cancellation"))


@blueprint.get("/account/email/cancellation")
@public
def show_email_cancellation() -> ResponseReturnValue:
    return _link_page("account/email_cancel.html", account.to_cancel, ".cancel_email")


@blueprint.post("/account/email/cancellation")
@public
def cancel_email() -> ResponseReturnValue:
    outcome = run(account.cancel_email, cookies.get(cookies.LINK))
    return _moved(outcome, NoticeKey.EMAIL_CANCELLED)


def _link_page(template: str, find: Callable[..., str | None], action: str) -> Response:
    address = read(find, cookies.get(cookies.LINK))
    if address is None:
        return mailed.stale(url_for(".index"), gettext("Go to your account"))
    return render.page(template, action_url=url_for(action), email=address)


def _moved(outcome: Done | Blocked | Gone, notice: NoticeKey) -> Response:
    match outcome:
        case Gone():
            return mailed.stale(url_for(".index"), gettext("Go to your account"))
        case Blocked():
            notice = NoticeKey.EMAIL_NOT_RESTORED
    response = render.leave_for(url_for("login.sign_in"))
    cookies.drop(response, cookies.LINK)
    return render.say(response, notice)


@blueprint.post("/acting-organisation")
@requires(Action.SWITCH_ORGANISATION)
def switch_organisation() -> ResponseReturnValue:
    """Act in another of one's organisations; any other is not found."""
    wanted = addresses.identifier(request.form.get("organisation"))
    if not run(session.switch_organisation, g.visit, wanted):
        abort(404)
    return render.say(render.leave_for(url_for("home.index")), NoticeKey.SWITCHED)


@blueprint.post("/language")
@public
def language() -> ResponseReturnValue:
    """Choose a language before signing in; a person's own is in their profile."""
    response = render.leave_for(
        addresses.own_path(request.form.get("next")) or url_for("login.sign_in")
    )
    chosen = request.form.get("locale", "")
    if chosen in LOCALES:
        cookies.put(response, cookies.LOCALE, chosen, A_YEAR)
    return response
