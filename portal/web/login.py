"""Signing in: password, challenge, forced enrolment, sign-out, unlock."""

from __future__ import annotations

from flask import Blueprint, Response, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.flows import credentials, enrolment, login, session, unlock
from portal.flows.addresses import normalise
from portal.flows.login import SignInAttempt
from portal.flows.outcomes import Gone, Refused
from portal.flows.session import Opened
from portal.flows.unlock import Unlocked
from portal.rules.access import Allow, Enrol, StepUp, decide
from portal.rules.lockout import Throttled
from portal.rules.terms import Action
from portal.web import (
    addresses,
    challenges,
    cookies,
    mailed,
    messages,
    moments,
    pages,
    render,
    tickets,
)
from portal.web.addresses import address
from portal.web.brief import SignInForm
from portal.web.challenges import Asked
from portal.web.forms import AddressForm
from portal.web.gate import decision_for, public, requires
from portal.web.limits import brake
from portal.web.notice_words import NoticeKey
from portal.web.run import read, run, runner
from portal.web.words import gettext

blueprint = Blueprint("login", __name__)
CLEAR = '"cache", "storage"'  # Never cookies: the known browser's stays.


@blueprint.get("/login")
@public
def sign_in() -> ResponseReturnValue:
    """The sign-in page; whoever is signed in already goes on."""
    token = cookies.get(cookies.SESSION)
    visit = read(session.load, token) if token else None
    if visit is not None:
        match decide(Action.HOME, visit.facts):
            case Allow():
                return render.leave_for(addresses.next_path())
            case StepUp(pending=True):
                return render.leave_for(url_for(".challenge", next=request.args.get("next")))
            case Enrol():
                return render.leave_for(url_for(".enrol", next=request.args.get("next")))
    return _sign_in_page(SignInForm(data={"next": request.args.get("next", "")}))


@blueprint.post("/login")
@public
def take_password() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return _sign_in_page(form, status=422)
    if seconds := brake().wait(g.edge.settings.sign_ins_per_address, "sign_in"):
        return _braked(form, seconds)
    attempt = SignInAttempt(email=form.email.data or "", password=form.password.data or "")
    match run(login.sign_in, attempt):
        case Opened() as opened:
            target = addresses.next_path()
            if not opened.complete:
                target = address("login.challenge", next=form.next.data or None)
            return challenges.hand_over(render.leave_for(target), opened)
        case Throttled(wait):
            words = messages.throttled(wait, moments.wait(wait))
            return challenges.retry_after(_sign_in_page(form, status=429, error=words), wait)
        case Refused():
            return _sign_in_page(form, status=422, error=messages.sign_in_refused())
    raise AssertionError


def _sign_in_page(form: SignInForm, *, status: int = 200, error: str | None = None) -> Response:
    return render.page(
        "login/sign_in.html",
        status=status,
        form=form,
        error=error,
        register_url=address("register.new"),
        unlock_url=address("login.ask_unlock"),
    )


def _braked(form: SignInForm, seconds: int) -> Response:
    words = gettext("Too many sign-ins from your network. Wait a minute, then try again.")
    response = _sign_in_page(form, status=429, error=words)
    response.headers["Retry-After"] = str(seconds)
    return response


def _asked() -> Asked:
    wanted = addresses.next_path()
    return Asked(
        action=Action.HOME,
        url=lambda kind: address("login.challenge", kind=kind, next=wanted),
        done_url=wanted,
    )


@blueprint.get("/login/challenge", defaults={"kind": None})
@blueprint.get("/login/challenge/<kind>")
@requires(Action.CHALLENGE)
def challenge(kind: str | None) -> ResponseReturnValue:
    if isinstance(decision_for(Action.HOME), Enrol):
        return render.leave_for(url_for(".enrol", next=addresses.next_path()))
    return challenges.show(_asked(), kind)


@blueprint.post("/login/challenge/<kind>")
@requires(Action.CHALLENGE)
def take_answer(kind: str) -> ResponseReturnValue:
    return challenges.answer(_asked(), kind)


