"""The gate: every request passes here, and a route without an action passes never.

It reads the facts, asks `decide`, and turns the answer into HTTP. It holds no rule of its own.

    PUBLIC            ──► the view, as nobody
    a machine's      ──► the view, as the token's machine; no cookie is looked at
    SignIn, pending   ──► 303 /login        (a fragment: 401 + HX-Redirect)
    StepUp            ──► 303 /step-ups/…   (a fragment: 403 + HX-Redirect)
    Enrol             ──► 303 /login/enrol  (a fragment: 403 + HX-Redirect)
    Renew             ──► 303 /account/password
    NotFound, Deny    ──► 404, 403 with the reason in words
    Allow             ──► the view, as the visit; a provisional one must settle its object
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.edge import Client, Edge, NotSettled
from portal.flows import interruptions, permission, session
from portal.flows.permission import Subject, Unsettled
from portal.flows.session import Visit
from portal.rules.access import (
    Allow,
    Decision,
    Deny,
    Enrol,
    NotFound,
    Renew,
    SignIn,
    StepUp,
    decide,
)
from portal.rules.terms import Action
from portal.web import addresses, cookies, csrf, here, machines
from portal.web.csrf import SAFE_METHODS
from portal.web.kept import keep, keep_page
from portal.web.run import run, runner

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"
USER_AGENT_MAX = 400


def requires(action: Action, *, activity: bool = True) -> Callable[[View], View]:
    """Name what a route does; `rules.actions.ACTIONS` says what that needs.

    Without `activity`: a page asks for it by itself, so that asking keeps no session awake.
    """

    def mark(view: View) -> View:
        view.__dict__["action"] = action
        view.__dict__["activity"] = activity
        return view

    return mark


def public(view: View) -> View:
    """Mark a route that serves anybody, and nobody in particular."""
    view.__dict__["action"] = PUBLIC
    return view


def machine(entry: machines.Entry) -> Callable[[View], View]:
    """Mark a route that serves machines alone, with a token that holds the entry's scope."""

    def mark(view: View) -> View:
        view.__dict__["action"] = entry
        return view

    return mark


def install(app: Flask) -> None:
    """Put the gate in front of every route of the application."""
    app.before_request(_enter)
    app.after_request(_guard)
    app.after_request(machines.say_rate)
    app.teardown_request(leave)
    app.view_functions["static"].__dict__["action"] = PUBLIC


def action_of(app: Flask, endpoint: str) -> Action | machines.Entry | str | None:
    return getattr(app.view_functions.get(endpoint), "action", None)


def _enter() -> ResponseReturnValue | None:
    kept, asked = here.values(), here.request()
    endpoint = asked.endpoint
    kept.visit = None
    # Before any refusal: the error page has a form too, and its token needs the edge.
    action = action_of(here.app(), endpoint) if endpoint else None
    kept.edge = runner().edge(_client(browser=not machines.is_asked()))
    if endpoint is None:
        # No such route: the ordinary 404 or 405.
        return machines.enter_nowhere() if machines.is_asked() else None
    if endpoint == "static":
        return None
    if isinstance(action, machines.Entry):
        return machines.enter(action)
    if asked.method not in SAFE_METHODS:
        # A body may arrive as slowly as its sender likes: it is read before any transaction opens.
        _ = asked.form
    if action is None:
        abort(403)  # A route that nobody thought about is a route that nobody may use.
    if action == PUBLIC:
        return _check_origin()
    assert isinstance(action, Action)
    return _pass(action)


def _pass(action: Action) -> ResponseReturnValue | None:
    """Ask the one function, and let the request through or answer it."""
    kept = here.values()
    edge = kept.edge
    writing = here.request().method not in SAFE_METHODS
    token = edge.client.session_token
    if not token:
        return _sign_in()
    runner().prepare(edge, writing=writing)
    visit = session.load(edge, token)
    if visit is None:
        return _sign_in()
    decision = decide(action, visit.facts)
    match decision:
        case SignIn() | StepUp(pending=True):
            return _sign_in()
    kept.visit = visit
    if writing and not csrf.is_valid():
        return _stale_form(visit, action, decision)
    if isinstance(decision, Allow):
        _admit(edge, visit)
        edge.provisional = edge.unsettled = action if decision.provisional else None
        return None
    if isinstance(decision, Deny) and writing:
        return refuse(run(permission.refused, Unsettled(decision, action)))
    return _answer(decision, visit, action)


