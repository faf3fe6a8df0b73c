"""This request's own objects. Flask's proxies look for them at every name, which a page asks often.

Whoever needs one name uses Flask's; what runs many times a request takes the object once.
"""

from __future__ import annotations

import functools
from typing import Any

from flask import Flask, Request
from flask.globals import _cv_app, _cv_request


def values() -> Any:
    """`g`. Raises LookupError outside an application's context, as do the other two."""
    return _cv_app.get().g


def request() -> Request:
    return _cv_request.get().request


def app() -> Flask:
    return _cv_app.get().app


def header(name: str) -> str | None:
    """A header of this request. Werkzeug's `get` makes an error page where there is none."""
    return request().environ.get(_key(name))


@functools.cache
def _key(name: str) -> str:
    return f"HTTP_{name.upper().replace('-', '_')}"
