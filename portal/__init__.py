"""Livery Portal: sign-in, second factors and step-up. Here: wiring only."""

from __future__ import annotations

import gc

# What is imported stays as long as the process: looking through it again and again for what may go
# is a sixth of the time that the imports below take.
_COLLECTS = gc.isenabled()
gc.disable()

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

from flask import Flask, Request, g, request
from flask.sessions import SessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter
from werkzeug.sansio.http import parse_cookie
from werkzeug.utils import cached_property

from portal import (
    commands,
    factors,
    intake_commands,
    metadata_commands,
    plan_commands,
    policy_commands,
)
from portal.edge import Catalogue, Deadlock, Mailer, Places
from portal.settings import Settings
from portal.store.engine import Database
from portal.store.sealed import KeyRing
from portal.values import frozen
from portal.web import (
    account,
    announcements,
    api,
    api_announcements,
    api_members,
    api_policy,
    api_previews,
    api_resets,
    api_tokens,
    authenticators,
    caller_checks,
    development,
    errors,
    exceptions,
    gate,
    headers,
    home,
    integrations,
    invitations,
    login,
    logs,
    membership_file,
    memberships,
    operations,
    partner,
    password_resets,
    payees,
    payouts,
    plans,
    policy,
    policy_versions,
    register,
    render,
    resets,
    roles,
    security,
    sessions,
    shared_desks,
    step_up,
    tickets,
    users,
    wallet,
    webauthn,
    well_known,
)
from portal.web.limits import Brake
from portal.web.run import Runner, system_clock, system_entropy

if _COLLECTS:
    # What an import makes lives as long as the process: no collection need look at it again.
    gc.freeze()
    gc.enable()

ROOT = Path(__file__).parent.parent
# Before a request that a deadlock ended begins again: the other takes the row that was let go.
PAUSES_S = (0.05, 0.2)
FORM = "application/x-www-form-urlencoded"
BLUEPRINTS = (
    authenticators,
    login,
    webauthn,
    register,
    password_resets,
    step_up,
    shared_desks,
    home,
    security,
    sessions,
    account,
    operations,
    partner,
    payees,
    payouts,
    wallet,
    integrations,
    api_tokens,
    plans,
    policy,
    policy_versions,
    api,
    api_announcements,
    api_members,
    api_policy,
    api_previews,
    api_resets,
    resets,
    exceptions,
    tickets,
    caller_checks,
    memberships,
    membership_file,
    roles,
    invitations,
    users,
    announcements,
    well_known,
)


@frozen
class Providers:
    """The real outside, built by app.py: mail, places, breached passwords, authenticators."""

    mailer: Mailer
    places: Places
    breached: Callable[[str], bool]
    catalogue: Catalogue


def create_app(
    settings: Settings,
    providers: Providers,
    *,
    clock: Callable[[], datetime] = system_clock,
    entropy: Callable[[int], bytes] = system_entropy,
) -> Flask:
    """Put the parts together. Opens no connection and starts no thread."""
    app = Portal(
        "portal", static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates")
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.body_max,
        MAX_FORM_MEMORY_SIZE=settings.body_max,
        MAX_FORM_PARTS=100,
        TRUSTED_HOSTS=[settings.host.partition(":")[0]],
        SEND_FILE_MAX_AGE_DEFAULT=0,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.session_interface = NoSession()
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(ROOT / "templates"),
            PrefixLoader({"factors": FileSystemLoader(ROOT / "portal" / "factors")}),
        ]
    )
    equip(app, settings, providers, clock=clock, entropy=entropy)
    _install(app)
    if "portal_mailbox" in app.extensions:
        app.register_blueprint(development.blueprint)
    if settings.proxy_count:
        count = settings.proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)
    return app


def equip(
    app: Flask,
    settings: Settings,
    providers: Providers,
    *,
    clock: Callable[[], datetime],
    entropy: Callable[[int], bytes],
) -> None:
    """Give an application its outside: database, clock, mail, authenticators, limits."""
    app.extensions["portal"] = Runner(
        settings=settings,
        database=Database(settings.database_url, busy_max=settings.database_busy_max),
        sealer=KeyRing(settings.key_ring),
        places=providers.places,
        factors=factors.registry(settings, providers.breached, providers.catalogue),
        clock=clock,
        entropy=entropy,
    )
    app.extensions["portal_mailer"] = providers.mailer
    app.extensions["portal_catalogue"] = providers.catalogue
    app.extensions["portal_brake"] = Brake(settings.limiter_url)
    if settings.development and hasattr(providers.mailer, "letters"):
        app.extensions["portal_mailbox"] = providers.mailer


