"""Signing in: password, challenge, forced enrolment, sign-out, unlock."""

from __future__ import annotations

from flask import Blueprint, Response, g, request, url_for
from flask.typing import ResponseReturnValue

from portal.ceremony import Reason, Rejected
from portal.flows import credentials, login, offered, passkeys, session, unlock
from portal.flows.addresses import normalise
from portal.flows.device_answers import Answer
from portal.flows.login import SignInAttempt
from portal.flows.outcomes import Gone, Refused
from portal.flows.passkeys import KIND as PASSKEY
from portal.flows.session import Opened
from portal.flows.unlock import Unlocked
from portal.rules.access import Allow, Enrol, StepUp, decide
from portal.rules.lockout import Throttled
from portal.rules.terms import Action
from portal.web import (
    addresses,
    challenges,
    cookies,
    csrf,
    enrol_reasons,
    mailed,
    messages,
    moments,
    pages,
    passkey_offer,
    render,
    signals,
    tickets,
)
from portal.web.addresses import address
from portal.web.brief import BriefForm, DeviceForm, SignInForm
from portal.web.challenges import Asked
from portal.web.forms import AddressForm
from portal.web.gate import decision_for, public, requires
from portal.web.limits import brake
from portal.web.notice_keys import NoticeKey
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


@blueprint.post("/login/passkey")
@public
def take_passkey() -> ResponseReturnValue:
    """Sign in with a passkey alone: what the device said to this browser's challenge."""
    form = DeviceForm()
    again = SignInForm(data={"next": form.next.data or ""})
    if not form.validate():
        return _sign_in_page(again, status=422, error=messages.rejected(PASSKEY, Reason.EXPIRED))
    if seconds := brake().wait(g.edge.settings.sign_ins_per_address, "sign_in"):
        return _braked(again, seconds)
    given = Answer(str(form.answer.data), addresses.identifier(form.ceremony.data))
    match run(passkeys.sign_in, csrf.browser(), given):
        case Opened() as opened:
            target = addresses.next_path()
            if not opened.complete:
                target = address("login.challenge", next=form.next.data or None)
            response = challenges.hand_over(render.leave_for(target), opened)
            return passkey_offer.note_sign_in(response, given.text)
        case Rejected(reason):
            words = messages.rejected(PASSKEY, reason)
            # Nobody has it, so the browser may forget it; of anybody's it must not be told.
            lookup = g.edge.factors[PASSKEY].lookup_of(given.text)
            nobodys = reason is Reason.UNKNOWN and lookup is not None
            signal = signals.unknown(lookup) if nobodys else None
            return _sign_in_page(again, status=422, error=words, signal=signal)
        case Refused():
            words = messages.rejected(PASSKEY, Reason.UNKNOWN)
            return _sign_in_page(again, status=422, error=words)
    raise AssertionError


def _sign_in_page(
    form: BriefForm,
    *,
    status: int = 200,
    error: str | None = None,
    signal: signals.Signal | None = None,
) -> Response:
    return render.page(
        "login/sign_in.html",
        status=status,
        form=form,
        error=error,
        signal=signal,
        passkey_url=address("login.take_passkey"),
        options_url=address("webauthn.sign_in_options"),
        register_url=address("register.new"),
        unlock_url=address("login.ask_unlock"),
        forgotten_url=address("password_resets.ask"),
    )


def _braked(form: BriefForm, seconds: int) -> Response:
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
        options_url=address("webauthn.challenge_options"),
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
    further = credentials.holds_second_factor(g.visit)
    asked = enrol_reasons.by_action()
    led = isinstance(home, Allow) and (not further or asked is not None)
    if not closed and not led:
        return render.leave_for(wanted)
    if isinstance(home, Enrol) and home.why == "ticket_needed":
        return tickets.needed()
    why = "action_needs_second_factor"
    kinds = read(offered.offers, g.visit)
    if isinstance(home, Enrol):
        why = home.why
    elif asked is not None:
        why = asked.why
        kinds = [kind for kind in asked.choices if kind in kinds]
    return render.page(
        "login/enrol.html" if closed else "login/enrol_further.html",
        reason=enrol_reasons.sentence(why, g.visit.facts),
        closed=closed,
        further=further,
        leave_url=None if closed else url_for("home.index"),
        choices=pages.enrolments(
            kinds,
            lambda kind, variant: url_for(
                "security.begin_enrolment", kind=kind, variant=variant, next=wanted
            ),
            # Most passkeys are synced, so that a key is the surer way to AAL3.
            best="security_key" if why == "action_needs_hardware" else "",
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