def _answer(
    decision: Decision, visit: Visit, action: Action, subject: Subject | None = None
) -> Response:
    """What a decision that is not "go on" means over HTTP."""
    match decision:
        case SignIn():
            return _sign_in()
        case Enrol():
            return _to_enrolment(visit, action)
        case Renew():
            return _send(url_for("account.password"), 403)
        case StepUp():
            return _to_step_up(keep(visit, action, subject))
        case NotFound(why):
            g.refused = why
            runner().close(g.edge)
            abort(404)
        case Deny(why):
            g.refused = why
            runner().close(g.edge)
            abort(403, description=f"denied:{why}")
    raise AssertionError(decision)


def refuse(unsettled: Unsettled) -> Response:
    """Answer for a flow whose action may not go on with its object."""
    g.edge.provisional = g.edge.unsettled = None
    return _answer(unsettled.decision, g.visit, unsettled.action, unsettled.subject)


def _guard(response: Response) -> Response:
    """Nothing goes out for an action that was never settled with its object, however it was made.

    Refusals may: a form that does not fit is refused before its object is asked about.
    """
    edge = here.values().get("edge")
    if edge is not None and edge.unsettled is not None and response.status_code < 400:
        raise NotSettled(edge.unsettled)
    return response


def _admit(edge: Edge, visit: Visit) -> None:
    """Note activity, where that counts."""
    if session.is_kept_awake(visit) and session.is_touch_due(edge, visit) and _is_activity():
        if request.method in SAFE_METHODS:
            run(session.touch, visit)
        else:
            session.touch(edge, visit)


def _is_activity() -> bool:
    """Whether somebody is there: what a page asks by itself does not say so."""
    return bool(here.app().view_functions[str(request.endpoint)].__dict__["activity"])


def _to_enrolment(visit: Visit, action: Action) -> Response:
    """The enrolment gate; a posted form waits behind it for as long as an enrolment may take."""
    if request.method in SAFE_METHODS or action not in interruptions.KEPT_FIELDS:
        here_again = addresses.current_page()
        return _send(url_for("login.enrol", next=here_again, action=str(action)), 403)
    kept = keep(visit, action, lifetime=g.edge.settings.enrolment_lifetime)
    waiting = url_for("step_up.show", step_up_id=kept.id)
    return _send(url_for("login.enrol", next=waiting, action=str(action)), 403)


def _to_step_up(kept: interruptions.Interrupted) -> Response:
    return _send(url_for("step_up.show", step_up_id=kept.id), 403)


def _stale_form(visit: Visit, action: Action, decision: Decision) -> Response:
    """A form of ours whose token is too old comes back filled; anybody else's is refused.

    Where it may not be kept its page comes back, if the session has idled out: a page whose desk
    has locked sends its form without the token, and its person is to find the way back in.
    """
    if csrf.is_from_here():
        if action in interruptions.KEPT_FIELDS:
            return _to_step_up(keep(visit, action))
        if isinstance(decision, StepUp) and decision.lapsed:
            return _to_step_up(keep_page(visit))
    runner().close(g.edge)
    abort(403, description="stale_form")


def _sign_in() -> Response:
    """A stranger's answer; a half-signed-in session gets the same."""
    runner().close(g.edge)
    wanted = addresses.current_page()
    home = url_for("home.index")
    target = url_for("login.sign_in", next=wanted if wanted != home else None)
    return _send(target, 401)


def _send(target: str, fragment_status: int) -> Response:
    """Send the browser somewhere: by redirect, or for a fragment by htmx's own header.

    A redirect would be followed silently and swap a whole page into the fragment.
    """
    if request.headers.get("HX-Request") == "true":
        return Response(status=fragment_status, headers={"HX-Redirect": target})
    return redirect(target, 303)


def _check_origin() -> ResponseReturnValue | None:
    if request.method in SAFE_METHODS or csrf.is_valid():
        return None
    runner().close(g.edge)
    abort(403, description="stale_form")


def _client(*, browser: bool) -> Client:
    """Who asks; of a `browser` also what its cookies claim."""
    asked = here.request()
    return Client(
        address=asked.remote_addr or "",
        user_agent=_printable(here.header("User-Agent") or "")[:USER_AGENT_MAX],
        request_id=here.values().request_id,
        session_token=cookies.get(cookies.SESSION) if browser else "",
        browser_token=cookies.get(cookies.BROWSER) if browser else "",
    )


def _printable(text: str) -> str:
    """Text from a header without what could forge a log line or turn a page around."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "�" for character in text)


def leave(_error: BaseException | None = None) -> None:
    """Give up what the request has open."""
    edge = here.values().get("edge")
    if edge is not None and edge.transaction is not None:
        runner().close(edge)


def decision_for(action: Action) -> Decision:
    """What `action` would need in this visit; for pages that lead there."""
    visit = here.values().visit
    if visit is None:
        return SignIn("no_session")
    return decide(action, visit.facts)
