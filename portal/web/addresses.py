"""Where a request may send the browser next: paths of this portal, nothing else."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from flask import request, url_for

PATH_MAX = 500


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
    wanted = request.form.get("next") or request.args.get("next")
    return own_path(wanted) or url_for("home.index")


def current_page() -> str:
    """The page that the person looks at: for a fragment or a form, the page that holds it."""
    if request.headers.get("HX-Request") == "true":
        shown = request.headers.get("HX-Current-URL", "")
    elif request.method not in {"GET", "HEAD"}:
        # Many forms post to an address that has no page of its own.
        shown = request.headers.get("Referer", "")
    else:
        return own_path(request.full_path.rstrip("?")) or url_for("home.index")
    return own_path(_path_of(shown)) or url_for("home.index")


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