@blueprint.get("/login/enrol")
@requires(Action.CHALLENGE)
def enrol() -> ResponseReturnValue:
    """The enrolment gate: nothing else is open before one of these is enrolled.

    Also where somebody is led who may go without, but not to what they asked for.
    """
    wanted = addresses.next_path()
    home = decision_for(Action.HOME)
    closed = isinstance(home, Enrol)
    led = isinstance(home, Allow) and not credentials.holds_second_factor(g.visit)
    if not closed and not led:
        return render.leave_for(wanted)
    if isinstance(home, Enrol) and home.why == "ticket_needed":
        return tickets.needed()
    by_role = gettext("Your role can do much, so your organisation asks for two factors.")
    by_page = gettext("What you are opening is worth protecting, so it asks for two factors.")
    by_reset = gettext("Your authenticators were reset, so you set up a new one.")
    reasons = {"reset": by_reset, "action_needs_second_factor": by_page}
    why = home.why if isinstance(home, Enrol) else "action_needs_second_factor"
    kinds = read(enrolment.offers, g.visit)
    return render.page(
        "login/enrol.html",
        reason=reasons.get(why, by_role),
        closed=closed,
        leave_url=None if closed else url_for("home.index"),
        choices=pages.ways(
            kinds, lambda kind: url_for("security.begin_enrolment", kind=kind, next=wanted)
        ),
    )


@blueprint.post("/logout")
@requires(Action.SIGN_OUT)
def sign_out() -> ResponseReturnValue:
    run(session.sign_out, g.visit)
    return signed_out(NoticeKey.SIGNED_OUT)


@blueprint.post("/change-person")
@requires(Action.SIGN_OUT)
def change_person() -> ResponseReturnValue:
    """At a desk that several people share: this one leaves, the next one signs in."""
    run(session.sign_out, g.visit)
    return signed_out(NoticeKey.PERSON_CHANGED)


def signed_out(notice: NoticeKey) -> Response:
    """The sign-in page, with nothing of the session left in the browser."""
    response = render.leave_for(url_for("login.sign_in"))
    cookies.drop(response, cookies.SESSION)
    response.headers["Clear-Site-Data"] = CLEAR
    return render.say(response, notice)


@blueprint.get("/login/unlock")
@public
def ask_unlock() -> ResponseReturnValue:
    return render.page("login/unlock.html", form=AddressForm(), error=None)


@blueprint.post("/login/unlock")
@public
def send_unlock() -> ResponseReturnValue:
    """Mail an unlock link, if there is anybody to mail it to; the answer does not say."""
    form = AddressForm()
    if not form.validate():
        return render.page("login/unlock.html", status=422, form=form, error=None)
    email = normalise(form.email.data or "") or ""
    if seconds := mailed.wait():
        return mailed.braked("login/unlock.html", form, seconds)
    if mailed.has_room("unlock", email):
        run(unlock.request, email)
    return render.page("login/unlock_sent.html", email=email)


@blueprint.get("/unlock/<token>")
@public
def open_unlock(token: str) -> ResponseReturnValue:
    return mailed.keep_token(token, url_for(".show_unlock"))


@blueprint.get("/unlock")
@public
def show_unlock() -> ResponseReturnValue:
    return render.page("login/unlock_confirm.html", action_url=url_for(".confirm_unlock"))


@blueprint.post("/unlock")
@public
def confirm_unlock() -> ResponseReturnValue:
    match run(unlock.confirm, cookies.get(cookies.LINK)):
        case Unlocked(browser_token):
            response = render.leave_for(url_for(".sign_in"))
            lifetime = runner().settings.link_lifetime
            cookies.put(response, cookies.BROWSER, browser_token, lifetime)
            cookies.drop(response, cookies.LINK)
            return render.say(response, NoticeKey.UNLOCKED)
        case Gone():
            return mailed.stale(url_for(".ask_unlock"), gettext("Ask for a new link"))
    raise AssertionError
