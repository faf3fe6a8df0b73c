"""Where a request may send the browser next: paths of this portal, nothing else."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import quote_plus, urlsplit

from flask import request, url_for
from werkzeug.exceptions import HTTPException

from portal.web import here

PATH_MAX = 500
PLAIN = re.compile(r"[\w-]+", re.ASCII)  # What an address holds as it is.
QUERY_SAFE = "!$'()*,/:;?@"  # What Werkzeug leaves as it is in a query.


def address(endpoint: str, *, next: str | None = None, **values: str) -> str:
    """`url_for`, which finds the route and builds it anew each time, from a kept pattern."""
    path = _path(endpoint, values)
    return path if next is None else f"{path}?next={quote_plus(next, safe=QUERY_SAFE)}"


def _path(endpoint: str, values: dict[str, Any]) -> str:
    if here.request().root_path or not all(map(PLAIN.fullmatch, values.values())):
        return url_for(endpoint, **values)  # Also under a prefix, which the request may name.
    known: dict[tuple[str, ...], str] = here.app().extensions["portal_addresses"]
    key = (endpoint, *values)
    path = known.get(key)
    if path is None:
        places: dict[str, Any] = {name: f"--{name}--" for name in values}
        path = known[key] = url_for(endpoint, **places)
    for name, value in values.items():
        path = path.replace(f"--{name}--", value)
    return path


def own_path(wanted: str | None) -> str | None:
    """`wanted` if it is a plain path on this host, else None.

    Browsers read a backslash as a slash and drop tabs and line ends, so anything unusual is
    refused rather than repaired.
    """
    if not wanted or len(wanted) > PATH_MAX or not wanted.isascii():
        return None
    if not wanted.startswith("/") or wanted.startswith("//"):
        return None
    if any(character in wanted for character in "\\\r\n\t\x00") or not wanted.isprintable():
        return None
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc else None


def next_path() -> str:
    """Where the person was heading: `next` of the form or the query, else their home page."""
    asked = here.request()
    posted = asked.form["next"] if asked.method == "POST" and "next" in asked.form else ""
    wanted = posted or (asked.args["next"] if "next" in asked.args else "")  # noqa: SIM401
    return own_path(wanted) or address("home.index")


def current_page() -> str:
    """The page that the person looks at: for a fragment or a form, the page that holds it."""
    if request.headers.get("HX-Request") == "true":
        shown = request.headers.get("HX-Current-URL", "")
    elif request.method not in {"GET", "HEAD"}:
        # Many forms post to an address that has no page of its own.
        shown = request.headers.get("Referer", "")
    else:
        return own_path(request.full_path.rstrip("?")) or address("home.index")
    return own_path(_path_of(shown)) or address("home.index")


def endpoint_at(path: str) -> str | None:
    """What answers when a path of ours is opened; None where no page is."""
    road = here.app().create_url_adapter(here.request())
    assert road is not None
    try:
        endpoint, _ = road.match(path.partition("?")[0], method="GET")
    except HTTPException:
        return None
    return endpoint


def _path_of(address: str) -> str:
    """Path and query of an address; empty for what is no address."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def identifier(text: str | None) -> str:
    """A row's id from a query, or the empty id that no row has: never an error."""
    try:
        return str(uuid.UUID(text or ""))
    except ValueError:
        return str(uuid.UUID(int=0))
