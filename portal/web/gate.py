"""The gate: every request passes here, and a route without an action passes never.

It reads the facts, asks `decide`, and turns the answer into HTTP. It holds no rule of its own.

    PUBLIC            ──► the view, as nobody
    SignIn, pending   ──► 303 /login        (a fragment: 401 + HX-Redirect)
    StepUp            ──► 303 /step-ups/…   (a fragment: 403 + HX-Redirect)
    Enrol             ──► 303 /login/enrol  (a fragment: 403 + HX-Redirect)
    Allow             ──► the view, as the visit
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.edge import Client
from portal.flows import interruptions, session
from portal.flows.session import Visit
from portal.rules.access import Allow, Decision, Enrol, SignIn, StepUp, decide
from portal.rules.terms import Action
from portal.web import addresses, cookies, csrf
from portal.web.run import run, runner

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
USER_AGENT_MAX = 400


def requires(action: Action) -> Callable[[View], View]:
    """Name what a route does; `rules.access.ACTIONS` says what that needs."""

    def mark(view: View) -> View:
        view.__dict__["action"] = action
        return view

    return mark


def public(view: View) -> View:
    """Mark a route that serves anybody, and nobody in particular."""
    view.__dict__["action"] = PUBLIC
    return view


def install(app: Flask) -> None:
    """Put the gate in front of every route of the application."""
    app.before_request(_enter)
    app.teardown_request(_leave)
    app.view_functions["static"].__dict__["action"] = PUBLIC


def action_of(app: Flask, endpoint: str) -> Action | str | None:
    return getattr(app.view_functions.get(endpoint), "action", None)


def _enter() -> ResponseReturnValue | None:
    g.visit = None
    # Before any refusal: the error page has a form too, and its token needs the edge.
    g.edge = runner().edge(_client())
    if request.endpoint is None:
        return None  # No such route: the ordinary 404 or 405.
    if request.endpoint == "static":
        return None
    if request.method not in SAFE_METHODS:
        # A body may arrive as slowly as its sender likes: it is read before any transaction opens.
        _ = request.form
    action = action_of(current_app, request.endpoint)
    if action is None:
        abort(403)  # A route that nobody thought about is a route that nobody may use.
    if action == PUBLIC:
        return _check_origin()
    assert isinstance(action, Action)
    return _pass(action)


def _pass(action: Action) -> ResponseReturnValue | None:
    """Ask the one function, and let the request through or answer it."""
    writing = request.method not in SAFE_METHODS
    token = cookies.get(cookies.SESSION)
    if not token:
        return _sign_in()
    runner().prepare(g.edge, writing=writing)
    visit = session.load(g.edge, token)
    if visit is None:
        return _sign_in()
    decision = decide(action, visit.facts)
    match decision:
        case SignIn() | StepUp(pending=True):
            return _sign_in()
    g.visit = visit
    if refused := _check_origin():
        return refused
    match decision:
        case Allow():
            return _admit(visit)
        case Enrol():
            return _send(url_for("login.enrol", next=addresses.current_page()), 403)
        case StepUp():
            return _interrupt(visit, action)
    raise AssertionError(decision)


def _admit(visit: Visit) -> None:
    """Note activity, but of whole sign-ins only: a page that asks for a proof restores nothing."""
    if not isinstance(decide(Action.HOME, visit.facts), Allow):
        return
    if session.is_touch_due(g.edge, visit):
        if request.method in SAFE_METHODS:
            run(session.touch, visit)
        else:
            session.touch(g.edge, visit)


def _interrupt(visit: Visit, action: Action) -> Response:
    """Keep what the person was doing, and ask for the proof that it needs."""
    if request.method in SAFE_METHODS:
        path = addresses.current_page()
    else:
        path = addresses.own_path(request.full_path.rstrip("?")) or abort(404)
    form = request.form.to_dict()
    kept = run(interruptions.keep, visit, action, method=request.method, path=path, form=form)
    return _send(url_for("step_up.show", step_up_id=kept.id), 403)


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


def _client() -> Client:
    return Client(
        address=request.remote_addr or "",
        user_agent=_printable(request.user_agent.string)[:USER_AGENT_MAX],
        request_id=g.request_id,
        session_token=cookies.get(cookies.SESSION),
        browser_token=cookies.get(cookies.BROWSER),
    )


def _printable(text: str) -> str:
    """Text from a header without what could forge a log line or turn a page around."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "�" for character in text)


def _leave(_error: BaseException | None) -> None:
    edge = g.get("edge")
    if edge is not None:
        runner().close(edge)


def decision_for(action: Action) -> Decision:
    """What `action` would need in this visit; for pages that lead there."""
    visit = g.visit
    return decide(action, visit.facts) if visit is not None else SignIn("no_session")
