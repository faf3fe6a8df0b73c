"""The portal's short roads through Flask lead where the long ones do."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from portal.web.application import FORM, Portal

BODY_MAX = 60  # Bytes.


def portal() -> Portal:
    app = Portal("portal")
    app.config.update(TRUSTED_HOSTS=["portal.example"], MAX_CONTENT_LENGTH=BODY_MAX)
    app.add_url_rule("/", "index", methods=["GET", "POST"])
    app.add_url_rule("/room/", "room")
    return app


def environ(**more: Any) -> dict[str, Any]:
    found = EnvironBuilder("/", base_url="https://portal.example").get_environ()
    return {name: value for name, value in (found | more).items() if value is not None}


def led(app: Portal, way: Any, asked: dict[str, Any]) -> Any:
    """Where a road leads: what the adapter holds, and what it finds; or how it refuses."""
    made = app.request_class(dict(asked))
    try:
        adapter = way(app, made)
    except HTTPException as refused:
        return refused.code
    held = {name: value for name, value in vars(adapter).items() if name != "map"}
    try:
        found = str(adapter.match())
    except HTTPException as other:
        found = f"{other.code} {getattr(other, 'new_url', '')}"
    return held, made.host, found


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"HTTP_HOST": "portal.example:443"},
        {"HTTP_HOST": "portal.example:99"},
        {"HTTP_HOST": "PORTAL.example"},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": "portal.example.evil.example"},
        {"HTTP_HOST": "portal.example@evil.example"},
        {"HTTP_HOST": ".portal.example"},
        {"HTTP_HOST": ""},
        {"HTTP_HOST": None},
        {"wsgi.url_scheme": "http"},
        {"PATH_INFO": ""},
        {"PATH_INFO": "/none"},
        {"PATH_INFO": "//evil.example"},
        {"PATH_INFO": "/\xc3\xa9"},
        {"PATH_INFO": "/room", "QUERY_STRING": "a=b"},
        {"PATH_INFO": "/room", "QUERY_STRING": "a=\xc3\xa9"},
        {"PATH_INFO": "/room", "SCRIPT_NAME": "/under"},
        {"PATH_INFO": "/room", "SCRIPT_NAME": "/\xff"},
        {"REQUEST_METHOD": "PUT"},
    ],
)
def test_an_address_is_read_as_flask_reads_it(more: dict[str, Any]) -> None:
    app, asked = portal(), environ(**more)
    assert led(app, Portal.create_url_adapter, asked) == led(app, Flask.create_url_adapter, asked)


def told(kind: str, body: bytes, more: dict[str, Any], *, kept: bool = False) -> Any:
    """The fields of a form as a view gets them, or how it is refused; `kept`: read before."""
    asked = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body)), **more}
    with portal().request_context(
        environ(REQUEST_METHOD="POST", **asked, **{"wsgi.input": io.BytesIO(body)})
    ):
        try:
            if kept:
                assert request.get_data() == body
            return list(request.form.items(multi=True)), list(request.files), request.stream.read()
        except HTTPException as refused:
            return refused.code


# A parameter of the type that says nothing: with it the road is Werkzeug's.
LONG = f"{FORM}; charset=utf-8"
BODIES = [
    b"",
    b"a=1&b=&a=2&c",
    b"=&&;a=1;b=2",
    b"a=%00+x%20%",
    b"a=%ff%fe&b=%c3%28&c=%ed%a0%80",
    b"a=\xff",
    b"a=" + b"x" * (BODY_MAX - 2),
    b"a=" + b"x" * (BODY_MAX - 1),
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"CONTENT_LENGTH": None},
        {"CONTENT_LENGTH": None, "wsgi.input_terminated": True},
        {"CONTENT_LENGTH": "1"},
        {"CONTENT_LENGTH": "-1"},
        {"CONTENT_LENGTH": str(BODY_MAX)},
    ],
)
def test_a_form_is_read_as_werkzeug_reads_it(body: bytes, more: dict[str, Any]) -> None:
    assert told(FORM, body, more) == told(LONG, body, more)


def test_a_form_that_is_too_long_is_refused_however_it_comes() -> None:
    for more in ({}, {"CONTENT_LENGTH": None, "wsgi.input_terminated": True}):
        assert told(FORM, BODIES[-1], more) == 413


def test_a_form_is_there_after_its_bytes_were_read() -> None:
    for kind in (FORM, LONG):
        fields, _, _ = told(kind, b"a=1&b=&a=2", {}, kept=True)
        assert fields == [("a", "1"), ("a", "2"), ("b", "")]
