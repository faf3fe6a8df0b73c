"""Bad input everywhere: a plain sentence and a 4xx, or the ordinary redirect; never a 500."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from tests.support.house import House, Visitor
from tests.support.web import signed_in
from tests.web.test_routes import ENDING, ID, ROWS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# What signs out would make strangers of all that follow.
POSTS = [
    path
    for method, path, _ in ROWS
    if method == "POST" and "/end" not in path and path not in ENDING
]
FIELDS = (
    "email",
    "password",
    "name",
    "code",
    "current",
    "new",
    "locale",
    "time_zone",
    "organisation",
    "next",
    "codes",
)
LONG = "x" * 5000
VALUES = {
    "too long": LONG,
    "a NUL": "a\x00b",
    "wide digits": "１２３４５６",  # noqa: RUF001 - the point of it
    "arabic digits": "١٢٣٤٥٦",
    "superscripts": "¹²³⁴⁵⁶",
    "a lone surrogate": "\ud800",
    "right to left": "\u202e123456\u2066",
    "a control": "a\x1b[31m\x07",
    "line ends": "a\r\nSet-Cookie: x=y",
    "combining": "e" + "\u0301" * 200,
    "markup": "<svg onload=alert(1)>{{7*7}}${7*7}%s%n",
    "quotes": "'; DROP TABLE users;--\"",
    "dots": "../../../../etc/passwd",
    "an odd address": "a@b@c..d",
    "an idn address": "ü@xn--80ak6aa92e.com",
    "an empty one": "",
    "spaces": "   ",
}


def is_plain(answer: TestResponse) -> bool:
    """Answered as to a person: no 500, no trace, and a refusal says something."""
    if answer.status_code >= 500 and answer.request.path != "/readyz":
        return False
    said = re.sub(r"<[^>]+>", " ", answer.text).strip()
    return answer.status_code in {200, 303} or (len(said) > 20 and "Traceback" not in said)


def tokens_of(visitor: Visitor) -> dict[bool, str]:
    """The token of forms in a session (True) and of public ones."""
    visitor.get("/security")
    own = visitor.csrf
    visitor.get("/login/unlock")
    return {True: own, False: visitor.csrf}


def is_own(path: str) -> bool:
    return next(answers["stranger"] for _, row, answers in ROWS if row == path) == "in"


def open_path(visitor: Visitor, path: str, **more: Any) -> TestResponse:
    answer = visitor.client.open(path, base_url=visitor.house.settings.base_url, **more)
    answer.get_data()
    return answer


@pytest.mark.parametrize("what", VALUES)
def test_every_form_survives_every_odd_value(house: House, what: str) -> None:
    tara = signed_in(house, "tara")
    tokens = tokens_of(tara)
    value = VALUES[what].encode("utf-8", "surrogatepass")
    for path in POSTS:
        token = tokens[is_own(path)]
        for htmx in ({}, {"HX-Request": "true"}):
            body = b"&".join(
                [b"csrf_token=" + token.encode()]
                + [name.encode() + b"=" + _quoted(value) for name in FIELDS]
            )
            answer = open_path(
                tara, path, method="POST", data=body, content_type=FORM, headers=htmx
            )
            assert is_plain(answer), (path, answer.status, answer.text[:300])


FORM = "application/x-www-form-urlencoded"


def _quoted(value: bytes) -> bytes:
    return b"".join(b"%%%02X" % byte for byte in value)


BODIES: dict[str, tuple[bytes, str]] = {
    "broken utf-8": (b"email=%ff%fe&password=%c3%28&code=%80&name=\xff\xfe", FORM),
    "repeated fields": (b"&".join([b"email=a@b.example&code=1&name=x&password=y"] * 3), FORM),
    "a thousand fields": (b"&".join(b"f%d=1" % n for n in range(1000)), FORM),
    "deep names": (b"a" + b"[b]" * 500 + b"=1", FORM),
    "json": (b'{"email": ["a"], "code": 123456}', "application/json"),
    "broken multipart": (b"--x\r\nContent-Disposition: form-data; name=", "multipart/form-data"),
    "no boundary": (b"--x--", "multipart/form-data; boundary="),
    "nonsense": (bytes(range(256)), "application/octet-stream"),
    "a strange charset": (b"email=+AGE-", FORM + "; charset=utf-7"),
    "an empty type": (b"email=a", ""),
    "too much": (b"email=" + b"a" * 300_000, FORM),
}


@pytest.mark.parametrize("what", BODIES)
def test_every_route_survives_every_odd_body(house: House, what: str) -> None:
    tara = signed_in(house, "tara")
    tokens = tokens_of(tara)
    body, content_type = BODIES[what]
    for path in POSTS:
        headers = {"X-CSRFToken": tokens[is_own(path)]}
        answer = open_path(
            tara, path, method="POST", data=body, content_type=content_type, headers=headers
        )
        assert is_plain(answer), (path, answer.status, answer.text[:300])


def test_a_field_that_comes_twice_is_refused_with_a_sentence(house: House) -> None:
    visitor = house.visitor()
    visitor.get("/login")
    data = {"csrf_token": visitor.csrf, "email": ["a@b.example", "c@d.example"], "password": "x"}
    answer = open_path(visitor, "/login", method="POST", data=data)
    assert answer.status_code == 422
    assert "cannot be read" in answer.text


def test_a_body_that_is_too_big_is_refused_with_a_sentence(house: House) -> None:
    visitor = house.visitor()
    visitor.get("/login")
    for length in (300_000, 50_000_000):
        data = b"csrf_token=" + b"x" * 300_000
        answer = open_path(
            visitor,
            "/login",
            method="POST",
            input_stream=io.BytesIO(data),
            content_type=FORM,
            content_length=length,
        )
        assert answer.status_code == 413
        assert "Send less at once" in answer.text


PATHS = [
    "/nothing",
    "/security/authenticators/not-a-uuid",
    "/security/authenticators/" + "0" * 36,
    f"/security/authenticators/{ID}/x",
    "/security/sessions/x/end",
    "/step-ups/x",
    f"/step-ups/{ID}/nothing",
    "/security/authenticators/new/nothing",
    "/security/authenticators/new/totp?ceremony=x",
    "/security/authenticators/new/password",
    "/login/challenge/nothing",
    "/login/challenge/__class__",
    "/security/activity?before=x",
    "/security/activity?before=" + "9" * 3000,
    "/unlock/" + "x" * 3000,
    "/activate/%00",
    "/activate/%ff%fe",
    "/%ff",
    "/%00",
    "//",
    "/..%2f..%2fetc/passwd",
    "/static/..%2fportal%2fsettings.py",
    "/static/nothing.css",
    "/static/%00",
    "/login?next=%ff%00",
    "/login?" + "&".join(f"a{n}[b][c]=1" for n in range(500)),
]


@pytest.mark.parametrize("path", PATHS)
def test_every_odd_path_gets_a_page(house: House, path: str) -> None:
    for visitor in (house.visitor(), signed_in(house, "tara")):
        for method in ("GET", "POST", "HEAD", "DELETE"):
            answer = open_path(visitor, path, method=method)
            assert answer.status_code < 500, (method, path)
            assert method == "HEAD" or is_plain(answer), (method, path, answer.text[:200])


COOKIES = [b"\xff\xfe", b"%ff", b"a" * 4000, b'"\\000"', b"; ; =", b"x=y; x=z", "é".encode()]


@pytest.mark.parametrize("value", COOKIES)
@pytest.mark.parametrize("name", ["session", "anonymous", "browser", "link", "notice", "locale"])
def test_every_odd_cookie_counts_as_none(house: House, name: str, value: bytes) -> None:
    header = f"__Host-{name}=".encode() + value
    for path in ("/", "/login", "/activate", "/unlock"):
        for method in ("GET", "POST"):
            status, text = raw(house, method, path, HTTP_COOKIE=header.decode("latin-1"))
            assert status < 500, text


HEADERS = {
    "HTTP_USER_AGENT": "\xff\x00<script>" + "u" * 9000,
    "HTTP_ACCEPT_LANGUAGE": "xx-" + "y" * 3000 + ";q=9,\xff",
    "HTTP_HX_CURRENT_URL": "https://[evil",
    "HTTP_X_CSRFTOKEN": "\xff\xfe",
    "HTTP_ORIGIN": "\xff",
    "CONTENT_LENGTH": "-1",
    "HTTP_RANGE": "bytes=9-1",
    "HTTP_IF_MODIFIED_SINCE": "\xff",
    "HTTP_X_FORWARDED_FOR": "\xff" * 500,
    "HTTP_HOST": "\xff\x00",
}


@pytest.mark.parametrize("header", HEADERS)
def test_every_odd_header_is_survived(house: House, header: str) -> None:
    for path in ("/", "/login", "/nothing", "/static/portal.css"):
        for method in ("GET", "POST"):
            odd = {"HTTP_HX_REQUEST": "true", header: HEADERS[header]}
            status, text = raw(house, method, path, **odd)
            assert status < 500, text


def raw(house: House, method: str, path: str, **environ: str) -> tuple[int, str]:
    """A request whose bytes no client library has tidied."""
    builder = EnvironBuilder(path, base_url=house.settings.base_url, method=method)
    body, status, _ = run_wsgi_app(house.app, {**builder.get_environ(), **environ}, buffered=True)
    text = b"".join(body).decode("utf-8", "replace")
    return int(status.partition(" ")[0]), text
