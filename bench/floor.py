"""The floor: the portal's sign-in with nothing around it, to divide the portal's cost by.

Bare WSGI, raw sqlite3, compiled templates, libsodium. The guarantees are the portal's: CSRF
tokens, server-side session rows under hashed tokens, sealed secrets, attempts counted before they
are compared, a replay guard in one statement, audit rows, one durable commit per writing step.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jinja2
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from markupsafe import Markup
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from bench import people
from portal.settings import PasswordHash

KEY = hashlib.sha256(b"the floor's own key, for measuring only").digest()
CIPHER = AESGCM(KEY)
COST = PasswordHash()
FREE_ATTEMPTS = 5
PAUSE_S = 30
SESSION_S = 86_400
TABLES = """
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, password TEXT NOT NULL);
CREATE TABLE authenticators (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
    last_step INTEGER NOT NULL, created REAL NOT NULL, used REAL NOT NULL);
CREATE INDEX authenticators_user ON authenticators (user_id);
CREATE TABLE attempts (
    user_id INTEGER PRIMARY KEY, failures INTEGER NOT NULL, next_at REAL NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0);
CREATE TABLE sessions (
    token BLOB PRIMARY KEY, user_id INTEGER NOT NULL, whole INTEGER NOT NULL, ends REAL NOT NULL);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, user_id INTEGER, what TEXT NOT NULL, address TEXT);
CREATE INDEX audit_user ON audit (user_id, id);
"""
RESERVE = """
INSERT INTO attempts (user_id, failures, next_at) VALUES (:user, 1, 0)
ON CONFLICT (user_id) DO UPDATE SET failures = failures + 1,
    next_at = CASE WHEN failures + 1 >= :free THEN :now + :pause ELSE 0 END
