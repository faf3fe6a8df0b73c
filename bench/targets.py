"""What is measured: the portal and the floor, each seeded with the same people and served.

The portal runs as an operator would run it: production settings, the real migrations, one proxy
in front. Its people are written through the store, so that seeding computes one password hash.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask

from bench import floor, people
from bench.load import Step, Target
from bench.servers import HOST, serving
from portal import Providers, create_app
from portal.edge import Client, Edge
from portal.factors import argon2
from portal.flows import enrolment, hosts, tokens
from portal.migrate import upgrade
from portal.providers.mailbox import Mailbox
from portal.providers.metadata import Metadata
from portal.providers.places import Places
from portal.rules.terms import AccountState, Holdings, Role
from portal.settings import from_environment
from portal.store import authenticators, browsers, organisations, users
from portal.store.authenticators import New
from portal.store.users import User
from portal.web import logs
from portal.web.run import Runner, system_clock

LOGIN = {"csrf_token": "{csrf}", "email": "{email}", "password": "{password}"}
CODE = {"csrf_token": "{csrf}", "code": "{code}"}
WRONG = {"csrf_token": "{csrf}", "code": "{wrong_code}"}
CHALLENGE = "/login/challenge/totp"


@dataclass(frozen=True, slots=True)
class Portal:
    """A seeded portal: its environment for servers, and the application in this process."""

    environment: dict[str, str]
    app: Flask

    @property
    def runner(self) -> Runner:
        return self.app.extensions["portal"]

    def run(self, flow: Any, *arguments: Any, **named: Any) -> Any:
        edge = self.runner.edge(Client("127.0.0.1", "bench", "bench"))
        return self.runner.run(edge, flow, *arguments, **named)

    def close(self) -> None:
        self.runner.database.dispose()


def make_portal(folder: Path, database_url: str = "") -> Portal:
    """A portal with everybody in it, on a database of its own."""
    portal = portal_on(database_url or f"sqlite:///{folder / 'portal.db'}", folder)
    upgrade(portal.app)
    portal.run(hosts.create_organisation, "Bench")
    portal.run(_add_everybody)
    return portal


def portal_on(
    database_url: str, folder: Path, *, clock: Callable[[], datetime] = system_clock
) -> Portal:
    """A portal on a database, as an operator would set it up."""
    environment = {
        "PORTAL_MODE": "production",
        "PORTAL_BASE_URL": f"https://{HOST}",
        "PORTAL_SECRET_KEY": "for measuring only, never for people 0123456789",
        "PORTAL_KEY_RING": "1:" + base64.b64encode(floor.KEY).decode(),
        "PORTAL_SMTP_URL": "smtp://127.0.0.1:25",
        "PORTAL_MAIL_FROM": f"portal@{HOST}",
        "PORTAL_SUPPORT_CONTACT": f"help@{HOST}",
        "PORTAL_PROXY_COUNT": "1",
        "DATABASE_URL": database_url,
    }
    providers = Providers(
        Mailbox(str(folder / "mailbox")), Places(), lambda _digest: False, Metadata()
    )
    portal = Portal(environment, create_app(from_environment(environment), providers, clock=clock))
    # Log lines cost the same in a file, and the table stays readable.
    logs.open_log(portal.app, (folder / "portal.log").open("a"))
    return portal


def _add_everybody(edge: Edge) -> None:
    """All people in one transaction: password, app, and the browser they signed in from before."""
    organisation = organisations.root(edge)
    assert organisation is not None
    password = {
        "hash": argon2.make(people.PASSWORD.encode(), bytes(16), edge.settings.password_hash),
        "stands_alone": True,
        "set_at": edge.now.isoformat(),
    }
    for number in range(people.COUNT):
        user = User(
            id=edge.new_id(),
            email=people.email(number),
            name=f"Driver {number}",
            locale="en",
            time_zone="Europe/Berlin",
            state=AccountState.ACTIVE,
            home_organisation_id=organisation.id,
            summary=Holdings(),
            created_at=edge.now,
        )
        assert users.add(edge, user)
        organisations.add_membership(
            edge, user_id=user.id, organisation_id=organisation.id, role=Role.TRAVELER
        )
        _hold(edge, user.id, "password", password)
        for which in range(2 if number == 0 else 1):
            _hold(edge, user.id, "totp", _app_data(number, which))
        if number == 0:
            code = {"selector": "AAAA", "hash": password["hash"], "used_at": None}
            _hold(edge, user.id, "backup_codes", {"codes": [code] * 10})
        enrolment.refresh_summary(edge, user.id)
        _remember_browser(edge, user.id, number)


def _app_data(number: int, which: int) -> dict[str, Any]:
    secret = base64.b32encode(people.key(number, which)).decode()
    parameters = {"algorithm": "SHA1", "digits": 6, "period": people.PERIOD}
    return {"secret": secret, **parameters, "last_step": -1, "drift": 0}


def _hold(edge: Edge, user_id: str, kind: str, data: dict[str, Any]) -> None:
    strength = edge.factors[kind].strength
    authenticators.add(edge, New(edge.new_id(), user_id, kind, "", data, strength))


def _remember_browser(edge: Edge, user_id: str, number: int) -> None:
    """A sign-in has happened there, so that the ordinary one is measured: no mail, no new row."""
    users.note_sign_in(edge, user_id, "totp", stranger=False)
    browsers.remember(
        edge,
        token_hash=tokens.digest(people.browser_token(number)),
        user_id=user_id,
        known=True,
        lifetime=edge.settings.known_browser_lifetime,
    )


@contextmanager
def serving_portal(
    portal: Portal, folder: Path, program: str, *, name: str = "portal", also: tuple[int, ...] = ()
) -> Generator[Target]:
    """The portal behind a server program."""
    challenge = Step("code", CHALLENGE, 303, CODE)
    with serving(name, "app:app", portal.environment, folder, program=program, also=also) as server:
        yield Target(
            server,
            browser_cookie="__Host-browser",
            sign_in=[
                Step("sign-in page", "/login", 200, says="password"),
                Step("password", "/login", 303, LOGIN),
                Step("code page", "/login/challenge", 200, says="one-time-code"),
                challenge,
                Step("landing page", "/", 200, says="Sign out"),
            ],
            settings=Step("settings", "/security", 200, says="Ways you prove it is you"),
            challenge=challenge,
            refused=Step("refusal", CHALLENGE, 429, WRONG),
        )


@contextmanager
def serving_floor(folder: Path, program: str) -> Generator[Target]:
    """The floor behind the same server program."""
    file = folder / "floor.db"
    floor.seed(file)
    challenge = Step("code", "/code", 303, CODE)
    with serving(
        "floor", "bench.floor:app", {"FLOOR_DATABASE": str(file)}, folder, program=program
    ) as server:
        yield Target(
            server,
            browser_cookie="",
            sign_in=[
                Step("sign-in page", "/login", 200, says="password"),
                Step("password", "/login", 303, LOGIN),
                Step("code page", "/code", 200, says="one-time-code"),
                challenge,
                Step("landing page", "/", 200, says="Sign out"),
            ],
            settings=Step("settings", "/security", 200, says="Ways you prove it is you"),
            challenge=challenge,
            refused=Step("refusal", "/code", 429, WRONG),
        )
