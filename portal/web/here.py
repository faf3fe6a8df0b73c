"""This request's own objects. Flask's proxies look for them at every name, which a page asks often.

Whoever needs one name uses Flask's; what runs many times a request takes the object once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import Flask, Request, current_app, g
from flask import request as _request


def _behind(proxy: Any) -> Callable[[], Any]:
    return cast("Callable[[], Any]", proxy._get_current_object)


# Each raises RuntimeError outside a request (outside an application's context).
values: Callable[[], Any] = _behind(g)
request: Callable[[], Request] = _behind(_request)
app: Callable[[], Flask] = _behind(current_app)


def header(name: str) -> str | None:
    """A header of this request. Werkzeug's `get` makes an error page where there is none."""
    return request().environ.get(f"HTTP_{name.upper().replace('-', '_')}")
