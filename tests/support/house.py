"""The portal in one process: standing people, visitors with a browser's manners, an app.

A visitor signs in through the real door, page by page.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import Providers, create_app, equip
from portal.flows import delivery, hosts
from portal.flows.hosts import NewUser
from portal.providers.metadata import Metadata
from portal.providers.places import Places
from portal.rules.terms import Role
from portal.settings import DEVELOPMENT_MODELS, PasswordHash, Settings
from portal.store.users import User
from portal.web import logs, mail
from portal.web.run import Runner
from tests.support.apps import App
from tests.support.clock import Clock, Entropy
from tests.support.letters import Letters
from tests.support.templates import KeptCode

PASSWORD = "seven quiet lanterns on the pier"
CHEAP_HASH = PasswordHash(memory=16 * 1024, passes=1)
BASE_URL = "https://portal.example"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
KEY = re.compile(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})")
BACKUP_CODE = re.compile(r"<code>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){4})</code>")
# Reads nine megabytes when first asked: once for all houses.
CATALOGUE = Metadata(own=DEVELOPMENT_MODELS)
CODE = KeptCode()
HQ, PARTNER, BRANCH, GUESTS = "Test HQ", "Test Cars", "Test Harbour", "Guests"

# Who stands in every house. Eve has a password and nothing else, and a role that must enrol.
PEOPLE = {
    "tara": ("tara@guests.example", GUESTS, Role.TRAVELER),
    "piet": ("piet@partner.example", PARTNER, Role.FINANCE_CONTROLLER),
    "dan": ("dan@partner.example", PARTNER, Role.DISPATCHER),
    "pam": ("pam@partner.example", PARTNER, Role.PARTNER_ADMIN),
    "ada": ("ada@hq.example", HQ, Role.HQ_ADMIN),
    "sol": ("sol@hq.example", HQ, Role.SUPER_ADMIN),
    "stan": ("stan@hq.example", HQ, Role.SERVICE_DESK),
    "eve": ("eve@partner.example", PARTNER, Role.FINANCE_CONTROLLER),
}


# Applications that no house uses now, by the settings that they were made with.
IDLE_APPS: dict[str, list[Flask]] = {}


def _kind(settings: Settings) -> str:
    """Settings without what `equip` changes."""
    return repr(replace(settings, database_url="", limiter_url=""))


class House:
    """The portal with its clock, its mail and its people."""

    _altered = False

    def __init__(self, settings: Settings, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self.settings = settings
        self.clock = clock
        self.letters = Letters()
        self.breached: set[str] = set()
        self._providers = Providers(
            self.letters, Places(), lambda digest: digest in self.breached, CATALOGUE
        )
        self._entropy = entropy
        self.app: Flask = self._idle_app() or self._fresh_app()
        self.runner: Runner = self.app.extensions["portal"]
        self._organised = False

    def _fresh_app(self) -> Flask:
        app = create_app(self.settings, self._providers, clock=self.clock, entropy=self._entropy)
        app.jinja_env.bytecode_cache = CODE
        return app

    def _idle_app(self) -> Flask | None:
        """An application that an earlier house has left, with all that is outside it made new.

        To make one takes as long as dozens of requests, most of it for its routes.
        """
        idle = IDLE_APPS.get(_kind(self.settings))
        if not idle:
            return None
        app = idle.pop()
        equip(app, self.settings, self._providers, clock=self.clock, entropy=self._entropy)
        logs.open_log(app, sys.stderr)
        return app

    def add_url_rule(self, path: str, name: str, view: Callable[..., Any], **more: Any) -> None:
        """A route of one test's own, in an application that no other test is given."""
        if not self._altered:
            self._altered = True
            self.runner.database.dispose()
            self.app = self._fresh_app()
            self.runner = self.app.extensions["portal"]
        self.app.add_url_rule(path, name, view, **more)

    def run(self, flow: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Run a writing flow as the host would."""
        return self.runner.run(self.runner.edge(), flow, *arguments, **named)

    def person(self, name: str) -> User:
        """One of the standing people, made on first use."""
        email, organisation, role = PEOPLE[name]
        return self.user(email, organisation, role)

    def user(self, email: str, organisation: str = GUESTS, role: Role = Role.TRAVELER) -> User:
        """An active account with `PASSWORD`."""
        self.organise()
        new = NewUser(email, email.partition("@")[0].title(), PASSWORD, organisation, (role,))
        made = self.run(hosts.create_user, new)
        assert isinstance(made, User), made
        return made

    def organise(self) -> None:
        """HQ with guests, a partner and its branch."""
        if self._organised:
            return
        self._organised = True
        for name, parent, managed in (
            (HQ, None, False),
            (GUESTS, HQ, True),
            (PARTNER, HQ, False),
            (BRANCH, PARTNER, False),
        ):
            self.run(hosts.create_organisation, name, parent=parent, managed_by_parent=managed)

    def visitor(self, **headers: str) -> Visitor:
        """Somebody with a fresh browser."""
        return Visitor(self, self.app.test_client(), headers)

    def work(self) -> None:
        """What the worker does, until nothing is due."""
        with self.app.app_context():
            while self.run(delivery.deliver_next, mail.compose, self.letters):
                pass
        while self.run(delivery.seal_audit, "tests"):
            pass

    def link(self, address: str) -> str:
        """The path of the link in the newest mail to an address."""
        self.work()
        text = self.letters.to(address)[-1].text
        found = re.search(rf"{re.escape(self.settings.base_url)}(/\S+/\S{{43}})", text)
        assert found, text
        return found.group(1)

    def close(self) -> None:
        self.runner.database.dispose()
        if not self._altered:
            IDLE_APPS.setdefault(_kind(self.settings), []).append(self.app)


class Visitor:
    """A browser: cookies, the CSRF token of the page last seen, and htmx if asked."""

    def __init__(self, house: House, client: FlaskClient, headers: dict[str, str]) -> None:
        self.house = house
        self.client = client
        self.headers = headers
        self.csrf = ""
        self.app: App | None = None
        self.codes: list[str] = []

    def get(self, path: str, *, htmx: bool = False, **more: Any) -> TestResponse:
        return self._keep(self.client.get(path, **self._options(htmx), **more))

    def post(
        self,
        path: str,
        form: Mapping[str, Any] | None = None,
        *,
        htmx: bool = False,
        csrf: str | None = None,
        **fields: Any,
    ) -> TestResponse:
        """Send a form: `form`, and what is named beside it."""
        data = {"csrf_token": self.csrf if csrf is None else csrf, **(form or {}), **fields}
        return self._keep(self.client.post(path, data=data, **self._options(htmx)))

    def _options(self, htmx: bool) -> dict[str, Any]:
        headers = dict(self.headers)
        if htmx:
            headers |= {"HX-Request": "true", "HX-Request-Type": "partial"}
        return {"base_url": self.house.settings.base_url, "headers": headers}

    def _keep(self, response: TestResponse) -> TestResponse:
        if found := CSRF.search(response.text):
            self.csrf = unescape(found.group(1))
        return response

    def follow(self, response: TestResponse) -> TestResponse:
        """Follow redirects by GET, as a browser does after 303."""
        while response.status_code == 303:
            response = self.get(response.headers["Location"])
        return response

    def password(self, email: str, password: str = PASSWORD, **form: Any) -> TestResponse:
        """The first step: the sign-in page, then the password."""
        self.get("/login")
        return self.post("/login", email=email, password=password, **form)

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        """Sign in wholly, with the app if there is one; the page after it."""
        response = self.follow(self.password(email, password))
        if self.app is not None:
            response = self.follow(self.prove())
        return response

    def prove(self, code: str | None = None, path: str = "/login/challenge/totp") -> TestResponse:
        """Answer a challenge with a code of the app; the clock moves so that it is a fresh one."""
        assert self.app is not None
        if code is None:
            self.house.clock.advance(timedelta(seconds=30))
            code = self.app.code(self.house.clock())
        self.get(path)
        return self.post(path, code=code)

    def begin_app(self) -> tuple[str, App]:
        """Begin enrolling an app from wherever the session may: where to post, and the app."""
        self.get("/security")
        if not self.csrf:
            self.get("/login/enrol")
        response = self.follow(self.post("/security/authenticators/new/totp"))
        found = KEY.search(response.text)
        assert found, response.status
        action = re.search(r'action="(/security/authenticators/new/totp/[^"]+)"', response.text)
        assert action
        return unescape(action.group(1)), App(found.group(1).replace(" ", ""))

    def enrol_app(self) -> TestResponse:
        """Enrol an authenticator app from wherever the session may; the answer to its code."""
        action, self.app = self.begin_app()
        return self.post(action, code=self.app.code(self.house.clock()))

    def begin_codes(self) -> tuple[str, list[str]]:
        """Begin a new set of backup codes: where to type one back, and the codes."""
        self.get("/security/backup-codes")
        shown = self.post("/security/backup-codes")
        codes = BACKUP_CODE.findall(shown.text)
        assert len(codes) == 10, shown.status
        action = re.search(
            r'action="(/security/authenticators/new/backup_codes/[^"]+)"', shown.text
        )
        assert action
        return unescape(action.group(1)), codes

    def make_codes(self) -> TestResponse:
        """Make a set of backup codes and type one back; the codes are kept in `codes`."""
        action, self.codes = self.begin_codes()
        return self.post(action, code=self.codes[0])


def settings_for(database_url: str, **more: Any) -> Settings:
    """Settings as in production, but for cheap hashes and limits that tests do not run into."""
    values = Settings(
        mode="production",
        base_url=BASE_URL,
        secret_key="a secret key for tests, long enough to pass",
        key_ring={1: bytes(range(32))},
        database_url=database_url,
        mail_from="portal@portal.example",
        support_contact="help@portal.example",
        password_hash=CHEAP_HASH,
        proxy_count=0,
        sign_ins_per_address="100000 per minute",
        mails_per_address="100000 per minute",
        mails_per_mailbox="100000 per minute",
    )
    return replace(values, **more)


def build(database_url: str, clock: Clock, entropy: Entropy, **more: Any) -> House:
    return House(settings_for(database_url, **more), clock, entropy)
