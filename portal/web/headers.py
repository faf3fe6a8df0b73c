"""Headers of every answer: content policy, caching, framing, referrers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response

from portal.web import csrf, here, render

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    ]
)
A_YEAR = 31_536_000
# A view may answer otherwise.
USUAL = [
    ("Content-Security-Policy", POLICY),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
# What only its reader may see is kept nowhere; a public answer says so itself (`well_known`).
PRIVATE = [
    ("Cache-Control", "no-store"),
    ("Vary", "Cookie, HX-Request, HX-Request-Type, Accept-Language"),
]
SHARING = frozenset({"cache-control", "vary"})
# No view sets one of these.
EVERYWHERE = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # Not "no-referrer": browsers then send "Origin: null" with our own forms (Fetch, 3.2).
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
]


def install(app: Flask) -> None:
    """Write the headers of every answer of the application, errors included."""
    always = list(EVERYWHERE)
    if app.extensions["portal"].settings.secure_cookies:
        always.append(("Strict-Transport-Security", f"max-age={A_YEAR}; includeSubDomains"))
    app.wsgi_app = _Adding(app.wsgi_app, always)
    app.after_request(_write)
    app.after_request(csrf.keep_cookie)
    app.after_request(render.drop_notice)


class _Adding:
    """Adds what never changes, to the list that the server gets: Werkzeug would check each."""

    def __init__(self, inner: WSGIApplication, always: list[tuple[str, str]]) -> None:
        self.inner = inner
        self.always = always

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            given = {name.lower(): value for name, value in headers}
            usual = [header for header in USUAL if header[0].lower() not in given]
            if not given.get("cache-control", "").startswith("public"):
                headers = [header for header in headers if header[0].lower() not in SHARING]
                usual += PRIVATE
            return start_response(status, [*headers, *usual, *self.always], *error)

        return self.inner(environ, start)


def _write(response: Response) -> Response:
    if here.request().endpoint == "static" and response.status_code == 200:
        # Addresses carry the content's version, so a file never changes under its address.
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response
