"""Livery Portal: sign-in, second factors and step-up. Here: wiring only."""

from __future__ import annotations

import gc

# What is imported stays as long as the process: looking through it again and again for what may go
# is a sixth of the time that the imports below take.
_COLLECTS = gc.isenabled()
gc.disable()

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, g
from flask_login import LoginManager, UserMixin
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import (
    commands,
    factors,
    intake_commands,
    metadata_commands,
    plan_commands,
    policy_commands,
)
from portal.edge import Catalogue, Mailer, Places
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
from portal.web.application import NoSession, Portal
from portal.web.limits import Brake
from portal.web.run import Runner, system_clock, system_entropy

if _COLLECTS:
    # What an import makes lives as long as the process: no collection need look at it again.
    gc.freeze()
    gc.enable()

ROOT = Path(__file__).parent.parent
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
