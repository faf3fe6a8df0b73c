"""Cookies: their names, flags and lifetimes in one place.

`__Host-`, Secure, HttpOnly and SameSite=Lax everywhere; on a development http base without the
prefix and Secure, which browsers would refuse there. The expiry of a cookie is never the expiry of
what it names: the database decides that.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Response

from portal.web import here

SESSION = "session"
BROWSER = "browser"
ANONYMOUS = "anonymous"
LINK = "link"
NOTICE = "notice"
LOCALE = "locale"
OFFER = "offer"
LENGTH_MAX = 256


def _secure() -> bool:
    return bool(here.app().extensions["portal"].settings.secure_cookies)


def _name(name: str) -> str:
    return f"__Host-{name}" if _secure() else name


def get(name: str) -> str:
    """The cookie's value, or the empty string; an over-long one counts as absent."""
    sent, name = here.request().cookies, _name(name)
    # Asked first: `get` makes an error page where there is none, and most requests lack one.
    value = sent[name] if name in sent else ""  # noqa: SIM401
    return value if len(value) <= LENGTH_MAX and value.isascii() else ""


def put(response: Response, name: str, value: str, lifetime: timedelta | None = None) -> None:
    """Set a cookie; without a lifetime it lives as long as the browser's session."""
    response.set_cookie(
        _name(name),
        value,
        max_age=lifetime,
        path="/",
        secure=_secure(),
        httponly=True,
        samesite="Lax",
    )


def drop(response: Response, name: str) -> None:
    response.delete_cookie(_name(name), path="/", secure=_secure(), httponly=True, samesite="Lax")
