"""Cross-site request forgery: every change must come from a page of ours.

Before sign-in the token is an HMAC over a signed anonymous cookie, which needs no row. In a
session it is an HMAC over the session's own secret, which survives rotation, so the forms of other
tabs stay valid. The browser's own words about the origin are checked besides.
"""

from __future__ import annotations

import base64
import hmac

from flask import Response, g, request

from portal.web import cookies, here

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # What changes nothing needs no token.
FIELD = "csrf_token"
HEADER = "X-CSRFToken"
NONCE_BYTES = 18


def token() -> str:
    """The token for the forms of this answer."""
    visit = here.values().get("visit")
    if visit is not None:
        # Every form of a page carries it; the secret stays the same as long as the session.
        kept = visit.live.kept
        if FIELD not in kept:
            kept[FIELD] = _session_token(visit.session.csrf_secret)
        return str(kept[FIELD])
    return _anonymous_token(_anonymous_cookie())


def is_valid() -> bool:
    """Whether this request may change something, as far as its origin goes."""
    if not _from_own_origin():
        return False
    given = here.header(HEADER) or here.request().form.get(FIELD, "")
    if here.values().get("visit") is not None:
        expected = token()
    else:
        value = cookies.get(cookies.ANONYMOUS)
        if not _is_ours(value):
            return False
        expected = _anonymous_token(value)
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def browser() -> str:
    """What tells a stranger's browser from others: its anonymous cookie, once it is one of ours."""
    value = cookies.get(cookies.ANONYMOUS)
    return value if _is_ours(value) else ""


def is_from_here() -> bool:
    """Whether the browser itself says that a page of ours sent this; silence is not enough."""
    said = request.headers.get("Sec-Fetch-Site") == "same-origin" or "Origin" in request.headers
    return said and _from_own_origin()


def keep_cookie(response: Response) -> Response:
    """Send the anonymous cookie with the first page that has a form."""
    made = here.values().get("anonymous_cookie")
    if made is not None and cookies.get(cookies.ANONYMOUS) != made:
        cookies.put(response, cookies.ANONYMOUS, made)
    return response


def _from_own_origin() -> bool:
    """What the browser says of where the request comes from; silence is not held against it."""
    site = here.header("Sec-Fetch-Site")
    origin = here.header("Origin")
    base_url = here.app().extensions["portal"].settings.base_url
    return site in {None, "same-origin", "none"} and (origin is None or origin == base_url)


def _anonymous_cookie() -> str:
    if made := g.get("anonymous_cookie"):
        return made
    value = cookies.get(cookies.ANONYMOUS)
    if not _is_ours(value):
        nonce = _encoded(g.edge.entropy(NONCE_BYTES))
        value = f"{nonce}.{_signature(nonce)}"
    g.anonymous_cookie = value
    return value


def _is_ours(value: str) -> bool:
    nonce, _, signature = value.partition(".")
    return bool(nonce) and hmac.compare_digest(signature.encode(), _signature(nonce).encode())


def _session_token(secret: bytes) -> str:
    return _encoded(hmac.digest(secret, b"csrf", "sha256"))


def _signature(nonce: str) -> str:
    return _keyed(f"anonymous:{nonce}")


def _anonymous_token(value: str) -> str:
    return _keyed(f"csrf:{value}")


def _keyed(message: str) -> str:
    key = here.app().extensions["portal"].settings.secret_key.encode()
    return _encoded(hmac.digest(key, message.encode(), "sha256"))


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