WHERE next_at <= :now RETURNING failures
"""
ICON = Markup(
    '<svg aria-hidden="true" focusable="false" xmlns="http://www.w3.org/2000/svg" width="24" '
    'height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round"><rect width="14" height="20" x="5" y="2" '
    'rx="2" ry="2"/><path d="M12 18h.01"/></svg>'
)
WORDS: dict[str, str] = {}  # The catalogue of one language: pages are written in several.


def _word(phrase: str) -> str:
    return WORDS.get(phrase, phrase)


FRAME: dict[str, Any] = {
    "_": _word,
    "icon": ICON,
    "organisation": "Guests",
    "role": "Traveler",
    "places": [
        (name.lower(), f"/{name.lower()}", name)
        for name in ("Home", "Security", "Sessions", "Activity", "Account")
    ],
    "locales": [
        *(("en", "English"), ("es", "Español"), ("fr", "Français"), ("de", "Deutsch")),
        *(("ar", "العربية"), ("ja", "日本語")),
    ],
    "next_steps": [
        ("/security", "Sign-in methods", "Authenticators, backup codes and your password."),
        ("/sessions", "Sessions", "Where you are signed in, and the browsers we know."),
    ],
}
_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=True,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters["day"] = lambda at: time.strftime("%d %b %Y", time.gmtime(at))
_pages.filters["when"] = lambda at: time.strftime("%d %b %Y, %H:%M:%S", time.gmtime(at))
PAGES = {
    name: _pages.get_template(f"{name}.html") for name in ("login", "code", "home", "security")
}
HEADERS = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")]
_local = threading.local()


def connect(file: str) -> sqlite3.Connection:
    """A connection with the portal's durability."""
    connection = sqlite3.connect(file, isolation_level=None, timeout=10)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def seed(file: Path) -> None:
    """Everybody with a password and an app; person 0 with four things on the settings page."""
    salt = bytes(argon2id.SALTBYTES)
    digest = argon2id.kdf(
        32, people.PASSWORD.encode(), salt, opslimit=COST.passes, memlimit=COST.memory
    )
    encoded = [base64.b64encode(part).rstrip(b"=").decode() for part in (salt, digest)]
    password = f"$argon2id$v=19$m={COST.memory // 1024},t={COST.passes},p=1${'$'.join(encoded)}"
    database = connect(str(file))
    database.executescript(TABLES)
    database.execute("BEGIN")
    for number in range(people.COUNT):
        database.execute(
            "INSERT INTO users VALUES (?, ?, ?)", (number, people.email(number), password)
        )
        for which in range(4 if number == 0 else 1):
            nonce = os.urandom(12)
            sealed = nonce + CIPHER.encrypt(nonce, people.key(number, which), b"%d" % number)
            database.execute(
                "INSERT INTO authenticators VALUES (NULL, ?, 'App', ?, 0, ?, ?)",
                (number, sealed, time.time(), time.time()),
            )
    database.execute("COMMIT")
    database.close()


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI application."""
    return _Request(environ, start).answer()


class _Request:
    """One request: what it carries, and the two ways to answer it."""

    def __init__(self, environ: dict[str, Any], start: Callable[..., Any]) -> None:
        self.environ = environ
        self.start = start
        cookie = SimpleCookie(environ.get("HTTP_COOKIE", "")).get("sid")
        self.token = cookie.value if cookie else ""
        self.posted = environ["REQUEST_METHOD"] == "POST"
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(size).decode() if self.posted else ""
        self.form = dict(parse_qsl(body))
        if not hasattr(_local, "database"):
            _local.database = connect(os.environ["FLOOR_DATABASE"])
        self.database: sqlite3.Connection = _local.database
        self.now = time.time()

    def answer(self) -> Iterable[bytes]:
        path = self.environ["PATH_INFO"]
        given = self.form.get("csrf_token", "").encode()
        if self.posted and not hmac.compare_digest(given, _csrf(self.token).encode()):
            return self.page("login", status="403 Forbidden", csrf="", error="Too old")
        if path == "/login":
            return self.password() if self.posted else self.anonymous()
        session = self.database.execute(
            "SELECT s.user_id, s.whole, u.email FROM sessions s JOIN users u ON u.id = s.user_id "
            "WHERE s.token = ? AND s.ends > ?",
            (_digest(self.token), self.now),
        ).fetchone()
        if session is None or (path != "/code" and not session[1]):
            return self.leave("/login")
        user_id, _whole, email = session
        if path == "/code":
            return self.code(user_id, email) if self.posted else self.ask(email)
        return self.security(user_id, email) if path == "/security" else self.home(user_id, email)

    def anonymous(self) -> Iterable[bytes]:
        token = _token()
        return self.page("login", token, csrf=_csrf(token))

    def password(self) -> Iterable[bytes]:
        row = self.database.execute(
            "SELECT id, password FROM users WHERE email = ?", (self.form["email"],)
        ).fetchone()
        if row is None or not _matches(row[1], self.form["password"]):
            return self.page("login", status="422 Refused", csrf=_csrf(self.token), error="Wrong")
        return self.open(row[0], whole=False, target="/code")

    def ask(self, email: str, status: str = "200 OK", error: str = "") -> Iterable[bytes]:
        return self.page("code", status=status, csrf=_csrf(self.token), account=email, error=error)

    def code(self, user_id: int, email: str) -> Iterable[bytes]:
        self.database.execute("BEGIN IMMEDIATE")
        values = {"user": user_id, "now": self.now, "free": FREE_ATTEMPTS, "pause": PAUSE_S}
        if self.database.execute(RESERVE, values).fetchone() is None:
            # Counted as durably as the portal counts it, for the row of the next attempt.
            self.database.execute(
                "UPDATE attempts SET refused = refused + 1 WHERE user_id = ?", (user_id,)
            )
            self.database.execute("COMMIT")
            return self.ask(email, "429 Too Many Requests", "Wait before you try again")
        row = self.database.execute(
            "SELECT id, sealed, last_step FROM authenticators WHERE user_id = ? LIMIT 1", (user_id,)
        ).fetchone()
        secret = CIPHER.decrypt(row[1][:12], row[1][12:], b"%d" % user_id)
        step = _step(secret, self.form["code"], self.now)
        spent = self.database.execute(
            "UPDATE authenticators SET last_step = ?, used = ? WHERE id = ? AND last_step < ?",
            (step, self.now, row[0], step),
        )
        if not spent.rowcount:
            self.audit(user_id, "code refused")
            self.database.execute("COMMIT")
            return self.ask(email, "422 Refused", "Wrong code")
        self.database.execute(
            "UPDATE attempts SET failures = 0, next_at = 0 WHERE user_id = ?", (user_id,)
        )
        self.database.execute("DELETE FROM sessions WHERE token = ?", (_digest(self.token),))
        return self.open(user_id, whole=True, target="/")

    def open(self, user_id: int, *, whole: bool, target: str) -> Iterable[bytes]:
        """A session row under a new token, its audit row, and the commit of this step."""
        token = _token()
        if not self.database.in_transaction:
            self.database.execute("BEGIN IMMEDIATE")
        row = (_digest(token), user_id, int(whole), self.now + SESSION_S)
        self.database.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", row)
        self.audit(user_id, "signed in" if whole else "password accepted")
        self.database.execute("COMMIT")
        return self.leave(target, token)

    def home(self, user_id: int, email: str) -> Iterable[bytes]:
        events = self.database.execute(
            "SELECT at, what, address FROM audit WHERE user_id = ? ORDER BY id DESC LIMIT 5",
            (user_id,),
        ).fetchall()
        return self.page("home", csrf=_csrf(self.token), email=email, here="home", events=events)

    def security(self, user_id: int, email: str) -> Iterable[bytes]:
        rows = [
            {"id": row[0], "name": row[1], "text": "A code every 30 seconds.", "created": row[2],
             "used": row[3]}
            for row in self.database.execute(
                "SELECT id, name, created, used FROM authenticators WHERE user_id = ?", (user_id,)
            )
        ]  # fmt: skip
        return self.page(
            "security", csrf=_csrf(self.token), email=email, here="security", rows=rows
        )

    def audit(self, user_id: int, what: str) -> None:
        address = self.environ.get("HTTP_X_FORWARDED_FOR", "")
        self.database.execute(
            "INSERT INTO audit VALUES (NULL, ?, ?, ?, ?)", (self.now, user_id, what, address)
        )

    def page(
        self, name: str, token: str = "", status: str = "200 OK", **values: Any
    ) -> Iterable[bytes]:
        body = PAGES[name].render(FRAME, **values).encode()
        return self.send(status, body, [("Content-Length", str(len(body)))], token)

    def leave(self, target: str, token: str = "") -> Iterable[bytes]:
        return self.send(
            "303 See Other", b"", [("Location", target), ("Content-Length", "0")], token
        )

    def send(
        self, status: str, body: bytes, headers: list[tuple[str, str]], token: str
    ) -> Iterable[bytes]:
        if token:
            flags = "Path=/; HttpOnly; Secure; SameSite=Lax"
            headers = [*headers, ("Set-Cookie", f"sid={token}; {flags}")]
        self.start(status, HEADERS + headers)
        return [body]


def _token() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _csrf(token: str) -> str:
    return hmac.digest(KEY, token.encode(), "sha256").hex()


def _matches(encoded: str, password: str) -> bool:
    try:
        return bool(argon2id.verify(encoded.encode(), password.encode()))
    except CryptoError:
        return False


def _step(secret: bytes, code: str, now: float) -> int:
    """The step, current or one before, that a code belongs to; 0 for none."""
    current = int(now) // people.PERIOD
    matched = 0
    for step in (current - 1, current):
        if hmac.compare_digest(people.code_at(secret, step).encode(), code.encode()):
            matched = step
    return matched