class Asked(Request):
    """Flask's request, with short roads to what every request asks of it."""

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        # Werkzeug's way is by a list of all headers. Not the whole environment, which it would read
        # as UTF-8: bytes may be anything.
        found = parse_cookie(self.environ.get("HTTP_COOKIE"), ImmutableMultiDict)
        return cast("ImmutableMultiDict[str, str]", found)

    def _load_form_data(self) -> None:
        """An ordinary form at once; Flask's way makes a parser that could read files as well."""
        if self.environ.get("CONTENT_TYPE") != FORM or "form" in self.__dict__:
            super()._load_form_data()
            return
        stream = self.stream  # It ends where the greatest body that is taken ends.
        try:
            text = stream.read().decode()
            # What is no UTF-8 stays in its quoted form, as Werkzeug keeps it.
            pairs = parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote")
        except ValueError:
            pairs = []
        form = ImmutableMultiDict(pairs)
        self.__dict__.update(stream=stream, form=form, files=ImmutableMultiDict())


class Portal(Flask):
    """Flask, which asks of every function of every request whether it is a coroutine."""

    request_class = Asked

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Flask's way takes the host apart three times; the one that is ours is known by sight."""
        if request is None:
            return super().create_url_adapter(None)
        environ = request.environ
        path, query = environ.get("PATH_INFO", "/"), environ.get("QUERY_STRING", "")
        ours = environ.get("HTTP_HOST") in (self.config["TRUSTED_HOSTS"] or ())
        if not ours or not path.isascii() or not query.isascii():
            return super().create_url_adapter(request)
        request.host = environ["HTTP_HOST"]
        road = (request.host, request.root_path, "", request.scheme, path, request.method, query)
        return MapAdapter(self.url_map, *road)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """None is: nothing here is asynchronous."""
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view; again from the gate on where a deadlock ended it.

        The gate holds the row of who acts, long before a view knows whom else it is about. So two
        administrators who act on one another at the same instant hold their own row, wait for the
        other's, and no order of the rows can be kept. PostgreSQL ends one of them after a second:
        of that one nothing was done, and it is asked anew whether it may at all.
        """
        for pause in PAUSES_S:
            try:
                return super().dispatch_request()
            except Deadlock:
                if g.edge.committed or request.files:  # A file was read, to its end.
                    raise
            gate.leave()  # With no transaction open: nobody waits for it during the pause.
            time.sleep(pause)
            for name in list(g):
                g.pop(name)
            if (answer := self.preprocess_request()) is not None:
                return answer
        return super().dispatch_request()


def _install(app: Flask) -> None:
    logs.install(app)
    gate.install(app)
    render.install(app)
    headers.install(app)
    errors.install(app)
    _install_login(app)
    for module in BLUEPRINTS:
        app.register_blueprint(module.blueprint)
    commands.install(app)
    intake_commands.install(app)
    metadata_commands.install(app)
    policy_commands.install(app)
    plan_commands.install(app)


class CurrentUser(UserMixin):
    """What `flask_login.current_user` is: a view of the gate's visit, with no power of its own."""

    def __init__(self, user_id: str) -> None:
        self.id = user_id


def _install_login(app: Flask) -> None:
    """Flask-Login as a thin layer: it asks who the gate let in, and keeps nothing itself."""
    manager = LoginManager()
    # All that `init_app` does besides is to look at every answer for a cookie of its own to keep.
    app.__dict__["login_manager"] = manager

    @manager.request_loader
    def load(_request: Any) -> CurrentUser | None:
        visit = g.get("visit")
        return CurrentUser(visit.user.id) if visit is not None else None


class NoSession(SessionInterface):
    """Flask's own session does not exist here: sessions are rows, and only the door writes them."""

    class Empty(dict, SessionMixin):
        """Read as empty, never saved."""

    def open_session(self, app: Flask, request: Any) -> SessionMixin:
        return self.Empty()

    def save_session(self, app: Flask, session: SessionMixin, response: Any) -> None:
        return None
