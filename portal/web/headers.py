"""Headers of every answer: content policy, caching, framing, referrers."""

from __future__ import annotations

from flask import Flask, Response, current_app, request

from portal.web import csrf, render

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
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"


def install(app: Flask) -> None:
    """Write the headers of every answer of the application, errors included."""
    app.after_request(_write)
    app.after_request(csrf.keep_cookie)
    app.after_request(render.drop_notice)


def _write(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    # Not "no-referrer": browsers then send "Origin: null" with our own forms (Fetch, 3.2).
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = PERMISSIONS
    if current_app.extensions["portal"].settings.secure_cookies:
        headers["Strict-Transport-Security"] = f"max-age={A_YEAR}; includeSubDomains"
    if request.endpoint == "static" and response.status_code == 200:
        # Addresses carry the content's version, so a file never changes under its address.
        headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    else:
        headers["Cache-Control"] = "no-store"
        headers["Vary"] = "Cookie, HX-Request, HX-Request-Type, Accept-Language"
    return response
