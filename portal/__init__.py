"""Livery Portal: sign-in, second factors and step-up. Here: wiring only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, g
from flask.sessions import SessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import commands, factors, intake_commands
from portal.edge import Mailer, Places
from portal.settings import Settings
from portal.store.engine import Database
from portal.store.sealed import KeyRing
from portal.web import (
    account,
    api,
    authenticators,
    caller_checks,
    development,
    errors,
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
    payees,
    payouts,
    register,
    render,
    resets,
    roles,
    security,
    sessions,
    step_up,
    tickets,
    users,
    wallet,
)
from portal.web.limits import Brake
from portal.web.run import Runner, system_clock, system_entropy

ROOT = Path(__file__).parent.parent
BLUEPRINTS = (
    authenticators,
    login,
    register,
    step_up,
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
    api,
    resets,
    tickets,
    caller_checks,
    memberships,
    membership_file,
    roles,
    invitations,
    users,
)


@dataclass(frozen=True, slots=True)
class Providers:
    """The real outside, built by app.py: mail, places, breached passwords."""

    mailer: Mailer
    places: Places
    breached: Callable[[str], bool]


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
    app.extensions["portal"] = Runner(
        settings=settings,
        database=Database(settings.database_url, busy_max=settings.database_busy_max),
        sealer=KeyRing(settings.key_ring),
        places=providers.places,
        factors=factors.registry(settings, providers.breached),
        clock=clock,
        entropy=entropy,
    )
    app.extensions["portal_mailer"] = providers.mailer
    app.extensions["portal_brake"] = Brake(settings.limiter_url)
    _install(app)
    if settings.development and hasattr(providers.mailer, "letters"):
        app.extensions["portal_mailbox"] = providers.mailer
        app.register_blueprint(development.blueprint)
    if settings.proxy_count:
        count = settings.proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)
    return app


class Portal(Flask):
    """Flask, which asks of every function of every request whether it is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """None is: nothing here is asynchronous."""
        return func


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


class CurrentUser(UserMixin):
    """What `flask_login.current_user` is: a view of the gate's visit, with no power of its own."""

    def __init__(self, user_id: str) -> None:
        self.id = user_id


def _install_login(app: Flask) -> None:
    """Flask-Login as a thin layer: it asks who the gate let in, and keeps nothing itself."""
    manager = LoginManager(app, add_context_processor=False)

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
