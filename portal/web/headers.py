"""Headers of every answer: content policy, caching, framing, referrers."""

from __future__ import annotations

from flask import Flask, Response

from portal.web import csrf, here, render

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
# No view sets one of these, so they are added, which needs no look at those that are there.
EVERYWHERE = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # Not "no-referrer": browsers then send "Origin: null" with our own forms (Fetch, 3.2).
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
]


def install(app: Flask) -> None:
    """Write the headers of every answer of the application, errors included."""
    app.after_request(_write)
    app.after_request(csrf.keep_cookie)
    app.after_request(render.drop_notice)


def _write(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.extend(EVERYWHERE)
    if here.app().extensions["portal"].settings.secure_cookies:
        headers["Strict-Transport-Security"] = f"max-age={A_YEAR}; includeSubDomains"
    if here.request().endpoint == "static" and response.status_code == 200:
        # Addresses carry the content's version, so a file never changes under its address.
        headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    else:
        headers["Cache-Control"] = "no-store"
        headers["Vary"] = "Cookie, HX-Request, HX-Request-Type, Accept-Language"
    return response
